package io.github.softmax4j;

import io.github.softmax4j.SoftmaxFunctions.Reduction;
import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.lang.reflect.Array;

/**
 * Any {@link Loss} of logits that are given, N rows of C classes, row-major, and its derivatives by them: for the last step of a network of
 * one's own. Plain cross-entropy of large matrices is faster in {@link SoftmaxFunctions}, which copies nothing.
 *
 * <p>The weight of a row is its own times that of its label's class. {@link Reduction#MEAN} divides by the sum of these weights over
 * the rows that are not ignored; where that is 0, as where all rows are ignored, result and gradient are 0, not NaN. Without a reduction:
 * the losses of the rows are written where an array is given for them. PyTorch's mean of the binary cross-entropy is over rows and
 * classes: the mean here divided by C.
 *
 * <p>Immutable and safe for any number of threads. Results have the same bits for any number of threads.
 */
public final class LogitsLoss {

    private final Loss loss;
    private final double[] classWeights;
    private final int ignoredLabel;
    private final Reduction reduction;

    private LogitsLoss(Builder b) {
        loss = b.loss;
        classWeights = b.classWeights;
        ignoredLabel = b.ignoredLabel;
        reduction = b.reduction;
    }

    /**
     * Starts from plain cross-entropy, no class weights, -100 as the label that is ignored, and the mean.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Settings of a {@link LogitsLoss}. */
    public static final class Builder {
        private Loss loss = new CrossEntropy();
        private double[] classWeights;
        private int ignoredLabel = -100;
        private Reduction reduction = Reduction.MEAN;

        private Builder() {}

        /**
         * The loss of a row. Of {@link MarginSoftmax} the logits are the cosines.
         *
         * @param loss not null
         * @return this
         */
        public Builder loss(Loss loss) {
            this.loss = Checks.notNull("loss", loss);
            return this;
        }

        /**
         * Weights of the classes: that of its label multiplies the weight of a row. Not with targets.
         *
         * @param weights one for each class, finite and not negative
         * @return this
         */
        public Builder classWeights(double... weights) {
            double[] copy = Checks.notNull("classWeights", weights).clone();
            for (int c = 0; c < copy.length; c++) {
                Checks.notNegative("classWeights[" + c + "]", copy[c]);
            }
            this.classWeights = copy;
            return this;
        }

        /**
         * The label of rows that do not count: their loss and gradient are 0, whatever their logits.
         *
         * @param label negative; -100 by default
         * @return this
         */
        public Builder ignoredLabel(int label) {
            if (label >= 0) {
                throw new IllegalArgumentException("ignoredLabel must be negative, was " + label);
            }
            this.ignoredLabel = label;
            return this;
        }

        /**
         * What becomes of the rows' losses.
         *
         * @param reduction not null
         * @return this
         */
        public Builder reduction(Reduction reduction) {
            this.reduction = Checks.notNull("reduction", reduction);
            return this;
        }

        /**
         * Builds.
         *
         * @return the loss
         */
        public LogitsLoss build() {
            return new LogitsLoss(this);
        }
    }

    /**
     * The loss of labelled rows.
     *
     * @param logits N x C
     * @param labels N classes in 0..C-1, or the ignored label
     * @param weights N row weights, finite and not negative; null for all 1
     * @param losses receives N losses times weights, not reduced; null where they are not wanted
     * @param gradient receives the derivatives of the result by the logits, N x C; may be {@code logits}; null where they are not wanted
     * @param classes C, at least 1
     * @return the mean or sum
     */
    public double ofLabels(
            float[] logits, int[] labels, float[] weights, float[] losses, float[] gradient, int classes) {
        int rows = rows(Checks.notNull("logits", logits).length, classes);
        Checks.length("labels", Checks.notNull("labels", labels).length, "logits has rows:", rows);
        return run(NativeApi.F32, logits, labels.clone(), null, weights, losses, gradient, rows, classes);
    }

    /**
     * The loss of rows with targets.
     *
     * @param logits N x C
     * @param targets N x C values in 0..1, each row summing to 1 within 1e-5 for {@link CrossEntropy}
     * @param weights N row weights, finite and not negative; null for all 1
     * @param losses receives N losses times weights, not reduced; null where they are not wanted
     * @param gradient receives the derivatives of the result by the logits, N x C; may be {@code logits}; null where they are not wanted
     * @param classes C, at least 1
     * @return the mean or sum
     */
    public double ofTargets(
            float[] logits, float[] targets, float[] weights, float[] losses, float[] gradient, int classes) {
        int rows = rows(Checks.notNull("logits", logits).length, classes);
        Checks.length("targets", Checks.notNull("targets", targets).length, "logits has", logits.length);
        if (!loss.takesTargets()) {
            throw new IllegalArgumentException(loss + " takes labels, not targets");
        }
        if (classWeights != null) {
            throw new IllegalArgumentException("class weights need labels, not targets");
        }
        return run(NativeApi.F32, logits, null, targets, weights, losses, gradient, rows, classes);
    }

    /**
     * The loss of labelled rows.
     *
     * @param logits N x C
     * @param labels N classes in 0..C-1, or the ignored label
     * @param weights N row weights, finite and not negative; null for all 1
     * @param losses receives N losses times weights, not reduced; null where they are not wanted
     * @param gradient receives the derivatives of the result by the logits, N x C; may be {@code logits}; null where they are not wanted
     * @param classes C, at least 1
     * @return the mean or sum
     */
    public double ofLabels(
            double[] logits, int[] labels, double[] weights, double[] losses, double[] gradient, int classes) {
        int rows = rows(Checks.notNull("logits", logits).length, classes);
        Checks.length("labels", Checks.notNull("labels", labels).length, "logits has rows:", rows);
        return run(NativeApi.F64, logits, labels.clone(), null, weights, losses, gradient, rows, classes);
    }

    /**
     * The loss of rows with targets.
     *
     * @param logits N x C
     * @param targets N x C values in 0..1, each row summing to 1 within 1e-5 for {@link CrossEntropy}
     * @param weights N row weights, finite and not negative; null for all 1
     * @param losses receives N losses times weights, not reduced; null where they are not wanted
     * @param gradient receives the derivatives of the result by the logits, N x C; may be {@code logits}; null where they are not wanted
     * @param classes C, at least 1
     * @return the mean or sum
     */
    public double ofTargets(
            double[] logits, double[] targets, double[] weights, double[] losses, double[] gradient, int classes) {
        int rows = rows(Checks.notNull("logits", logits).length, classes);
        Checks.length("targets", Checks.notNull("targets", targets).length, "logits has", logits.length);
        if (!loss.takesTargets()) {
            throw new IllegalArgumentException(loss + " takes labels, not targets");
        }
        if (classWeights != null) {
            throw new IllegalArgumentException("class weights need labels, not targets");
        }
        return run(NativeApi.F64, logits, null, targets, weights, losses, gradient, rows, classes);
    }

    private static int rows(int length, int classes) {
        Checks.atLeast("classes", classes, 1);
        if (length % classes != 0) {
            throw new IllegalArgumentException(
                    "logits has length " + length + ", not a multiple of classes, " + classes);
        }
        return length / classes;
    }

    /** Arrays of float or double, all of one type; labels or targets. */
    private double run(
            int type,
            Object logits,
            int[] labels,
            Object targets,
            Object weights,
            Object losses,
            Object gradient,
            int rows,
            int classes) {
        Core.require();
        NativeLoss.check(loss, logits instanceof float[] ? ElementType.FLOAT32 : ElementType.FLOAT64);
        NativeLoss nativeLoss = NativeLoss.of(loss);
        double[] positive = nativeLoss.positiveFor(classes);
        if (classWeights != null) {
            Checks.length("classWeights", classWeights.length, "classes is", classes);
        }
        requireLength("weights", weights, rows, "logits has rows:");
        requireLength("losses", losses, rows, "logits has rows:");
        requireLength("gradient", gradient, (long) rows * classes, "logits has");
        double[] ofRows = new double[rows];
        double total = 0;
        for (int i = 0; i < rows; i++) {
            ofRows[i] = weights == null ? 1 : Array.getDouble(weights, i);
            Checks.notNegative("weights[" + i + "]", ofRows[i]);
            if (labels != null) {
                boolean ignored = labels[i] == ignoredLabel;
                if (!ignored && (labels[i] < 0 || labels[i] >= classes)) {
                    throw new IllegalArgumentException("labels[" + i + "] must be in 0.." + (classes - 1)
                            + ", or the ignored " + ignoredLabel + ", was " + labels[i]);
                }
                ofRows[i] *= ignored ? 0 : classWeights == null ? 1 : classWeights[labels[i]];
            }
            total += ofRows[i];
        }
        double scale = reduction == Reduction.SUM ? 1 : total > 0 ? 1 / total : 0;
        double[] sum = new double[1];
        try (NativeArray in = reals(type, logits);
                NativeArray ys = labels == null ? null : NativeArray.ofInts(rows);
                NativeArray ts = targets == null ? null : reals(type, targets);
                NativeArray ws = NativeArray.ofReals(type, rows);
                NativeArray out = losses == null ? null : NativeArray.ofReals(type, rows)) {
            if (ys != null) {
                ys.put(labels);
            } else {
                requireTargets(type, ts, rows, classes);
            }
            ws.put(0, ofRows);
            Core.check(NativeApi.s4j_logits_loss(
                    type,
                    nativeLoss.code,
                    nativeLoss.options,
                    positive,
                    in.address(),
                    address(ys),
                    ignoredLabel,
                    address(ts),
                    ws.address(),
                    address(out),
                    gradient == null ? 0 : in.address(),
                    rows,
                    classes,
                    scale,
                    Core.defaultThreads(),
                    sum));
            get(out, losses);
            get(gradient == null ? null : in, gradient);
        }
        return reduction == Reduction.SUM ? sum[0] : total > 0 ? sum[0] / total : 0;
    }

    private void requireTargets(int type, NativeArray targets, int rows, int classes) {
        long bad = NativeApi.s4j_first_bad_target(
                type, targets.address(), rows, classes, loss instanceof CrossEntropy ? 1 : 0);
        if (bad >= 0) {
            throw new IllegalArgumentException("targets must be in 0..1"
                    + (loss instanceof CrossEntropy ? " and sum to 1 within 1e-5 in each row" : "") + ", row "
                    + bad / classes + " from class " + bad % classes + " on is not");
        }
    }

    private static void requireLength(String name, Object array, long length, String of) {
        if (array != null) {
            Checks.length(name, Array.getLength(array), of, length);
        }
    }

    private static NativeArray reals(int type, Object values) {
        NativeArray array = NativeArray.ofReals(type, Array.getLength(values));
        if (values instanceof float[] floats) {
            array.put(0, floats);
        } else {
            array.put(0, (double[]) values);
        }
        return array;
    }

    private static void get(NativeArray from, Object to) {
        if (to instanceof float[] floats) {
            from.get(0, floats);
        } else if (to != null) {
            from.get(0, (double[]) to);
        }
    }

    private static long address(NativeArray array) {
        return array == null ? 0 : array.address();
    }
}
