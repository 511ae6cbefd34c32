package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Minima that other programs found: the files in src/test/resources/reference say which, and how. */
class OptimumTest {

    private static final Gson GSON = new Gson();

    @Test
    void solversReachTheMinimumOfScikitLearn() throws IOException {
        for (var element : cases("logistic_optimum.json")) {
            JsonObject c = element.getAsJsonObject();
            try (Dataset data = data(c)) {
                for (Solver solver : List.of(new Lbfgs(), new NewtonCg())) {
                    double l2 = c.get("l2").getAsDouble();
                    SoftmaxModel model = SoftmaxTrainer.builder()
                            .solver(solver)
                            .l2(l2)
                            .maxIterations(5000)
                            .build()
                            .fit(data);
                    String about = c.get("dataset").getAsString() + " l2=" + l2 + " " + solver + " " + model.summary();
                    assertEquals(
                            c.get("objective").getAsDouble(),
                            model.summary().orElseThrow().objective(),
                            1e-8,
                            about);
                    checkWeights(c, model, about);
                    double[] b = model.intercept();
                    double mean = java.util.Arrays.stream(b).average().orElseThrow();
                    double[] expected = GSON.fromJson(c.get("b_centered"), double[].class);
                    for (int k = 0; k < b.length; k++) {
                        assertEquals(expected[k], b[k] - mean, 1e-5, about);
                    }
                }
            }
        }
    }

    /** Of scipy's L-BFGS-B, and of scikit-learn's SAGA. */
    @ParameterizedTest
    @ValueSource(strings = {"constrained_optimum.json", "elastic_net_optimum.json"})
    void boundsAndL1ReachTheMinimumOfOthers(String file) throws IOException {
        JsonArray problems = cases("logistic_optimum.json");
        for (var element : cases(file)) {
            JsonObject c = element.getAsJsonObject();
            SoftmaxTrainer.Builder trainer = SoftmaxTrainer.builder();
            if (c.has("l1")) {
                trainer.solver(new OwlQn()).l1(c.get("l1").getAsDouble());
            } else {
                trainer.solver(new LbfgsB())
                        .bounds(
                                c.get("lower").getAsDouble(),
                                c.has("upper") ? c.get("upper").getAsDouble() : Double.POSITIVE_INFINITY);
            }
            try (Dataset data = data(problems.get(c.get("case").getAsInt()).getAsJsonObject())) {
                SoftmaxModel model = trainer.l2(c.get("l2").getAsDouble())
                        .maxIterations(5000)
                        .build()
                        .fit(data);
                String about = c.get("objective") + " " + model.summary();
                assertEquals(
                        c.get("objective").getAsDouble(),
                        model.summary().orElseThrow().objective(),
                        1e-8,
                        about);
            }
        }
    }

    private static void checkWeights(JsonObject c, SoftmaxModel model, String about) {
        double[][] expected = GSON.fromJson(c.get("W"), double[][].class);
        double[] w = model.weights();
        for (int d = 0; d < expected.length; d++) {
            for (int k = 0; k < expected[d].length; k++) {
                assertEquals(expected[d][k], w[d * expected[d].length + k], 1e-6, about);
            }
        }
    }

    private static Dataset data(JsonObject c) {
        double[][] x = GSON.fromJson(c.get("X"), double[][].class);
        int[] y = GSON.fromJson(c.get("y"), int[].class);
        return Dataset.builder().features(x).labels(y).build();
    }

    private static JsonArray cases(String file) throws IOException {
        try (Reader in = new InputStreamReader(
                OptimumTest.class.getResourceAsStream("/reference/" + file), StandardCharsets.UTF_8)) {
            return GSON.fromJson(in, JsonObject.class).getAsJsonArray("cases");
        }
    }
}
