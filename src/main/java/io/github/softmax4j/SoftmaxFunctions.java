package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Softmax and its relatives on logits that are given, N rows of C classes, row-major. For each row s, with m = max(s) and z =
 * sum_c exp(s_c - m):
 *
 * <pre>  softmax p_c = exp(s_c - m) / z      log-softmax s_c - m - log(z)      log-sum-exp m + log(z)</pre>
 *
 * <p>C is the argument {@code classes}, N follows from the logits' length, which must be a multiple of C; N may be 0. A matrix of
 * results may be the very same memory as the logits (in place); any other overlap is refused. A row's results do not depend on
 * the other rows, and have the same bits for any number of threads.
 *
 * <p>-infinity masks a class: its probability is 0. A row with a NaN gives NaN. A row with +infinity, or of nothing but
 * -infinity, has no softmax: its results are NaN, but for its log-sum-exp, which is that infinity. These are the outcomes of
 * PyTorch, too.
 *
 * <p><b>Buffers</b> are direct and in native byte order; what remains of them is used, and their positions and limits stay. They
 * are neither copied nor is anything allocated, and the work is shared by the default number of threads (property {@code
 * softmax4j.threads}). <b>Arrays</b> are used in place by the calling thread alone, a part at a time so that the garbage collector
 * never waits long; rows of more than 32,768 classes are copied to memory off the heap and back. Large matrices are best kept in
 * buffers.
 *
 * <p>Safe for any number of threads at once on different memory.
 */
public final class SoftmaxFunctions {

    /** What becomes of the losses of single rows. */
    public enum Reduction {
        /** sum_i w_i loss_i / sum_i w_i; without weights the mean. */
        MEAN,
        /** sum_i w_i loss_i. */
        SUM
    }

    private SoftmaxFunctions() {}

    /**
     * Probabilities: each row is positive and sums to 1.
     *
     * @param logits N x C
     * @param probabilities receives the result: N x C; may be {@code logits}
     * @param classes C, at least 1
     */
    public static void softmax(FloatBuffer logits, FloatBuffer probabilities, int classes) {
        RowFunctions.apply(NativeApi.SOFTMAX, logits, "probabilities", probabilities, classes);
    }

    /**
     * Probabilities: each row is positive and sums to 1.
     *
     * @param logits N x C
     * @param probabilities receives the result: N x C; may be {@code logits}
     * @param classes C, at least 1
     */
    public static void softmax(DoubleBuffer logits, DoubleBuffer probabilities, int classes) {
        RowFunctions.apply(NativeApi.SOFTMAX, logits, "probabilities", probabilities, classes);
    }

    /**
     * Probabilities: each row is positive and sums to 1.
     *
     * @param logits N x C
     * @param probabilities receives the result: N x C; may be {@code logits}
     * @param classes C, at least 1
     */
    public static void softmax(float[] logits, float[] probabilities, int classes) {
        RowFunctions.apply(NativeApi.SOFTMAX, logits, "probabilities", probabilities, classes);
    }

    /**
     * Probabilities: each row is positive and sums to 1.
     *
     * @param logits N x C
     * @param probabilities receives the result: N x C; may be {@code logits}
     * @param classes C, at least 1
     */
    public static void softmax(double[] logits, double[] probabilities, int classes) {
        RowFunctions.apply(NativeApi.SOFTMAX, logits, "probabilities", probabilities, classes);
    }

    /**
     * Logarithms of the probabilities, exact where those are too small for a floating-point number.
     *
     * @param logits N x C
     * @param logProbabilities receives the result: N x C; may be {@code logits}
     * @param classes C, at least 1
     */
    public static void logSoftmax(FloatBuffer logits, FloatBuffer logProbabilities, int classes) {
        RowFunctions.apply(NativeApi.LOG_SOFTMAX, logits, "logProbabilities", logProbabilities, classes);
    }

    /**
     * Logarithms of the probabilities, exact where those are too small for a floating-point number.
     *
     * @param logits N x C
     * @param logProbabilities receives the result: N x C; may be {@code logits}
     * @param classes C, at least 1
     */
    public static void logSoftmax(DoubleBuffer logits, DoubleBuffer logProbabilities, int classes) {
        RowFunctions.apply(NativeApi.LOG_SOFTMAX, logits, "logProbabilities", logProbabilities, classes);
    }

    /**
     * Logarithms of the probabilities, exact where those are too small for a floating-point number.
     *
     * @param logits N x C
     * @param logProbabilities receives the result: N x C; may be {@code logits}
     * @param classes C, at least 1
     */
    public static void logSoftmax(float[] logits, float[] logProbabilities, int classes) {
        RowFunctions.apply(NativeApi.LOG_SOFTMAX, logits, "logProbabilities", logProbabilities, classes);
    }

    /**
     * Logarithms of the probabilities, exact where those are too small for a floating-point number.
     *
     * @param logits N x C
     * @param logProbabilities receives the result: N x C; may be {@code logits}
     * @param classes C, at least 1
     */
    public static void logSoftmax(double[] logits, double[] logProbabilities, int classes) {
        RowFunctions.apply(NativeApi.LOG_SOFTMAX, logits, "logProbabilities", logProbabilities, classes);
    }

    /**
     * The logarithm of the sum of the exponentials of each row.
     *
     * @param logits N x C
     * @param sums receives the result: N values; another memory
     * @param classes C, at least 1
     */
    public static void logSumExp(FloatBuffer logits, FloatBuffer sums, int classes) {
        RowFunctions.apply(NativeApi.LOG_SUM_EXP, logits, "sums", sums, classes);
    }

    /**
     * The logarithm of the sum of the exponentials of each row.
     *
     * @param logits N x C
     * @param sums receives the result: N values; another memory
     * @param classes C, at least 1
     */
    public static void logSumExp(DoubleBuffer logits, DoubleBuffer sums, int classes) {
        RowFunctions.apply(NativeApi.LOG_SUM_EXP, logits, "sums", sums, classes);
    }

    /**
     * The logarithm of the sum of the exponentials of each row.
     *
     * @param logits N x C
     * @param sums receives the result: N values; another memory
     * @param classes C, at least 1
     */
    public static void logSumExp(float[] logits, float[] sums, int classes) {
        RowFunctions.apply(NativeApi.LOG_SUM_EXP, logits, "sums", sums, classes);
    }

    /**
     * The logarithm of the sum of the exponentials of each row.
     *
     * @param logits N x C
     * @param sums receives the result: N values; another memory
     * @param classes C, at least 1
     */
    public static void logSumExp(double[] logits, double[] sums, int classes) {
        RowFunctions.apply(NativeApi.LOG_SUM_EXP, logits, "sums", sums, classes);
    }

    /**
     * The mean cross-entropy, mean_i(logsumexp(s_i) - s_i[y_i]).
     *
     * @param logits N x C, N at least 1
     * @param labels N classes y in 0..C-1
     * @param classes C, at least 1
     * @return the mean, summed in double precision
     */
    public static double crossEntropy(FloatBuffer logits, IntBuffer labels, int classes) {
        return crossEntropy(logits, labels, null, null, null, classes, Reduction.MEAN);
    }

    /**
     * Cross-entropy of each row, loss_i = logsumexp(s_i) - s_i[y_i], and its derivative, in one pass.
     *
     * @param logits N x C
     * @param labels N classes y in 0..C-1
     * @param weights N row weights w, finite and not negative; null for all 1
     * @param losses receives N values w_i loss_i, which are never reduced; null where they are not wanted
     * @param gradient receives the derivative of the returned value by each logit, N x C: w_i (softmax(s_i) - onehot(y_i)), for
     *     {@link Reduction#MEAN} divided by the sum of the weights; may be {@code logits}; null where it is not wanted
     * @param classes C, at least 1
     * @param reduction a mean needs a positive sum of weights
     * @return the sum or mean, summed in double precision
     */
    public static double crossEntropy(
            FloatBuffer logits,
            IntBuffer labels,
            FloatBuffer weights,
            FloatBuffer losses,
            FloatBuffer gradient,
            int classes,
            Reduction reduction) {
        return RowFunctions.crossEntropy(logits, labels, weights, losses, gradient, classes, reduction);
    }

    /**
     * The mean cross-entropy, mean_i(logsumexp(s_i) - s_i[y_i]).
     *
     * @param logits N x C, N at least 1
     * @param labels N classes y in 0..C-1
     * @param classes C, at least 1
     * @return the mean, summed in double precision
     */
    public static double crossEntropy(DoubleBuffer logits, IntBuffer labels, int classes) {
        return crossEntropy(logits, labels, null, null, null, classes, Reduction.MEAN);
    }

    /**
     * Cross-entropy of each row, loss_i = logsumexp(s_i) - s_i[y_i], and its derivative, in one pass.
     *
     * @param logits N x C
     * @param labels N classes y in 0..C-1
     * @param weights N row weights w, finite and not negative; null for all 1
     * @param losses receives N values w_i loss_i, which are never reduced; null where they are not wanted
     * @param gradient receives the derivative of the returned value by each logit, N x C: w_i (softmax(s_i) - onehot(y_i)), for
     *     {@link Reduction#MEAN} divided by the sum of the weights; may be {@code logits}; null where it is not wanted
     * @param classes C, at least 1
     * @param reduction a mean needs a positive sum of weights
     * @return the sum or mean, summed in double precision
     */
    public static double crossEntropy(
            DoubleBuffer logits,
            IntBuffer labels,
            DoubleBuffer weights,
            DoubleBuffer losses,
            DoubleBuffer gradient,
            int classes,
            Reduction reduction) {
        return RowFunctions.crossEntropy(logits, labels, weights, losses, gradient, classes, reduction);
    }

    /**
     * The mean cross-entropy, mean_i(logsumexp(s_i) - s_i[y_i]).
     *
     * @param logits N x C, N at least 1
     * @param labels N classes y in 0..C-1
     * @param classes C, at least 1
     * @return the mean, summed in double precision
     */
    public static double crossEntropy(float[] logits, int[] labels, int classes) {
        return crossEntropy(logits, labels, null, null, null, classes, Reduction.MEAN);
    }

    /**
     * Cross-entropy of each row, loss_i = logsumexp(s_i) - s_i[y_i], and its derivative, in one pass.
     *
     * @param logits N x C
     * @param labels N classes y in 0..C-1
     * @param weights N row weights w, finite and not negative; null for all 1
     * @param losses receives N values w_i loss_i, which are never reduced; null where they are not wanted
     * @param gradient receives the derivative of the returned value by each logit, N x C: w_i (softmax(s_i) - onehot(y_i)), for
     *     {@link Reduction#MEAN} divided by the sum of the weights; may be {@code logits}; null where it is not wanted
     * @param classes C, at least 1
     * @param reduction a mean needs a positive sum of weights
     * @return the sum or mean, summed in double precision
     */
    public static double crossEntropy(
            float[] logits,
            int[] labels,
            float[] weights,
            float[] losses,
            float[] gradient,
            int classes,
            Reduction reduction) {
        return RowFunctions.crossEntropy(logits, labels, weights, losses, gradient, classes, reduction);
    }

    /**
     * The mean cross-entropy, mean_i(logsumexp(s_i) - s_i[y_i]).
     *
     * @param logits N x C, N at least 1
     * @param labels N classes y in 0..C-1
     * @param classes C, at least 1
     * @return the mean, summed in double precision
     */
    public static double crossEntropy(double[] logits, int[] labels, int classes) {
        return crossEntropy(logits, labels, null, null, null, classes, Reduction.MEAN);
    }

    /**
     * Cross-entropy of each row, loss_i = logsumexp(s_i) - s_i[y_i], and its derivative, in one pass.
     *
     * @param logits N x C
     * @param labels N classes y in 0..C-1
     * @param weights N row weights w, finite and not negative; null for all 1
     * @param losses receives N values w_i loss_i, which are never reduced; null where they are not wanted
     * @param gradient receives the derivative of the returned value by each logit, N x C: w_i (softmax(s_i) - onehot(y_i)), for
     *     {@link Reduction#MEAN} divided by the sum of the weights; may be {@code logits}; null where it is not wanted
     * @param classes C, at least 1
     * @param reduction a mean needs a positive sum of weights
     * @return the sum or mean, summed in double precision
     */
    public static double crossEntropy(
            double[] logits,
            int[] labels,
            double[] weights,
            double[] losses,
            double[] gradient,
            int classes,
            Reduction reduction) {
        return RowFunctions.crossEntropy(logits, labels, weights, losses, gradient, classes, reduction);
    }
}
