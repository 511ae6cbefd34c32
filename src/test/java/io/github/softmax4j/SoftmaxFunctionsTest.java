package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.SoftmaxFunctions.Reduction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SoftmaxFunctionsTest {

    private static final double INFINITY = Double.POSITIVE_INFINITY;

    /** Values after a prefix that is not theirs: the position counts, not the start. */
    private static DoubleBuffer direct(double... values) {
        DoubleBuffer buffer = ByteBuffer.allocateDirect((values.length + 4) * Double.BYTES)
                .order(ByteOrder.nativeOrder())
                .asDoubleBuffer();
        buffer.position(3).limit(3 + values.length);
        return buffer.put(values).position(3);
    }

    private static FloatBuffer directFloats(double... values) {
        FloatBuffer buffer = ByteBuffer.allocateDirect((values.length + 4) * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        buffer.position(3).limit(3 + values.length);
        return buffer.put(Problem.floats(values)).position(3);
    }

    private static IntBuffer directInts(int... values) {
        IntBuffer buffer = ByteBuffer.allocateDirect((values.length + 4) * Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .asIntBuffer();
        buffer.position(3).limit(3 + values.length);
        return buffer.put(values).position(3);
    }

    private static double[] values(DoubleBuffer buffer) {
        double[] values = new double[buffer.remaining()];
        buffer.duplicate().get(values);
        return values;
    }

    private static double[] values(FloatBuffer buffer) {
        float[] values = new float[buffer.remaining()];
        buffer.duplicate().get(values);
        return Problem.doubles(values);
    }

    private static double[] random(int n, long seed) {
        Random random = new Random(seed);
        // Floats, so that both types see the same logits.
        return Problem.doubles(
                Problem.floats(random.doubles(n).map(x -> 10 * x - 5).toArray()));
    }

    private static int[] labels(int rows, int classes) {
        return new Random(7).ints(rows, 0, classes).toArray();
    }

    @Test
    void closedForms() {
        double[] s = {0, Math.log(3), 0, 0, -INFINITY, 5};
        double[] p = new double[6];
        SoftmaxFunctions.softmax(s, p, 2);
        assertArrayEquals(new double[] {0.25, 0.75, 0.5, 0.5, 0, 1}, p, 1e-15);
        SoftmaxFunctions.logSoftmax(s, p, 2);
        assertArrayEquals(
                new double[] {Math.log(0.25), Math.log(0.75), Math.log(0.5), Math.log(0.5), -INFINITY, 0}, p, 1e-15);
        double[] sums = new double[3];
        SoftmaxFunctions.logSumExp(s, sums, 2);
        assertArrayEquals(new double[] {Math.log(4), Math.log(2), 5}, sums, 1e-15);
        assertEquals(
                (Math.log(4) + Math.log(2) + 0) / 3, SoftmaxFunctions.crossEntropy(s, new int[] {0, 1, 1}, 2), 1e-15);
        assertEquals(INFINITY, SoftmaxFunctions.crossEntropy(s, new int[] {0, 1, 0}, 2));
        SoftmaxFunctions.softmax(new double[] {-7, 1e300}, p = new double[2], 1);
        assertArrayEquals(new double[] {1, 1}, p);
    }

    @Test
    void crossEntropyOfUniformLogitsIsLogOfClassCount() {
        for (int classes : new int[] {1, 2, 10, 1000, 40_000}) {
            double[] s = new double[3 * classes];
            assertEquals(Math.log(classes), SoftmaxFunctions.crossEntropy(s, new int[3], classes), 1e-14 * 11);
            assertEquals(
                    Math.log(classes),
                    SoftmaxFunctions.crossEntropy(new float[3 * classes], new int[3], classes),
                    1e-6 * 11);
        }
    }

    @Test
    void matchesReferenceVectorsOnEveryKernel() {
        for (String kernels : Kernels.all()) {
            Kernels.with(kernels, () -> {
                for (ReferenceVectors.RowCase c : ReferenceVectors.rows()) {
                    double[] p = new double[c.logits().length];
                    SoftmaxFunctions.softmax(c.logits(), p, c.classes());
                    assertTrue(Problem.relativeError(p, c.softmax()) <= 1e-12, c.toString());
                    SoftmaxFunctions.logSoftmax(c.logits(), p, c.classes());
                    assertTrue(Problem.relativeError(p, c.logSoftmax()) <= 1e-12, c.toString());
                    double[] sums = new double[p.length / c.classes()];
                    SoftmaxFunctions.logSumExp(c.logits(), sums, c.classes());
                    assertTrue(Problem.relativeError(sums, c.logSumExp()) <= 1e-12, c.toString());
                    float[] narrow = new float[p.length];
                    SoftmaxFunctions.softmax(Problem.floats(c.logits()), narrow, c.classes());
                    // Rounding logits of up to 200 to float moves them by 1e-5.
                    assertTrue(Problem.relativeError(Problem.doubles(narrow), c.softmax()) <= 2e-5, c.toString());
                }
                for (ReferenceVectors.CrossEntropyCase c : ReferenceVectors.crossEntropies()) {
                    int n = c.labels().length;
                    for (Reduction reduction : Reduction.values()) {
                        double[] losses = new double[n];
                        double[] gradient = new double[c.logits().length];
                        double loss = SoftmaxFunctions.crossEntropy(
                                c.logits(), c.labels(), c.weights(), losses, gradient, gradient.length / n, reduction);
                        boolean mean = reduction == Reduction.MEAN;
                        String where = c.name() + " " + reduction;
                        assertTrue(Problem.relativeError(loss, mean ? c.mean() : c.sum()) <= 1e-12, where);
                        assertTrue(Problem.relativeError(losses, c.losses()) <= 1e-12, where);
                        assertTrue(
                                Problem.relativeError(gradient, mean ? c.meanGradient() : c.sumGradient()) <= 1e-12,
                                where);
                    }
                }
            });
        }
    }

    /** Across the parts that arrays are taken in, and rows too long for one. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 10, 129, 1000, 32_768, 32_769, 50_000})
    void arraysAndBuffersAgreeAndInPlaceIsAllowed(int classes) {
        int rows = 100_000 / classes + 1;
        double[] s = random(rows * classes, classes);
        int[] y = labels(rows, classes);
        double[] p = new double[s.length];
        SoftmaxFunctions.softmax(s, p, classes);
        for (int i = 0; i < rows; i += 1 + rows / 50) {
            double[] row = Arrays.copyOfRange(s, i * classes, (i + 1) * classes);
            double[] actual = Arrays.copyOfRange(p, i * classes, (i + 1) * classes);
            assertTrue(Problem.relativeError(actual, NaiveSoftmax.probabilities(row)) <= 1e-12);
        }
        DoubleBuffer buffer = direct(s);
        SoftmaxFunctions.softmax(buffer, buffer, classes);
        assertArrayEquals(p, values(buffer));
        assertEquals(3, buffer.position());
        double[] copy = s.clone();
        SoftmaxFunctions.softmax(copy, copy, classes);
        assertArrayEquals(p, copy);

        float[] narrow = Problem.floats(s);
        SoftmaxFunctions.logSoftmax(narrow, narrow, classes);
        FloatBuffer out = directFloats(new double[s.length]);
        SoftmaxFunctions.logSoftmax(directFloats(s), out, classes);
        assertArrayEquals(Problem.doubles(narrow), values(out));
        float[] narrowSums = new float[rows];
        SoftmaxFunctions.logSumExp(Problem.floats(s), narrowSums, classes);
        FloatBuffer sumsOut = directFloats(new double[rows]);
        SoftmaxFunctions.logSumExp(directFloats(s), sumsOut, classes);
        assertArrayEquals(Problem.doubles(narrowSums), values(sumsOut));

        double[] weights = new Random(3).doubles(rows).toArray();
        double[] losses = new double[rows];
        double[] gradient = s.clone();
        double loss = SoftmaxFunctions.crossEntropy(gradient, y, weights, losses, gradient, classes, Reduction.MEAN);
        DoubleBuffer lossesOut = direct(new double[rows]);
        DoubleBuffer gradientOut = direct(s);
        double direct = SoftmaxFunctions.crossEntropy(
                gradientOut, directInts(y), direct(weights), lossesOut, gradientOut, classes, Reduction.MEAN);
        assertEquals(loss, direct, 1e-13 * loss);
        assertArrayEquals(losses, values(lossesOut));
        assertArrayEquals(gradient, values(gradientOut));
        double total = Arrays.stream(weights).sum();
        assertEquals(Arrays.stream(losses).sum() / total, loss, 1e-12 * loss);
        for (int i = 0; i < s.length; i++) {
            int row = i / classes;
            double expected = weights[row] / total * (p[i] - (i % classes == y[row] ? 1 : 0));
            assertEquals(expected, gradient[i], 1e-15 + 1e-12 * Math.abs(expected));
        }
        float[] narrowGradient = new float[s.length];
        double narrowLoss =
                SoftmaxFunctions.crossEntropy(Problem.floats(s), y, null, null, narrowGradient, classes, Reduction.SUM);
        FloatBuffer narrowOut = directFloats(new double[s.length]);
        assertEquals(
                narrowLoss,
                SoftmaxFunctions.crossEntropy(
                        directFloats(s), directInts(y), null, null, narrowOut, classes, Reduction.SUM),
                1e-12 * narrowLoss);
        assertArrayEquals(Problem.doubles(narrowGradient), values(narrowOut));
    }

    /** A view of bytes may start anywhere; the result is large enough to be written in every way that there is. */
    @ParameterizedTest
    @ValueSource(ints = {10, 1000, 20_000})
    void floatsMayStartAtAnyByte(int classes) {
        int rows = 5_000_000 / classes;
        float[] s = Problem.floats(random(rows * classes, classes));
        ByteBuffer memory = ByteBuffer.allocateDirect(s.length * Float.BYTES + 1);
        FloatBuffer out =
                memory.position(1).slice().order(ByteOrder.nativeOrder()).asFloatBuffer();
        FloatBuffer logits = ByteBuffer.allocateDirect(s.length * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .put(s)
                .flip();
        SoftmaxFunctions.softmax(logits, out, classes);
        float[] expected = new float[s.length];
        SoftmaxFunctions.softmax(s, expected, classes);
        float[] actual = new float[s.length];
        out.get(actual);
        assertArrayEquals(expected, actual);
    }

    @Test
    void rowsWithoutASoftmaxAreNaN() {
        double nan = Double.NaN;
        double[] s = {1, nan, 2, INFINITY, -INFINITY, -INFINITY, INFINITY, INFINITY, 0, 0};
        double[] out = new double[s.length];
        double[] none = {nan, nan, nan, nan, nan, nan, nan, nan};
        SoftmaxFunctions.softmax(s, out, 2);
        assertArrayEquals(none, Arrays.copyOf(out, 8));
        assertEquals(0.5, out[9]);
        SoftmaxFunctions.logSoftmax(s, out, 2);
        assertArrayEquals(none, Arrays.copyOf(out, 8));
        double[] sums = new double[5];
        SoftmaxFunctions.logSumExp(s, sums, 2);
        assertArrayEquals(new double[] {nan, INFINITY, -INFINITY, INFINITY, Math.log(2)}, sums, 1e-15);
        assertTrue(Double.isNaN(SoftmaxFunctions.crossEntropy(s, new int[5], 2)));
    }

    @Test
    void noRowsAreNothingToDo() {
        SoftmaxFunctions.softmax(new float[0], new float[0], 3);
        SoftmaxFunctions.logSumExp(direct(), direct(), 3);
        assertEquals(
                0,
                SoftmaxFunctions.crossEntropy(new double[0], new int[0], null, null, new double[0], 3, Reduction.SUM));
        assertRefused("a mean needs rows", () -> SoftmaxFunctions.crossEntropy(new double[0], new int[0], 3));
    }

    @Test
    void wrongArgumentsAreRefusedByName() {
        double[] s = new double[6];
        int[] y = new int[3];
        assertRefused("logits must not be null", () -> SoftmaxFunctions.softmax((double[]) null, s, 2));
        assertRefused("probabilities must not be null", () -> SoftmaxFunctions.softmax(s, null, 2));
        assertRefused("classes must be at least 1, was 0", () -> SoftmaxFunctions.softmax(s, s, 0));
        assertRefused("logits must be rows of 4 classes, has length 6", () -> SoftmaxFunctions.softmax(s, s, 4));
        assertRefused(
                "logProbabilities has length 5, logits has 6", () -> SoftmaxFunctions.logSoftmax(s, new double[5], 2));
        assertRefused("sums has length 6, logits has rows: 3", () -> SoftmaxFunctions.logSumExp(s, new double[6], 2));
        assertRefused("sums and logits must not be the same array", () -> SoftmaxFunctions.logSumExp(s, s, 1));
        assertRefused("labels must not be null", () -> SoftmaxFunctions.crossEntropy(s, null, 2));
        assertRefused("labels has length 2, logits has rows: 3", () -> SoftmaxFunctions.crossEntropy(s, new int[2], 2));
        assertRefused(
                "labels[2] must be in 0..1, was 2", () -> SoftmaxFunctions.crossEntropy(s, new int[] {0, 1, 2}, 2));
        assertRefused(
                "labels[1] must be in 0..1, was -1",
                () -> SoftmaxFunctions.crossEntropy(direct(s), directInts(0, -1, 0), 2));
        assertRefused("reduction must not be null", () -> full(s, y, null, null, null, null));
        for (double bad : new double[] {-1, Double.NaN, INFINITY}) {
            assertRefused(
                    "weights[1] must be finite and not negative, was " + bad,
                    () -> full(s, y, new double[] {1, bad, 1}, null, null, Reduction.SUM));
        }
        assertRefused("not all zero", () -> full(s, y, new double[3], null, null, Reduction.MEAN));
        assertRefused("weights has length 2", () -> full(s, y, new double[2], null, null, Reduction.SUM));
        assertRefused("losses has length 2", () -> full(s, y, null, new double[2], null, Reduction.SUM));
        assertRefused("gradient has length 3", () -> full(s, y, null, null, new double[3], Reduction.SUM));
        double[] w = {1, 1, 1};
        assertRefused("losses and weights", () -> full(s, y, w, w, null, Reduction.SUM));
        assertRefused("gradient and weights", () -> SoftmaxFunctions.crossEntropy(w, y, w, null, w, 1, Reduction.SUM));
    }

    private static double full(
            double[] s, int[] y, double[] weights, double[] losses, double[] gradient, Reduction reduction) {
        return SoftmaxFunctions.crossEntropy(s, y, weights, losses, gradient, 2, reduction);
    }

    @Test
    void buffersMustBeDirectNativeAndWritable() {
        FloatBuffer good = directFloats(1, 2);
        FloatBuffer heap = FloatBuffer.allocate(2);
        ByteOrder other =
                ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        FloatBuffer swapped = ByteBuffer.allocateDirect(8).order(other).asFloatBuffer();
        assertRefused("logits must be a direct buffer", () -> SoftmaxFunctions.softmax(heap, good, 2));
        assertRefused("probabilities must be a direct buffer", () -> SoftmaxFunctions.softmax(good, heap, 2));
        assertRefused("native byte order", () -> SoftmaxFunctions.softmax(swapped, good, 2));
        assertRefused(
                "probabilities must not be read-only",
                () -> SoftmaxFunctions.softmax(good, good.asReadOnlyBuffer(), 2));
        assertRefused(
                "labels must be a direct buffer", () -> SoftmaxFunctions.crossEntropy(good, IntBuffer.allocate(1), 2));
        FloatBuffer out = directFloats(0, 0);
        SoftmaxFunctions.softmax(good.asReadOnlyBuffer(), out, 2);
        assertEquals(0.7310586, out.get(4), 1e-6);
        assertEquals(1, good.get(3));
    }

    @Test
    void overlapsOtherThanInPlaceAreRefused() {
        DoubleBuffer memory = direct(1, 2, 3, 4, 5, 6, 7, 8);
        DoubleBuffer first = memory.slice(0, 4);
        assertRefused(
                "probabilities and logits must not overlap",
                () -> SoftmaxFunctions.softmax(first, memory.slice(1, 4), 2));
        assertRefused(
                "sums and logits must not overlap", () -> SoftmaxFunctions.logSumExp(first, memory.slice(3, 2), 2));
        assertRefused("sums and logits must not overlap", () -> SoftmaxFunctions.logSumExp(first, first, 1));
        IntBuffer y = directInts(0, 0);
        assertRefused(
                "losses and logits must not overlap",
                () -> SoftmaxFunctions.crossEntropy(first, y, null, memory.slice(2, 2), null, 2, Reduction.SUM));
        assertRefused(
                "gradient and weights must not overlap",
                () -> SoftmaxFunctions.crossEntropy(
                        first, y, memory.slice(4, 2), null, memory.slice(4, 4), 2, Reduction.SUM));
        assertRefused(
                "gradient and logits must not overlap",
                () -> SoftmaxFunctions.crossEntropy(first, y, null, null, memory.slice(1, 4), 2, Reduction.SUM));
        assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6, 7, 8}, values(memory));
        SoftmaxFunctions.softmax(first, memory.slice(4, 4), 2);
        assertFalse(memory.get(7) == 5);
    }

    private static void assertRefused(String part, Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
