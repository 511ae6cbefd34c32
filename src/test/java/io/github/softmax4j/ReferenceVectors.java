package io.github.softmax4j;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The vectors in src/test/resources/reference, computed by other programs in double precision. */
final class ReferenceVectors {

    private static final Gson GSON = new Gson();

    private ReferenceVectors() {}

    /** loss = mean(logsumexp(x W) - (x W)[y]) + reg / 2 sum(W^2), and its gradient. */
    @SuppressWarnings("ArrayRecordComponent")
    record LossCase(String name, Problem problem, double loss, double[] gradient) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Parameters after each step of an optimizer along given gradients. */
    @SuppressWarnings("ArrayRecordComponent")
    record OptimizerCase(String name, JsonObject config, double[] start, double[][] gradients, double[][] trajectory) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Row functions of logits, N x C. */
    @SuppressWarnings("ArrayRecordComponent")
    record RowCase(int classes, double[] logits, double[] softmax, double[] logSoftmax, double[] logSumExp) {
        @Override
        public String toString() {
            return logSumExp.length + "x" + classes;
        }
    }

    /** Cross-entropy of given logits with row weights (null: none), and its derivative by the logits. */
    @SuppressWarnings("ArrayRecordComponent")
    record CrossEntropyCase(
            String name,
            double[] logits,
            int[] labels,
            double[] weights,
            double[] losses,
            double sum,
            double[] sumGradient,
            double mean,
            double[] meanGradient) {}

    /** What given probabilities, N x C, are worth. */
    @SuppressWarnings("ArrayRecordComponent")
    record MetricsCase(
            double[][] probabilities,
            int[] labels,
            double accuracy,
            double errorRate,
            double logLoss,
            double top2,
            double[][] confusion,
            double[] precision,
            double[] recall,
            double f1Macro,
            double ece15) {}

    static List<MetricsCase> metrics() {
        List<MetricsCase> cases = new ArrayList<>();
        for (JsonObject c : cases("metrics.json")) {
            cases.add(new MetricsCase(
                    GSON.fromJson(c.get("probabilities"), double[][].class),
                    GSON.fromJson(c.get("labels"), int[].class),
                    c.get("accuracy").getAsDouble(),
                    c.get("error_rate").getAsDouble(),
                    c.get("log_loss").getAsDouble(),
                    c.get("top2").getAsDouble(),
                    GSON.fromJson(c.get("confusion"), double[][].class),
                    GSON.fromJson(c.get("precision"), double[].class),
                    GSON.fromJson(c.get("recall"), double[].class),
                    c.get("f1_macro").getAsDouble(),
                    c.get("ece15").getAsDouble()));
        }
        return cases;
    }

    static List<RowCase> rows() {
        List<RowCase> cases = new ArrayList<>();
        for (JsonObject c : cases("softmax.json")) {
            cases.add(new RowCase(
                    c.get("C").getAsInt(),
                    flat(GSON.fromJson(c.get("logits"), double[][].class)),
                    flat(GSON.fromJson(c.get("softmax"), double[][].class)),
                    flat(GSON.fromJson(c.get("log_softmax"), double[][].class)),
                    GSON.fromJson(c.get("logsumexp"), double[].class)));
        }
        return cases;
    }

    /** Those with labels for all rows and no smoothing; a weight of a class becomes that of its rows. */
    static List<CrossEntropyCase> crossEntropies() {
        List<CrossEntropyCase> cases = new ArrayList<>();
        for (JsonObject c : cases("cross_entropy.json")) {
            String kind = c.get("kind").getAsString();
            if (!kind.equals("index") && !kind.equals("weight")) {
                continue;
            }
            int[] labels = GSON.fromJson(c.get("labels"), int[].class);
            double[] weights = null;
            if (kind.equals("weight")) {
                double[] ofClass = GSON.fromJson(c.get("class_weight"), double[].class);
                weights = Arrays.stream(labels).mapToDouble(y -> ofClass[y]).toArray();
            }
            JsonObject results = c.getAsJsonObject("results");
            JsonObject none = results.getAsJsonObject("none");
            JsonObject sum = results.getAsJsonObject("sum");
            JsonObject mean = results.getAsJsonObject("mean");
            cases.add(new CrossEntropyCase(
                    kind + " " + c.get("N") + "x" + c.get("C"),
                    flat(GSON.fromJson(c.get("logits"), double[][].class)),
                    labels,
                    weights,
                    GSON.fromJson(none.get("loss"), double[].class),
                    sum.get("loss").getAsDouble(),
                    flat(GSON.fromJson(sum.get("dlogits"), double[][].class)),
                    mean.get("loss").getAsDouble(),
                    flat(GSON.fromJson(mean.get("dlogits"), double[][].class))));
        }
        return cases;
    }

    static List<LossCase> losses() {
        List<LossCase> cases = new ArrayList<>();
        for (String file : List.of("linear_softmax_loss.json", "linear_softmax_loss_wide.json")) {
            for (JsonObject c : cases(file)) {
                double[] parameters = flat(GSON.fromJson(c.get("W"), double[][].class));
                Problem problem = new Problem(
                        GSON.fromJson(c.get("X"), double[][].class),
                        GSON.fromJson(c.get("y"), int[].class),
                        null,
                        c.get("C").getAsInt(),
                        false,
                        c.get("reg").getAsDouble(),
                        parameters);
                cases.add(new LossCase(
                        problem.rows() + "x" + problem.features() + "x" + problem.classes,
                        problem,
                        c.get("loss").getAsDouble(),
                        flat(GSON.fromJson(c.get("dW"), double[][].class))));
            }
        }
        return cases;
    }

    static List<OptimizerCase> optimizers() {
        List<OptimizerCase> cases = new ArrayList<>();
        for (JsonObject c : cases("optimizers.json")) {
            cases.add(new OptimizerCase(
                    c.get("name").getAsString(),
                    c.getAsJsonObject("config"),
                    GSON.fromJson(c.get("w0"), double[].class),
                    GSON.fromJson(c.get("gradients"), double[][].class),
                    GSON.fromJson(c.get("trajectory"), double[][].class)));
        }
        return cases;
    }

    static List<JsonObject> cases(String file) {
        try (Reader reader = new InputStreamReader(
                ReferenceVectors.class.getResourceAsStream("/reference/" + file), StandardCharsets.UTF_8)) {
            List<JsonObject> cases = new ArrayList<>();
            GSON.fromJson(reader, JsonObject.class)
                    .getAsJsonArray("cases")
                    .forEach(c -> cases.add(c.getAsJsonObject()));
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static double[] flat(double[][] matrix) {
        double[] flat = new double[matrix.length * matrix[0].length];
        for (int i = 0; i < matrix.length; i++) {
            System.arraycopy(matrix[i], 0, flat, i * matrix[0].length, matrix[0].length);
        }
        return flat;
    }
}
