package io.github.softmax4j;

/**
 * The objective of every loss and its gradient as the formulas of docs/losses.md say: scalar loops in double precision, one row after
 * the other. X is N x D, parameters are W (D x C, row-major) followed by the intercept (C) where there is one.
 *
 * @param loss of a row
 * @param x N x D
 * @param labels null where there are targets
 * @param targets N x C, or null
 * @param weights of the rows, those of their classes included; null for all 1
 * @param masked classes that take no part
 * @param intercept whether there is one
 * @param l2 the penalty
 */
@SuppressWarnings("ArrayRecordComponent")
record NaiveLosses(
        Loss loss,
        double[][] x,
        int[] labels,
        double[] targets,
        double[] weights,
        boolean[] masked,
        boolean intercept,
        double l2) {

    Problem.Outcome at(double[] parameters) {
        int features = x[0].length;
        int classes = masked.length;
        boolean cosines = loss instanceof MarginSoftmax;
        double[] lengths = new double[classes];
        for (int c = 0; c < classes; c++) {
            double squares = 0;
            for (int d = 0; d < features; d++) {
                squares += parameters[d * classes + c] * parameters[d * classes + c];
            }
            lengths[c] = cosines ? Math.sqrt(squares) : 1;
        }
        double sum = 0;
        double total = 0;
        double[] gradient = new double[parameters.length];
        double[] errors = new double[classes];
        for (int i = 0; i < x.length; i++) {
            double squares = 0;
            for (double value : x[i]) {
                squares += value * value;
            }
            double length = cosines ? Math.sqrt(squares) : 1;
            double[] s = NaiveSoftmax.scores(parameters, x[i], classes, intercept);
            for (int c = 0; c < classes; c++) {
                s[c] /= length * lengths[c];
            }
            double[] t = new double[classes];
            if (targets == null) {
                t[labels[i]] = 1;
            } else {
                System.arraycopy(targets, i * classes, t, 0, classes);
            }
            double weight = weights == null ? 1 : weights[i];
            total += weight;
            sum += weight * row(s.clone(), t, targets == null ? labels[i] : -1, errors);
            for (int c = 0; c < classes; c++) {
                double error = weight * errors[c];
                for (int d = 0; d < features; d++) {
                    int at = d * classes + c;
                    double byWeight =
                            cosines ? (x[i][d] / length - s[c] * parameters[at] / lengths[c]) / lengths[c] : x[i][d];
                    gradient[at] += error * byWeight;
                }
                if (intercept) {
                    gradient[features * classes + c] += error;
                }
            }
        }
        double penalty = 0;
        for (int i = 0; i < gradient.length; i++) {
            boolean penalised = i < features * classes;
            gradient[i] = gradient[i] / total + (penalised ? l2 * parameters[i] : 0);
            penalty += penalised ? parameters[i] * parameters[i] : 0;
        }
        return new Problem.Outcome(sum / total + l2 / 2 * penalty, gradient);
    }

    /** The loss of a row of scores; for margins these are cosines. Its derivatives by them go to errors. */
    private double row(double[] s, double[] t, int y, double[] errors) {
        if (loss instanceof SigmoidCrossEntropy l) {
            return sigmoids(s, t, l.positiveWeights().isEmpty() ? null : l, errors);
        }
        if (loss instanceof ClippedCrossEntropy l && l.form() == ClippedCrossEntropy.Form.SIGMOID) {
            double sum = 0;
            for (int c = 0; c < s.length; c++) {
                double p = clip(1 / (1 + Math.exp(-s[c])), l.clip());
                sum -= t[c] * Math.log(p) + (1 - t[c]) * Math.log(1 - p);
                errors[c] = p - t[c];
            }
            return sum;
        }
        double slope = 1;
        double temperature = loss instanceof CrossEntropy l ? l.temperature() : 1;
        if (loss instanceof MarginSoftmax l) {
            double angle = Math.acos(s[y]);
            if (l.kind() == MarginSoftmax.Kind.COSINE) {
                s[y] -= l.margin();
            } else if (angle + l.margin() < Math.PI) {
                s[y] = Math.cos(angle + l.margin());
                slope = Math.sin(angle + l.margin()) / Math.sin(angle);
            } else {
                s[y] -= l.margin() * Math.sin(l.margin());
            }
            temperature = 1 / l.scale();
        }
        int left = 0;
        for (int c = 0; c < s.length; c++) {
            s[c] = masked[c] ? Double.NEGATIVE_INFINITY : s[c] / temperature;
            left += masked[c] ? 0 : 1;
        }
        double[] p = NaiveSoftmax.probabilities(s);
        double lse = NaiveSoftmax.logSumExp(s);
        double value = 0;
        if (loss instanceof CrossEntropy l) {
            value = l.zLoss() * lse * lse;
            for (int c = 0; c < s.length; c++) {
                double target = masked[c] ? 0 : (1 - l.labelSmoothing()) * t[c] + l.labelSmoothing() / left;
                value += target == 0 ? 0 : target * (lse - s[c]);
                errors[c] = (p[c] - target + 2 * l.zLoss() * lse * p[c]) / temperature;
            }
        } else if (loss instanceof FocalLoss l) {
            double rest = 1 - p[y];
            value = Math.pow(rest, l.gamma()) * -Math.log(p[y]);
            double factor = Math.pow(rest, l.gamma()) * (1 - l.gamma() * p[y] * Math.log(p[y]) / rest);
            for (int c = 0; c < s.length; c++) {
                errors[c] = factor * (p[c] - t[c]);
            }
        } else if (loss instanceof ClippedCrossEntropy l) {
            value = -Math.log(clip(p[y], l.clip()));
            for (int c = 0; c < s.length; c++) {
                errors[c] = clip(p[c], l.clip()) - t[c];
            }
        } else {
            value = lse - s[y];
            for (int c = 0; c < s.length; c++) {
                errors[c] = (c == y ? (p[c] - 1) * slope : p[c]) / temperature;
            }
        }
        return value;
    }

    private double sigmoids(double[] s, double[] t, SigmoidCrossEntropy weighted, double[] errors) {
        double sum = 0;
        for (int c = 0; c < s.length; c++) {
            double w = weighted == null ? 1 : weighted.positiveWeights().get(c);
            errors[c] = 0;
            if (!masked[c]) {
                sum += w * t[c] * Math.log1p(Math.exp(-s[c])) + (1 - t[c]) * Math.log1p(Math.exp(s[c]));
                errors[c] = (1 - t[c]) / (1 + Math.exp(-s[c])) - w * t[c] / (1 + Math.exp(s[c]));
            }
        }
        return sum;
    }

    private static double clip(double p, double by) {
        return Math.min(Math.max(p, by), 1 - by);
    }
}
