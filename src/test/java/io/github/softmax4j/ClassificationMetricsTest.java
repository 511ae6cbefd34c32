package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.ReferenceVectors.MetricsCase;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassificationMetricsTest {

    private static final double TOLERANCE = 1e-12;

    @Test
    void allMetricsMatchTheReferenceVectors() {
        assertEquals(3, ReferenceVectors.metrics().size());
        for (MetricsCase c : ReferenceVectors.metrics()) {
            ClassificationMetrics metrics = ClassificationMetrics.builder(c.precision().length)
                    .confusion()
                    .build();
            for (int i = 0; i < c.labels().length; i++) {
                metrics.add(c.probabilities()[i], c.labels()[i]);
            }
            ClassificationReport report = metrics.report();
            assertEquals(c.labels().length, report.rows());
            near(c.accuracy(), report.accuracy());
            near(c.errorRate(), report.errorRate());
            near(c.logLoss(), report.loss());
            near(c.top2(), report.topKAccuracy(2));
            near(c.f1Macro(), report.macro().f1());
            near(c.ece15(), report.expectedCalibrationError());
            assertArrayEquals(c.precision(), report.precision(), TOLERANCE);
            assertArrayEquals(c.recall(), report.recall(), TOLERANCE);
            assertArrayEquals(c.confusion(), report.confusion());
            assertEquals(naiveBrier(c), report.brierScore(), TOLERANCE);
        }
    }

    private static double naiveBrier(MetricsCase c) {
        double sum = 0;
        for (int i = 0; i < c.labels().length; i++) {
            for (int k = 0; k < c.probabilities()[i].length; k++) {
                sum += Math.pow(c.probabilities()[i][k] - (k == c.labels()[i] ? 1 : 0), 2);
            }
        }
        return sum / c.labels().length;
    }

    private static void near(double expected, double actual) {
        assertEquals(0, Problem.relativeError(actual, expected), TOLERANCE);
    }

    @Test
    void rowOfWeightTwoCountsAsTwoRowsAndOfWeightZeroAsNone() {
        MetricsCase c = ReferenceVectors.metrics().get(1);
        ClassificationMetrics weighted =
                ClassificationMetrics.builder(10).confusion().build();
        ClassificationMetrics repeated =
                ClassificationMetrics.builder(10).confusion().build();
        for (int i = 0; i < c.labels().length; i++) {
            weighted.add(c.probabilities()[i], c.labels()[i], i % 3);
            for (int k = 0; k < i % 3; k++) {
                repeated.add(c.probabilities()[i], c.labels()[i]);
            }
        }
        same(repeated.report(), weighted.report());
        assertEquals(133, weighted.report().rows());
    }

    /** In all but the number of rows. */
    private static void same(ClassificationReport expected, ClassificationReport actual) {
        near(expected.loss(), actual.loss());
        near(expected.brierScore(), actual.brierScore());
        near(expected.expectedCalibrationError(), actual.expectedCalibrationError());
        near(expected.macro().f1(), actual.macro().f1());
        near(expected.weighted().recall(), actual.weighted().recall());
        near(expected.weighted().precision(), actual.weighted().precision());
        for (int k = 1; k <= expected.support().length; k++) {
            near(expected.topKAccuracy(k), actual.topKAccuracy(k));
        }
        assertArrayEquals(expected.support(), actual.support(), TOLERANCE);
        assertArrayEquals(expected.confusion(), actual.confusion());
    }

    @Test
    void classesWithoutRowsAndPredictionsHaveZerosAndStayOutOfTheMacroMean() {
        ClassificationMetrics metrics =
                ClassificationMetrics.builder(4).confusion().build();
        metrics.add(new double[] {0.7, 0.2, 0.1, 0}, 0);
        metrics.add(new double[] {0.6, 0.3, 0.1, 0}, 1);
        ClassificationReport report = metrics.report();
        assertArrayEquals(new double[] {0.5, 0, 0, 0}, report.precision());
        assertArrayEquals(new double[] {1, 0, 0, 0}, report.recall());
        assertArrayEquals(new double[] {2.0 / 3, 0, 0, 0}, report.f1(), 1e-15);
        assertArrayEquals(new double[] {1, 1, 0, 0}, report.support());
        assertEquals(0.25, report.macro().precision());
        assertEquals(0.5, report.macro().recall());
        assertEquals(1.0 / 3, report.macro().f1(), 1e-15);
        assertEquals(0.25, report.weighted().precision());
        assertEquals(1, report.topKAccuracy(2));
    }

    @Test
    void confidenceOnTheEdgeOfABinBelongsBelowIt() {
        ClassificationMetrics metrics =
                ClassificationMetrics.builder(2).calibrationBins(5).build();
        metrics.add(new double[] {0.6, 0.4}, 0);
        metrics.add(new double[] {0.5, 0.5}, 1);
        // Both in (0.4, 0.6]: |(0.6 - 1) + (0.5 - 0)| / 2
        assertEquals(0.05, metrics.report().expectedCalibrationError(), 1e-15);
        metrics.add(new double[] {1, 0}, 0);
        metrics.add(new double[] {0.61, 0.39}, 0);
        // (0.8, 1] has no gap, (0.6, 0.8] one of 0.39.
        assertEquals((0.1 + 0.39) / 4, metrics.report().expectedCalibrationError(), 1e-15);
    }

    @Test
    void equalProbabilitiesRankTheLowerClassFirst() {
        ClassificationMetrics metrics = ClassificationMetrics.builder(4).build();
        metrics.add(new double[] {0.25, 0.25, 0.25, 0.25}, 2);
        assertEquals(0, metrics.report().topKAccuracy(2));
        assertEquals(1, metrics.report().topKAccuracy(3));
        assertEquals(0, metrics.report().accuracy());
    }

    @Test
    void impossibleRowHasInfiniteLoss() {
        ClassificationMetrics metrics = ClassificationMetrics.builder(2).build();
        metrics.add(new float[] {1, 0}, 1);
        assertEquals(Double.POSITIVE_INFINITY, metrics.report().loss());
        assertEquals(2, metrics.report().brierScore());
        assertEquals(1, metrics.report().expectedCalibrationError());
    }

    /** One part; several; several of the fewest rows. */
    @ParameterizedTest
    @CsvSource({"40,3,3,false", "40,3,3,true", "1200,2,2001,true", "70,2,40000,false"})
    void modelIsJudgedAsItsProbabilitiesAre(int rows, int features, int classes, boolean weighted) {
        Problem p = Problem.random(rows, features, classes, true, 0, weighted);
        for (ElementType type : ElementType.values()) {
            try (Dataset data = p.dataset(type)) {
                SoftmaxModel model = PredictionTest.doubleModel(p);
                double[] all = model.predictProbabilities(data);
                ClassificationMetrics given = metrics(classes);
                for (int i = 0; i < rows; i++) {
                    given.add(
                            Arrays.copyOfRange(all, i * classes, (i + 1) * classes),
                            p.labels[i],
                            weighted ? p.weights[i] : 1);
                }
                ClassificationMetrics streamed = metrics(classes);
                streamed.add(model, data);
                ClassificationReport expected = given.report();
                ClassificationReport actual = streamed.report();
                Evaluation cheap = model.evaluate(data);
                double tolerance = type == ElementType.FLOAT64 ? 1e-12 : 1e-5;
                assertEquals(expected.rows(), actual.rows());
                assertEquals(cheap.rows(), actual.rows());
                assertEquals(cheap.errorRate(), actual.errorRate(), 1e-14);
                assertEquals(0, Problem.relativeError(actual.loss(), cheap.loss()), 1e-12);
                assertEquals(0, Problem.relativeError(actual.loss(), expected.loss()), tolerance);
                near(expected.brierScore(), actual.brierScore());
                if (type == ElementType.FLOAT64) {
                    near(expected.expectedCalibrationError(), actual.expectedCalibrationError());
                    near(expected.topKAccuracy(classes / 2), actual.topKAccuracy(classes / 2));
                    assertArrayEquals(expected.f1(), actual.f1(), 1e-12);
                }
            }
        }
    }

    private static ClassificationMetrics metrics(int classes) {
        return ClassificationMetrics.builder(classes).build();
    }

    @Test
    void dataInPartsIsJudgedLikeTheWhole() {
        Problem p = Problem.random(101, 4, 5, true, 0, true);
        SoftmaxModel model = PredictionTest.doubleModel(p);
        ClassificationMetrics parts =
                ClassificationMetrics.builder(5).confusion().build();
        ClassificationMetrics whole =
                ClassificationMetrics.builder(5).confusion().build();
        try (Dataset all = p.dataset(ElementType.FLOAT64)) {
            whole.add(model, all);
        }
        for (int[] range : new int[][] {{0, 40}, {40, 101}}) {
            try (Dataset part = Dataset.builder()
                    .features(Arrays.copyOfRange(p.x, range[0], range[1]))
                    .labels(Arrays.copyOfRange(p.labels, range[0], range[1]))
                    .weights(Arrays.copyOfRange(p.weights, range[0], range[1]))
                    .classes(5)
                    .build()) {
                parts.add(model, part);
            }
        }
        same(whole.report(), parts.report());
    }

    @Test
    void sameBitsForAnyThreadCount() {
        Problem p = Problem.random(2000, 5, 700, true, 0, true);
        SoftmaxModel model = PredictionTest.doubleModel(p);
        String before = System.getProperty("softmax4j.threads");
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            System.setProperty("softmax4j.threads", "1");
            String report = ClassificationReport.of(model, data).toString();
            RocAuc auc = RocAuc.of(model, data);
            for (String threads : new String[] {"2", "3"}) {
                System.setProperty("softmax4j.threads", threads);
                assertEquals(report, ClassificationReport.of(model, data).toString());
                assertEquals(auc, RocAuc.of(model, data));
            }
        } finally {
            if (before == null) {
                System.clearProperty("softmax4j.threads");
            } else {
                System.setProperty("softmax4j.threads", before);
            }
        }
    }

    @Test
    void rowsOfWeightZeroInAWholePartDoNotSpoilTheLoss() {
        int classes = 40_000;
        int[] labels = new int[64];
        double[] weights = new double[64];
        weights[63] = 3;
        SplittableRandom random = new SplittableRandom(5);
        SoftmaxModel model =
                SoftmaxModel.of(1, classes, random.doubles(classes, -1, 1).toArray(), new double[0]);
        try (Dataset data = Dataset.builder()
                .features(random.doubles(64).toArray(), 64, 1)
                .labels(labels)
                .weights(weights)
                .build()) {
            assertEquals(
                    model.evaluate(data).loss(),
                    ClassificationReport.of(model, data).loss(),
                    1e-12);
            assertEquals(1, ClassificationReport.of(model, data).rows());
        }
    }

    @Test
    void wrongInputIsRefused() {
        ClassificationMetrics m = metrics(3);
        bad(() -> ClassificationMetrics.builder(0), "classes must be at least 1, was 0");
        bad(() -> ClassificationMetrics.builder(2).calibrationBins(0), "calibrationBins must be in 1..1000000, was 0");
        bad(() -> ClassificationMetrics.builder(4097).confusion(), "at most 4096 classes, classes is 4097");
        bad(() -> m.add(new double[2], 0), "probabilities has length 2, classes is 3");
        bad(() -> m.add((double[]) null, 0), "probabilities must not be null");
        bad(() -> m.add(new double[] {1, 0, 0}, 3), "label must be in 0..2, was 3");
        bad(() -> m.add(new double[] {1, 0, 0}, -1), "label must be in 0..2, was -1");
        bad(() -> m.add(new double[] {1, 0, Double.NaN}, 0), "probabilities[2] must be in 0..1, was NaN");
        bad(() -> m.add(new float[] {2, -1, 0}, 0), "probabilities[0] must be in 0..1, was 2.0");
        bad(() -> m.add(new double[] {0.5, 0.2, 0.2}, 0), "probabilities must sum to 1, their sum was 0.");
        bad(() -> m.add(new double[] {1, 0, 0}, 0, -1), "weight must be finite and not negative, was -1.0");
        bad(() -> m.add(SoftmaxModel.of(2, 2, new double[4], new double[0]), Toy.dataset(6)), "model has 2 classes");
        bad(() -> m.add(SoftmaxModel.of(1, 3, new double[3], new double[0]), Toy.dataset(6)), "data has 2 features");
        bad(() -> m.add(null, Toy.dataset(6)), "model must not be null");
        var none = assertThrows(IllegalStateException.class, m::report);
        assertTrue(none.getMessage().contains("no row"), none.getMessage());
        m.add(new double[] {1, 0, 0}, 0);
        bad(() -> m.report().topKAccuracy(4), "k must be in 1..3, was 4");
        assertThrows(IllegalStateException.class, () -> m.report().confusion());
    }

    private static void bad(Executable call, String message) {
        var thrown = assertThrows(IllegalArgumentException.class, call);
        assertTrue(thrown.getMessage().contains(message), thrown.getMessage());
    }
}
