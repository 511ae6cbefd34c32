package io.github.softmax4j;

/**
 * Temperature scaling (Guo et al., On Calibration of Modern Neural Networks, 2017): scores are divided by one T > 0, which changes no
 * predicted class, so that the probabilities {@code softmax(s / T)} have the least log-loss on data that training has not seen.
 *
 * @param model the model with W / T and b / T; its summary still tells how it was trained
 * @param temperature T; above 1 where the probabilities were too sure
 */
public record TemperatureScaling(SoftmaxModel model, double temperature) {

    private static final double MOST = 1000;
    /** The largest factor that one step changes T by. */
    private static final double STEP = 8;

    private static final int MOST_PASSES = 100;

    /**
     * Finds T. The log-loss is convex in 1 / T: Newton's method needs a handful of passes over the data; a step that leaves the bracket,
     * or is not half as long as the one before, gives way to a bisection.
     * Row weights count. Memory and threads are those of {@link ClassificationMetrics#add(SoftmaxModel, Dataset)}.
     *
     * @param model the model
     * @param validation labelled, with the features of the model and at most its classes; not what the model was trained on
     * @return T, to 12 digits for FLOAT64 data and 6 for FLOAT32, and the model of it; 1 where all probabilities are 0 or 1 in that
     *     type, or all scores equal, from the start
     * @throws TrainingInterruptedException if the calling thread is interrupted, which is looked for before each pass over the rows; it has
     *     the model with the temperature so far
     * @throws IllegalArgumentException if the log-loss has no minimum at a T in 0.001..1000: it falls for ever where the model
     *     is right on every row, or where its scores say nothing about the classes; or if rows are of a class that the model masks
     */
    public static TemperatureScaling fit(SoftmaxModel model, Dataset validation) {
        Checks.notNull("model", model).checkLabelled(validation);
        double tolerance = validation.elementType() == ElementType.FLOAT64 ? 1e-12 : 1e-6;
        double beta = 1;
        double low = 0;
        double high = Double.POSITIVE_INFINITY;
        double change = Double.POSITIVE_INFINITY;
        for (int pass = 0; pass < MOST_PASSES; pass++) {
            if (Thread.currentThread().isInterrupted()) {
                throw new TrainingInterruptedException(pass, model.scaled(beta));
            }
            Slopes at = Slopes.of(model.scaled(beta), validation);
            if (at.first == 0 && (at.second > 0 || pass == 0)) {
                break;
            }
            if (at.first > 0) {
                high = beta;
            } else {
                low = beta;
            }
            double next = beta - beta * at.first / at.second;
            boolean trusted = next > Math.max(low, beta / STEP)
                    && next < Math.min(high, beta * STEP)
                    && Math.abs(next - beta) <= change / 2;
            if (!trusted) {
                boolean open = low == 0 || high == Double.POSITIVE_INFINITY;
                next = open ? at.first > 0 ? beta / STEP : beta * STEP : Math.sqrt(low * high);
            }
            if (next < 1 / MOST || next > MOST) {
                throw new IllegalArgumentException(
                        "validation has no temperature in " + 1 / MOST + ".." + MOST + " with the least log-loss: "
                                + (at.first > 0
                                        ? "its scores say nothing about the labels"
                                        : "the model is right on every row"));
            }
            change = Math.abs(next - beta);
            beta = next;
            if (change <= tolerance * beta) {
                break;
            }
        }
        return new TemperatureScaling(model.scaled(beta), 1 / beta);
    }

    /**
     * How the log-loss of scores beta s changes with beta, from t = beta s and p = softmax(t): {@code first} is the sum over rows of
     * w (E_p[t] - t_y), beta times the first derivative, {@code second} that of w Var_p(t), beta^2 times the second.
     */
    private static final class Slopes {
        private double first;
        private double second;

        /** Classes whose score is -infinity at any temperature: they have no mass. */
        private final boolean[] masked;

        private Slopes(SoftmaxModel scaled) {
            double[] intercept = scaled.intercept();
            masked = new boolean[scaled.classes()];
            for (int c = 0; c < intercept.length; c++) {
                masked[c] = intercept[c] == Double.NEGATIVE_INFINITY;
            }
        }

        static Slopes of(SoftmaxModel scaled, Dataset data) {
            Slopes slopes = new Slopes(scaled);
            int classes = scaled.classes();
            PartwisePrediction.forEach(scaled, data, part -> {
                for (int i = 0; i < part.rows; i++) {
                    if (part.weight(i) > 0) {
                        if (slopes.masked[part.labels[i]]) {
                            throw new IllegalArgumentException("validation has rows of class " + part.labels[i]
                                    + ", whose probability is always 0 in the model");
                        }
                        slopes.add(
                                part.scores, part.probabilities, i * classes, classes, part.labels[i], part.weight(i));
                    }
                }
            });
            if (Double.isNaN(slopes.first) || Double.isNaN(slopes.second)) {
                throw new IllegalArgumentException("the scores of validation must be finite, some overflow");
            }
            return slopes;
        }

        private void add(double[] scores, double[] probabilities, int at, int classes, int label, double weight) {
            // Relative to the row's own score: what matters are differences.
            double own = scores[at + label];
            double mean = 0;
            for (int c = 0; c < classes; c++) {
                mean += masked[c] ? 0 : probabilities[at + c] * (scores[at + c] - own);
            }
            double variance = 0;
            for (int c = 0; c < classes; c++) {
                double off = masked[c] ? 0 : scores[at + c] - own - mean;
                variance += probabilities[at + c] * off * off;
            }
            first += weight * mean;
            second += weight * variance;
        }
    }
}
