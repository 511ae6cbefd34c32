package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every loss with every option, penalty and kind of input, on both sides of every way to compute: loss and gradient against naive loops
 * and, where the gradient is the loss's own, against central differences.
 */
class GradientGridTest {

    private static final int ROWS = 29;
    private static final int FEATURES = 6;
    /** Relative to the largest entry. Sums of some dozens of terms; the margins' arc cosine and clips lose another digit. */
    private static final double TOLERANCE = 1e-12;

    private static final double SINGLE_TOLERANCE = 1e-5;

    /** What is given beside features and labels. */
    enum Terms {
        NONE(false, false, false, false),
        ROW_WEIGHTS(true, false, false, false),
        CLASS_WEIGHTS(false, true, false, false),
        BALANCED(false, true, false, false),
        MASK(false, false, true, false),
        TARGETS(false, false, false, true),
        MASKED_TARGETS(true, false, true, true),
        ALL_WITH_LABELS(true, true, true, false);

        final boolean rowWeights;
        final boolean classWeights;
        final boolean mask;
        final boolean targets;

        Terms(boolean rowWeights, boolean classWeights, boolean mask, boolean targets) {
            this.rowWeights = rowWeights;
            this.classWeights = classWeights;
            this.mask = mask;
            this.targets = targets;
        }

        boolean fits(Loss loss) {
            return (loss.takesTargets() || !targets) && !(loss instanceof ClippedCrossEntropy && mask);
        }
    }

    /** The same numbers, which all of these hold exactly. */
    enum Input {
        DOUBLES,
        FLOATS,
        BYTES,
        BFLOAT16,
        SPARSE_DOUBLES,
        SPARSE_FLOATS;

        boolean single() {
            return this != DOUBLES && this != SPARSE_DOUBLES;
        }
    }

    static List<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (int classes : new int[] {5, 40, 2100}) {
            Stream<Loss> others = Stream.of(
                    new CrossEntropy(0, 0.05, 1),
                    new CrossEntropy(0, 0, 0.6),
                    new SigmoidCrossEntropy(DoubleStream.iterate(0.5, w -> w == 0.5 ? 1.25 : 0.5)
                            .limit(classes)
                            .boxed()
                            .toList()),
                    new ClippedCrossEntropy(0.05, ClippedCrossEntropy.Form.SOFTMAX),
                    new ClippedCrossEntropy(0.2, ClippedCrossEntropy.Form.SIGMOID));
            List<Loss> losses = Stream.concat(LossesTest.smooth(), others).toList();
            for (int i = 0; i < losses.size(); i++) {
                for (Terms terms : Terms.values()) {
                    if (terms.fits(losses.get(i))) {
                        cases.add(Arguments.of(i, losses.get(i), terms, classes));
                    }
                }
            }
        }
        return cases;
    }

    @ParameterizedTest(name = "loss {0}, {2}, {3} classes")
    @MethodSource("cases")
    void lossAndGradientAreThoseOfTheFormulas(int number, Loss loss, Terms terms, int classes) {
        SplittableRandom random =
                new SplittableRandom(number * 100L + terms.name().hashCode());
        byte[] bytes = new byte[ROWS * FEATURES];
        random.nextBytes(bytes);
        boolean[] masked = new boolean[classes];
        if (terms.mask) {
            masked[0] = true;
            masked[classes - 2] = true;
        }
        int[] labels = random.ints(ROWS, 1, classes - 2).toArray();
        double[] targets = terms.targets ? targets(loss, masked, random) : null;
        double[] weights = terms.rowWeights
                ? random.doubles(ROWS, 0, 2).map(w -> (float) w).toArray()
                : null;
        double[] classWeights = terms == Terms.BALANCED
                ? balanced(labels, classes)
                : terms.classWeights ? random.doubles(classes, 0.5, 2).toArray() : null;
        for (boolean intercept : new boolean[] {false, true}) {
            if (intercept && loss instanceof MarginSoftmax) {
                continue;
            }
            double l2 = intercept ? 0.3 : 0;
            SoftmaxLoss.Builder builder =
                    SoftmaxLoss.builder().loss(loss).intercept(intercept).l2(l2);
            if (terms == Terms.BALANCED) {
                builder.balancedClassWeights();
            } else if (classWeights != null) {
                builder.classWeights(classWeights);
            }
            if (terms.mask) {
                builder.maskedClasses(0, classes - 2);
            }
            SoftmaxLoss objective = builder.build();
            double[] parameters = random.doubles((long) (FEATURES + (intercept ? 1 : 0)) * classes, -1, 1)
                    .map(w -> (float) w)
                    .toArray();
            Problem.Outcome expected = new NaiveLosses(
                            loss,
                            rows(bytes),
                            targets == null ? labels : null,
                            targets,
                            rowWeights(weights, classWeights, labels),
                            masked,
                            intercept,
                            l2)
                    .at(parameters);
            for (Input input : Input.values()) {
                Dataset.Builder rows = features(input, bytes).classes(classes);
                rows = targets == null ? rows.labels(labels) : rows.targets(targets, classes);
                try (Dataset data = (weights == null ? rows : rows.weights(weights)).build()) {
                    matches(objective, data, parameters, expected, input, loss);
                }
            }
        }
    }

    private static void matches(
            SoftmaxLoss objective,
            Dataset data,
            double[] parameters,
            Problem.Outcome expected,
            Input input,
            Loss loss) {
        double[] gradient = new double[parameters.length];
        double value;
        if (input.single()) {
            float[] narrow = new float[parameters.length];
            value = objective.lossAndGradient(data, Problem.floats(parameters), narrow);
            gradient = Problem.doubles(narrow);
        } else {
            value = objective.lossAndGradient(data, parameters, gradient);
        }
        double tolerance = input.single() ? SINGLE_TOLERANCE : TOLERANCE;
        double ofLoss = Problem.relativeError(value, expected.loss());
        double ofGradient = Problem.relativeError(gradient, expected.gradient());
        assertTrue(ofLoss < tolerance, () -> input + ": the loss is off by " + ofLoss);
        assertTrue(ofGradient < tolerance, () -> input + ": the gradient is off by " + ofGradient);
        if (!input.single() && !(loss instanceof ClippedCrossEntropy)) {
            GradientCheck.Result r = GradientCheck.sampled(objective, data, parameters, 12, 3);
            assertTrue(r.maxRelativeError() < 1e-7, () -> input + ": " + r.worstEntry(data));
        }
    }

    private static double[] targets(Loss loss, boolean[] masked, SplittableRandom random) {
        int classes = masked.length;
        double[] targets = new double[ROWS * classes];
        for (int i = 0; i < ROWS; i++) {
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                // Some are 0, never all.
                double target = c == 1 ? 0.5 : Math.max(0, random.nextDouble() - 0.3);
                sum += targets[i * classes + c] = masked[c] ? 0 : target;
            }
            for (int c = 0; c < classes && loss instanceof CrossEntropy; c++) {
                targets[i * classes + c] /= sum;
            }
        }
        return targets;
    }

    private static double[] balanced(int[] labels, int classes) {
        double[] weights = new double[classes];
        for (int y : labels) {
            weights[y]++;
        }
        for (int c = 0; c < classes; c++) {
            weights[c] = weights[c] == 0 ? 0 : (double) labels.length / classes / weights[c];
        }
        return weights;
    }

    private static double[] rowWeights(double[] weights, double[] classWeights, int[] labels) {
        double[] all = new double[ROWS];
        for (int i = 0; i < ROWS; i++) {
            all[i] = (weights == null ? 1 : weights[i]) * (classWeights == null ? 1 : classWeights[labels[i]]);
        }
        return all;
    }

    /** Byte b is the value b / 128 - 1, which bfloat16 holds; 128 is 0, which sparse rows leave out. */
    private static double[][] rows(byte[] bytes) {
        double[][] x = new double[ROWS][FEATURES];
        for (int i = 0; i < bytes.length; i++) {
            x[i / FEATURES][i % FEATURES] = (bytes[i] & 0xff) / 128.0 - 1;
        }
        return x;
    }

    private static Dataset.Builder features(Input input, byte[] bytes) {
        double[][] x = rows(bytes);
        int[] offsets = new int[ROWS + 1];
        int[] indices = new int[bytes.length];
        double[] values = new double[bytes.length];
        short[] halves = new short[bytes.length];
        int entries = 0;
        for (int i = 0; i < bytes.length; i++) {
            double value = x[i / FEATURES][i % FEATURES];
            halves[i] = (short) (Float.floatToIntBits((float) value) >>> 16);
            if (value != 0) {
                indices[entries] = i % FEATURES;
                values[entries++] = value;
            }
            offsets[i / FEATURES + 1] = entries;
        }
        indices = Arrays.copyOf(indices, entries);
        values = Arrays.copyOf(values, entries);
        Dataset.Builder b = Dataset.builder();
        return switch (input) {
            case DOUBLES -> b.features(x);
            case FLOATS -> b.features(Problem.floats(x));
            case BYTES -> b.features(bytes, ROWS, FEATURES, 1 / 128.0, -1);
            case BFLOAT16 -> b.bfloat16(halves, ROWS, FEATURES);
            case SPARSE_DOUBLES -> b.sparse(offsets, indices, values, FEATURES);
            case SPARSE_FLOATS -> b.sparse(offsets, indices, Problem.floats(values), FEATURES);
        };
    }
}
