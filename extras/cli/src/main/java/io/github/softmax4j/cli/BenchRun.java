package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleSupplier;

/**
 * Measures limits and paths. They take turns in rounds, and the shapes take turns in passes, so that a busy spell of the machine
 * meets all of them.
 */
final class BenchRun implements AutoCloseable {

    static final String READ = "read_gb_s";
    static final String COPY = "copy_gb_s";

    static final int PASSES = 3;
    private static final int ROUNDS = 5;
    /** Who has used it up in the rounds of a shape sits out the rest of them. */
    private static final double BUDGET_SECONDS = 0.5;
    /** How long a path runs before its first sample, and how long a sample lasts at least. */
    private static final double WARM_UP_SECONDS = 0.2;

    private static final double SAMPLE_SECONDS = 0.004;
    private static final int TRIES = 2;
    /** OpenBLAS's threads wait for more work on their processors, for about 0.1 s, before they sleep. */
    private static final Duration REST = Duration.ofMillis(200);

    private final Machine machine = new Machine();
    private final Map<String, Machine.Method> limits = new LinkedHashMap<>();
    private final Map<String, BenchSamples> samples = new HashMap<>();

    /** Finds the best way to drive the machine to each limit. */
    BenchRun(Set<ElementType> types) {
        types.forEach(type -> limits.put(gemm(type), best(machine.products(type))));
        limits.put(READ, best(machine.reads()));
        limits.put(COPY, best(machine.copies()));
    }

    static String gemm(ElementType type) {
        return "gemm_" + Precision.name(type) + "_gflops";
    }

    private static Machine.Method best(List<Machine.Method> methods) {
        Machine.Method best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < TRIES; i++) {
            for (Machine.Method method : methods) {
                double seconds = secondsPerUnit(method);
                if (seconds < least) {
                    least = seconds;
                    best = method;
                }
            }
        }
        return best;
    }

    private static double secondsPerUnit(Machine.Method method) {
        return seconds(method.run()) / method.amount();
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    void measure(List<BenchSuite> suites) {
        try (Progress bar = new Progress("bench", (long) PASSES * suites.size())) {
            for (int pass = 0; pass < PASSES; pass++) {
                for (BenchSuite suite : suites) {
                    measure(suite);
                    bar.step(suite.shape().toString());
                }
            }
        }
    }

    private void measure(BenchSuite suite) {
        try (BenchData data = new BenchData(suite.shape())) {
            Map<String, DoubleSupplier> turns = new LinkedHashMap<>();
            for (ElementType type : ElementType.values()) {
                if (suite.paths().stream().anyMatch(path -> path.type() == type)) {
                    turns.put(gemm(type), () -> secondsPerUnit(limits.get(gemm(type))));
                }
            }
            turns.put(READ, () -> secondsPerUnit(limits.get(READ)));
            turns.put(COPY, () -> secondsPerUnit(limits.get(COPY)));
            for (BenchPath path : suite.paths()) {
                BenchPath.Work work = path.start().apply(data);
                int repetitions = warmUp(work);
                turns.put(path.name(), () -> work.seconds(repetitions));
            }
            takeTurns(turns);
        }
    }

    /** Returns how many repetitions make a sample. */
    private static int warmUp(BenchPath.Work work) {
        int repetitions = 1;
        double spent = 0;
        while (spent < WARM_UP_SECONDS) {
            int now = repetitions;
            double seconds = seconds(() -> work.seconds(now));
            spent += seconds;
            if (seconds < SAMPLE_SECONDS) {
                repetitions *= 2;
            }
        }
        return repetitions;
    }

    private void takeTurns(Map<String, DoubleSupplier> turns) {
        Map<String, Double> spent = new HashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            boolean[] afterLimit = {false};
            turns.forEach((name, turn) -> {
                if (afterLimit[0] && !limits.containsKey(name)) {
                    rest();
                }
                afterLimit[0] = limits.containsKey(name);
                if (spent.getOrDefault(name, 0.0) < BUDGET_SECONDS) {
                    BenchSamples mine = samples.computeIfAbsent(name, unused -> new BenchSamples());
                    spent.merge(name, seconds(() -> mine.add(turn.getAsDouble())), Double::sum);
                }
            });
        }
    }

    private static void rest() {
        try {
            Thread.sleep(REST.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The names of the limits. */
    Set<String> limitNames() {
        return limits.keySet();
    }

    /** How the machine was driven to a limit. */
    String methodOf(String limit) {
        return limits.get(limit).name();
    }

    /** The seconds of each run of a path, or of a floating-point operation or byte of a limit. */
    BenchSamples samples(String name) {
        return samples.get(name);
    }

    /** The median limits. */
    BenchLimits limits() {
        Map<ElementType, Double> flops = new EnumMap<>(ElementType.class);
        for (ElementType type : ElementType.values()) {
            if (limits.containsKey(gemm(type))) {
                flops.put(type, rate(gemm(type)));
            }
        }
        return new BenchLimits(flops, rate(READ), rate(COPY), Processor.cacheBytes());
    }

    private double rate(String limit) {
        return 1 / samples(limit).median();
    }

    @Override
    public void close() {
        machine.close();
    }
}
