package io.github.softmax4j;

/**
 * How a model came about. It is saved with the model; it holds no dates and no times, so that the same fit gives the same bytes.
 *
 * @param optimizer the optimizer with its settings
 * @param l1 the L1 penalty
 * @param l2 the L2 penalty
 * @param epochs the epochs after which these were the weights
 * @param steps the steps after which these were the weights
 * @param batchSize rows of a full batch
 * @param seed of row order and initial weights
 * @param rows of the training data
 * @param objective over all rows at these weights, penalties included
 * @param stopReason why training ended
 */
public record TrainingSummary(
        String optimizer,
        double l1,
        double l2,
        int epochs,
        long steps,
        long batchSize,
        long seed,
        long rows,
        double objective,
        StopReason stopReason) {

    /** Why training ended. */
    public enum StopReason {
        /** All epochs were run. */
        EPOCHS,
        /** No improvement over the epochs asked for; the model is the best one seen. */
        NO_IMPROVEMENT,
        /** The relative change of the objective fell below the threshold asked for. */
        RELATIVE_CHANGE
    }
}
