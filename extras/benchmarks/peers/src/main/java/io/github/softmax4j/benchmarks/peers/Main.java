package io.github.softmax4j.benchmarks.peers;

import com.google.gson.GsonBuilder;
import io.github.softmax4j.Softmax4j;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Measures softmax4j and other systems on the same work, in turns, each in a process of its own; results are checked first. */
@Command(
        name = "peers",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Other systems measured on the same work as softmax4j, in turns. Prints a table of medians.")
final class Main implements Callable<Integer> {

    @Option(names = "--work", paramLabel = "NAME", split = ",", description = "Work to do. Default: all.")
    private List<String> work = Work.all().stream().map(Work::name).toList();

    @Option(
            names = "--peers",
            paramLabel = "NAME",
            split = ",",
            description = "Systems beside softmax4j. Default: all.")
    private List<String> peers = Systems.names();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "7",
            description = "Turns of each system, at least 1, after one that warms up. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--python",
            paramLabel = "PATH",
            defaultValue = "/usr/bin/python3",
            description = "Interpreter with NumPy and scikit-learn. Default: ${DEFAULT-VALUE}.")
    private String python;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write all samples to this file.")
    private Path report;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final int threads = Softmax4j.threads();

    /** Runs the command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        List<Work> items = chosenWork();
        List<String> names = chosenSystems();
        if (rounds < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds must be at least 1, was " + rounds);
        }
        ResultTable table = new ResultTable(names);
        Path folder = Files.createTempDirectory("softmax4j-peers");
        try {
            Path script = folder.resolve("peers.py");
            try (InputStream resource = Main.class.getResourceAsStream("peers.py")) {
                Files.copy(resource, script);
            }
            for (Work item : items) {
                measure(item, names, folder, script, table);
            }
        } finally {
            delete(folder);
        }
        System.out.println("\n" + table.systems() + "\n" + table);
        if (report != null) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("threads", threads);
            all.put("cpu_features", Softmax4j.cpuFeatures());
            all.put("rounds", rounds);
            all.put("results", table.results());
            Files.writeString(
                    report, new GsonBuilder().setPrettyPrinting().create().toJson(all) + "\n");
        }
        return table.hasFailure() ? 1 : 0;
    }

    private List<Work> chosenWork() {
        List<String> known = Work.all().stream().map(Work::name).toList();
        requireKnown("--work", work, known);
        return Work.all().stream().filter(w -> work.contains(w.name())).toList();
    }

    private List<String> chosenSystems() {
        requireKnown("--peers", peers, Systems.names());
        List<String> names = new ArrayList<>(Systems.names());
        names.removeIf(name -> !name.equals(Systems.OURS) && !peers.contains(name));
        if (!Files.isExecutable(Path.of(python)) && names.removeAll(Systems.PYTHON)) {
            System.out.println(String.join(", ", Systems.PYTHON) + ": skipped, there is no " + python);
        }
        return names;
    }

    private void requireKnown(String option, List<String> names, List<String> known) {
        for (String name : names) {
            if (!known.contains(name)) {
                throw new ParameterException(
                        spec.commandLine(),
                        option + ": unknown name '" + name + "'; accepted are " + String.join(", ", known));
            }
        }
    }

    private void measure(Work item, List<String> names, Path folder, Path script, ResultTable table) throws Exception {
        System.out.println(item.name());
        Data data = new Data(item, folder);
        data.create();
        List<Double> reference = Arrays.stream(Softmax4jPeer.reference(item, data, threads))
                .boxed()
                .toList();
        List<Session> sessions = new ArrayList<>();
        try {
            for (String name : names) {
                for (Systems.Variant variant : Systems.variants(name, python, script)) {
                    sessions.add(new Session(variant, item, folder, threads));
                }
            }
            List<Result> results = new ArrayList<>();
            for (Session session : sessions) {
                Result result = Result.of(item, session, reference);
                System.out.println("    " + result.describe());
                results.add(result);
            }
            for (int round = 0; round <= rounds; round++) {
                for (int i = 0; i < sessions.size(); i++) {
                    if (results.get(i).isRight()) {
                        sessions.get(i).measure();
                    }
                }
            }
            for (int i = 0; i < sessions.size(); i++) {
                Result result = results.get(i).with(sessions.get(i));
                if (result.isFailed() && results.get(i).isRight()) {
                    System.out.println("    " + result.describe());
                }
                table.add(result);
            }
        } finally {
            for (Session session : sessions) {
                session.close();
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
