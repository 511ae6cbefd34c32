package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemperatureScalingTest {

    /** Scores (x, 0); three of four rows with x = 1 are of class 0: the best probability is 0.75, so 1 / T = log(3). */
    @Test
    void closedFormIsFound() {
        SoftmaxModel model = SoftmaxModel.of(1, 2, new double[] {1, 0}, new double[] {0, 0});
        try (Dataset data = Dataset.ofDoubles(new double[][] {{1}, {1}, {1}, {1}}, new int[] {0, 0, 1, 0})) {
            TemperatureScaling scaling = TemperatureScaling.fit(model, data);
            assertEquals(1 / Math.log(3), scaling.temperature(), 1e-12);
            assertEquals(0.75, scaling.model().predictProbabilities(new double[] {1})[0], 1e-12);
        }
        try (Dataset weighted = Dataset.builder()
                .features(new double[][] {{1}, {1}, {7}})
                .labels(new int[] {0, 1, 1})
                .weights(new double[] {9, 3, 0})
                .build()) {
            assertEquals(
                    1 / Math.log(3), TemperatureScaling.fit(model, weighted).temperature(), 1e-12);
        }
        try (Dataset single = Dataset.ofFloats(new float[][] {{1}, {1}, {1}, {1}}, new int[] {0, 0, 1, 0})) {
            assertEquals(1 / Math.log(3), TemperatureScaling.fit(model, single).temperature(), 1e-5);
        }
    }

    @Test
    void anInterruptedFitEndsWithTheModelSoFar() {
        SoftmaxModel model = PredictionTest.doubleModel(Problem.random(3, 4, 5, true, 0, false));
        try (Dataset data = drawn(model, 300)) {
            Thread.currentThread().interrupt();
            var e = assertThrows(TrainingInterruptedException.class, () -> TemperatureScaling.fit(model, data));
            assertTrue(Thread.interrupted(), "the status is still set");
            assertEquals(0, e.steps());
            assertArrayEquals(model.weights(), e.model().weights());
        } finally {
            Thread.interrupted();
        }
    }

    /** Labels drawn from the model's own probabilities: it is calibrated, and scaled by s its temperature is s times that. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-2, 0.3, 1, 7, 90})
    void temperatureFollowsTheScaleOfTheScores(double scale) {
        SoftmaxModel honest = PredictionTest.doubleModel(Problem.random(3, 4, 5, true, 0, false));
        try (Dataset data = drawn(honest, 3000)) {
            double own = TemperatureScaling.fit(honest, data).temperature();
            assertEquals(1, own, 0.2);
            TemperatureScaling scaling = TemperatureScaling.fit(honest.scaled(scale), data);
            assertEquals(1, scaling.temperature() / (scale * own), 1e-9);

            double least = scaling.model().evaluate(data).loss();
            for (double beside : new double[] {0.99, 1.01}) {
                double loss = scaling.model().scaled(beside).evaluate(data).loss();
                assertTrue(loss > least, () -> beside + ": " + loss + " is not above " + least);
            }
            assertArrayEquals(honest.predict(data), scaling.model().predict(data));
            double error = ClassificationReport.of(scaling.model(), data).expectedCalibrationError();
            assertTrue(error < 0.05, () -> "calibration error " + error);
        }
    }

    private static Dataset drawn(SoftmaxModel model, int rows) {
        SplittableRandom random = new SplittableRandom(17);
        double[][] x = new double[rows][model.features()];
        int[] labels = new int[rows];
        for (int i = 0; i < rows; i++) {
            for (int d = 0; d < x[i].length; d++) {
                x[i][d] = random.nextDouble() * 4 - 2;
            }
            double left = random.nextDouble();
            double[] p = model.predictProbabilities(x[i]);
            while (labels[i] < p.length - 1 && left >= p[labels[i]]) {
                left -= p[labels[i]++];
            }
        }
        return Dataset.ofDoubles(x, labels);
    }

    @Test
    void everythingButTheScaleStays() {
        SoftmaxModel model =
                SoftmaxModel.of(1, 2, new float[] {1, 0}, new float[0]).withClassLabels(ClassLabels.of("no", "yes"));
        try (Dataset data = Dataset.ofFloats(new float[][] {{1}, {1}, {1}}, new int[] {0, 0, 1})) {
            SoftmaxModel scaled = TemperatureScaling.fit(model, data).model();
            assertEquals(model.classLabels(), scaled.classLabels());
            assertEquals(ElementType.FLOAT32, scaled.elementType());
            assertEquals(false, scaled.hasIntercept());
        }
    }

    @Test
    void equalScoresKeepTemperatureOne() {
        SoftmaxModel flat = SoftmaxModel.of(2, 3, new double[6], new double[3]);
        assertEquals(1, TemperatureScaling.fit(flat, Toy.dataset(9)).temperature());
    }

    @Test
    void modelThatIsRightOnEveryRowHasNoTemperature() {
        for (double scale : new double[] {1e-3, 1, 20}) {
            SoftmaxModel right = SoftmaxModel.of(1, 2, new double[] {scale, -scale}, new double[0]);
            for (ElementType type : ElementType.values()) {
                double[][] x = {{1}, {-1}};
                Dataset.Builder builder = Dataset.builder().labels(new int[] {0, 1});
                try (Dataset data = (type == ElementType.FLOAT64
                                ? builder.features(x)
                                : builder.features(Problem.floats(x)))
                        .build()) {
                    refused(right, data, "right on every row");
                }
            }
        }
    }

    @Test
    void modelThatSaysNothingHasNoTemperature() {
        SoftmaxModel wrong = SoftmaxModel.of(1, 2, new double[] {-1, 1}, new double[0]);
        try (Dataset data = Dataset.ofDoubles(new double[][] {{1}, {-1}}, new int[] {0, 1})) {
            refused(wrong, data, "say nothing");
        }
    }

    @Test
    void overflowingScoresAreRefused() {
        SoftmaxModel huge = SoftmaxModel.of(1, 2, new float[] {1e38f, -1e38f}, new float[0]);
        try (Dataset data = Dataset.ofFloats(new float[][] {{10}, {10}}, new int[] {0, 1})) {
            refused(huge, data, "overflow");
        }
    }

    /** A masked class takes no part: the temperature is that of the other classes. */
    @Test
    void maskedClassIsLeftOut() {
        double[][] x = {{1}, {2}, {-1}, {-2}, {0.5}, {-0.5}};
        int[] labels = {0, 0, 1, 1, 1, 0};
        SoftmaxModel two = SoftmaxModel.of(1, 2, new double[] {1, -1}, new double[] {0.1, 0});
        SoftmaxModel masked =
                SoftmaxModel.of(1, 3, new double[] {1, -1, 3}, new double[] {0.1, 0, Double.NEGATIVE_INFINITY});
        try (Dataset data = Dataset.ofDoubles(x, labels)) {
            TemperatureScaling expected = TemperatureScaling.fit(two, data);
            TemperatureScaling actual = TemperatureScaling.fit(masked, data);
            assertEquals(expected.temperature(), actual.temperature(), 1e-12 * expected.temperature());
            assertEquals(Double.NEGATIVE_INFINITY, actual.model().intercept()[2]);
        }
        try (Dataset data = Dataset.ofDoubles(new double[][] {{1}, {-1}, {1}}, new int[] {0, 1, 2})) {
            refused(masked, data, "rows of class 2, whose probability is always 0");
        }
    }

    private static void refused(SoftmaxModel model, Dataset data, String message) {
        var thrown = assertThrows(IllegalArgumentException.class, () -> TemperatureScaling.fit(model, data));
        assertTrue(thrown.getMessage().contains(message), thrown.getMessage());
    }
}
