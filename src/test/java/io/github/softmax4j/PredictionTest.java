package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Single rows and batches against the naive reference. */
class PredictionTest {

    static List<Arguments> cases() {
        int[][] shapes = {{1, 1, 1}, {3, 1, 2}, {17, 7, 3}, {40, 33, 10}, {65, 16, 32}, {31, 20, 33}, {20, 9, 3001}};
        List<Arguments> all = new ArrayList<>();
        for (String kernels : Kernels.all()) {
            for (int[] s : shapes) {
                all.add(Arguments.of(kernels, s[0], s[1], s[2]));
            }
        }
        return all;
    }

    @ParameterizedTest(name = "{0} {1}x{2}x{3}")
    @MethodSource("cases")
    void rowsAndBatchesMatchTheNaiveReference(String kernels, int rows, int features, int classes) {
        for (boolean intercept : new boolean[] {true, false}) {
            Problem p = Problem.random(rows, features, classes, intercept, 0, false);
            Kernels.with(kernels, () -> {
                compare(p, floatModel(p));
                compare(p, doubleModel(p));
            });
        }
    }

    private static void compare(Problem p, SoftmaxModel model) {
        for (ElementType type : ElementType.values()) {
            try (Dataset data = p.dataset(type)) {
                double batchTolerance = type == ElementType.FLOAT64 ? 1e-13 : 1e-5;
                double[] batch = model.predictProbabilities(data);
                int[] labels = model.predict(data);
                double[] scratch = new double[p.classes];
                float[] narrowScratch = new float[p.classes];
                for (int i = 0; i < p.rows(); i++) {
                    double[] scores = NaiveSoftmax.scores(p.parameters, p.x[i], p.classes, p.intercept);
                    double[] expected = NaiveSoftmax.probabilities(scores);
                    int label = NaiveSoftmax.argMax(scores);
                    double[] fromBatch = Arrays.copyOfRange(batch, i * p.classes, (i + 1) * p.classes);
                    assertArrayEquals(expected, fromBatch, batchTolerance);
                    assertEquals(1, Arrays.stream(fromBatch).sum(), p.classes > 1000 ? 1e-4 : 1e-5);
                    assertEquals(label, labels[i]);
                    assertEquals(label, model.predict(p.x[i]));
                    assertEquals(label, model.predict(Problem.floats(p.x[i])));
                    double rowTolerance = model.elementType() == ElementType.FLOAT64 ? 1e-13 : 1e-5;
                    assertArrayEquals(expected, model.predictProbabilities(p.x[i]), rowTolerance);
                    assertEquals(label, model.predictProbabilities(p.x[i], scratch));
                    assertArrayEquals(expected, scratch, rowTolerance);
                    assertEquals(label, model.predictProbabilities(Problem.floats(p.x[i]), narrowScratch));
                    assertArrayEquals(Problem.floats(expected), narrowScratch, 1e-5f);
                    assertArrayEquals(narrowScratch, model.predictProbabilities(Problem.floats(p.x[i])));
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} {1}x{2}x{3}")
    @MethodSource("cases")
    void evaluationMatchesTheNaiveReference(String kernels, int rows, int features, int classes) {
        Problem p = Problem.random(rows, features, classes, true, 0, true);
        Kernels.with(kernels, () -> {
            try (Dataset data = p.dataset(ElementType.FLOAT64)) {
                Evaluation e = doubleModel(p).evaluate(data);
                double wrong = 0;
                double total = 0;
                long counted = 0;
                for (int i = 0; i < rows; i++) {
                    int label = NaiveSoftmax.argMax(NaiveSoftmax.scores(p.parameters, p.x[i], classes, true));
                    wrong += label == p.labels[i] ? 0 : p.weights[i];
                    total += p.weights[i];
                    counted += p.weights[i] > 0 ? 1 : 0;
                }
                assertEquals(counted, e.rows());
                assertEquals(p.naiveLoss(), e.loss(), 1e-12);
                assertEquals(wrong / total, e.errorRate(), 1e-15);
                assertEquals(1, e.accuracy() + e.errorRate(), 1e-15);
            }
        });
    }

    @Test
    void equalScoresGiveTheLowestClass() {
        for (int classes : new int[] {2, 10, 33, 500}) {
            float[] weights = new float[classes];
            SoftmaxModel flat = SoftmaxModel.of(1, classes, weights, new float[0]);
            assertEquals(0, flat.predict(new float[] {1}));
            weights[classes - 1] = 1;
            weights[classes / 2] = 1;
            SoftmaxModel two = SoftmaxModel.of(1, classes, weights, new float[0]);
            assertEquals(classes / 2, two.predict(new float[] {3}));
            try (Dataset data =
                    Dataset.builder().features(new float[] {3, 5}, 2, 1).build()) {
                assertArrayEquals(new int[] {classes / 2, classes / 2}, two.predict(data));
                assertArrayEquals(new int[] {0, 0}, flat.predict(data));
            }
        }
    }

    @Test
    void oneClassIsCertain() {
        SoftmaxModel model = SoftmaxModel.of(2, 1, new double[] {3, 4}, new double[] {5});
        assertArrayEquals(new double[] {1}, model.predictProbabilities(new double[] {1, 2}));
        assertEquals(0, model.predict(new double[] {-1, -2}));
    }

    @Test
    void hugeScoresGiveProbabilities() {
        SoftmaxModel model = SoftmaxModel.of(1, 3, new float[] {1e30f, -1e30f, 1e30f}, new float[0]);
        assertArrayEquals(new float[] {0.5f, 0, 0.5f}, model.predictProbabilities(new float[] {1e5f}), 1e-7f);
        assertEquals(0, model.predict(new float[] {1e5f}));
        assertEquals(1, model.predict(new float[] {-1e5f}));
    }

    @Test
    void dataWithFewerClassesThanTheModelIsEvaluated() {
        SoftmaxModel model = SoftmaxModel.of(1, 4, new double[] {0, 0, 0, 1}, new double[0]);
        try (Dataset data = Dataset.ofDoubles(new double[][] {{1}, {-1}}, new int[] {1, 0})) {
            Evaluation e = model.evaluate(data);
            assertEquals(0.5, e.accuracy());
        }
    }

    @Test
    void veryManyClassesAreEvaluated() {
        int classes = 50_000;
        SoftmaxModel model = SoftmaxModel.of(1, classes, new float[classes], new float[0]);
        try (Dataset data = Dataset.ofFloats(new float[] {1, 2}, 2, 1, new int[] {0, 1})) {
            Evaluation e = model.evaluate(data);
            assertEquals(0.5, e.errorRate());
            assertEquals(Math.log(classes), e.loss(), 1e-5);
        }
    }

    @Test
    void modelsAreValues() {
        double[] weights = {1, 2};
        SoftmaxModel model = SoftmaxModel.of(1, 2, weights, new double[0]);
        weights[0] = 9;
        model.weights()[1] = 9;
        assertArrayEquals(new double[] {1, 2}, model.weights());
        SoftmaxModel same = SoftmaxModel.of(1, 2, new double[] {1, 2}, new double[0]);
        assertEquals(same, model);
        assertEquals(same.hashCode(), model.hashCode());
        assertTrue(model.toString().contains("features=1, classes=2"));
    }

    static SoftmaxModel doubleModel(Problem p) {
        int weights = p.features() * p.classes;
        return SoftmaxModel.of(
                p.features(),
                p.classes,
                Arrays.copyOf(p.parameters, weights),
                Arrays.copyOfRange(p.parameters, weights, p.parameters.length));
    }

    private static SoftmaxModel floatModel(Problem p) {
        int weights = p.features() * p.classes;
        return SoftmaxModel.of(
                p.features(),
                p.classes,
                Problem.floats(Arrays.copyOf(p.parameters, weights)),
                Problem.floats(Arrays.copyOfRange(p.parameters, weights, p.parameters.length)));
    }

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void aBatchIntoADirectBufferIsTheSameBatch(ElementType type) {
        Problem p = Problem.random(70, 9, 40, true, 0, false);
        SoftmaxModel model = doubleModel(p);
        try (Dataset data = p.dataset(type)) {
            double[] expected = model.predictProbabilities(data);
            int before = 3;
            ByteBuffer bytes = ByteBuffer.allocateDirect((before + expected.length) * type.bytes())
                    .order(ByteOrder.nativeOrder());
            if (type == ElementType.FLOAT32) {
                FloatBuffer out = bytes.asFloatBuffer().position(before);
                model.predictProbabilities(data, out);
                assertEquals(before, out.position());
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], out.get(before + i));
                }
                assertEquals(0, out.get(before - 1));
            } else {
                DoubleBuffer out = bytes.asDoubleBuffer().position(before);
                model.predictProbabilities(data, out);
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], out.get(before + i));
                }
            }
        }
    }

    @Test
    void aBufferThatCannotTakeABatchIsRefused() {
        Problem p = Problem.random(5, 4, 3, true, 0, false);
        SoftmaxModel model = floatModel(p);
        FloatBuffer direct = ByteBuffer.allocateDirect(15 * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        try (Dataset data = p.dataset(ElementType.FLOAT32);
                Dataset wide = p.dataset(ElementType.FLOAT64)) {
            refused("probabilities must not be null", () -> model.predictProbabilities(data, (FloatBuffer) null));
            refused(
                    "probabilities must be a direct buffer in native byte order",
                    () -> model.predictProbabilities(data, FloatBuffer.allocate(15)));
            refused(
                    "probabilities must not be read-only",
                    () -> model.predictProbabilities(data, direct.asReadOnlyBuffer()));
            refused(
                    "probabilities has length 14, rows x classes is 15",
                    () -> model.predictProbabilities(data, direct.slice(1, 14)));
            refused("data must be of type FLOAT32", () -> model.predictProbabilities(wide, direct));
        }
    }

    @Test
    void probabilitiesOverTheFeaturesThemselvesAreRefused() {
        FloatBuffer memory = ByteBuffer.allocateDirect(40 * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        SoftmaxModel model = SoftmaxModel.of(2, 3, new float[6], new float[3]);
        try (Dataset data =
                Dataset.builder().features(memory.slice(10, 20), 10, 2).build()) {
            String message = "probabilities must not overlap the features of the dataset";
            refused(message, () -> model.predictProbabilities(data, memory.slice(0, 30)));
            refused(message, () -> model.predictProbabilities(data, memory.slice(10, 30)));
        }
    }

    private static void refused(String message, Executable call) {
        String thrown = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(thrown.contains(message), thrown);
    }
}
