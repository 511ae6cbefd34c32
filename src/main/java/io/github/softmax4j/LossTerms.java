package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import java.util.Arrays;

/** A loss with what it is told of single classes: their weights, and which of them take no part. */
final class LossTerms {

    static final LossTerms PLAIN = new LossTerms(new CrossEntropy(), null, false, new int[0]);

    final Loss loss;
    /** Null where there are none, or they are balanced. */
    private final double[] classWeights;

    private final boolean balanced;
    private final int[] masked;

    private LossTerms(Loss loss, double[] classWeights, boolean balanced, int[] masked) {
        this.loss = loss;
        this.classWeights = classWeights;
        this.balanced = balanced;
        this.masked = masked;
    }

    LossTerms with(Loss other) {
        return new LossTerms(Checks.notNull("loss", other), classWeights, balanced, masked);
    }

    LossTerms withClassWeights(double[] weights) {
        double[] copy = Checks.notNull("classWeights", weights).clone();
        for (int c = 0; c < copy.length; c++) {
            Checks.notNegative("classWeights[" + c + "]", copy[c]);
        }
        return new LossTerms(loss, copy, false, masked);
    }

    LossTerms withBalancedWeights() {
        return new LossTerms(loss, null, true, masked);
    }

    LossTerms withMasked(int[] classes) {
        int[] copy = Checks.notNull("maskedClasses", classes).clone();
        Arrays.sort(copy);
        if (copy.length > 0) {
            Checks.atLeast("maskedClasses", copy[0], 0);
        }
        return new LossTerms(loss, classWeights, balanced, copy);
    }

    boolean hasMask() {
        return masked.length > 0;
    }

    /** Whether this is cross-entropy, perhaps smoothed or weighted, and nothing else. */
    boolean isPlainCrossEntropy() {
        return loss instanceof CrossEntropy l && l.zLoss() == 0 && l.temperature() == 1 && !hasMask();
    }

    boolean isMasked(int label) {
        return Arrays.binarySearch(masked, label) >= 0;
    }

    /** For builders: what goes together whatever the data. */
    void check(boolean intercept) {
        if (loss instanceof MarginSoftmax && intercept) {
            throw new IllegalArgumentException("intercept must be false for " + loss);
        }
        if (loss instanceof ClippedCrossEntropy && hasMask()) {
            throw new IllegalArgumentException("maskedClasses must be empty for " + loss);
        }
    }

    /** Whether the data has what the loss needs. */
    void check(Dataset data) {
        check(data, data.classes());
    }

    /** The same for a model of more classes than the data may have. */
    void check(Dataset data, int classes) {
        data.requireLabelsOrTargets();
        NativeLoss.check(loss, data.elementType());
        if (data.hasTargets() && !loss.takesTargets()) {
            throw new IllegalArgumentException(loss + " takes labels, the dataset has targets");
        }
        if (data.hasTargets() && loss instanceof CrossEntropy && data.firstRowThatIsNoDistribution() >= 0) {
            throw new IllegalArgumentException("targets must sum to 1 within 1e-5 in each row for " + loss
                    + ", those of row " + data.firstRowThatIsNoDistribution() + " do not");
        }
        if (data.hasTargets() && (classWeights != null || balanced)) {
            throw new IllegalArgumentException("class weights need labels, the dataset has targets");
        }
        if (classWeights != null) {
            Checks.length("classWeights", classWeights.length, "classes is", classes);
        }
        if (hasMask() && masked[masked.length - 1] >= classes) {
            throw new IllegalArgumentException(
                    "maskedClasses must be in 0.." + (classes - 1) + ", was " + masked[masked.length - 1]);
        }
    }

    /** Tells a new s4j_objective of the classes. */
    void tell(long objective, NativeLoss nativeLoss, int classes) {
        double[] positive = nativeLoss.positiveFor(classes);
        if (positive != null) {
            Core.check(NativeApi.s4j_objective_set(objective, NativeApi.POSITIVE_WEIGHTS, positive));
        }
        if (classWeights != null || balanced) {
            Core.check(NativeApi.s4j_objective_set(objective, NativeApi.CLASS_WEIGHTS, classWeights));
        }
        if (hasMask()) {
            double[] mask = new double[classes];
            for (int c : masked) {
                mask[c] = 1;
            }
            Core.check(NativeApi.s4j_objective_set(objective, NativeApi.CLASS_MASK, mask));
        }
    }

    /** How a model that this has trained gets from scores to probabilities. */
    ModelForm form() {
        boolean sigmoids = loss instanceof SigmoidCrossEntropy
                || (loss instanceof ClippedCrossEntropy c && c.form() == ClippedCrossEntropy.Form.SIGMOID);
        return new ModelForm(sigmoids, loss instanceof MarginSoftmax);
    }

    /**
     * Parameters that were trained with this (W, then b where there is an intercept) as those of a model: temperature and the lengths
     * of a margin's weights folded in, masked classes with an intercept of -infinity.
     */
    double[] toModel(double[] trained, int features, int classes, boolean intercept) {
        boolean added = hasMask() && !intercept;
        double[] model = added ? Arrays.copyOf(trained, trained.length + classes) : trained.clone();
        int weights = features * classes;
        if (loss instanceof CrossEntropy l && l.temperature() != 1) {
            for (int i = 0; i < model.length; i++) {
                model[i] /= l.temperature();
            }
        }
        if (loss instanceof MarginSoftmax l) {
            for (int c = 0; c < classes; c++) {
                double length = 0;
                for (int i = c; i < weights; i += classes) {
                    length = Math.hypot(length, model[i]);
                }
                for (int i = c; i < weights && length > 0; i += classes) {
                    model[i] *= l.scale() / length;
                }
            }
        }
        for (int c : masked) {
            model[weights + c] = Double.NEGATIVE_INFINITY;
        }
        return model;
    }

    /** What training starts from, from the parameters of a model; the other way round. */
    void fromModel(double[] start, int weights) {
        if (loss instanceof CrossEntropy l && l.temperature() != 1) {
            for (int i = 0; i < start.length; i++) {
                start[i] *= l.temperature();
            }
        }
        for (int c = 0; c < masked.length && weights + masked[c] < start.length; c++) {
            start[weights + masked[c]] = 0;
        }
    }

    /** What an objective holds of each row beside the dataset: its weight with that of its class, its length. */
    long rowBytes(Work work) {
        int values = (classWeights != null || balanced ? 1 : 0) + (loss instanceof MarginSoftmax ? 1 : 0);
        return Math.multiplyExact(work.rows(), (long) values * work.type().bytes());
    }

    /** The arrays on the way from trained parameters to those of a model, so many. */
    long conversionBytes(Work work) {
        long count = work.parameterCount() + work.classes();
        return changesModels() ? count * (2L * Double.BYTES + work.type().bytes()) : 0;
    }

    boolean changesModels() {
        return hasMask() || loss instanceof MarginSoftmax || (loss instanceof CrossEntropy l && l.temperature() != 1);
    }

    /** All of it. */
    @Override
    public String toString() {
        return loss + ", class weights " + (balanced ? "balanced" : Arrays.toString(classWeights)) + ", masked "
                + Arrays.toString(masked);
    }
}
