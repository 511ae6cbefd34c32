package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on standardised features is training on a standardised copy, and the model takes them as they are. */
class StandardizationTest {

    private static final int ROWS = 400;
    private static final int FEATURES = 6;

    @TempDir
    private Path folder;

    private final double[][] x = new double[ROWS][FEATURES];
    private final int[] labels = new int[ROWS];
    private final double[] weights = new double[ROWS];

    StandardizationTest() {
        SplittableRandom random = new SplittableRandom(8);
        for (int i = 0; i < ROWS; i++) {
            labels[i] = i % 3;
            weights[i] = random.nextInt(3);
            for (int d = 0; d < FEATURES; d++) {
                x[i][d] = Math.pow(10, d - 2) * (random.nextDouble() + (labels[i] == d % 3 ? 0.7 : 0) + 3);
            }
            x[i][5] = 0.1; // constant
        }
    }

    private Dataset data(double[][] rows) {
        return Dataset.builder().features(rows).labels(labels).weights(weights).build();
    }

    private static SoftmaxTrainer.Builder trainer() {
        return SoftmaxTrainer.builder()
                .epochs(20)
                .batchSize(32)
                .optimizer(new Adam(0.05))
                .l2(0.01)
                .seed(3);
    }

    /** By the formula of the documentation, from textbook moments. */
    private double[][] standardised(Standardization s) {
        double[] mean = s.mean();
        double[] deviation = s.deviation();
        double[][] copy = new double[ROWS][FEATURES];
        for (int i = 0; i < ROWS; i++) {
            for (int d = 0; d < FEATURES; d++) {
                copy[i][d] = x[i][d] * (1 / deviation[d]) + (0 - mean[d]) / deviation[d];
            }
        }
        return copy;
    }

    @Test
    void theMomentsAreThoseOfTheRowsByTheirWeights() {
        try (Dataset data = data(x)) {
            Standardization s = trainer()
                    .standardize(true)
                    .build()
                    .fit(data)
                    .standardization()
                    .orElseThrow();
            double total = Arrays.stream(weights).sum();
            for (int d = 0; d < FEATURES; d++) {
                double mean = 0;
                double squares = 0;
                for (int i = 0; i < ROWS; i++) {
                    mean += weights[i] * x[i][d] / total;
                }
                for (int i = 0; i < ROWS; i++) {
                    squares += weights[i] * (x[i][d] - mean) * (x[i][d] - mean) / total;
                }
                assertEquals(mean, s.mean()[d], 1e-13 * Math.abs(mean));
                assertEquals(
                        d == 5 ? 1 : Math.sqrt(squares), s.deviation()[d], d == 5 ? 0 : 1e-12 * Math.sqrt(squares));
            }
            assertEquals(0.1, s.mean()[5]);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void trainsAsOnAStandardisedCopy(boolean intercept) {
        try (Dataset data = data(x)) {
            SoftmaxModel model =
                    trainer().intercept(intercept).standardize(true).build().fit(data);
            double[][] copy = standardised(model.standardization().orElseThrow());
            try (Dataset same = data(copy)) {
                SoftmaxModel expected = trainer().intercept(intercept).build().fit(same);
                // The very same steps: only folding rounds.
                assertEquals(
                        expected.summary().orElseThrow().objective(),
                        model.summary().orElseThrow().objective());
                assertTrue(model.hasIntercept());
                double[] deviation = model.standardization().orElseThrow().deviation();
                double[] w = model.weights();
                for (int i = 0; i < w.length; i++) {
                    assertEquals(expected.weights()[i] / deviation[i / 3], w[i]);
                }
                // Scores of size 10 from terms of size 1000 at most, in double.
                assertArrayEquals(expected.predictProbabilities(same), model.predictProbabilities(data), 1e-11);
                for (int i = 0; i < 20; i++) {
                    assertArrayEquals(expected.predictProbabilities(copy[i]), model.predictProbabilities(x[i]), 1e-11);
                }
            }
        }
    }

    @Test
    void featuresOfDifferentUnitsTrainAlike() {
        try (Dataset data = data(x)) {
            double plain = trainer().build().fit(data).evaluate(data).errorRate();
            double standardised =
                    trainer().standardize(true).build().fit(data).evaluate(data).errorRate();
            assertTrue(standardised < 0.1 && standardised < plain, standardised + " against " + plain);
        }
    }

    @Test
    void sameBitsForAnyThreadCount() {
        try (Dataset data = data(x)) {
            SoftmaxModel one = trainer().standardize(true).threads(1).build().fit(data);
            assertEquals(one, trainer().standardize(true).threads(3).build().fit(data));
        }
    }

    @Test
    void theBestModelOfValidationIsFoldedOnce() {
        try (Dataset data = data(x)) {
            SoftmaxModel model = trainer()
                    .standardize(true)
                    .validation(data)
                    .stopWhenNoImprovement(2)
                    .build()
                    .fit(data);
            assertTrue(model.evaluate(data).errorRate() < 0.1);
        }
    }

    @Test
    void aModelCanBeTrainedOn() {
        try (Dataset data = data(x)) {
            SoftmaxModel model = trainer().standardize(true).build().fit(data);
            SoftmaxModel more = trainer()
                    .standardize(true)
                    .warmStart(model)
                    .epochs(1)
                    .optimizer(new Sgd(1e-300))
                    .build()
                    .fit(data);
            double[] expected = model.predictProbabilities(data);
            assertArrayEquals(expected, more.predictProbabilities(data), 1e-11);
            SoftmaxModel without = SoftmaxModel.of(FEATURES, 3, new double[FEATURES * 3], new double[0]);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> trainer().standardize(true).warmStart(without).build().fit(data));
        }
    }

    @Test
    void theModelFileKeepsIt(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model");
        try (Dataset data = data(x)) {
            SoftmaxModel model = trainer().standardize(true).build().fit(data);
            model.save(file);
            assertEquals(model, SoftmaxModel.load(file));
        }
    }

    @Test
    void storedFeaturesToo() {
        byte[] bytes = new byte[ROWS * FEATURES];
        new SplittableRandom(2).nextBytes(bytes);
        double[] values = new double[bytes.length];
        float[] floats = new float[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            floats[i] = bytes[i] & 0xff;
            values[i] = floats[i];
        }
        try (Dataset stored = Dataset.builder()
                        .features(bytes, ROWS, FEATURES, 1, 0)
                        .labels(labels)
                        .build();
                Dataset plain = Dataset.ofFloats(floats, ROWS, FEATURES, labels)) {
            assertEquals(
                    trainer().standardize(true).build().fit(plain),
                    trainer().standardize(true).build().fit(stored));
        }
    }

    /** The rows of {@link #x} with zeros among them, sparse or dense. */
    private Dataset withZeros(boolean sparse) {
        int[] offsets = new int[ROWS + 1];
        int[] indices = new int[ROWS * FEATURES];
        double[] values = new double[indices.length];
        double[][] rows = new double[ROWS][FEATURES];
        int entries = 0;
        for (int i = 0; i < ROWS; i++) {
            for (int d = 0; d < FEATURES; d++) {
                if ((i + d) % 3 > 0) {
                    rows[i][d] = x[i][d];
                    indices[entries] = d;
                    values[entries++] = x[i][d];
                }
            }
            offsets[i + 1] = entries;
        }
        return sparse
                ? Dataset.builder()
                        .sparse(offsets, Arrays.copyOf(indices, entries), Arrays.copyOf(values, entries), FEATURES)
                        .labels(labels)
                        .weights(weights)
                        .build()
                : data(rows);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void withoutCenteringSparseRowsTrainAsDenseOnes(boolean intercept, @TempDir Path folder) throws IOException {
        SoftmaxTrainer.Builder scaling =
                trainer().intercept(intercept).standardize(true).centering(false);
        try (Dataset sparse = withZeros(true);
                Dataset dense = withZeros(false)) {
            SoftmaxModel expected = scaling.build().fit(dense);
            SoftmaxModel model = scaling.threads(1).build().fit(sparse);
            assertEquals(model, scaling.threads(3).build().fit(sparse));
            Standardization s = model.standardization().orElseThrow();
            assertArrayEquals(new double[FEATURES], s.mean());
            assertArrayEquals(expected.standardization().orElseThrow().deviation(), s.deviation(), 1e-9);
            assertEquals(intercept, model.hasIntercept());
            assertArrayEquals(expected.predictProbabilities(dense), model.predictProbabilities(sparse), 1e-9);
            // The deviations are in the weights: without them the model is another one.
            SoftmaxModel plain = trainer().intercept(intercept).build().fit(sparse);
            assertFalse(Arrays.equals(plain.weights(), model.weights()));
            Path file = folder.resolve("model");
            model.save(file);
            assertEquals(model, SoftmaxModel.load(file));
            // A warm start goes on from the weights of scaled features.
            SoftmaxModel more = scaling.warmStart(model)
                    .optimizer(new Sgd(1e-30))
                    .epochs(1)
                    .build()
                    .fit(sparse);
            assertArrayEquals(model.weights(), more.weights(), 1e-12);
            SoftmaxModel solved = SoftmaxTrainer.builder()
                    .solver(new Lbfgs())
                    .l2(0.01)
                    .intercept(intercept)
                    .standardize(true)
                    .centering(false)
                    .build()
                    .fit(sparse);
            assertTrue(solved.summary().orElseThrow().objective()
                    < model.summary().orElseThrow().objective());
        }
    }

    @Test
    void centeringOfSparseRowsIsRefused() {
        try (Dataset sparse = withZeros(true)) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> trainer().standardize(true).build().fit(sparse))
                    .getMessage();
            assertTrue(message.contains("centering(false)"), message);
        }
        assertThrows(
                IllegalArgumentException.class, () -> trainer().centering(false).build());
    }

    @Test
    void aMemoryLimitHoldsForTheMomentsToo() {
        try (Dataset data = data(x)) {
            SoftmaxTrainer.Builder builder = trainer().standardize(true);
            MemoryPlan free = builder.build().plan(ROWS, FEATURES, 3, ElementType.FLOAT64);
            assertTrue(free.javaHeap()
                    > trainer()
                            .build()
                            .plan(ROWS, FEATURES, 3, ElementType.FLOAT64)
                            .javaHeap());
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> builder.memoryLimit(1).build().fit(data))
                    .getMessage();
            long least = Long.parseLong(message.replaceAll(".*needs at least (\\d+) .*", "$1"));
            SoftmaxModel one = builder.memoryLimit(least).threads(1).build().fit(data);
            assertEquals(one, builder.threads(3).build().fit(data));
            assertTrue(
                    builder.build().plan(ROWS, FEATURES, 3, ElementType.FLOAT64).working() <= least);
        }
    }

    @Test
    void aFeatureWithoutProportionIsRefused() {
        double[][] huge = new double[ROWS][FEATURES];
        for (int i = 0; i < ROWS; i++) {
            huge[i][0] = i % 2 == 0 ? 1 : -1;
            huge[i][1] = huge[i][0] * 1e300;
        }
        try (Dataset data = data(huge)) {
            SoftmaxModel model = trainer().standardize(true).build().fit(data);
            double[] deviation = model.standardization().orElseThrow().deviation();
            assertEquals(deviation[0], deviation[1] / 1e300, 1e-12);
        }
        for (int i = 0; i < ROWS; i++) {
            huge[i][1] = huge[i][0] * Double.MAX_VALUE;
        }
        try (Dataset data = data(huge)) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> trainer().standardize(true).build().fit(data))
                    .getMessage();
            assertTrue(message.contains("column 1"), message);
        }
    }

    @Test
    void weightsThatAreNotFiniteForFeaturesAsTheyAreComeWithTheModelOfStandardisedOnes() throws IOException {
        float[][] tiny = new float[ROWS][1];
        for (int i = 0; i < ROWS; i++) {
            tiny[i][0] = labels[i] == 0 ? 3e-40f : labels[i] * 1e-40f;
        }
        Path file = folder.resolve("checkpoint");
        try (Dataset data = Dataset.builder().features(tiny).labels(labels).build()) {
            for (SoftmaxTrainer.Builder builder : List.of(
                    trainer(),
                    trainer().solver(new Lbfgs()),
                    trainer().solver(new Sdca()),
                    trainer().epochs(1000))) {
                SoftmaxTrainer trainer =
                        builder.standardize(true).checkpoint(file, 100).build();
                var e = assertThrows(StandardizationException.class, () -> trainer.fit(data));
                assertTrue(e.getMessage().contains("not finite in FLOAT32"), e.getMessage());
                double[][] standardised = new double[ROWS][1];
                for (int i = 0; i < ROWS; i++) {
                    standardised[i][0] = (tiny[i][0] - e.standardization().mean()[0])
                            / e.standardization().deviation()[0];
                }
                try (Dataset copy = data(standardised)) {
                    assertEquals(0, e.model().evaluate(copy).errorRate(), trainer.solver + "");
                }
            }
            // Interrupted, it is saved whatever becomes of the model so far.
            SoftmaxTrainer trainer = trainer()
                    .standardize(true)
                    .checkpoint(file, 100)
                    .listener(p -> Thread.currentThread().interrupt())
                    .build();
            Files.delete(file);
            assertThrows(SoftmaxException.class, () -> trainer.fit(data));
            assertTrue(Thread.interrupted());
            long first = Files.size(file);
            assertThrows(
                    StandardizationException.class,
                    () -> trainer().standardize(true).build().resume(data, file));
            assertTrue(first > 0);
        } finally {
            Thread.interrupted();
        }
    }
}
