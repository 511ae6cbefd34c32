package io.github.softmax4j;

/**
 * What a row costs: the loss that {@link SoftmaxTrainer}, {@link SoftmaxLoss} and {@link LogitsLoss} take the mean of. s are the row's
 * scores, p = softmax(s), y its label.
 *
 * <p>All are values: equal where their settings are, immutable, safe for any number of threads.
 */
public sealed interface Loss permits CrossEntropy, FocalLoss, MarginSoftmax, SigmoidCrossEntropy, ClippedCrossEntropy {

    /**
     * Whether the loss can use the targets of a {@link Dataset} instead of labels.
     *
     * @return true for {@link CrossEntropy}, {@link SigmoidCrossEntropy} and the sigmoid form of {@link ClippedCrossEntropy}
     */
    default boolean takesTargets() {
        return false;
    }
}
