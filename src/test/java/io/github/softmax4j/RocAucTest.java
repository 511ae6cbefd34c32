package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RocAucTest {

    /** Over all pairs of a row of the class and one of another. */
    private static double[] naive(double[] values, int[] labels, double[] weights, int classes) {
        double[] areas = new double[classes];
        for (int c = 0; c < classes; c++) {
            double won = 0;
            double pairs = 0;
            for (int i = 0; i < labels.length; i++) {
                for (int j = 0; j < labels.length; j++) {
                    if (labels[i] == c && labels[j] != c) {
                        double pair = (weights == null ? 1 : weights[i]) * (weights == null ? 1 : weights[j]);
                        double difference = values[i * classes + c] - values[j * classes + c];
                        won += difference > 0 ? pair : difference == 0 ? pair / 2 : 0;
                        pairs += pair;
                    }
                }
            }
            areas[c] = won / pairs;
        }
        return areas;
    }

    /** So few distinct values that there are many ties. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 1_000_000})
    void areasAreThoseOverAllPairs(int distinct) {
        SplittableRandom random = new SplittableRandom(distinct);
        int rows = 137;
        int classes = 4;
        double[] values = random.ints((long) rows * classes, 0, distinct)
                .mapToDouble(i -> (double) i / distinct)
                .toArray();
        int[] labels = random.ints(rows, 0, classes).toArray();
        assertArrayEquals(
                naive(values, labels, null, classes),
                RocAuc.of(values, labels, null, classes).perClass());

        double[] counts = random.ints(rows, 0, 4).asDoubleStream().toArray();
        assertArrayEquals(
                naive(values, labels, counts, classes),
                RocAuc.of(values, labels, counts, classes).perClass());

        double[] weights = random.doubles(rows).toArray();
        assertArrayEquals(
                naive(values, labels, weights, classes),
                RocAuc.of(values, labels, weights, classes).perClass(),
                1e-13);
    }

    /** One part, and several. */
    @ParameterizedTest
    @ValueSource(ints = {3, 40_000})
    void modelsAreasAreThoseOfItsProbabilities(int classes) {
        Problem p = Problem.random(90, 3, classes, true, 0, true);
        SoftmaxModel model = PredictionTest.doubleModel(p);
        for (ElementType type : ElementType.values()) {
            try (Dataset data = p.dataset(type)) {
                RocAuc expected = RocAuc.of(model.predictProbabilities(data), data.labels(), data.weights(), classes);
                assertEquals(expected, RocAuc.of(model, data));
                if (classes == 3) {
                    double[] areas = naive(model.predictProbabilities(data), p.labels, data.weights(), classes);
                    assertArrayEquals(areas, expected.perClass(), 1e-13);
                }
            }
        }
    }

    /** The probabilities of all four rows are 1 in single precision, their scores are apart; two are 1 in double precision too. */
    @Test
    void probabilitiesThatAreRoundedToOneAreNoTies() {
        SoftmaxModel model = SoftmaxModel.of(1, 2, new float[] {0, 1}, new float[0]);
        int[] labels = {0, 0, 1, 1};
        try (Dataset singles = Dataset.ofFloats(new float[][] {{20}, {25}, {30}, {35}}, labels);
                Dataset doubles = Dataset.ofDoubles(new double[][] {{20}, {25}, {50}, {55}}, labels)) {
            assertArrayEquals(new double[] {1, 1}, RocAuc.of(model, singles).perClass());
            assertArrayEquals(new double[] {1, 1}, RocAuc.of(model, doubles).perClass());
        }
        // With more classes than two the order of scores is another than that of probabilities.
        SoftmaxModel three = SoftmaxModel.of(2, 3, new double[] {1, 0, 0, 0, 1, 0}, new double[0]);
        try (Dataset data =
                Dataset.ofDoubles(new double[][] {{50, 40}, {60, 59}, {45, 0}, {46, 45}}, new int[] {0, 1, 0, 1})) {
            assertArrayEquals(
                    new double[] {1, 1, Double.NaN}, RocAuc.of(three, data).perClass());
        }
    }

    /** A masked class's score is -infinity: its probability, 0, is the same for all rows. */
    @Test
    void maskedClassHasNothingButTies() {
        SoftmaxModel model =
                SoftmaxModel.of(1, 3, new double[] {-1, 1, 0}, new double[] {0, 0, Double.NEGATIVE_INFINITY});
        try (Dataset data = Dataset.ofDoubles(new double[][] {{-1}, {0}, {1}}, new int[] {0, 2, 1})) {
            assertArrayEquals(new double[] {1, 1, 0.5}, RocAuc.of(model, data).perClass());
        }
    }

    @Test
    void classesWithoutRowsAreNotANumberAndLeftOutOfTheMeans() {
        // Class 0: 3 rows, 1 of 3 pairs lost; class 2: the reverse; class 1 has no row.
        double[] values = {0.8, 0.1, 0.1, 0.6, 0.1, 0.3, 0.3, 0.1, 0.6, 0.4, 0.1, 0.5};
        RocAuc auc = RocAuc.of(values, new int[] {0, 0, 0, 2}, null, 3);
        assertArrayEquals(new double[] {2.0 / 3, Double.NaN, 2.0 / 3}, auc.perClass());
        assertEquals(2.0 / 3, auc.macro(), 1e-15);
        assertEquals(2.0 / 3, auc.weighted(), 1e-15);

        RocAuc one = RocAuc.of(new double[] {0.5, 0.5, 0.9, 0.1}, new int[] {0, 0}, null, 2);
        assertArrayEquals(new double[] {Double.NaN, Double.NaN}, one.perClass());
        assertEquals(Double.NaN, one.macro());
    }

    @Test
    void meansAreByClassAndBySupport() {
        // Rows of class 0, 1, 2 and 2. Class 1 has nothing but ties, class 2 wins 2.5 of 4 pairs.
        double[] values = {9, 1, 1, 1, 1, 2, 1, 1, 3, 1, 1, 1};
        RocAuc auc = RocAuc.of(values, new int[] {0, 1, 2, 2}, null, 3);
        assertArrayEquals(new double[] {1, 0.5, 0.625}, auc.perClass());
        assertEquals((1 + 0.5 + 0.625) / 3, auc.macro(), 1e-15);
        assertEquals((1 + 0.5 + 2 * 0.625) / 4, auc.weighted(), 1e-15);
    }

    @Test
    void rowOfWeightZeroDoesNotCount() {
        double[] values = {0.9, 0.1, 0.2, 0.8, 0.1, 0.9};
        RocAuc auc = RocAuc.of(values, new int[] {0, 1, 0}, new double[] {1, 1, 0}, 2);
        assertArrayEquals(new double[] {1, 1}, auc.perClass());
    }

    @Test
    void notANumberShowsInItsClassAlone() {
        double[] values = {0.9, Double.NaN, 0.2, 0.8};
        double[] areas = RocAuc.of(values, new int[] {0, 1}, null, 2).perClass();
        assertArrayEquals(new double[] {1, Double.NaN}, areas);
        values = new double[] {0.9, 0.1, 0.2, Double.NaN};
        areas = RocAuc.of(values, new int[] {0, 1}, null, 2).perClass();
        assertArrayEquals(new double[] {1, Double.NaN}, areas);
    }

    @Test
    void wrongInputIsRefused() {
        double[] values = {0.5, 0.5};
        for (Object[] bad : new Object[][] {
            {null, new int[1], null, "probabilities must not be null"},
            {values, null, null, "labels must not be null"},
            {values, new int[0], null, "the length of labels must be at least 1"},
            {values, new int[2], null, "probabilities has length 2, labels x classes is 4"},
            {values, new int[] {2}, null, "labels[0] must be in 0..1, was 2"},
            {values, new int[1], new double[2], "weights has length 2"},
            {values, new int[1], new double[] {-1}, "weights[0] must be finite and not negative"}
        }) {
            var thrown = assertThrows(
                    IllegalArgumentException.class,
                    () -> RocAuc.of((double[]) bad[0], (int[]) bad[1], (double[]) bad[2], 2));
            assertTrue(thrown.getMessage().contains((String) bad[3]), thrown.getMessage());
        }
    }
}
