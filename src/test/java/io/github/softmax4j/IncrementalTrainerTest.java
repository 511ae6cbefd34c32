package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training batch by batch. */
class IncrementalTrainerTest {

    private static final int FEATURES = 7;

    private static SoftmaxTrainer.Builder settings() {
        return SoftmaxTrainer.builder().epochs(2).batchSize(16).shuffle(false).threads(2);
    }

    private static Dataset rows(Problem p, ElementType type, int first, int last) {
        double[][] x = Arrays.copyOfRange(p.x, first, last);
        Dataset.Builder builder = Dataset.builder()
                .labels(Arrays.copyOfRange(p.labels, first, last))
                .classes(p.classes);
        return (type == ElementType.FLOAT64 ? builder.features(x) : builder.features(Problem.floats(x))).build();
    }

    private static void assertSame(SoftmaxModel expected, SoftmaxModel actual) {
        assertArrayEquals(expected.weights(), actual.weights());
        assertArrayEquals(expected.intercept(), actual.intercept());
    }

    @ParameterizedTest
    @CsvSource({"3", "40", "2100"})
    void batchesOfAFitGiveTheBitsOfTheFit(int classes) {
        Problem p = Problem.random(51, FEATURES, classes, true, 0, false);
        for (ElementType type : ElementType.values()) {
            for (Optimizer optimizer : TrainerTest.optimizers()) {
                SoftmaxTrainer.Builder builder = settings()
                        .optimizer(optimizer)
                        .schedule(LearningRateSchedule.cosine(0.1))
                        .initialWeights(InitialWeights.gaussian(0.01))
                        .seed(5)
                        .l1(1e-4)
                        .l2(0.01)
                        .bounds(-0.5, 1)
                        .clipGradientNorm(0.5);
                List<Double> epochLosses = new ArrayList<>();
                SoftmaxModel expected;
                try (Dataset data = p.dataset(type)) {
                    expected = builder.listener(progress -> epochLosses.add(progress.batchLoss()))
                            .build()
                            .fit(data);
                }
                try (IncrementalTrainer trainer = builder.build().incremental(FEATURES, classes, type, 4)) {
                    for (double epochLoss : epochLosses) {
                        double sum = 0;
                        for (int first = 0; first < 51; first += 16) {
                            int last = Math.min(first + 16, 51);
                            try (Dataset batch = rows(p, type, first, last)) {
                                sum += trainer.partialFit(batch) * (last - first);
                            }
                        }
                        assertEquals(epochLoss, sum / 51, 1e-12);
                    }
                    assertSame(expected, trainer.model());
                    assertEquals(8, trainer.steps());
                }
            }
        }
    }

    @Test
    void modelIsThereAtAnyTimeAndLaterStepsDoNotChangeIt() {
        Problem p = Problem.random(20, FEATURES, 3, true, 0, false);
        SoftmaxModel start =
                SoftmaxModel.of(FEATURES, 3, Arrays.copyOf(p.parameters, 21), Arrays.copyOfRange(p.parameters, 21, 24));
        try (IncrementalTrainer trainer =
                        settings().warmStart(start).build().incremental(FEATURES, 3, ElementType.FLOAT64, 1);
                Dataset batch = p.dataset(ElementType.FLOAT64)) {
            SoftmaxModel before = trainer.model();
            assertSame(start, before);
            assertEquals(p.naiveLoss(), trainer.partialFit(batch), 1e-13);
            assertSame(start, before);
            assertFalse(Arrays.equals(start.weights(), trainer.model().weights()));
        }
    }

    @Test
    void batchesMayLackClassesAndGrowAndShrink() {
        try (IncrementalTrainer trainer =
                settings().optimizer(new Adam(0.1)).build().incremental(2, 3, ElementType.FLOAT64, 1)) {
            double[][] x = Toy.x(300);
            for (int size : new int[] {1, 2, 40, 3, 250, 1, 300}) {
                for (int repeat = 0; repeat < 30; repeat++) {
                    try (Dataset batch = Dataset.ofDoubles(Arrays.copyOf(x, size), Toy.labels(size))) {
                        trainer.partialFit(batch);
                    }
                }
            }
            try (Dataset all = Toy.dataset(300)) {
                assertEquals(0, trainer.model().evaluate(all).errorRate());
            }
        }
    }

    @Test
    void weightsOfRowsCountWithinTheirBatch() {
        Problem p = Problem.random(30, FEATURES, 4, true, 0.1, true);
        SoftmaxModel start =
                SoftmaxModel.of(FEATURES, 4, Arrays.copyOf(p.parameters, 28), Arrays.copyOfRange(p.parameters, 28, 32));
        try (Dataset batch = p.dataset(ElementType.FLOAT64);
                IncrementalTrainer trainer = settings()
                        .optimizer(new Sgd(1))
                        .l2(0.1)
                        .warmStart(start)
                        .build()
                        .incremental(FEATURES, 4, ElementType.FLOAT64, 1)) {
            trainer.partialFit(batch);
            double[] g = p.naiveGradient();
            double[] w = trainer.model().weights();
            for (int i = 0; i < w.length; i++) {
                assertEquals(p.parameters[i] - g[i], w[i], 1e-13);
            }
        }
    }

    @Test
    void aFailedStepLeavesTheModelAndTrainingGoesOn() {
        Problem p = Problem.random(20, FEATURES, 3, true, 0, false);
        double[][] huge = {new double[FEATURES]};
        SoftmaxTrainer.Builder builder = settings().optimizer(new Adam(0.5));
        try (Dataset batch = p.dataset(ElementType.FLOAT64);
                IncrementalTrainer trainer = builder.build().incremental(FEATURES, 3, ElementType.FLOAT64, 1);
                IncrementalTrainer spared = builder.build().incremental(FEATURES, 3, ElementType.FLOAT64, 1)) {
            trainer.partialFit(batch);
            spared.partialFit(batch);
            SoftmaxModel before = trainer.model();
            // A loss that overflows, as the first class is far above the label: no trace is left.
            Arrays.fill(huge[0], 1.7e308);
            double[] firstColumn = before.weights();
            for (int d = 0; d < FEATURES; d++) {
                huge[0][d] *= Math.signum(firstColumn[d * 3]);
            }
            try (Dataset bad = Dataset.builder()
                    .features(scaled(huge, 1))
                    .labels(new int[] {1})
                    .classes(3)
                    .build()) {
                var e = assertThrows(TrainingDivergedException.class, () -> trainer.partialFit(bad));
                assertEquals(2, e.step());
                assertSame(before, e.lastFiniteModel());
                assertSame(before, trainer.model());
                assertEquals(1, trainer.steps());
            }
            trainer.partialFit(batch);
            spared.partialFit(batch);
            assertSame(spared.model(), trainer.model());
            // A square that overflows: the optimizer starts afresh from the same weights.
            before = trainer.model();
            try (Dataset bad = Dataset.builder()
                            .features(scaled(huge, 1e-148))
                            .labels(new int[] {1})
                            .classes(3)
                            .build();
                    IncrementalTrainer fresh =
                            builder.warmStart(before).build().incremental(FEATURES, 3, ElementType.FLOAT64, 1)) {
                assertThrows(TrainingDivergedException.class, () -> trainer.partialFit(bad));
                assertSame(before, trainer.model());
                for (int step = 0; step < 3; step++) {
                    trainer.partialFit(batch);
                    fresh.partialFit(batch);
                }
                assertSame(fresh.model(), trainer.model());
            }
        }
    }

    private static double[][] scaled(double[][] x, double factor) {
        return new double[][] {Arrays.stream(x[0]).map(v -> v * factor).toArray()};
    }

    @Test
    void batchesThatDoNotFitAreRefused() {
        try (IncrementalTrainer trainer = settings().build().incremental(2, 3, ElementType.FLOAT32, 1);
                Dataset doubles = Toy.dataset(9);
                Dataset wide = Dataset.ofFloats(new float[][] {{1, 2, 3}}, new int[] {0});
                Dataset more = Dataset.ofFloats(new float[][] {{1, 2}}, new int[] {3});
                Dataset bare = Dataset.builder().features(new float[1][2]).build()) {
            for (Dataset bad : List.of(doubles, wide, more)) {
                var e = assertThrows(IllegalArgumentException.class, () -> trainer.partialFit(bad));
                assertTrue(e.getMessage().contains("batch must have 2 features of FLOAT32 and at most 3 classes"));
            }
            assertThrows(IllegalArgumentException.class, () -> trainer.partialFit(bare));
            assertThrows(IllegalArgumentException.class, () -> trainer.partialFit(null));
            assertEquals(0, trainer.steps());
        }
    }

    @Test
    void classLabelsAreThoseOfTheBatchesAndStayTheSame() {
        ClassLabels animals = ClassLabels.of("cat", "dog", "eel");
        float[][] x = {{1, 2}};
        try (IncrementalTrainer trainer = settings().build().incremental(2, 3, ElementType.FLOAT32, 1);
                Dataset bare = Dataset.ofFloats(x, new int[] {2});
                Dataset dog = labelled(x, "dog", animals);
                Dataset other = labelled(x, "dog", ClassLabels.of("cat", "dog", "fox"));
                Dataset few = labelled(x, "dog", ClassLabels.of("dog"))) {
            var e = assertThrows(IllegalArgumentException.class, () -> trainer.partialFit(few));
            assertTrue(
                    e.getMessage().contains("class labels has length 1, the trainer has classes: 3"), e.getMessage());
            trainer.partialFit(bare);
            assertTrue(trainer.model().classLabels().isEmpty());
            trainer.partialFit(dog);
            assertEquals(animals, trainer.model().classLabels().orElseThrow());
            trainer.partialFit(bare);
            assertEquals(animals, trainer.model().classLabels().orElseThrow());
            e = assertThrows(IllegalArgumentException.class, () -> trainer.partialFit(other));
            assertTrue(e.getMessage().contains("batch has the class labels"), e.getMessage());
            assertEquals(3, trainer.steps());
        }
    }

    private static Dataset labelled(float[][] x, String label, ClassLabels labels) {
        return Dataset.builder()
                .features(x)
                .labels(new String[] {label}, labels)
                .build();
    }

    @Test
    void closedIsClosed() {
        IncrementalTrainer trainer = settings().build().incremental(2, 3, ElementType.FLOAT64, 1);
        try (Dataset batch = Toy.dataset(9)) {
            trainer.partialFit(batch);
            trainer.close();
            trainer.close();
            assertThrows(IllegalStateException.class, () -> trainer.partialFit(batch));
            assertThrows(IllegalStateException.class, trainer::model);
            assertThrows(IllegalStateException.class, trainer::steps);
        }
        Dataset closed = Toy.dataset(9);
        closed.close();
        try (IncrementalTrainer other = settings().build().incremental(2, 3, ElementType.FLOAT64, 1)) {
            assertThrows(IllegalStateException.class, () -> other.partialFit(closed));
        }
    }

    @Test
    void threadsTakeTurns() throws Exception {
        // Full batches of plain descent: the order of equal steps does not matter.
        SoftmaxTrainer settings = settings().optimizer(new Sgd(0.1)).build();
        try (Dataset batch = Toy.dataset(30);
                IncrementalTrainer trainer = settings.incremental(2, 3, ElementType.FLOAT64, 1);
                IncrementalTrainer alone = settings.incremental(2, 3, ElementType.FLOAT64, 1)) {
            CyclicBarrier start = new CyclicBarrier(4);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> {
                    try {
                        start.await();
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                    for (int step = 0; step < 50; step++) {
                        trainer.partialFit(batch);
                        trainer.model();
                    }
                });
                threads.add(thread);
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            for (int step = 0; step < 200; step++) {
                alone.partialFit(batch);
            }
            assertEquals(200, trainer.steps());
            assertSame(alone.model(), trainer.model());
        }
    }

    @Test
    void checkpointsOfAFitAreRefused() {
        SoftmaxTrainer trainer = settings().checkpoint(Path.of("file"), 1).build();
        var e = assertThrows(IllegalArgumentException.class, () -> trainer.incremental(2, 3, ElementType.FLOAT32, 1));
        assertTrue(e.getMessage().contains("checkpoint(file, ...) is for a fit"), e.getMessage());
    }

    @Test
    void settingsForAFitAloneAreRefused() {
        try (Dataset data = Toy.dataset(9)) {
            for (SoftmaxTrainer.Builder builder : List.of(
                    settings().validation(data),
                    settings().stopWhenNoImprovement(1),
                    settings().stopWhenRelativeChangeBelow(0.1),
                    settings().memoryLimit(1L << 40))) {
                SoftmaxTrainer trainer = builder.build();
                var e = assertThrows(
                        IllegalArgumentException.class, () -> trainer.incremental(2, 3, ElementType.FLOAT32, 1));
                assertTrue(e.getMessage().contains("are for a fit"), e.getMessage());
            }
        }
    }
}
