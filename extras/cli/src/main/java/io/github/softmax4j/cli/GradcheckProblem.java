package io.github.softmax4j.cli;

import io.github.softmax4j.CrossEntropy;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.FocalLoss;
import io.github.softmax4j.GradientCheck;
import io.github.softmax4j.Loss;
import io.github.softmax4j.MarginSoftmax;
import io.github.softmax4j.SigmoidCrossEntropy;
import io.github.softmax4j.SoftmaxLoss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** One problem of the grid that gradients are checked on. */
record GradcheckProblem(Loss loss, Shape shape, boolean intercept, double l2, Terms terms, Input input) {

    /** Larger problems are sampled: those of plain cross-entropy, and those of the other losses. */
    private static final int MOST_ENTRIES = 600;

    private static final int FEW_ENTRIES = 24;

    /** Rows, features, classes. */
    record Shape(int rows, int features, int classes) {}

    /** Few and many of each, classes on both sides of every way to compute. */
    private static final List<Shape> SHAPES = List.of(
            new Shape(1, 1, 2),
            new Shape(7, 3, 2),
            new Shape(33, 17, 3),
            new Shape(50, 40, 10),
            new Shape(20, 9, 32),
            new Shape(20, 9, 33),
            new Shape(64, 20, 100),
            new Shape(5, 4, 2100));

    /** One for every way to compute. */
    private static final List<Shape> FEW_SHAPES = List.of(SHAPES.get(2), SHAPES.get(5), SHAPES.get(7));

    /** What is given beside features and labels. */
    enum Terms {
        PLAIN,
        ROW_WEIGHTS,
        CLASS_WEIGHTS,
        MASKS,
        TARGETS,
        MASKED_TARGETS;

        boolean fit(Loss loss) {
            return !ofTargets() || loss.takesTargets();
        }

        boolean ofTargets() {
            return this == TARGETS || this == MASKED_TARGETS;
        }

        boolean masked() {
            return this == MASKS || this == MASKED_TARGETS;
        }
    }

    /** How the features are stored. All hold the same numbers: -1 to 1 in steps of 1/128. */
    enum Input {
        DENSE,
        BYTES,
        BFLOAT16,
        SPARSE
    }

    /** The worst entries against differences, and of single against double precision. */
    record Outcome(GradientCheck.Result result, String worst, GradientCheck.Result inSingle, String worstInSingle) {}

    static List<GradcheckProblem> grid() {
        List<GradcheckProblem> grid = new ArrayList<>();
        for (Shape shape : SHAPES) {
            for (int choice = 0; choice < 8; choice++) {
                Terms terms = (choice & 4) == 0 ? Terms.PLAIN : Terms.ROW_WEIGHTS;
                double l2 = (choice & 2) == 0 ? 0 : 0.1;
                grid.add(new GradcheckProblem(new CrossEntropy(), shape, (choice & 1) != 0, l2, terms, Input.DENSE));
            }
        }
        for (Shape shape : FEW_SHAPES) {
            for (Loss loss : losses(shape.classes)) {
                for (Terms terms : Terms.values()) {
                    for (Input input : Input.values()) {
                        if (terms.fit(loss)) {
                            boolean intercept = !(loss instanceof MarginSoftmax);
                            grid.add(new GradcheckProblem(loss, shape, intercept, 0, terms, input));
                            grid.add(new GradcheckProblem(loss, shape, false, 0.1, terms, input));
                        }
                    }
                }
            }
        }
        return grid;
    }

    /** Those that have the derivatives they say. */
    private static List<Loss> losses(int classes) {
        return List.of(
                new CrossEntropy(),
                new CrossEntropy(0.1),
                new CrossEntropy(0, 0.02, 1),
                new CrossEntropy(0, 0, 2),
                new CrossEntropy(0.2, 0.01, 2),
                new FocalLoss(2),
                new FocalLoss(0.5),
                MarginSoftmax.cosFace(8, 0.35),
                MarginSoftmax.arcFace(8, 0.5),
                new SigmoidCrossEntropy(),
                new SigmoidCrossEntropy(Collections.nCopies(classes, 1.5)));
    }

    /** The loss in short. */
    String lossName() {
        return loss instanceof SigmoidCrossEntropy l && !l.positiveWeights().isEmpty()
                ? "SigmoidCrossEntropy, positive weights"
                : loss.toString();
    }

    /** The same in every run, whatever the hash codes of enum values are. */
    private long seed() {
        return toString().hashCode();
    }

    Outcome check() {
        SplittableRandom random = new SplittableRandom(seed());
        // Too small to share; bits are the same on any number of threads.
        SoftmaxLoss.Builder builder =
                SoftmaxLoss.builder().loss(loss).intercept(intercept).l2(l2).threads(1);
        // Two classes leave none to mask.
        int masked = terms.masked() && shape.classes > 2 ? 1 : 0;
        if (masked > 0) {
            builder.maskedClasses(0);
        }
        if (terms == Terms.CLASS_WEIGHTS) {
            builder.classWeights(random.doubles(shape.classes, 0.5, 2).toArray());
        }
        SoftmaxLoss objective = builder.build();
        byte[] x = new byte[shape.rows * shape.features];
        random.nextBytes(x);
        int[] labels = random.ints(shape.rows, masked, shape.classes).toArray();
        double[] targets = terms.ofTargets() ? targets(random, masked) : null;
        double[] weights = terms == Terms.ROW_WEIGHTS
                ? random.doubles(shape.rows, 0.1, 2).map(v -> (float) v).toArray()
                : null;
        try (Dataset wide = data(wide(x), labels, targets, weights);
                Dataset single = data(single(x), labels, targets, weights)) {
            double[] parameters =
                    random.doubles(objective.parameterCount(wide), -1, 1).toArray();
            int most = loss.equals(new CrossEntropy()) ? MOST_ENTRIES : FEW_ENTRIES;
            GradientCheck.Result result = parameters.length <= most
                    ? GradientCheck.all(objective, wide, parameters)
                    : GradientCheck.sampled(objective, wide, parameters, most, seed());
            GradientCheck.Result inSingle = GradientCheck.singlePrecision(objective, single, wide, parameters);
            return new Outcome(result, result.worstEntry(wide), inSingle, inSingle.worstEntry(wide));
        }
    }

    private double[] targets(SplittableRandom random, int masked) {
        double[] targets = new double[shape.rows * shape.classes];
        for (int i = 0; i < targets.length; i += shape.classes) {
            double sum = 0;
            for (int c = masked; c < shape.classes; c++) {
                sum += targets[i + c] = random.nextDouble();
            }
            for (int c = masked; c < shape.classes && loss instanceof CrossEntropy; c++) {
                targets[i + c] /= sum;
            }
        }
        return targets;
    }

    private Dataset data(Dataset.Builder builder, int[] labels, double[] targets, double[] weights) {
        Dataset.Builder b = targets == null
                ? builder.labels(labels).classes(shape.classes)
                : builder.targets(targets, shape.classes);
        return (weights == null ? b : b.weights(weights)).build();
    }

    private Dataset.Builder wide(byte[] x) {
        double[] values = values(x);
        Dataset.Builder b = Dataset.builder();
        return input == Input.SPARSE
                ? b.sparse(offsets(values), indices(values), entries(values), shape.features)
                : b.features(values, shape.rows, shape.features);
    }

    private Dataset.Builder single(byte[] x) {
        double[] values = values(x);
        Dataset.Builder b = Dataset.builder();
        return switch (input) {
            case DENSE -> b.features(floats(values), shape.rows, shape.features);
            case BYTES -> b.features(x, shape.rows, shape.features, 1 / 128.0, -1);
            case BFLOAT16 -> b.bfloat16(halves(values), shape.rows, shape.features);
            case SPARSE -> b.sparse(offsets(values), indices(values), floats(entries(values)), shape.features);
        };
    }

    private static double[] values(byte[] x) {
        double[] values = new double[x.length];
        Arrays.setAll(values, i -> (x[i] & 0xff) / 128.0 - 1);
        return values;
    }

    private static float[] floats(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    private static short[] halves(double[] values) {
        short[] halves = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            halves[i] = (short) (Float.floatToIntBits((float) values[i]) >>> 16);
        }
        return halves;
    }

    private int[] offsets(double[] values) {
        int[] offsets = new int[shape.rows + 1];
        for (int i = 0; i < values.length; i++) {
            offsets[i / shape.features + 1] += values[i] != 0 ? 1 : 0;
        }
        Arrays.parallelPrefix(offsets, Integer::sum);
        return offsets;
    }

    private int[] indices(double[] values) {
        return IntStream.range(0, values.length)
                .filter(i -> values[i] != 0)
                .map(i -> i % shape.features)
                .toArray();
    }

    private static double[] entries(double[] values) {
        return Arrays.stream(values).filter(v -> v != 0).toArray();
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s %dx%dx%d%s%s %s %s",
                lossName(),
                shape.rows,
                shape.features,
                shape.classes,
                intercept ? " intercept" : "",
                l2 > 0 ? " l2" : "",
                terms.name().toLowerCase(Locale.ROOT),
                input.name().toLowerCase(Locale.ROOT));
    }
}
