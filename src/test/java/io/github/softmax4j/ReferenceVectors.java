package io.github.softmax4j;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

    private static List<JsonObject> cases(String file) {
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

    private static double[] flat(double[][] matrix) {
        double[] flat = new double[matrix.length * matrix[0].length];
        for (int i = 0; i < matrix.length; i++) {
            System.arraycopy(matrix[i], 0, flat, i * matrix[0].length, matrix[0].length);
        }
        return flat;
    }
}
