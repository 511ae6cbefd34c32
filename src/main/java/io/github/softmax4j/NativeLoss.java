package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;

/** A {@link Loss} as the core has it: its s4j_loss, its options, and the positive weights or null. */
final class NativeLoss {

    private static final int CROSS_ENTROPY = 0;
    private static final int FOCAL = 1;
    private static final int MARGIN = 2;
    private static final int SIGMOID = 3;
    private static final int CLIPPED_CROSS_ENTROPY = 4;
    private static final int CLIPPED_SIGMOID = 5;

    final int code;
    final double[] options = new double[NativeApi.LOSS_OPTIONS];
    final double[] positive;

    private NativeLoss(int code, double[] positive, double... options) {
        this.code = code;
        this.positive = positive;
        System.arraycopy(options, 0, this.options, 0, options.length);
    }

    static NativeLoss of(Loss loss) {
        if (loss instanceof CrossEntropy l) {
            return new NativeLoss(CROSS_ENTROPY, null, l.labelSmoothing(), l.zLoss(), l.temperature());
        }
        if (loss instanceof FocalLoss l) {
            return new NativeLoss(FOCAL, null, l.gamma());
        }
        if (loss instanceof MarginSoftmax l) {
            return new NativeLoss(MARGIN, null, l.scale(), l.margin(), l.kind() == MarginSoftmax.Kind.ANGULAR ? 1 : 0);
        }
        if (loss instanceof SigmoidCrossEntropy l) {
            double[] positive = l.positiveWeights().isEmpty()
                    ? null
                    : l.positiveWeights().stream()
                            .mapToDouble(Double::doubleValue)
                            .toArray();
            return new NativeLoss(SIGMOID, positive);
        }
        ClippedCrossEntropy l = (ClippedCrossEntropy) loss;
        boolean sigmoid = l.form() == ClippedCrossEntropy.Form.SIGMOID;
        return new NativeLoss(sigmoid ? CLIPPED_SIGMOID : CLIPPED_CROSS_ENTROPY, null, l.clip());
    }

    /** Refuses values that are no such in the type that the loss is computed with. */
    static void check(Loss loss, ElementType type) {
        if (loss instanceof CrossEntropy l) {
            Checks.notNegativeIn(type, "zLoss", l.zLoss());
            // Scores are multiplied by one over it.
            Checks.positiveIn(type, "temperature", l.temperature());
            Checks.positiveIn(type, "1 / temperature", 1 / l.temperature());
        } else if (loss instanceof MarginSoftmax l) {
            Checks.positiveIn(type, "scale", l.scale());
        } else if (loss instanceof SigmoidCrossEntropy l) {
            for (int c = 0; c < l.positiveWeights().size(); c++) {
                Checks.positiveIn(
                        type, "positiveWeights[" + c + "]", l.positiveWeights().get(c));
            }
        } else if (loss instanceof ClippedCrossEntropy l) {
            Checks.positiveIn(type, "clip", l.clip());
        }
    }

    /** The positive weights, of which there must be one for each class. */
    double[] positiveFor(int classes) {
        if (positive != null) {
            Checks.length("positiveWeights", positive.length, "classes is", classes);
        }
        return positive;
    }
}
