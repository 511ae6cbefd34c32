package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import io.github.softmax4j.Softmax4j;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the machine, and the library against it; medians are reported. */
@Command(
        name = "bench",
        description = "The speed of this machine, and of the library as a share of it.",
        footer = {
            "",
            "The limit of a path is the longer of two times: of its floating-point operations at the rate of OpenBLAS's matrix"
                    + " product, and, where the caches do not hold it all, of moving its memory: what is written and as much of"
                    + " what is read at the rate of copying, the rest of what is read at the rate of reading."
        })
final class BenchCommand extends Subcommand {

    @Option(
            names = "--shape",
            paramLabel = "NxDxC",
            converter = Shape.Converter.class,
            description = "Every path of a classifier of these rows, features and classes. Without it, a set of shapes"
                    + " from 60000x784x10 to 4096x512x32000, and the softmax of given logits.")
    private Shape shape;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            split = ",",
            defaultValue = "f32,f64",
            converter = Precision.class,
            description = "f32, f64 or both. Default: ${DEFAULT-VALUE}.")
    private List<ElementType> types;

    @Option(
            names = "--paths",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "*",
            description = "Only the paths of these names; * stands for anything, as in loss_gradient_*.")
    private List<String> names;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    @Override
    public Integer call() {
        List<BenchSuite> suites = wanted(shape == null ? BenchSuite.standard() : List.of(BenchSuite.of(shape)));
        try (Outputs outputs = new Outputs()) {
            Optional<Output> file = outputs.open("--report", report);
            say(
                    "machine",
                    "%s, %d threads, kernels %s, OpenBLAS core %s",
                    Processor.name(),
                    Softmax4j.threads(),
                    Softmax4j.kernels(),
                    Softmax4j.openBlasCore());
            OpenBlasVariables.warnings().forEach(line -> say("warning", "%s", line));
            say("measuring", "%d shapes, %d times each; results follow at the end", suites.size(), BenchRun.PASSES);
            try (BenchRun run = new BenchRun(typesOf(suites))) {
                run.measure(suites);
                Report result = describe(run, suites);
                file.ifPresent(result::writeTo);
            }
            outputs.commit();
        }
        return 0;
    }

    private List<BenchSuite> wanted(List<BenchSuite> all) {
        Pattern pattern = Pattern.compile(names.stream()
                .map(name ->
                        Stream.of(name.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")))
                .collect(Collectors.joining("|")));
        List<BenchSuite> some = all.stream()
                .map(suite -> suite.only(path -> types.contains(path.type())
                        && pattern.matcher(path.name()).matches()))
                .filter(suite -> !suite.paths().isEmpty())
                .toList();
        if (some.isEmpty()) {
            throw new UserException("--paths '" + String.join(",", names) + "' names no path; there are "
                    + paths(all)
                            .filter(path -> types.contains(path.type()))
                            .map(BenchPath::name)
                            .collect(Collectors.joining(", ")));
        }
        return some;
    }

    private static Stream<BenchPath> paths(List<BenchSuite> suites) {
        return suites.stream().flatMap(suite -> suite.paths().stream());
    }

    private static Set<ElementType> typesOf(List<BenchSuite> suites) {
        return paths(suites)
                .map(BenchPath::type)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(ElementType.class)));
    }

    private Report describe(BenchRun run, List<BenchSuite> suites) {
        Report limits = new Report();
        for (String name : run.limitNames()) {
            BenchSamples samples = run.samples(name);
            double median = 1e-9 / samples.median();
            say("limit", "%-15s %7.1f, best %.1f (%s)", name, median, 1e-9 / samples.best(), run.methodOf(name));
            limits.put(name, median);
        }
        BenchLimits reached = run.limits();
        return new Report()
                .put("limits", limits)
                .put("cpu", Processor.name())
                .putMachine(Softmax4j.threads())
                .put(
                        "paths",
                        paths(suites)
                                .map(path -> describe(path, run.samples(path.name()), reached))
                                .toList());
    }

    private Map<String, Object> describe(BenchPath path, BenchSamples samples, BenchLimits limits) {
        double seconds = samples.median();
        double limit = limits.seconds(path);
        boolean moves = limits.moving(path) > limits.computing(path);
        say(
                "path",
                "%-36s %9s (best %s, middle half %s..%s) %6.1f %s, %5.1f %% of the limit",
                path.name(),
                text(seconds),
                text(samples.best()),
                text(samples.quantile(0.25)),
                text(samples.quantile(0.75)),
                (moves ? path.bytes() : path.flops()) / seconds / 1e9,
                moves ? "GB/s" : "GFLOP/s",
                100 * limit / seconds);
        return new Report()
                .put("name", path.name())
                .put("seconds", seconds)
                .put("best_seconds", samples.best())
                .put("limit_seconds", limit)
                .put("share", limit / seconds)
                .values();
    }

    private static String text(double seconds) {
        if (seconds < 1e-3) {
            return String.format(Locale.ROOT, "%.2f us", seconds * 1e6);
        }
        return seconds < 1
                ? String.format(Locale.ROOT, "%.2f ms", seconds * 1e3)
                : String.format(Locale.ROOT, "%.3f s", seconds);
    }
}
