package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.util.Arrays;

/** Weights of rows on their way from the caller to the memory of a {@link Dataset}. */
final class RowWeights {

    private static final double LEAST_TOTAL = 1e-300;
    private static final double MOST_TOTAL = 1e300;

    private RowWeights() {}

    /**
     * Gives ignored rows weight 0, and a class that the core accepts.
     *
     * @param weights not changed; null where all are 1
     * @param classes of each row, {@link LabelColumn#IGNORED} becomes 0; null where there are no labels
     * @return null where all are 1
     */
    static double[] withoutIgnored(double[] weights, int[] classes, long rows) {
        double[] result = weights == null ? null : weights.clone();
        if (result != null) {
            Checks.length("weights", result.length, "features has rows:", rows);
        }
        for (int i = 0; classes != null && i < classes.length; i++) {
            if (classes[i] == LabelColumn.IGNORED) {
                if (result == null) {
                    result = new double[classes.length];
                    Arrays.fill(result, 1);
                }
                classes[i] = 0;
                result[i] = 0;
            }
        }
        return result;
    }

    /** Copies and checks; {@code weights} may be null. */
    static void fill(DatasetMemory memory, ElementType type, double[] weights) {
        if (weights == null) {
            return;
        }
        memory.weights = NativeArray.ofReals(type.code(), weights.length);
        memory.weights.put(0, weights);
        long bad = NativeApi.s4j_first_bad_weight(type.code(), memory.weights.address(), weights.length);
        if (bad >= 0) {
            throw new IllegalArgumentException(
                    "weights[" + bad + "] must be finite in " + type + " and not negative, was " + weights[(int) bad]);
        }
        double total = 0;
        for (double weight : weights) {
            total += type == ElementType.FLOAT32 ? (float) weight : weight;
        }
        if (!(total > 0)) {
            throw new IllegalArgumentException("weights must not all be zero in " + type);
        }
        // Beyond, the mean over the weights would overflow, which training could not tell from divergence.
        if (total < LEAST_TOTAL || total > MOST_TOTAL) {
            throw new IllegalArgumentException(
                    "the sum of weights must be in " + LEAST_TOTAL + ".." + MOST_TOTAL + ", was " + total);
        }
    }
}
