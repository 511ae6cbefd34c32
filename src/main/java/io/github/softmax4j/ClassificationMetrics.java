package io.github.softmax4j;

/**
 * Collects what a {@link ClassificationReport} says, row by row: from probabilities of any origin, or from a model and its data, which
 * may come in several datasets. What it holds does not grow with the rows: a few numbers per class, and a C x C matrix only where the
 * confusion was asked for.
 *
 * <p>Row weights count everywhere: a row of weight 2 counts as two rows, one of weight 0 as none.
 *
 * <p>For one thread at a time.
 */
public final class ClassificationMetrics {

    /** A confusion matrix is kept of so many classes at most: 128 MiB. */
    public static final int MOST_CONFUSION_CLASSES = 4096;

    /** How far the probabilities of a row may be from a sum of 1. */
    private static final double SUM_TOLERANCE = 1e-3;

    final int classes;
    long rows;
    double weight;
    double loss;
    double squares;
    /** By class: the weight of its rows, of the rows predicted as it, of those where both is so. */
    final double[] actual;

    final double[] predicted;
    final double[] hits;
    /** By the number of classes that stand before the row's own: the weight of such rows. */
    final double[] ranks;
    /** By bin of the confidence: the weight of its rows times their confidence less their hits. */
    final double[] gaps;
    /** Null: not asked for. */
    final double[][] confusion;

    private final double[] row;

    private ClassificationMetrics(Builder b) {
        classes = b.classes;
        actual = new double[classes];
        predicted = new double[classes];
        hits = new double[classes];
        ranks = new double[classes];
        row = new double[classes];
        gaps = new double[b.bins];
        confusion = b.confusion ? new double[classes][classes] : null;
    }

    /**
     * Starts from: 15 bins of calibration, no confusion matrix.
     *
     * @param classes C, at least 1
     * @return a builder
     */
    public static Builder builder(int classes) {
        Checks.atLeast("classes", classes, 1);
        return new Builder(classes);
    }

    /**
     * Adds a row of weight 1.
     *
     * @param probabilities C values in 0..1 that sum to 1, to three digits
     * @param label the class of the row, in 0..C-1
     */
    public void add(double[] probabilities, int label) {
        add(probabilities, label, 1);
    }

    /**
     * Adds a row.
     *
     * @param probabilities C values in 0..1 that sum to 1, to three digits
     * @param label the class of the row, in 0..C-1
     * @param weight finite and not negative
     */
    public void add(double[] probabilities, int label, double weight) {
        Checks.length("probabilities", Checks.notNull("probabilities", probabilities).length, "classes is", classes);
        System.arraycopy(probabilities, 0, row, 0, classes);
        addChecked(label, weight);
    }

    /**
     * Adds a row of weight 1.
     *
     * @param probabilities C values in 0..1 that sum to 1, to three digits
     * @param label the class of the row, in 0..C-1
     */
    public void add(float[] probabilities, int label) {
        add(probabilities, label, 1);
    }

    /**
     * Adds a row.
     *
     * @param probabilities C values in 0..1 that sum to 1, to three digits
     * @param label the class of the row, in 0..C-1
     * @param weight finite and not negative
     */
    public void add(float[] probabilities, int label, double weight) {
        Checks.length("probabilities", Checks.notNull("probabilities", probabilities).length, "classes is", classes);
        for (int c = 0; c < classes; c++) {
            row[c] = probabilities[c];
        }
        addChecked(label, weight);
    }

    private void addChecked(int label, double rowWeight) {
        if (label < 0 || label >= classes) {
            throw new IllegalArgumentException("label must be in 0.." + (classes - 1) + ", was " + label);
        }
        Checks.notNegative("weight", rowWeight);
        double sum = 0;
        for (int c = 0; c < classes; c++) {
            if (!(row[c] >= 0 && row[c] <= 1)) {
                throw new IllegalArgumentException("probabilities[" + c + "] must be in 0..1, was " + row[c]);
            }
            sum += row[c];
        }
        if (Math.abs(sum - 1) > SUM_TOLERANCE) {
            throw new IllegalArgumentException("probabilities must sum to 1, their sum was " + sum);
        }
        if (rowWeight > 0) {
            loss -= rowWeight * Math.log(row[label]);
            add(row, row, 0, label, rowWeight);
        }
    }

    /**
     * Adds what a model predicts for labelled rows, on the default number of threads, part by part: beside the model's own
     * parameters this takes some 30 MiB, or what 32 rows need where classes are very many. Ranks come from the scores, so that
     * the accuracy is that of {@link SoftmaxModel#evaluate}, and the loss from their log-sum-exp, so that it is exact where
     * a probability is too small for a number.
     *
     * @param model with C classes
     * @param data labelled, with the features of the model and at most C classes; where both have class labels, with those of the
     *     model
     */
    public void add(SoftmaxModel model, Dataset data) {
        if (Checks.notNull("model", model).classes() != classes) {
            throw new IllegalArgumentException("model has " + model.classes() + " classes, classes is " + classes);
        }
        PartwisePrediction.forEach(model, data, part -> {
            loss += part.lossSum;
            for (int i = 0; i < part.rows; i++) {
                if (part.weight(i) > 0) {
                    add(part.scores, part.probabilities, i * classes, part.labels[i], part.weight(i));
                }
            }
        });
    }

    /** All but the loss; the row's values begin at an index. */
    private void add(double[] scores, double[] probabilities, int at, int label, double rowWeight) {
        double own = scores[at + label];
        double top = Double.NEGATIVE_INFINITY;
        int best = 0;
        int before = 0;
        double square = 0;
        for (int c = 0; c < classes; c++) {
            double score = scores[at + c];
            if (score > top) {
                top = score;
                best = c;
            }
            before += score > own || (score == own && c < label) ? 1 : 0;
            double off = c == label ? 1 - probabilities[at + c] : probabilities[at + c];
            square += off * off;
        }
        double confidence = probabilities[at + best];
        rows++;
        weight += rowWeight;
        actual[label] += rowWeight;
        predicted[best] += rowWeight;
        hits[label] += best == label ? rowWeight : 0;
        ranks[before] += rowWeight;
        squares += rowWeight * square;
        gaps[bin(confidence)] += rowWeight * (confidence - (best == label ? 1 : 0));
        if (confusion != null) {
            confusion[label][best] += rowWeight;
        }
    }

    /** Bin b holds confidences in (b / bins, (b + 1) / bins]. */
    private int bin(double confidence) {
        int above = (int) Math.ceil(confidence * gaps.length) - 1;
        return Math.min(Math.max(above, 0), gaps.length - 1);
    }

    /**
     * What has been collected so far; more rows can be added afterwards, for another report.
     *
     * @return a report that stays as it is
     * @throws IllegalStateException if no row of a weight above 0 was added
     */
    public ClassificationReport report() {
        if (rows == 0) {
            throw new IllegalStateException("no row of a weight above 0 was added");
        }
        return new ClassificationReport(this);
    }

    /** Settings of {@link ClassificationMetrics}. */
    public static final class Builder {
        private final int classes;
        private int bins = 15;
        private boolean confusion;

        private Builder(int classes) {
            this.classes = classes;
        }

        /**
         * How many bins of equal width the expected calibration error sorts rows into.
         *
         * @param bins in 1..1,000,000; 15 by default
         * @return this
         */
        public Builder calibrationBins(int bins) {
            if (bins < 1 || bins > 1_000_000) {
                throw new IllegalArgumentException("calibrationBins must be in 1..1000000, was " + bins);
            }
            this.bins = bins;
            return this;
        }

        /**
         * Keeps a confusion matrix: C x C numbers of 8 bytes.
         *
         * @return this
         */
        public Builder confusion() {
            if (classes > MOST_CONFUSION_CLASSES) {
                throw new IllegalArgumentException(
                        "confusion needs at most " + MOST_CONFUSION_CLASSES + " classes, classes is " + classes);
            }
            this.confusion = true;
            return this;
        }

        /**
         * Builds.
         *
         * @return metrics of no rows yet
         */
        public ClassificationMetrics build() {
            return new ClassificationMetrics(this);
        }
    }
}
