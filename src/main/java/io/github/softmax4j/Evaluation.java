package io.github.softmax4j;

/**
 * How well a model does on labelled data, as far as that is cheap to say: {@link ClassificationReport} and {@link RocAuc} say more. Row
 * weights count everywhere: a row of weight 2 counts as two rows, one of weight 0, as an ignored row has, as none. Immutable.
 */
public final class Evaluation {

    private final long rows;
    private final double loss;
    private final double weight;
    private final double wrong;

    /** {@code weights} is null where all are 1. */
    Evaluation(int[] labels, int[] predicted, double[] weights, double loss) {
        this.loss = loss;
        long counted = 0;
        long misses = 0;
        double weightOfAll = 0;
        double weightOfMisses = 0;
        if (weights == null) {
            for (int i = 0; i < labels.length; i++) {
                misses += labels[i] == predicted[i] ? 0 : 1;
            }
            counted = labels.length;
            weightOfAll = counted;
            weightOfMisses = misses;
        } else {
            for (int i = 0; i < labels.length; i++) {
                counted += weights[i] > 0 ? 1 : 0;
                weightOfAll += weights[i];
                weightOfMisses += labels[i] == predicted[i] ? 0 : weights[i];
            }
        }
        this.rows = counted;
        this.weight = weightOfAll;
        this.wrong = weightOfMisses;
    }

    /**
     * The rows that were judged: those of a weight above 0.
     *
     * @return at least 1
     */
    public long rows() {
        return rows;
    }

    /**
     * The mean cross-entropy (log-loss) in nats, without penalty.
     *
     * @return not negative; NaN or infinite where the scores overflow
     */
    public double loss() {
        return loss;
    }

    /**
     * The fraction of the rows' weight whose class was predicted.
     *
     * @return in [0, 1]
     */
    public double accuracy() {
        return (weight - wrong) / weight;
    }

    /**
     * The fraction of the rows' weight whose class was not predicted.
     *
     * @return in [0, 1]
     */
    public double errorRate() {
        return wrong / weight;
    }

    @Override
    public String toString() {
        return "Evaluation[rows=" + rows + ", loss=" + loss + ", accuracy=" + accuracy() + "]";
    }
}
