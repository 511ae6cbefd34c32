package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.GradientCheck;
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

    /** Rows, features, classes: few and many of each, classes on both sides of every way to compute. */
    private static final int[][] SHAPES = {
        {1, 1, 2}, {7, 3, 2}, {33, 17, 3}, {50, 40, 10}, {20, 9, 32}, {20, 9, 33}, {64, 20, 100}, {5, 4, 2100}
    };

    /** Larger problems are sampled. */
    private static final int MOST_ENTRIES = 600;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    /** One problem of the grid. */
    private record Problem(int rows, int features, int classes, boolean intercept, double l2, boolean weighted) {

        static List<Problem> grid() {
            List<Problem> grid = new ArrayList<>();
            for (int[] shape : SHAPES) {
                for (int choice = 0; choice < 8; choice++) {
                    double l2 = (choice & 2) == 0 ? 0 : 0.1;
                    grid.add(new Problem(shape[0], shape[1], shape[2], (choice & 1) != 0, l2, (choice & 4) != 0));
                }
            }
            return grid;
        }

        GradientCheck.Result check() {
            SplittableRandom random = new SplittableRandom(hashCode());
            SoftmaxLoss loss = SoftmaxLoss.builder().intercept(intercept).l2(l2).build();
            try (Dataset data = data(random)) {
                double[] parameters =
                        random.doubles(loss.parameterCount(data), -1, 1).toArray();
                return parameters.length <= MOST_ENTRIES
                        ? GradientCheck.all(loss, data, parameters)
                        : GradientCheck.sampled(loss, data, parameters, MOST_ENTRIES, hashCode());
            }
        }

        private Dataset data(SplittableRandom random) {
            Dataset.Builder builder = Dataset.builder()
                    .features(random.doubles((long) rows * features, -1, 1).toArray(), rows, features)
                    .labels(random.ints(rows, 0, classes).toArray())
                    .classes(classes);
            return (weighted ? builder.weights(random.doubles(rows, 0.1, 2).toArray()) : builder).build();
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%dx%dx%d%s%s%s",
                    rows,
                    features,
                    classes,
                    intercept ? " intercept" : "",
                    l2 > 0 ? " l2" : "",
                    weighted ? " weights" : "");
        }
    }

    @Override
    public Integer call() {
        try (Outputs outputs = new Outputs()) {
            Optional<OutputFile> file = outputs.open("--report", report);
            List<Problem> grid = Problem.grid();
            List<GradientCheck.Result> results = check(grid);
            double worst = 0;
            for (int i = 0; i < grid.size(); i++) {
                GradientCheck.Result result = results.get(i);
                // Math.max keeps NaN, which fails below.
                worst = Math.max(worst, result.maxRelativeError());
                say(
                        "case",
                        "%-32s %5d entries, relative error %.2e",
                        grid.get(i),
                        result.checked(),
                        result.maxRelativeError());
            }
            say(
                    "largest",
                    "relative error %.3e over %d cases, at most %.0e is accepted",
                    worst,
                    grid.size(),
                    TOLERANCE);
            Report result = new Report().put("max_relative_error", worst).put("cases", grid.size());
            file.ifPresent(result::writeTo);
            outputs.commit();
            return worst < TOLERANCE ? 0 : 1;
        }
    }

    private static List<GradientCheck.Result> check(List<Problem> grid) {
        List<GradientCheck.Result> results = new ArrayList<>();
        try (Progress bar = new Progress("gradcheck", grid.size())) {
            for (Problem problem : grid) {
                results.add(problem.check());
                bar.step(problem.toString());
            }
        }
        return results;
    }
}
