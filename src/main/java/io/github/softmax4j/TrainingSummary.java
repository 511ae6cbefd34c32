package io.github.softmax4j;

import java.util.OptionalDouble;

/**
 * How a model came about. It is saved with the model; it holds no dates and no times, so that the same fit gives the same bytes.
 *
 * @param optimizer the optimizer, or the solver, with its settings
 * @param l1 the L1 penalty
 * @param l2 the L2 penalty
 * @param epochs the epochs after which these were the weights; of a solver, those that it started from
 * @param steps the steps after which these were the weights; of a solver, its iterations
 * @param batchSize rows of a full batch
 * @param seed of row order and initial weights
 * @param rows of the training data
 * @param objective over all rows at these weights, penalties included
 * @param stopReason why training ended
 * @param bound the objective is certified to be at most this much above its minimum; empty where nothing is certified
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
        StopReason stopReason,
        OptionalDouble bound) {

    /** Why training ended. */
    public enum StopReason {
        /** All epochs were run. */
        EPOCHS,
        /** No improvement over the epochs asked for; the model is the best one seen. */
        NO_IMPROVEMENT,
        /** The relative change of the objective fell below the threshold asked for. */
        RELATIVE_CHANGE,
        /** The objective is certified to be within the relative gap asked for. */
        GAP,
        /** No component of the gradient was larger than the tolerance asked for. */
        GRADIENT,
        /** Rounding hid any further decrease of the objective, or no step decreased it. */
        NO_PROGRESS,
        /** All iterations were run. */
        ITERATIONS
    }

    /**
     * The relative gap that is certified: at most so much of its minimum is the objective above that.
     *
     * @return {@code bound / (objective - bound)}; infinite where the bound is not below the objective, empty where there is none
     */
    public OptionalDouble gap() {
        if (bound.isEmpty()) {
            return bound;
        }
        double least = objective - bound.getAsDouble();
        return OptionalDouble.of(least > 0 ? bound.getAsDouble() / least : Double.POSITIVE_INFINITY);
    }
}
