package io.github.softmax4j;

/** How well a model does on labelled data. Immutable. */
public final class Evaluation {

    /** With more classes than this a confusion matrix is not kept: it would not fit memory. */
    public static final int MOST_CONFUSION_CLASSES = 4096;

    private final long rows;
    private final long correct;
    private final double loss;
    private final long[][] confusion;

    Evaluation(int[] labels, int[] predicted, int classes, double loss) {
        this.rows = labels.length;
        this.loss = loss;
        this.confusion = classes <= MOST_CONFUSION_CLASSES ? new long[classes][classes] : null;
        long hits = 0;
        for (int i = 0; i < labels.length; i++) {
            hits += labels[i] == predicted[i] ? 1 : 0;
            if (confusion != null) {
                confusion[labels[i]][predicted[i]]++;
            }
        }
        this.correct = hits;
    }

    /**
     * The rows that were judged.
     *
     * @return at least 1
     */
    public long rows() {
        return rows;
    }

    /**
     * The mean cross-entropy (log-loss) in nats over the row weights, without penalty.
     *
     * @return not negative; NaN or infinite where the scores overflow
     */
    public double loss() {
        return loss;
    }

    /**
     * The fraction of rows whose class was predicted. Row weights do not count here.
     *
     * @return in [0, 1]
     */
    public double accuracy() {
        return (double) correct / rows;
    }

    /**
     * The fraction of rows whose class was not predicted.
     *
     * @return in [0, 1]
     */
    public double errorRate() {
        return (double) (rows - correct) / rows;
    }

    /**
     * How many rows of class i were predicted as class j, at {@code [i][j]}.
     *
     * @return a copy, C x C
     * @throws IllegalStateException if there are more than {@link #MOST_CONFUSION_CLASSES} classes
     */
    public long[][] confusion() {
        if (confusion == null) {
            throw new IllegalStateException(
                    "no confusion matrix is kept for more than " + MOST_CONFUSION_CLASSES + " classes");
        }
        long[][] copy = new long[confusion.length][];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = confusion[i].clone();
        }
        return copy;
    }

    @Override
    public String toString() {
        return "Evaluation[rows=" + rows + ", loss=" + loss + ", accuracy=" + accuracy() + "]";
    }
}
