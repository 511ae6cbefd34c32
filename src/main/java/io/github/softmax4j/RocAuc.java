package io.github.softmax4j;

import java.util.Arrays;

/**
 * The area under the ROC curve of each class against all others (one-vs-rest): the chance that a row of the class has a higher
 * probability of it than a row of another class, equal ones counting half (mid-ranks). A model's probabilities are compared before
 * rounding, by their log-odds. Exact, not from a grid of thresholds; a row
 * counts with its weight, one of weight 0 not at all. An immutable value.
 *
 * <p>N x C values are never held: one pass collects and sorts, by class, the probability that each row gives to its own class; a
 * second one looks up the others among them. That takes some 32 bytes per row, and O(N C log N) time on one thread.
 */
public final class RocAuc {

    private final double[] perClass;
    private final double macro;
    private final double weighted;

    private RocAuc(double[] perClass, double[] classWeights) {
        this.perClass = perClass;
        double sum = 0;
        double weightedSum = 0;
        double total = 0;
        int defined = 0;
        for (int c = 0; c < perClass.length; c++) {
            if (!Double.isNaN(perClass[c])) {
                sum += perClass[c];
                defined++;
                weightedSum += classWeights[c] * perClass[c];
                total += classWeights[c];
            }
        }
        macro = sum / defined;
        weighted = weightedSum / total;
    }

    /**
     * Of a model on data, on the default number of threads.
     *
     * @param model the model
     * @param data labelled, with the features of the model and at most its classes
     * @return the areas of the model's classes
     */
    public static RocAuc of(SoftmaxModel model, Dataset data) {
        int classes = Checks.notNull("model", model).classes();
        model.checkLabelled(data);
        return areas(classes, data.labels(), data.weights(), consumer -> {
            int[] first = new int[1];
            boolean sigmoids = model.form().sigmoids();
            PartwisePrediction.forEach(model, data, part -> {
                for (int i = 0; i < part.rows; i++) {
                    if (!sigmoids) {
                        toLogOdds(part.scores, i * classes, classes);
                    }
                    consumer.accept(first[0] + i, part.scores, i * classes);
                }
                first[0] += part.rows;
            });
        });
    }

    /**
     * Of probabilities that are given.
     *
     * @param probabilities N x C values, row-major; any scores will do
     * @param labels N classes in 0..C-1, N at least 1
     * @param weights N row weights, finite and not negative; null for all 1
     * @param classes C, at least 1
     * @return the areas
     */
    public static RocAuc of(double[] probabilities, int[] labels, double[] weights, int classes) {
        Checks.notNull("probabilities", probabilities);
        Checks.notNull("labels", labels);
        Checks.atLeast("classes", classes, 1);
        Checks.atLeast("the length of labels", labels.length, 1);
        Checks.length("probabilities", probabilities.length, "labels x classes is", (long) labels.length * classes);
        if (weights != null) {
            Checks.length("weights", weights.length, "labels has length", labels.length);
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= classes) {
                throw new IllegalArgumentException(
                        "labels[" + i + "] must be in 0.." + (classes - 1) + ", was " + labels[i]);
            }
            if (weights != null) {
                Checks.notNegative("weights[" + i + "]", weights[i]);
            }
        }
        return areas(classes, labels, weights, consumer -> {
            for (int i = 0; i < labels.length; i++) {
                consumer.accept(i, probabilities, i * classes);
            }
        });
    }

    /**
     * From scores s to log(p / (1 - p)), p = softmax(s), in place: in the order of p, and still apart where p is rounded to 0 or 1.
     */
    private static void toLogOdds(double[] scores, int at, int classes) {
        int top = 0;
        for (int c = 1; c < classes; c++) {
            if (scores[at + c] > scores[at + top]) {
                top = c;
            }
        }
        double most = scores[at + top];
        double rest = 0;
        for (int c = 0; c < classes; c++) {
            rest += c == top ? 0 : Math.exp(scores[at + c] - most);
        }
        for (int c = 0; c < classes; c++) {
            double off = scores[at + c] - most;
            // Of all classes but c, relative to the highest score.
            double others = c == top ? rest : Math.max(1 + rest - Math.exp(off), 1);
            scores[at + c] = off - Math.log(others);
        }
    }

    /** Receives a row's number, and where the values that rank it lie. */
    private interface RowConsumer {
        void accept(int row, double[] values, int at);
    }

    /** Goes through all rows in order; can do so again. */
    private interface Rows {
        void forEach(RowConsumer consumer);
    }

    private static RocAuc areas(int classes, int[] labels, double[] weights, Rows rows) {
        OwnProbabilities own = new OwnProbabilities(classes, labels, weights);
        rows.forEach((row, values, at) -> {
            if (weightOf(weights, row) > 0) {
                own.put(labels[row], values[at + labels[row]], weightOf(weights, row));
            }
        });
        own.sort();
        // By class: the weight of the rows of others; the sum over them of their weight times that of its own rows
        // above.
        double[] others = new double[classes];
        double[] above = new double[classes];
        rows.forEach((row, values, at) -> {
            double weight = weightOf(weights, row);
            for (int c = 0; c < classes && weight > 0; c++) {
                if (c != labels[row] && own.weight[c] > 0) {
                    others[c] += weight;
                    above[c] += weight * own.above(c, values[at + c]);
                }
            }
        });
        double[] areas = new double[classes];
        // 0 / 0 where one of the two sides has no row.
        Arrays.setAll(areas, c -> above[c] / (own.weight[c] * others[c]));
        return new RocAuc(areas, own.weight);
    }

    private static double weightOf(double[] weights, int row) {
        return weights == null ? 1 : weights[row];
    }

    /**
     * The area of each class.
     *
     * @return a copy, C values in [0, 1]; NaN where a class has no row or all rows, or a probability is NaN
     */
    public double[] perClass() {
        return perClass.clone();
    }

    /**
     * The mean over the classes whose area is a number.
     *
     * @return in [0, 1]; NaN where there is no such class
     */
    public double macro() {
        return macro;
    }

    /**
     * The mean over the classes whose area is a number, weighted by the weight of their rows.
     *
     * @return in [0, 1]; NaN where there is no such class
     */
    public double weighted() {
        return weighted;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RocAuc o && Arrays.equals(perClass, o.perClass) && weighted == o.weighted;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(perClass);
    }

    @Override
    public String toString() {
        return "RocAuc[macro=" + macro + ", weighted=" + weighted + "]";
    }

    /** What the rows of each class give to it, sorted. */
    private static final class OwnProbabilities {
        /** The values of class c lie at start[c] .. end[c] - 1. */
        private final int[] start;

        private final int[] end;
        private final double[] values;
        /** Before sorting the weight of each value. Then that of all values before, the weight of equal ones being at the first. */
        private double[] weights;
        /** By class, of all its values. */
        final double[] weight;

        OwnProbabilities(int classes, int[] labels, double[] rowWeights) {
            start = new int[classes];
            weight = new double[classes];
            int[] counts = new int[classes];
            for (int i = 0; i < labels.length; i++) {
                counts[labels[i]] += weightOf(rowWeights, i) > 0 ? 1 : 0;
            }
            int total = 0;
            for (int c = 0; c < classes; c++) {
                start[c] = total;
                total += counts[c];
            }
            end = start.clone();
            values = new double[total];
            weights = new double[total];
        }

        void put(int label, double value, double rowWeight) {
            values[end[label]] = value;
            weights[end[label]++] = rowWeight;
        }

        void sort() {
            double[] unsorted = values.clone();
            double[] before = new double[values.length];
            for (int c = 0; c < start.length; c++) {
                Arrays.sort(values, start[c], end[c]);
                for (int i = start[c]; i < end[c]; i++) {
                    before[firstAtLeast(c, unsorted[i])] += weights[i];
                }
                for (int i = start[c]; i < end[c]; i++) {
                    double here = before[i];
                    before[i] = weight[c];
                    weight[c] += here;
                }
            }
            weights = before;
        }

        /** The weight of the values above x, and half of that of those equal to it, of a class that has values. */
        double above(int c, double x) {
            // The sort has put NaN last.
            if (Double.isNaN(x) || Double.isNaN(values[end[c] - 1])) {
                return Double.NaN;
            }
            int at = firstAtLeast(c, x);
            double below = at < end[c] ? weights[at] : weight[c];
            if (at == end[c] || values[at] != x) {
                return weight[c] - below;
            }
            double atMost = at + 1 < end[c] ? weights[at + 1] : weight[c];
            return weight[c] - (below + atMost) / 2;
        }

        private int firstAtLeast(int c, double x) {
            int low = start[c];
            int high = end[c];
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (values[middle] < x) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }
}
