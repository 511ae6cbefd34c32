package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.github.softmax4j.SoftmaxFunctions.Reduction;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses of given logits, against vectors that PyTorch computed, finite differences and closed forms. */
class LogitsLossTest {

    private static final Gson GSON = new Gson();

    static List<JsonObject> crossEntropies() {
        return ReferenceVectors.cases("cross_entropy.json");
    }

    @ParameterizedTest
    @MethodSource("crossEntropies")
    void crossEntropyMatchesTheReference(JsonObject c) {
        String kind = c.get("kind").getAsString();
        if (kind.equals("weight+smooth") || kind.equals("soft+weight")) {
            return; // weights inside the target: here they never change it
        }
        int classes = c.get("C").getAsInt();
        double[] logits = ReferenceVectors.flat(GSON.fromJson(c.get("logits"), double[][].class));
        for (Reduction reduction : Reduction.values()) {
            LogitsLoss.Builder builder = LogitsLoss.builder()
                    .loss(new CrossEntropy(c.get("label_smoothing").getAsDouble()))
                    .reduction(reduction);
            if (!c.get("class_weight").isJsonNull()) {
                builder.classWeights(GSON.fromJson(c.get("class_weight"), double[].class));
            }
            LogitsLoss loss =
                    builder.ignoredLabel(c.get("ignore_index").getAsInt()).build();
            double[] losses = new double[logits.length / classes];
            double[] gradient = new double[logits.length];
            double value;
            if (kind.startsWith("soft")) {
                double[] targets = ReferenceVectors.flat(GSON.fromJson(c.get("targets"), double[][].class));
                value = loss.ofTargets(logits, targets, null, losses, gradient, classes);
            } else {
                int[] labels = GSON.fromJson(c.get("labels"), int[].class);
                value = loss.ofLabels(logits, labels, null, losses, gradient, classes);
            }
            JsonObject results = c.getAsJsonObject("results");
            JsonObject expected = results.getAsJsonObject(reduction == Reduction.SUM ? "sum" : "mean");
            assertEquals(1, ratio(value, expected.get("loss").getAsDouble()), 1e-12);
            double[][] derivatives = GSON.fromJson(expected.get("dlogits"), double[][].class);
            assertTrue(Problem.relativeError(gradient, ReferenceVectors.flat(derivatives)) < 1e-12);
            double[] each = GSON.fromJson(results.getAsJsonObject("none").get("loss"), double[].class);
            for (int i = 0; i < each.length; i++) {
                // The reference is a difference of a log-sum-exp and a score: its error is the rounding of those.
                double[] row = Arrays.copyOfRange(logits, i * classes, (i + 1) * classes);
                double largest = Arrays.stream(row).map(Math::abs).max().orElseThrow();
                assertEquals(each[i], losses[i], 1e-12 * Math.abs(each[i]) + 2 * Math.ulp(largest));
            }
        }
    }

    private static double ratio(double actual, double expected) {
        return actual == expected ? 1 : actual / expected;
    }

    static List<JsonObject> sigmoids() {
        return ReferenceVectors.cases("sigmoid_cross_entropy.json");
    }

    @ParameterizedTest
    @MethodSource("sigmoids")
    void sigmoidCrossEntropyMatchesTheReference(JsonObject c) {
        int classes = c.get("K").getAsInt();
        double[][] matrix = GSON.fromJson(c.get("logits"), double[][].class);
        double[] logits = ReferenceVectors.flat(matrix);
        double[] targets = ReferenceVectors.flat(GSON.fromJson(c.get("targets"), double[][].class));
        List<Double> positive = List.of();
        if (!c.get("pos_weight").isJsonNull()) {
            positive = Arrays.stream(GSON.fromJson(c.get("pos_weight"), double[].class))
                    .boxed()
                    .toList();
        }
        JsonObject results = c.getAsJsonObject("results");
        Loss loss = new SigmoidCrossEntropy(positive);
        for (Reduction reduction : Reduction.values()) {
            double[] gradient = new double[logits.length];
            double value = LogitsLoss.builder()
                    .loss(loss)
                    .reduction(reduction)
                    .build()
                    .ofTargets(logits, targets, null, null, gradient, classes);
            // PyTorch's mean is over rows and classes.
            double by = reduction == Reduction.MEAN ? classes : 1;
            JsonObject expected = results.getAsJsonObject(reduction == Reduction.SUM ? "sum" : "mean");
            assertEquals(1, value / by / expected.get("loss").getAsDouble(), 1e-12);
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] /= by;
            }
            double[][] derivatives = GSON.fromJson(expected.get("dlogits"), double[][].class);
            assertTrue(Problem.relativeError(gradient, ReferenceVectors.flat(derivatives)) < 1e-12);
        }
        double[] sigmoid = new double[logits.length];
        SigmoidFunctions.sigmoid(logits, sigmoid);
        double[] known = ReferenceVectors.flat(GSON.fromJson(c.get("sigmoid"), double[][].class));
        assertTrue(Problem.relativeError(sigmoid, known) < 1e-14);
        // The losses of single elements: rows of one class.
        if (positive.isEmpty()) {
            double[] losses = new double[logits.length];
            LogitsLoss.builder().loss(loss).build().ofTargets(logits, targets, null, losses, null, 1);
            double[][] each = GSON.fromJson(results.getAsJsonObject("none").get("loss"), double[][].class);
            double[] flat = ReferenceVectors.flat(each);
            for (int i = 0; i < flat.length; i++) {
                // All terms are positive, so that every digit counts.
                double expected = targets[i] * softplus(-logits[i]) + (1 - targets[i]) * softplus(logits[i]);
                assertEquals(1, ratio(losses[i], expected), 1e-12);
                // The reference adds the logit and takes it away: its error is the rounding of that.
                assertEquals(flat[i], losses[i], 1e-12 * flat[i] + 2 * Math.ulp(Math.abs(logits[i])));
            }
        }
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5, 32, 33, 300, 40_000})
    void lossOfRowsThatAreRightKeepsItsDigits(int classes) {
        SplittableRandom random = new SplittableRandom(classes);
        double[] margins = {0, 0.5, 2, 5, 8, 14, 20, 37, 60, 200, 345};
        double[] logits = random.doubles((long) margins.length * classes, -1, 1).toArray();
        int[] labels = new int[margins.length];
        for (int r = 0; r < margins.length; r++) {
            labels[r] = random.nextInt(classes);
            logits[r * classes + labels[r]] = 3 + margins[r];
        }
        for (double gamma : new double[] {0, 2}) {
            double[] losses = new double[margins.length];
            LogitsLoss.builder()
                    .loss(gamma == 0 ? new CrossEntropy() : new FocalLoss(gamma))
                    .build()
                    .ofLabels(logits, labels, null, losses, null, classes);
            for (int r = 0; r < margins.length; r++) {
                double others = 0;
                for (int c = 0; c < classes; c++) {
                    others += c == labels[r] ? 0 : Math.exp(logits[r * classes + c] - logits[r * classes + labels[r]]);
                }
                double expected = Math.log1p(others) * Math.pow(others / (1 + others), gamma);
                assertEquals(1, ratio(losses[r], expected), 1e-12, "gamma " + gamma + ", margin " + margins[r]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5, 33, 300})
    void gradientOfEveryLossMatchesFiniteDifferences(int classes) {
        SplittableRandom random = new SplittableRandom(classes);
        int rows = 35;
        double[] logits = random.doubles((long) rows * classes, -0.9, 0.9).toArray();
        int[] labels = random.ints(rows, 0, classes).toArray();
        double[] weights = random.doubles(rows, 0, 2).toArray();
        LossesTest.smooth().forEach(loss -> {
            LogitsLoss of = LogitsLoss.builder().loss(loss).build();
            double[] gradient = new double[logits.length];
            of.ofLabels(logits, labels, weights, null, gradient, classes);
            for (int i = 0; i < logits.length; i += 1 + logits.length / 60) {
                double[] moved = logits.clone();
                moved[i] += 1e-5;
                double above = of.ofLabels(moved, labels, weights, null, null, classes);
                moved[i] -= 2e-5;
                double below = of.ofLabels(moved, labels, weights, null, null, classes);
                assertEquals((above - below) / 2e-5, gradient[i], 1e-8, loss + " entry " + i);
            }
            float[] single = new float[logits.length];
            of.ofLabels(Problem.floats(logits), labels, null, null, single, classes);
            of.ofLabels(logits, labels, null, null, gradient, classes);
            assertTrue(Problem.relativeError(Problem.doubles(single), gradient) < 1e-5, loss::toString);
        });
    }

    @Test
    void allRowsIgnoredGiveZeroNotNaN() {
        double[] logits = {1, Double.NaN, 3, 4};
        double[] gradient = new double[4];
        double[] losses = {7, 7};
        int[] labels = {-100, -100};
        assertEquals(0, LogitsLoss.builder().build().ofLabels(logits, labels, null, losses, gradient, 2));
        assertArrayEquals(new double[4], gradient);
        assertArrayEquals(new double[2], losses);
        labels[1] = 1;
        assertEquals(
                Math.log1p(Math.exp(-1)),
                LogitsLoss.builder().build().ofLabels(logits, labels, null, null, null, 2),
                1e-15);
    }

    @Test
    void maskedClassesAreLogitsOfMinusInfinity() {
        double[] logits = {Double.NEGATIVE_INFINITY, 1, 2};
        double[] gradient = new double[3];
        for (Loss loss : List.of(new CrossEntropy(), new FocalLoss(2))) {
            double value =
                    LogitsLoss.builder().loss(loss).build().ofLabels(logits, new int[] {2}, null, null, gradient, 3);
            assertTrue(value > 0 && value < 1);
            assertEquals(0, gradient[0]);
            assertTrue(gradient[1] > 0 && gradient[2] < 0);
        }
        Loss binary = new SigmoidCrossEntropy();
        LogitsLoss.builder().loss(binary).build().ofLabels(logits, new int[] {2}, null, null, gradient, 3);
        assertEquals(0, gradient[0]);
        // A label of no probability costs infinitely much.
        assertEquals(
                Double.POSITIVE_INFINITY,
                LogitsLoss.builder().build().ofLabels(logits, new int[] {0}, null, null, null, 3));
    }

    @Test
    void lossFallsAsTheLabelsProbabilityRises() {
        for (Loss loss : List.of(new CrossEntropy(), new FocalLoss(2), new SigmoidCrossEntropy())) {
            double before = Double.POSITIVE_INFINITY;
            for (double s = -800; s <= 30; s += 1.7) {
                double value = LogitsLoss.builder()
                        .loss(loss)
                        .build()
                        .ofLabels(new double[] {s, 0}, new int[] {0}, null, null, null, 2);
                assertTrue(value < before, () -> loss + ": " + value);
                before = value;
            }
        }
    }

    @Test
    void twoClassesAreTheBinaryLossOfTheDifference() {
        double softmax =
                LogitsLoss.builder().build().ofLabels(new double[] {0.3, -1.2}, new int[] {0}, null, null, null, 2);
        double binary = LogitsLoss.builder()
                .loss(new SigmoidCrossEntropy())
                .build()
                .ofTargets(new double[] {1.5}, new double[] {1}, null, null, null, 1);
        assertEquals(softmax, binary, 1e-15);
    }

    @Test
    void probabilitiesGiveTheirLosses() {
        double[] expected = {0.5108, 2.3026, 1.2040};
        double[] logits = {Math.log(0.6), Math.log(0.1), Math.log(0.3)};
        for (int y = 0; y < 3; y++) {
            assertEquals(
                    expected[y],
                    LogitsLoss.builder().build().ofLabels(logits, new int[] {y}, null, null, null, 3),
                    5e-5);
        }
    }

    @Test
    void sigmoidsKeepTheirDigitsAtBothEnds() {
        double[] x = {-1000, -40, 0, 40, 1000, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
        double[] s = new double[7];
        double[] logs = new double[7];
        SigmoidFunctions.sigmoid(x, s);
        SigmoidFunctions.logSigmoid(x, logs);
        assertArrayEquals(new double[] {0, Math.exp(-40), 0.5, 1, 1, 0, 1}, s, 1e-30);
        assertEquals(1, s[1] / Math.exp(-40), 1e-14);
        assertEquals(-1000, logs[0]);
        assertEquals(1, logs[3] / -Math.exp(-40), 1e-14);
        assertEquals(Double.NEGATIVE_INFINITY, logs[5]);
        assertEquals(0, logs[6]);
        float[] narrow = {Float.NaN};
        SigmoidFunctions.sigmoid(narrow, narrow);
        assertTrue(Float.isNaN(narrow[0]));
    }

    @Test
    void badInputIsRefusedInWords() {
        LogitsLoss loss = LogitsLoss.builder().classWeights(1, 1, 1).build();
        refused("multiple of classes", () -> loss.ofLabels(new double[4], new int[1], null, null, null, 3));
        refused("labels has length 2", () -> loss.ofLabels(new double[3], new int[2], null, null, null, 3));
        refused("labels[0]", () -> loss.ofLabels(new double[3], new int[] {3}, null, null, null, 3));
        refused("labels[0]", () -> loss.ofLabels(new double[3], new int[] {-1}, null, null, null, 3));
        refused("classWeights", () -> loss.ofLabels(new double[2], new int[] {1}, null, null, null, 2));
        refused("class weights", () -> loss.ofTargets(new double[3], new double[3], null, null, null, 3));
        refused("weights[0]", () -> loss.ofLabels(new double[3], new int[1], new double[] {-1}, null, null, 3));
        refused("gradient", () -> loss.ofLabels(new double[3], new int[1], null, null, new double[2], 3));
        refused("ignoredLabel", () -> LogitsLoss.builder().ignoredLabel(0));
        LogitsLoss plain = LogitsLoss.builder().build();
        refused("sum to 1", () -> plain.ofTargets(new double[2], new double[] {0.2, 0.2}, null, null, null, 2));
        LogitsLoss focal = LogitsLoss.builder().loss(new FocalLoss(1)).build();
        refused("labels, not targets", () -> focal.ofTargets(new double[2], new double[] {0, 1}, null, null, null, 2));
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }

    /** A logit of -infinity is a class without mass, for smoothing too: the loss and the gradient of the other classes alone. */
    @Test
    void smoothingLeavesOutClassesWithoutMass() {
        LogitsLoss smoothed = LogitsLoss.builder().loss(new CrossEntropy(0.1)).build();
        // Few classes and many, whose ways differ.
        for (int more : new int[] {0, 60}) {
            double[] left = new double[2 + more];
            double[] all = new double[3 + more];
            left[0] = 1;
            left[1] = 2;
            all[0] = 1;
            all[1] = Double.NEGATIVE_INFINITY;
            all[2] = 2;
            double[] expected = new double[left.length];
            double[] gradient = new double[all.length];
            double loss = smoothed.ofLabels(left, new int[] {0}, null, null, expected, left.length);
            assertEquals(loss, smoothed.ofLabels(all, new int[] {0}, null, null, gradient, all.length), 1e-14);
            assertEquals(expected[0], gradient[0], 1e-15);
            assertEquals(0.0, gradient[1]);
            assertEquals(expected[1], gradient[2], 1e-15);
            // The label itself has no mass: no finite loss.
            assertEquals(
                    Double.POSITIVE_INFINITY, smoothed.ofLabels(all, new int[] {1}, null, null, gradient, all.length));
        }
    }
}
