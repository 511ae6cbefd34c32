package io.github.softmax4j;

import java.util.Arrays;

/**
 * Entropy and its relatives of single probability distributions, in nats, and classes drawn from a softmax. Throughout p is the true
 * distribution and q the predicted one, and 0 log 0 is 0.
 *
 * <p>Safe for any number of threads.
 */
public final class Distributions {

    /** How far a sum of probabilities may be from 1. */
    private static final double TOLERANCE = 1e-5;

    private Distributions() {}

    /**
     * Entropy, H(p) = -sum_c p_c log(p_c).
     *
     * @param p probabilities, which sum to 1 within 1e-5
     * @return in 0..log(C)
     */
    public static double entropy(double[] p) {
        return crossEntropy(p, p);
    }

    /**
     * Cross-entropy, H(p, q) = -sum_c p_c log(q_c): at least H(p), and H(p) where q is p.
     *
     * @param p the true distribution, which sums to 1 within 1e-5
     * @param q the predicted one, of the same length; likewise
     * @return infinite where q has no mass and p does
     */
    public static double crossEntropy(double[] p, double[] q) {
        check("p", p);
        check("q", q);
        Checks.length("q", q.length, "p has", p.length);
        double sum = 0;
        for (int c = 0; c < p.length; c++) {
            sum -= p[c] == 0 ? 0 : p[c] * Math.log(q[c]);
        }
        return sum;
    }

    /**
     * The Kullback-Leibler divergence, KL(p || q) = sum_c p_c log(p_c / q_c) = H(p, q) - H(p), without the cancellation of that difference.
     *
     * @param p the true distribution, which sums to 1 within 1e-5
     * @param q the predicted one, of the same length; likewise
     * @return not negative, up to rounding and to what the sums are off 1; infinite where q has no mass and p does
     */
    public static double klDivergence(double[] p, double[] q) {
        check("p", p);
        check("q", q);
        Checks.length("q", q.length, "p has", p.length);
        double sum = 0;
        for (int c = 0; c < p.length; c++) {
            sum += p[c] == 0 ? 0 : p[c] * (Math.log(p[c]) - Math.log(q[c]));
        }
        return sum;
    }

    private static void check(String name, double[] values) {
        Checks.notNull(name, values);
        double sum = 0;
        for (int c = 0; c < values.length; c++) {
            if (!(values[c] >= 0 && values[c] <= 1)) {
                throw new IllegalArgumentException(name + "[" + c + "] must be in 0..1, was " + values[c]);
            }
            sum += values[c];
        }
        if (!(Math.abs(sum - 1) <= TOLERANCE)) {
            throw new IllegalArgumentException(name + " must sum to 1 within " + TOLERANCE + ", was " + sum);
        }
    }

    /**
     * Draws a class for each row of logits, class c with probability softmax(s)_c: where the cumulated probabilities pass a random
     * number that depends on seed and row alone.
     *
     * @param logits N x C, row-major; -infinity masks a class, nothing else may be infinite or NaN
     * @param classes C, at least 1
     * @param seed any number
     * @return N classes; the same seed gives the same
     * @throws IllegalArgumentException also where all classes of a row are masked
     */
    public static int[] sample(double[] logits, int classes, long seed) {
        Checks.atLeast("classes", classes, 1);
        if (Checks.notNull("logits", logits).length % classes != 0) {
            throw new IllegalArgumentException(
                    "logits has length " + logits.length + ", not a multiple of classes, " + classes);
        }
        int[] drawn = new int[logits.length / classes];
        double[] cumulated = new double[classes];
        for (int row = 0; row < drawn.length; row++) {
            int from = row * classes;
            double top = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                double s = logits[from + c];
                if (Double.isNaN(s) || s == Double.POSITIVE_INFINITY) {
                    throw new IllegalArgumentException(
                            "logits must not be NaN or infinity, row " + row + ", class " + c + " was " + s);
                }
                top = Math.max(top, s);
            }
            if (top == Double.NEGATIVE_INFINITY) {
                throw new IllegalArgumentException("logits of row " + row + " mask all classes");
            }
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                sum += Math.exp(logits[from + c] - top);
                cumulated[c] = sum;
            }
            drawn[row] = firstAbove(cumulated, uniform(seed, row) * sum);
        }
        return drawn;
    }

    /** The first class whose cumulated mass is above; the last one with mass if rounding leaves none. */
    private static int firstAbove(double[] cumulated, double value) {
        int last = cumulated.length - 1;
        double reached = Math.min(value, Math.nextDown(cumulated[last]));
        int at = Arrays.binarySearch(cumulated, reached);
        int first = at < 0 ? -1 - at : at;
        while (cumulated[first] <= reached) {
            first++;
        }
        return first;
    }

    /** In [0, 1): two rounds of SplitMix64's mixing of seed and row. */
    private static double uniform(long seed, long row) {
        return (mix(mix(seed + 0x9E3779B97F4A7C15L) + row * 0x9E3779B97F4A7C15L) >>> 11) * 0x1p-53;
    }

    private static long mix(long z) {
        long y = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        y = (y ^ (y >>> 27)) * 0x94D049BB133111EBL;
        return y ^ (y >>> 31);
    }
}
