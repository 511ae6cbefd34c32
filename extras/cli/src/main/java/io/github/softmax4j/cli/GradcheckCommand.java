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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares the analytic gradient with central differences over a grid of problems. */
@Command(name = "gradcheck", description = "The analytic gradient against finite differences, in double precision.")
final class GradcheckCommand extends Subcommand {

    /** The largest relative error that passes. */
    private static final double TOLERANCE = 1e-7;

    /** The same for the gradient in single precision, which is compared with that in double precision. */
    private static final double SINGLE_TOLERANCE = 1e-5;

    /** Rows, features, classes: few and many of each, classes on both sides of every way to compute. */
    private static final int[][] SHAPES = {
        {1, 1, 2}, {7, 3, 2}, {33, 17, 3}, {50, 40, 10}, {20, 9, 32}, {20, 9, 33}, {64, 20, 100}, {5, 4, 2100}
    };

    /** The losses other than plain cross-entropy, which have the derivatives they say. */
    private static final List<Loss> OTHER_LOSSES = List.of(
            new CrossEntropy(0.1),
            new CrossEntropy(0.2, 0.01, 2),
            new FocalLoss(2),
            new FocalLoss(0.5),
            MarginSoftmax.cosFace(8, 0.35),
            MarginSoftmax.arcFace(8, 0.5),
            new SigmoidCrossEntropy());

    /** Those of the shapes that they are checked on. */
    private static final int[] OTHER_SHAPES = {1, 3, 5, 7};

    /** Larger problems are sampled. */
    private static final int MOST_ENTRIES = 600;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    /** One problem of the grid. */
    private record Problem(
            Loss loss, int rows, int features, int classes, boolean intercept, double l2, boolean weighted) {

        static List<Problem> grid() {
            List<Problem> grid = new ArrayList<>();
            for (int[] shape : SHAPES) {
                for (int choice = 0; choice < 8; choice++) {
                    double l2 = (choice & 2) == 0 ? 0 : 0.1;
                    grid.add(of(new CrossEntropy(), shape, (choice & 1) != 0, l2, (choice & 4) != 0));
                }
            }
            for (Loss loss : OTHER_LOSSES) {
                boolean intercept = !(loss instanceof MarginSoftmax);
                for (int shape : OTHER_SHAPES) {
                    grid.add(of(loss, SHAPES[shape], intercept, 0, true));
                    grid.add(of(loss, SHAPES[shape], false, 0.1, false));
                }
            }
            return grid;
        }

        private static Problem of(Loss loss, int[] shape, boolean intercept, double l2, boolean weighted) {
            return new Problem(loss, shape[0], shape[1], shape[2], intercept, l2, weighted);
        }

        /** The same in every run, whatever the hash codes of enum values are. */
        private long seed() {
            return toString().hashCode();
        }

        Outcome check() {
            SplittableRandom random = new SplittableRandom(seed());
            SoftmaxLoss objective =
                    SoftmaxLoss.builder().loss(loss).intercept(intercept).l2(l2).build();
            // Exact in single precision.
            double[] x = random.doubles((long) rows * features, -1, 1)
                    .map(v -> (float) v)
                    .toArray();
            int[] labels = random.ints(rows, 0, classes).toArray();
            double[] weights =
                    weighted ? random.doubles(rows, 0.1, 2).map(v -> (float) v).toArray() : null;
            float[] narrow = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                narrow[i] = (float) x[i];
            }
            try (Dataset wide = data(Dataset.builder().features(x, rows, features), labels, weights);
                    Dataset single = data(Dataset.builder().features(narrow, rows, features), labels, weights)) {
                double[] parameters =
                        random.doubles(objective.parameterCount(wide), -1, 1).toArray();
                GradientCheck.Result result = parameters.length <= MOST_ENTRIES
                        ? GradientCheck.all(objective, wide, parameters)
                        : GradientCheck.sampled(objective, wide, parameters, MOST_ENTRIES, seed());
                GradientCheck.Result inSingle = GradientCheck.singlePrecision(objective, single, wide, parameters);
                return new Outcome(result, result.worstEntry(wide), inSingle, inSingle.worstEntry(wide));
            }
        }

        private Dataset data(Dataset.Builder builder, int[] labels, double[] weights) {
            builder.labels(labels).classes(classes);
            return (weights == null ? builder : builder.weights(weights)).build();
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%s %dx%dx%d%s%s%s",
                    loss,
                    rows,
                    features,
                    classes,
                    intercept ? " intercept" : "",
                    l2 > 0 ? " l2" : "",
                    weighted ? " weights" : "");
        }
    }

    /** Of one problem: the worst entries against differences, and of single against double precision. */
    private record Outcome(
            GradientCheck.Result result, String worst, GradientCheck.Result inSingle, String worstInSingle) {}

    @Override
    public Integer call() {
        try (Outputs outputs = new Outputs()) {
            Optional<OutputFile> file = outputs.open("--report", report);
            List<Problem> grid = Problem.grid();
            List<Outcome> outcomes = check(grid);
            double worst = 0;
            double worstInSingle = 0;
            String place = "";
            String placeInSingle = "";
            for (int i = 0; i < grid.size(); i++) {
                Outcome o = outcomes.get(i);
                double error = o.result.maxRelativeError();
                double inSingle = o.inSingle.maxRelativeError();
                say(
                        "case",
                        "%-70s %5d entries, relative error %.2e; single precision %.2e",
                        grid.get(i),
                        o.result.checked(),
                        error,
                        inSingle);
                // NaN is the worst: it stays, and fails below.
                if (!(error <= worst)) {
                    worst = error;
                    place = grid.get(i) + ", " + o.worst;
                }
                if (!(inSingle <= worstInSingle)) {
                    worstInSingle = inSingle;
                    placeInSingle = grid.get(i) + ", " + o.worstInSingle;
                }
            }
            say("largest", "relative error %.3e, at most %.0e is accepted: %s", worst, TOLERANCE, place);
            say(
                    "single",
                    "relative error %.3e, at most %.0e is accepted: %s",
                    worstInSingle,
                    SINGLE_TOLERANCE,
                    placeInSingle);
            Report result = new Report()
                    .put("max_relative_error", worst)
                    .put("max_relative_error_f32", worstInSingle)
                    .put("cases", grid.size());
            file.ifPresent(result::writeTo);
            outputs.commit();
            return worst < TOLERANCE && worstInSingle < SINGLE_TOLERANCE ? 0 : 1;
        }
    }

    private static List<Outcome> check(List<Problem> grid) {
        List<Outcome> results = new ArrayList<>();
        try (Progress bar = new Progress("gradcheck", grid.size())) {
            for (Problem problem : grid) {
                results.add(problem.check());
                bar.step(problem.toString());
            }
        }
        return results;
    }
}
