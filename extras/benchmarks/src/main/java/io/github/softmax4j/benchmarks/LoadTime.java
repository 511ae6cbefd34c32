package io.github.softmax4j.benchmarks;

import io.github.softmax4j.Softmax4j;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * How long loading takes: JVMs that start and end, and that load softmax4j with its OpenBLAS, in turns; with JavaCPP's cache filled,
 * and empty. The first argument is the number of rounds.
 */
public final class LoadTime {

    private LoadTime() {}

    /**
     * Measures and prints.
     *
     * @param args the number of rounds, 15 without
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        int rounds = args.length == 0 ? 15 : Integer.parseInt(args[0]);
        List<Class<?>> children = List.of(Start.class, Softmax.class);
        Path cache = Files.createTempDirectory("softmax4j-load");
        try {
            System.out.printf("%-28s %10s %10s%n", "ms, of " + rounds + " rounds", "least", "median");
            for (boolean warm : new boolean[] {true, false}) {
                double[][] millis = new double[children.size()][rounds];
                run(Softmax.class, cache); // fills the cache, and the system's cache of files
                for (int round = 0; round < rounds; round++) {
                    for (int child = 0; child < children.size(); child++) {
                        if (!warm) {
                            empty(cache);
                        }
                        millis[child][round] = run(children.get(child), cache);
                    }
                }
                print(warm ? "warm" : "cold", millis);
            }
        } finally {
            empty(cache);
            Files.delete(cache);
        }
    }

    private static void print(String state, double[][] millis) {
        String[] names = {"JVM start and end", "softmax4j"};
        double leastBefore = 0;
        double medianBefore = 0;
        for (int i = 0; i < names.length; i++) {
            Arrays.sort(millis[i]);
            double least = millis[i][0];
            double median = millis[i][millis[i].length / 2];
            System.out.printf(
                    Locale.ROOT,
                    "%-28s %10.0f %10.0f%n",
                    state + ": " + (i == 0 ? "" : "+ ") + names[i],
                    least - leastBefore,
                    median - medianBefore);
            leastBefore = least;
            medianBefore = median;
        }
    }

    private static double run(Class<?> child, Path cache) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), child.getName()));
        long start = System.nanoTime();
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        double millis = (System.nanoTime() - start) / 1e6;
        if (status != 0) {
            throw new IllegalStateException(child.getSimpleName() + " ended with status " + status);
        }
        return millis;
    }

    private static void empty(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(f -> !f.equals(folder))
                    .sorted(Comparator.reverseOrder())
                    .toList()) {
                Files.delete(file);
            }
        }
    }

    static final class Start {
        private Start() {}

        public static void main(String[] args) {}
    }

    static final class Softmax {
        private Softmax() {}

        public static void main(String[] args) {
            Softmax4j.version();
        }
    }
}
