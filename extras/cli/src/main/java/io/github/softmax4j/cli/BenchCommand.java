package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import io.github.softmax4j.Softmax4j;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the machine, and the library against it. Limits and paths take turns, so that a busy spell meets all of them; medians
 * are reported.
 */
@Command(name = "bench", description = "The speed of this machine, and of the library as a share of it.")
final class BenchCommand extends Subcommand {

    private static final int ROUNDS = 7;
    private static final String READ = "read_gb_s";
    private static final String COPY = "copy_gb_s";

    @Option(
            names = "--shape",
            paramLabel = "NxDxC",
            defaultValue = "60000x784x10",
            converter = Shape.Converter.class,
            description = "Rows, features, classes. Default: ${DEFAULT-VALUE}.")
    private Shape shape;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            split = ",",
            defaultValue = "f32,f64",
            converter = Precision.class,
            description = "f32, f64 or both. Default: ${DEFAULT-VALUE}.")
    private List<ElementType> types;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    private final Map<String, List<Double>> samples = new LinkedHashMap<>();

    @Override
    public Integer call() {
        try (Outputs outputs = new Outputs();
                Machine machine = new Machine()) {
            Optional<OutputFile> file = outputs.open("--report", report);
            say(
                    "machine",
                    "%d threads, kernels %s, OpenBLAS core %s",
                    Softmax4j.threads(),
                    Softmax4j.kernels(),
                    Softmax4j.openBlasCore());
            List<BenchPath> paths = measure(machine);
            Report limits = limits();
            Report result = new Report()
                    .put("limits", limits)
                    .putMachine(Softmax4j.threads())
                    .put("paths", paths.stream().map(this::describe).toList());
            file.ifPresent(result::writeTo);
            outputs.commit();
        }
        return 0;
    }

    private List<BenchPath> measure(Machine machine) {
        List<BenchPath> all = new ArrayList<>();
        try (Progress bar = new Progress("bench", (long) types.size() * (ROUNDS + 1))) {
            for (ElementType type : types) {
                try (BenchData data = new BenchData(shape, type)) {
                    List<BenchPath> paths = data.paths();
                    for (int i = 0; i <= ROUNDS; i++) {
                        round(machine, type, paths);
                        bar.step("");
                    }
                    all.addAll(paths);
                }
            }
        }
        return all;
    }

    private void round(Machine machine, ElementType type, List<BenchPath> paths) {
        sample(gemm(type), rate(() -> machine.multiply(type)));
        sample(READ, rate(machine::read));
        sample(COPY, rate(machine::copy));
        for (BenchPath path : paths) {
            sample(path.name(), path.seconds().getAsDouble());
        }
    }

    private void sample(String name, double value) {
        samples.computeIfAbsent(name, unused -> new ArrayList<>()).add(value);
    }

    /** What {@code work} did for each second that it took. */
    private static double rate(DoubleSupplier work) {
        long start = System.nanoTime();
        double done = work.getAsDouble();
        return done * 1e9 / (System.nanoTime() - start);
    }

    /** Of all rounds but the first, which warms up. */
    private double median(String name) {
        List<Double> values = samples.get(name);
        double[] sorted = values.stream()
                .skip(1)
                .mapToDouble(Double::doubleValue)
                .sorted()
                .toArray();
        return sorted[sorted.length / 2];
    }

    private static String gemm(ElementType type) {
        return "gemm_" + Precision.name(type) + "_gflops";
    }

    private Report limits() {
        Report limits = new Report();
        for (ElementType type : types) {
            limits.put(gemm(type), median(gemm(type)) / 1e9);
            say("limit", "matrix product %s: %.0f GFLOP/s", Precision.name(type), median(gemm(type)) / 1e9);
        }
        say("limit", "memory: read %.1f GB/s, copy %.1f GB/s", median(READ) / 1e9, median(COPY) / 1e9);
        return limits.put(READ, median(READ) / 1e9).put(COPY, median(COPY) / 1e9);
    }

    private Map<String, Object> describe(BenchPath path) {
        double seconds = median(path.name());
        double limit = path.limit(median(gemm(path.type())), median(READ));
        say("path", "%-36s %12.3f us, %5.1f %% of the limit", path.name(), seconds * 1e6, 100 * limit / seconds);
        return new Report()
                .put("name", path.name())
                .put("seconds", seconds)
                .put("limit_seconds", limit)
                .put("share", limit / seconds)
                .values();
    }
}
