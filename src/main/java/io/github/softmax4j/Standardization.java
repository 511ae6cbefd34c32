package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import java.util.Arrays;

/**
 * What a training has subtracted from each feature and divided it by: mean and standard deviation over the training rows, by their
 * weights. Where features were not centred the means are 0.
 *
 * <p>The formula is {@code (x - mean) / deviation}, computed in double precision as {@code x * (1 / deviation) + -mean / deviation}. Immutable
 * and safe for any number of threads.
 */
public final class Standardization {

    private final double[] mean;
    private final double[] deviation;

    private Standardization(double[] mean, double[] deviation) {
        this.mean = mean;
        this.deviation = deviation;
    }

    /** Learns them. */
    static Standardization of(
            DatasetMemory.Lease lease, int features, boolean centering, int threads, long scratchLimit) {
        double[] mean = new double[features];
        double[] deviation = new double[features];
        Core.check(NativeApi.s4j_data_moments(lease.data(), threads, scratchLimit, mean, deviation));
        if (!centering) {
            Arrays.fill(mean, 0);
        }
        return new Standardization(mean, deviation);
    }

    /** From a file: refuses values that no training leaves. */
    static Standardization of(double[] mean, double[] deviation) {
        for (int d = 0; d < mean.length; d++) {
            if (!Double.isFinite(mean[d]) || !(deviation[d] > 0) || Double.isInfinite(deviation[d])) {
                throw new IllegalArgumentException("its standardisation of feature " + d + " has mean " + mean[d]
                        + " and deviation " + deviation[d] + "; finite numbers are accepted, the second one positive");
            }
        }
        return new Standardization(mean, deviation);
    }

    /**
     * The mean of each feature; 0 where they were not centred.
     *
     * @return a copy, D finite values
     */
    public double[] mean() {
        return mean.clone();
    }

    /**
     * The standard deviation of each feature, of the population; 1 for a feature that was constant.
     *
     * @return a copy, D finite positive values
     */
    public double[] deviation() {
        return deviation.clone();
    }

    /** A s4j_data over the leased one with standardised features; whoever asks for it frees it. */
    long view(DatasetMemory.Lease lease, int threads) {
        long view = NativeApi.s4j_data_standardized(lease.data(), mean, deviation, threads);
        if (view == 0) {
            throw new OutOfMemoryError(NativeApi.s4j_last_error());
        }
        return view;
    }

    /** The model of features as they are that a model of standardised features stands for; null where its weights would not be finite. */
    SoftmaxModel fold(SoftmaxModel model) {
        int classes = model.classes();
        double[] weights = model.weights();
        double[] intercept = Arrays.copyOf(model.intercept(), classes);
        boolean single = model.elementType() == ElementType.FLOAT32;
        boolean shifted = model.hasIntercept() || Arrays.stream(mean).anyMatch(m -> m != 0);
        int length = weights.length + (shifted ? classes : 0);
        float[] floats = single ? new float[length] : null;
        double[] doubles = single ? null : new double[length];
        boolean finite = true;
        for (int d = 0; d < mean.length; d++) {
            for (int c = 0; c < classes; c++) {
                int i = d * classes + c;
                double weight = weights[i] / deviation[d];
                // As it will be used: so the scores at the mean are right whatever its rounding.
                double rounded = single ? (float) weight : weight;
                finite &= set(floats, doubles, i, rounded);
                intercept[c] -= mean[d] * rounded;
            }
        }
        for (int c = 0; c < length - weights.length; c++) {
            finite &= set(floats, doubles, weights.length + c, intercept[c]);
        }
        if (!finite) {
            return null;
        }
        return new SoftmaxModel(
                        model.features(),
                        classes,
                        shifted,
                        floats,
                        doubles,
                        model.summary().orElse(null))
                .withClassLabels(model.classLabels().orElse(null))
                .withStandardization(this);
    }

    /** Whether the value is finite as it is stored. */
    private static boolean set(float[] floats, double[] doubles, int i, double value) {
        if (floats != null) {
            floats[i] = (float) value;
            return Float.isFinite(floats[i]);
        }
        doubles[i] = value;
        return Double.isFinite(value);
    }

    /** Weights and intercept of features as they are, to those of standardised features, in place. */
    void unfold(double[] weights, double[] intercept, int classes) {
        for (int d = 0; d < mean.length; d++) {
            for (int c = 0; c < classes; c++) {
                int i = d * classes + c;
                intercept[c] += mean[d] * weights[i];
                weights[i] *= deviation[d];
            }
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Standardization s
                && Arrays.equals(mean, s.mean)
                && Arrays.equals(deviation, s.deviation);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(mean) + Arrays.hashCode(deviation);
    }

    @Override
    public String toString() {
        return "Standardization[features=" + mean.length + "]";
    }
}
