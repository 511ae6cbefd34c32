package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known in closed form about the objective, and its forms in the API. */
class LossTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 33, 1000, 3000})
    void lossOfUniformLogitsIsLogOfClassCount(int classes) {
        Problem p = Problem.random(50, 6, classes, true, 0, false);
        for (ElementType type : ElementType.values()) {
            try (Dataset data = p.dataset(type)) {
                double loss = SoftmaxLoss.builder().build().loss(data, new double[p.parameters.length]);
                assertEquals(Math.log(classes), loss, type == ElementType.FLOAT64 ? 1e-13 : 1e-6);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void addingAConstantToAllScoresChangesNothing(ElementType type) {
        Problem p = Problem.random(40, 5, 7, true, 0, false);
        double[] shifted = p.parameters.clone();
        for (int c = 0; c < p.classes; c++) {
            shifted[p.features() * p.classes + c] += 64;
        }
        try (Dataset data = p.dataset(type)) {
            SoftmaxLoss loss = SoftmaxLoss.builder().build();
            double tolerance = type == ElementType.FLOAT64 ? 1e-12 : 1e-5;
            assertEquals(loss.loss(data, p.parameters), loss.loss(data, shifted), tolerance);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 40, 2500})
    void hugeScoresGiveFiniteLossAndGradient(int classes) {
        Problem p = Problem.random(20, 4, classes, true, 0, false);
        double[] huge = p.parameters.clone();
        for (int i = 0; i < huge.length; i++) {
            huge[i] = (float) (huge[i] * 1e30);
        }
        Problem large = new Problem(p.x, p.labels, null, classes, true, 0, huge);
        for (ElementType type : ElementType.values()) {
            try (Dataset data = p.dataset(type)) {
                Problem.Outcome actual = large.run(data, 0, 2);
                assertEquals(1, actual.loss() / large.naiveLoss(), 1e-5);
                for (double g : actual.gradient()) {
                    assertTrue(Double.isFinite(g));
                }
            }
        }
    }

    @Test
    void oneClassHasNoLossButThePenalty() {
        try (Dataset data = Dataset.ofDoubles(new double[][] {{1, 2}, {3, 4}}, new int[] {0, 0})) {
            double[] gradient = new double[3];
            double loss = SoftmaxLoss.builder().l2(0.5).build().lossAndGradient(data, new double[] {2, 4, 9}, gradient);
            assertEquals(5, loss, 1e-14);
            assertArrayEquals(new double[] {1, 2, 0}, gradient, 1e-14);
        }
    }

    @Test
    void twoClassesAreLogisticRegression() {
        Problem p = Problem.random(60, 5, 2, true, 0, false);
        double expected = 0;
        for (int i = 0; i < p.rows(); i++) {
            double[] s = NaiveSoftmax.scores(p.parameters, p.x[i], 2, true);
            double margin = p.labels[i] == 1 ? s[1] - s[0] : s[0] - s[1];
            expected += Math.log1p(Math.exp(-margin)) / p.rows();
        }
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            assertEquals(expected, SoftmaxLoss.builder().build().loss(data, p.parameters), 1e-13);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 40})
    void weightTwoCountsAsTwoRowsAndWeightZeroAsNone(int classes) {
        Problem p = Problem.random(30, 6, classes, true, 0.1, false);
        double[] weights = new double[30];
        Arrays.fill(weights, 1);
        weights[3] = 2;
        weights[29] = 0;
        double[][] x = Arrays.copyOf(p.x, 30);
        int[] labels = p.labels.clone();
        x[29] = x[3];
        labels[29] = labels[3];
        Problem weighted = new Problem(p.x, p.labels, weights, classes, true, 0.1, p.parameters);
        Problem repeated = new Problem(x, labels, null, classes, true, 0.1, p.parameters);
        try (Dataset a = weighted.dataset(ElementType.FLOAT64);
                Dataset b = repeated.dataset(ElementType.FLOAT64)) {
            Problem.Outcome one = weighted.run(a, 0, 2);
            Problem.Outcome other = repeated.run(b, 0, 2);
            assertEquals(other.loss(), one.loss(), 1e-12);
            assertTrue(Problem.relativeError(one.gradient(), other.gradient()) < 1e-12);
        }
    }

    @Test
    void interceptIsNotPenalised() {
        Problem p = Problem.random(12, 3, 4, true, 0, false);
        double[] free = new double[p.parameters.length];
        double[] penalised = new double[p.parameters.length];
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            SoftmaxLoss.builder().build().lossAndGradient(data, p.parameters, free);
            SoftmaxLoss.builder().l2(2).build().lossAndGradient(data, p.parameters, penalised);
        }
        int weights = p.features() * p.classes;
        for (int i = 0; i < free.length; i++) {
            assertEquals(free[i] + (i < weights ? 2 * p.parameters[i] : 0), penalised[i], 1e-13);
        }
    }

    @Test
    void textbookFormReturnsLossAndGradientShapedLikeTheWeights() {
        Problem p = Problem.random(25, 4, 6, false, 0.3, false);
        double[][] weights = new double[4][];
        for (int d = 0; d < 4; d++) {
            weights[d] = Arrays.copyOfRange(p.parameters, d * 6, d * 6 + 6);
        }
        SoftmaxLoss.Result result = SoftmaxLoss.softmaxLoss(weights, p.x, p.labels, 0.3);
        assertEquals(p.naiveLoss(), result.loss(), 1e-13);
        double[] expected = p.naiveGradient();
        for (int d = 0; d < 4; d++) {
            assertArrayEquals(Arrays.copyOfRange(expected, d * 6, d * 6 + 6), result.gradient()[d], 1e-14);
        }
    }

    @Test
    void directBuffersAreTakenFromTheirPosition() {
        Problem p = Problem.random(33, 5, 4, true, 0.2, false);
        int count = p.parameters.length;
        double[] expected = new double[count];
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            SoftmaxLoss loss = SoftmaxLoss.builder().l2(0.2).build();
            double value = loss.lossAndGradient(data, p.parameters, expected);
            DoubleBuffer in = direct(8 * (count + 3)).asDoubleBuffer();
            in.position(3).put(p.parameters).position(3);
            DoubleBuffer out = direct(8 * (count + 7)).asDoubleBuffer();
            out.position(5).limit(5 + count);
            assertEquals(value, loss.lossAndGradient(data, in, out));
            assertEquals(5, out.position());
            double[] actual = new double[count];
            out.get(actual);
            assertArrayEquals(expected, actual);
            out.clear();
            for (int i : new int[] {0, 4, 5 + count, 6 + count}) {
                assertEquals(0, out.get(i), "outside the buffer's range");
            }
        }
        float[] narrow = new float[count];
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            SoftmaxLoss loss = SoftmaxLoss.builder().l2(0.2).build();
            double value = loss.lossAndGradient(data, Problem.floats(p.parameters), narrow);
            FloatBuffer in = direct(4 * (count + 1)).asFloatBuffer();
            in.position(1).put(Problem.floats(p.parameters)).position(1);
            FloatBuffer out = direct(4 * count).asFloatBuffer();
            assertEquals(value, loss.lossAndGradient(data, in.slice(), out));
            assertEquals(value, loss.lossAndGradient(data, in, out));
            float[] actual = new float[count];
            out.get(actual);
            assertArrayEquals(narrow, actual);
        }
    }

    @Test
    void featuresInADirectBufferAreTakenWhereTheyLie() {
        Problem p = Problem.random(21, 6, 5, true, 0, false);
        FloatBuffer buffer = direct(4 * (21 * 6 + 2)).asFloatBuffer();
        buffer.position(2);
        for (double[] row : p.x) {
            buffer.put(Problem.floats(row));
        }
        buffer.position(2);
        try (Dataset copied = p.dataset(ElementType.FLOAT32);
                Dataset borrowed = Dataset.builder()
                        .features(buffer, 21, 6)
                        .labels(p.labels)
                        .classes(5)
                        .build()) {
            SoftmaxLoss loss = SoftmaxLoss.builder().build();
            assertEquals(loss.loss(copied, p.parameters), loss.loss(borrowed, p.parameters));
        }
    }

    @Test
    void datasetTellsItsShape() {
        try (Dataset data = Dataset.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 3, 2, new int[] {4, 0, 1})) {
            assertEquals(3, data.rows());
            assertEquals(2, data.features());
            assertEquals(5, data.classes());
            assertEquals(ElementType.FLOAT32, data.elementType());
            assertArrayEquals(new int[] {4, 0, 1}, data.labels());
        }
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
