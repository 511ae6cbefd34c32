package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.util.SplittableRandom;

/**
 * A random problem whose numbers are exact in single precision, so that both element types see the same one, with calls of the
 * core that name regime and threads.
 */
final class Problem {

    static final int SMALL = 1;
    static final int MEDIUM = 2;
    static final int LARGE = 3;
    static final String[] REGIMES = {"auto", "small", "medium", "large"};
    /** The most classes the small regime takes. */
    static final int SMALL_CLASSES = 32;

    final double[][] x;
    final int[] labels;
    /** Null: all 1. */
    final double[] weights;

    final int classes;
    final boolean intercept;
    final double l2;
    final double[] parameters;

    /** A loss, and its gradient. */
    @SuppressWarnings("ArrayRecordComponent")
    record Outcome(double loss, double[] gradient) {}

    Problem(
            double[][] x,
            int[] labels,
            double[] weights,
            int classes,
            boolean intercept,
            double l2,
            double[] parameters) {
        this.x = x;
        this.labels = labels;
        this.weights = weights;
        this.classes = classes;
        this.intercept = intercept;
        this.l2 = l2;
        this.parameters = parameters;
    }

    static Problem random(int rows, int features, int classes, boolean intercept, double l2, boolean weighted) {
        SplittableRandom random = new SplittableRandom(rows * 31L + features * 17L + classes);
        double[][] x = new double[rows][features];
        int[] labels = new int[rows];
        double[] weights = weighted ? new double[rows] : null;
        for (int i = 0; i < rows; i++) {
            labels[i] = random.nextInt(classes);
            fill(x[i], random);
            if (weighted) {
                weights[i] = i % 5 == 3 ? 0 : (float) (random.nextDouble() * 3 + 0.1);
            }
        }
        double[] parameters = new double[(features + (intercept ? 1 : 0)) * classes];
        fill(parameters, random);
        return new Problem(x, labels, weights, classes, intercept, l2, parameters);
    }

    private static void fill(double[] values, SplittableRandom random) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextDouble() * 2 - 1);
        }
    }

    int rows() {
        return x.length;
    }

    int features() {
        return x[0].length;
    }

    Dataset dataset(ElementType type) {
        Dataset.Builder builder = Dataset.builder().labels(labels).classes(classes);
        if (weights != null) {
            builder.weights(weights);
        }
        return (type == ElementType.FLOAT64 ? builder.features(x) : builder.features(floats(x))).build();
    }

    double naiveLoss() {
        return NaiveSoftmax.loss(parameters, x, labels, weights, classes, intercept, l2);
    }

    double[] naiveGradient() {
        return NaiveSoftmax.gradient(parameters, x, labels, weights, classes, intercept, l2);
    }

    /** Loss and gradient through one regime of the core. */
    Outcome run(Dataset data, int regime, int threads) {
        int type = data.elementType().code();
        double[] loss = new double[1];
        try (DatasetMemory.Lease lease = data.acquire();
                Objective objective = new Objective(lease, classes, intercept, l2);
                NativeArray in = NativeArray.ofReals(type, parameters.length);
                NativeArray out = NativeArray.ofReals(type, parameters.length)) {
            in.put(0, parameters);
            Core.check(NativeApi.s4j_loss_gradient(
                    objective.address, regime, in.address(), out.address(), threads, NativeApi.NO_LIMIT, loss));
            double[] alone = new double[1];
            Core.check(NativeApi.s4j_loss_gradient(
                    objective.address, regime, in.address(), 0, threads, NativeApi.NO_LIMIT, alone));
            if (Double.doubleToRawLongBits(alone[0]) != Double.doubleToRawLongBits(loss[0])) {
                throw new AssertionError("the loss alone is " + alone[0] + ", with its gradient " + loss[0]);
            }
            if (data.elementType() == ElementType.FLOAT64) {
                double[] gradient = new double[parameters.length];
                out.get(0, gradient);
                return new Outcome(loss[0], gradient);
            }
            float[] gradient = new float[parameters.length];
            out.get(0, gradient);
            return new Outcome(loss[0], doubles(gradient));
        }
    }

    static float[] floats(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    static float[][] floats(double[][] values) {
        float[][] narrow = new float[values.length][];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = floats(values[i]);
        }
        return narrow;
    }

    static double[] doubles(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /** |actual - expected| / max(|expected|, 1e-300): NaN and infinity give NaN. */
    static double relativeError(double actual, double expected) {
        return Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-300);
    }

    /** The largest difference of two entries over the largest expected entry. */
    static double relativeError(double[] actual, double[] expected) {
        if (actual.length != expected.length) {
            throw new AssertionError(actual.length + " values where " + expected.length + " belong");
        }
        double difference = 0;
        double scale = 1e-300;
        for (int i = 0; i < expected.length; i++) {
            double d = Math.abs(actual[i] - expected[i]);
            difference = d <= difference ? difference : d;
            scale = Math.max(scale, Math.abs(expected[i]));
        }
        return difference / scale;
    }
}
