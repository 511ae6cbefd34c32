package io.github.softmax4j;

import java.util.Arrays;

/**
 * How well predictions do, from one pass over labelled rows; {@link ClassificationMetrics} collects it. Row weights count everywhere.
 * The predicted class is the one with the highest score, the lowest of equals. Immutable.
 *
 * <p>By class c, with the weights TP of its rows that are predicted as c, P of all rows predicted as c, and A of all rows of c:
 *
 * <pre>  precision TP / P      recall TP / A      F1 2 TP / (P + A)</pre>
 *
 * <p>each of which is 0 where it would be 0 / 0.
 */
public final class ClassificationReport {

    private final long rows;
    private final double weight;
    private final double loss;
    private final double brier;
    private final double calibrationError;
    /** Weights by class: of its rows, of rows predicted as it, of both. */
    private final double[] actual;

    private final double[] predicted;
    private final double[] hits;
    /** The weight of the rows before whose class at most so many others stand. */
    private final double[] within;

    private final double[][] confusion;

    /**
     * Precision, recall and F1, averaged over classes.
     *
     * @param precision in [0, 1]
     * @param recall in [0, 1]
     * @param f1 the average of the classes' F1, not that of the other two averages
     */
    public record Averages(double precision, double recall, double f1) {}

    ClassificationReport(ClassificationMetrics m) {
        rows = m.rows;
        weight = m.weight;
        loss = m.loss / m.weight;
        brier = m.squares / m.weight;
        double gaps = 0;
        for (double gap : m.gaps) {
            gaps += Math.abs(gap);
        }
        calibrationError = gaps / m.weight;
        actual = m.actual.clone();
        predicted = m.predicted.clone();
        hits = m.hits.clone();
        within = m.ranks.clone();
        for (int k = 1; k < within.length; k++) {
            within[k] += within[k - 1];
        }
        confusion = copy(m.confusion);
    }

    /**
     * A report of a model on data, with 15 bins of calibration and no confusion matrix; see {@link
     * ClassificationMetrics#add(SoftmaxModel, Dataset)}.
     *
     * @param model the model
     * @param data labelled, with the features of the model and at most its classes
     * @return the report
     */
    public static ClassificationReport of(SoftmaxModel model, Dataset data) {
        ClassificationMetrics metrics = ClassificationMetrics.builder(
                        Checks.notNull("model", model).classes())
                .build();
        metrics.add(model, data);
        return metrics.report();
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
     * The mean log-loss in nats: of -log(p_y), where y is a row's class.
     *
     * @return not negative; infinite where a given p_y was 0
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
        return topKAccuracy(1);
    }

    /**
     * The fraction of the rows' weight whose class was not predicted.
     *
     * @return in [0, 1]
     */
    public double errorRate() {
        return (weight - within[0]) / weight;
    }

    /**
     * The fraction of the rows' weight whose class is among the k with the highest scores; of equal scores those of lower classes
     * come first.
     *
     * @param k in 1..C
     * @return in [0, 1]
     */
    public double topKAccuracy(int k) {
        if (k < 1 || k > within.length) {
            throw new IllegalArgumentException("k must be in 1.." + within.length + ", was " + k);
        }
        return within[k - 1] / weight;
    }

    /**
     * The Brier score of several classes (Brier 1950): the mean over rows of sum_c (p_c - [c = y])^2.
     *
     * @return in [0, 2]
     */
    public double brierScore() {
        return brier;
    }

    /**
     * The expected calibration error (Naeini et al. 2015, Guo et al. 2017): rows are sorted into bins (lo, hi] of equal width by the
     * probability of their predicted class; the mean, by the weight of the bins, of |accuracy - mean of that probability|.
     *
     * @return in [0, 1]
     */
    public double expectedCalibrationError() {
        return calibrationError;
    }

    /**
     * The weight of the rows of each class: their number where there are no row weights.
     *
     * @return a copy, C values
     */
    public double[] support() {
        return actual.clone();
    }

    /**
     * The precision of each class.
     *
     * @return C values in [0, 1]; 0 where no row is predicted as the class
     */
    public double[] precision() {
        double[] result = new double[hits.length];
        Arrays.setAll(result, c -> ratio(hits[c], predicted[c]));
        return result;
    }

    /**
     * The recall of each class.
     *
     * @return C values in [0, 1]; 0 where the class has no row
     */
    public double[] recall() {
        double[] result = new double[hits.length];
        Arrays.setAll(result, c -> ratio(hits[c], actual[c]));
        return result;
    }

    /**
     * The F1 of each class.
     *
     * @return C values in [0, 1]; 0 where the class has no row and none is predicted as it
     */
    public double[] f1() {
        double[] result = new double[hits.length];
        Arrays.setAll(result, c -> ratio(2 * hits[c], predicted[c] + actual[c]));
        return result;
    }

    private static double ratio(double part, double whole) {
        return whole > 0 ? part / whole : 0;
    }

    /**
     * The plain means over the classes that have a row or are predicted for one.
     *
     * @return the averages
     */
    public Averages macro() {
        double[] counts = new double[hits.length];
        Arrays.setAll(counts, c -> actual[c] > 0 || predicted[c] > 0 ? 1 : 0);
        return averages(counts);
    }

    /**
     * The means weighted by the classes' support.
     *
     * @return the averages
     */
    public Averages weighted() {
        return averages(actual);
    }

    private Averages averages(double[] weights) {
        return new Averages(mean(precision(), weights), mean(recall(), weights), mean(f1(), weights));
    }

    private static double mean(double[] values, double[] weights) {
        double sum = 0;
        double total = 0;
        for (int i = 0; i < values.length; i++) {
            sum += weights[i] * values[i];
            total += weights[i];
        }
        return sum / total;
    }

    /**
     * The weight of the rows of class i that are predicted as class j, at {@code [i][j]}: their number where there are no row
     * weights.
     *
     * @return a copy, C x C
     * @throws IllegalStateException if the metrics were not built with {@link ClassificationMetrics.Builder#confusion}
     */
    public double[][] confusion() {
        if (confusion == null) {
            throw new IllegalStateException("no confusion matrix was kept: ask the builder of the metrics for it");
        }
        return copy(confusion);
    }

    private static double[][] copy(double[][] matrix) {
        return matrix == null
                ? null
                : Arrays.stream(matrix).map(double[]::clone).toArray(double[][]::new);
    }

    @Override
    public String toString() {
        return "ClassificationReport[rows=" + rows + ", loss=" + loss + ", accuracy=" + accuracy() + ", macro="
                + macro() + ", brierScore=" + brier + ", expectedCalibrationError=" + calibrationError + "]";
    }
}
