package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * The sigmoid 1 / (1 + exp(-x)) of given values, and its logarithm, without overflow or lost digits at either end. The probability of the
 * other class, 1 - sigmoid(x), is sigmoid(-x), which keeps its digits where the sigmoid is close to 1.
 *
 * <p>Results may be written over the values; any other overlap gives anything. Buffers are direct and in native byte order; what remains
 * of them is used, and their positions and limits stay. Arrays are copied to memory off the heap and back. Shared by the default number
 * of threads; safe for any number of threads on different memory.
 */
public final class SigmoidFunctions {

    private SigmoidFunctions() {}

    /**
     * The sigmoid of each value.
     *
     * @param x the values
     * @param result receives as many
     */
    public static void sigmoid(FloatBuffer x, FloatBuffer result) {
        Checks.direct("x", x, Checks.notNull("x", x).order(), false);
        Checks.direct("result", result, Checks.notNull("result", result).order(), true);
        apply(NativeApi.F32, x, result, false);
    }

    /**
     * The sigmoid of each value.
     *
     * @param x the values
     * @param result receives as many
     */
    public static void sigmoid(float[] x, float[] result) {
        Checks.length("result", Checks.notNull("result", result).length, "x has", Checks.notNull("x", x).length);
        Core.require();
        try (NativeArray values = NativeArray.ofReals(NativeApi.F32, x.length)) {
            values.put(0, x);
            apply(NativeApi.F32, values.address(), values.address(), x.length, false);
            values.get(0, result);
        }
    }

    /**
     * The sigmoid of each value.
     *
     * @param x the values
     * @param result receives as many
     */
    public static void sigmoid(DoubleBuffer x, DoubleBuffer result) {
        Checks.direct("x", x, Checks.notNull("x", x).order(), false);
        Checks.direct("result", result, Checks.notNull("result", result).order(), true);
        apply(NativeApi.F64, x, result, false);
    }

    /**
     * The sigmoid of each value.
     *
     * @param x the values
     * @param result receives as many
     */
    public static void sigmoid(double[] x, double[] result) {
        Checks.length("result", Checks.notNull("result", result).length, "x has", Checks.notNull("x", x).length);
        Core.require();
        try (NativeArray values = NativeArray.ofReals(NativeApi.F64, x.length)) {
            values.put(0, x);
            apply(NativeApi.F64, values.address(), values.address(), x.length, false);
            values.get(0, result);
        }
    }

    /**
     * The logarithm of the sigmoid of each value, -log(1 + exp(-x)).
     *
     * @param x the values
     * @param result receives as many
     */
    public static void logSigmoid(FloatBuffer x, FloatBuffer result) {
        Checks.direct("x", x, Checks.notNull("x", x).order(), false);
        Checks.direct("result", result, Checks.notNull("result", result).order(), true);
        apply(NativeApi.F32, x, result, true);
    }

    /**
     * The logarithm of the sigmoid of each value, -log(1 + exp(-x)).
     *
     * @param x the values
     * @param result receives as many
     */
    public static void logSigmoid(float[] x, float[] result) {
        Checks.length("result", Checks.notNull("result", result).length, "x has", Checks.notNull("x", x).length);
        Core.require();
        try (NativeArray values = NativeArray.ofReals(NativeApi.F32, x.length)) {
            values.put(0, x);
            apply(NativeApi.F32, values.address(), values.address(), x.length, true);
            values.get(0, result);
        }
    }

    /**
     * The logarithm of the sigmoid of each value, -log(1 + exp(-x)).
     *
     * @param x the values
     * @param result receives as many
     */
    public static void logSigmoid(DoubleBuffer x, DoubleBuffer result) {
        Checks.direct("x", x, Checks.notNull("x", x).order(), false);
        Checks.direct("result", result, Checks.notNull("result", result).order(), true);
        apply(NativeApi.F64, x, result, true);
    }

    /**
     * The logarithm of the sigmoid of each value, -log(1 + exp(-x)).
     *
     * @param x the values
     * @param result receives as many
     */
    public static void logSigmoid(double[] x, double[] result) {
        Checks.length("result", Checks.notNull("result", result).length, "x has", Checks.notNull("x", x).length);
        Core.require();
        try (NativeArray values = NativeArray.ofReals(NativeApi.F64, x.length)) {
            values.put(0, x);
            apply(NativeApi.F64, values.address(), values.address(), x.length, true);
            values.get(0, result);
        }
    }

    private static void apply(int type, Buffer x, Buffer result, boolean logarithm) {
        Checks.length("result", result.remaining(), "x has", x.remaining());
        Core.require();
        try {
            apply(type, NativeArray.addressOf(x), NativeArray.addressOf(result), x.remaining(), logarithm);
        } finally {
            // The caller may have no other use for them: they must not be collected under the native code.
            Reference.reachabilityFence(x);
            Reference.reachabilityFence(result);
        }
    }

    private static void apply(int type, long x, long result, long count, boolean logarithm) {
        Core.check(NativeApi.s4j_sigmoid(type, x, result, count, logarithm ? 1 : 0, Core.defaultThreads()));
    }
}
