package io.github.softmax4j;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Interrupts trainings of all kinds at random times, and prints how long they took to end with their model: {@code InterruptLatency
 * TIMES}. One evaluation is loss and gradient over all rows.
 */
final class InterruptLatency {

    private static final int ROWS = 60_000;
    private static final int FEATURES = 200;
    private static final int CLASSES = 20;

    private InterruptLatency() {}

    /** What goes on until it is interrupted. */
    private interface Work {
        void run() throws TrainingInterruptedException;
    }

    public static void main(String[] arguments) throws Exception {
        int times = Integer.parseInt(arguments[0]);
        Problem problem = Problem.random(ROWS, FEATURES, CLASSES, true, 0, false);
        SplittableRandom random = new SplittableRandom(times);
        try (Dataset data = problem.dataset(ElementType.FLOAT32)) {
            float[] parameters = new float[(FEATURES + 1) * CLASSES];
            SoftmaxLoss loss = SoftmaxLoss.builder().threads(2).build();
            loss.lossAndGradient(data, parameters, parameters.clone());
            long start = System.nanoTime();
            for (int i = 0; i < 5; i++) {
                loss.lossAndGradient(data, parameters, parameters.clone());
            }
            System.out.printf(Locale.ROOT, "one evaluation: %.1f ms%n", (System.nanoTime() - start) / 5e6);
            for (var work : works(data).entrySet()) {
                System.out.println(measure(work.getKey(), work.getValue(), times, random));
            }
        }
    }

    private static Map<String, Work> works(Dataset data) {
        Map<String, Work> works = new LinkedHashMap<>();
        works.put("adam, batches of 128", () -> endless().build().fit(data));
        works.put("adam, all rows", () -> endless().fullBatch().build().fit(data));
        works.put("adam, validation and patience", () -> endless()
                .batchSize(4096)
                .validation(data)
                .stopWhenNoImprovement(1_000_000)
                .build()
                .fit(data));
        works.put(
                "adam, standardised", () -> endless().standardize(true).build().fit(data));
        for (Solver solver : SolverTest.solvers()) {
            SoftmaxTrainer.Builder trainer =
                    SoftmaxTrainer.builder().solver(solver).l2(1e-9).maxIterations(1_000_000);
            works.put(solver.name(), () -> repeat(trainer.build(), data));
        }
        works.put("temperature", () -> {
            SoftmaxModel model =
                    SoftmaxTrainer.builder().epochs(1).batchSize(4096).build().fit(data);
            while (true) {
                TemperatureScaling.fit(model, data);
            }
        });
        return works;
    }

    private static SoftmaxTrainer.Builder endless() {
        return SoftmaxTrainer.builder().epochs(1_000_000);
    }

    /** A solver ends where rounding stops it. */
    private static void repeat(SoftmaxTrainer trainer, Dataset data) {
        while (true) {
            trainer.fit(data);
        }
    }

    private static String measure(String name, Work work, int times, SplittableRandom random) throws Exception {
        double[] latencies = new double[times];
        for (int i = 0; i < times; i++) {
            long[] ended = new long[1];
            Thread thread = new Thread(() -> {
                try {
                    work.run();
                } catch (TrainingInterruptedException e) {
                    if (e.model() != null) {
                        ended[0] = System.nanoTime();
                    }
                }
            });
            thread.start();
            Thread.sleep(100 + random.nextInt(900));
            long asked = System.nanoTime();
            thread.interrupt();
            thread.join();
            if (ended[0] == 0) {
                throw new AssertionError(name + " did not end with a model");
            }
            latencies[i] = (ended[0] - asked) / 1e6;
        }
        Arrays.sort(latencies);
        return String.format(
                Locale.ROOT,
                "| %s | median %.1f ms | most %.1f ms |",
                name,
                latencies[times / 2],
                latencies[times - 1]);
    }
}
