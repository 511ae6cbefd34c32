package io.github.softmax4j.cli;

import io.github.softmax4j.cli.GradcheckProblem.Outcome;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares the analytic gradient with central differences over {@link GradcheckProblem#grid}. */
@Command(
        name = "gradcheck",
        description =
                "The analytic gradient of every loss against finite differences, in double precision, and single against double,"
                        + " on features of every kind.")
final class GradcheckCommand extends Subcommand {

    /** The largest relative error that passes. */
    private static final double TOLERANCE = 1e-7;

    /** The same for the gradient in single precision, which is compared with that in double precision. */
    private static final double SINGLE_TOLERANCE = 1e-5;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    /** The worst of some problems: in double precision against differences, and in single precision. */
    private static final class Worst {
        private int cases;
        private double error;
        private double inSingle;
        private String place = "";
        private String placeInSingle = "";

        void add(GradcheckProblem problem, Outcome o) {
            cases++;
            // NaN is the worst: it stays, and fails in the end.
            if (!(o.result().maxRelativeError() <= error)) {
                error = o.result().maxRelativeError();
                place = problem + ", " + o.worst();
            }
            if (!(o.inSingle().maxRelativeError() <= inSingle)) {
                inSingle = o.inSingle().maxRelativeError();
                placeInSingle = problem + ", " + o.worstInSingle();
            }
        }
    }

    @Override
    public Integer call() {
        try (Outputs outputs = new Outputs()) {
            Optional<Output> file = outputs.open("--report", report);
            List<GradcheckProblem> grid = GradcheckProblem.grid();
            Worst all = new Worst();
            Map<String, Worst> byLoss = new LinkedHashMap<>();
            try (Progress bar = new Progress("gradcheck", grid.size())) {
                for (GradcheckProblem problem : grid) {
                    Outcome outcome = problem.check();
                    all.add(problem, outcome);
                    byLoss.computeIfAbsent(problem.lossName(), name -> new Worst())
                            .add(problem, outcome);
                    bar.step(problem.toString());
                }
            }
            byLoss.forEach((name, worst) -> say(
                    "loss",
                    "%-75s %4d cases, relative error %.2e; single precision %.2e",
                    name,
                    worst.cases,
                    worst.error,
                    worst.inSingle));
            say("largest", "relative error %.3e, at most %.0e is accepted: %s", all.error, TOLERANCE, all.place);
            say(
                    "single",
                    "relative error %.3e, at most %.0e is accepted: %s",
                    all.inSingle,
                    SINGLE_TOLERANCE,
                    all.placeInSingle);
            Report result = new Report()
                    .put("max_relative_error", all.error)
                    .put("max_relative_error_f32", all.inSingle)
                    .put("cases", all.cases);
            file.ifPresent(result::writeTo);
            outputs.commit();
            return all.error < TOLERANCE && all.inSingle < SINGLE_TOLERANCE ? 0 : 1;
        }
    }
}
