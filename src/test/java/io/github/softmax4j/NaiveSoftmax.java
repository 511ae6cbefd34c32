package io.github.softmax4j;

/**
 * The objective of linear softmax regression, its gradient and its probabilities as the formulas say: scalar loops in double
 * precision, one row after the other. The oracle that everything else is compared with. X is N x D, parameters are W (D x C,
 * row-major) followed by the intercept (C) where there is one.
 */
final class NaiveSoftmax {

    private NaiveSoftmax() {}

    /** The scores of one row. */
    static double[] scores(double[] parameters, double[] row, int classes, boolean intercept) {
        double[] scores = new double[classes];
        for (int c = 0; c < classes; c++) {
            double sum = intercept ? parameters[row.length * classes + c] : 0;
            for (int d = 0; d < row.length; d++) {
                sum += row[d] * parameters[d * classes + c];
            }
            scores[c] = sum;
        }
        return scores;
    }

    static double logSumExp(double[] scores) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
            largest = Math.max(largest, score);
        }
        double sum = 0;
        for (double score : scores) {
            sum += Math.exp(score - largest);
        }
        return largest + Math.log(sum);
    }

    static double[] probabilities(double[] scores) {
        double logSum = logSumExp(scores);
        double[] probabilities = new double[scores.length];
        for (int c = 0; c < scores.length; c++) {
            probabilities[c] = Math.exp(scores[c] - logSum);
        }
        return probabilities;
    }

    /** The lowest index of the highest score. */
    static int argMax(double[] scores) {
        int best = 0;
        for (int c = 1; c < scores.length; c++) {
            if (scores[c] > scores[best]) {
                best = c;
            }
        }
        return best;
    }

    /** The objective; weights null for all 1. */
    static double loss(
            double[] parameters,
            double[][] x,
            int[] labels,
            double[] weights,
            int classes,
            boolean intercept,
            double l2) {
        double sum = 0;
        double total = 0;
        for (int i = 0; i < x.length; i++) {
            double[] scores = scores(parameters, x[i], classes, intercept);
            double weight = weights == null ? 1 : weights[i];
            sum += weight * (logSumExp(scores) - scores[labels[i]]);
            total += weight;
        }
        double squares = 0;
        for (int i = 0; i < x[0].length * classes; i++) {
            squares += parameters[i] * parameters[i];
        }
        return sum / total + l2 / 2 * squares;
    }

    /** The gradient of {@link #loss}, shaped like the parameters. */
    static double[] gradient(
            double[] parameters,
            double[][] x,
            int[] labels,
            double[] weights,
            int classes,
            boolean intercept,
            double l2) {
        int features = x[0].length;
        double total = 0;
        for (int i = 0; i < x.length; i++) {
            total += weights == null ? 1 : weights[i];
        }
        double[] gradient = new double[parameters.length];
        for (int i = 0; i < x.length; i++) {
            double[] p = probabilities(scores(parameters, x[i], classes, intercept));
            double weight = (weights == null ? 1 : weights[i]) / total;
            for (int c = 0; c < classes; c++) {
                double error = weight * (p[c] - (c == labels[i] ? 1 : 0));
                for (int d = 0; d < features; d++) {
                    gradient[d * classes + c] += error * x[i][d];
                }
                if (intercept) {
                    gradient[features * classes + c] += error;
                }
            }
        }
        for (int i = 0; i < features * classes; i++) {
            gradient[i] += l2 * parameters[i];
        }
        return gradient;
    }
}
