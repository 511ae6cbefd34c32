package io.github.softmax4j.benchmarks.peers;

import java.util.List;
import java.util.Locale;

/**
 * What one process of a system did with one piece of work.
 *
 * @param work its name
 * @param system its name
 * @param allocator "as shipped" or "tuned"
 * @param version what was measured; null where it did not get ready
 * @param blas the BLAS that it found; null where there is none or it does not tell
 * @param check the result
 * @param relativeError of the result, the largest
 * @param problem why its time does not count; null where it does
 * @param samples the seconds of each turn
 * @param seconds their median; 0 where it does not count
 */
record Result(
        String work,
        String system,
        String allocator,
        String version,
        String blas,
        List<Double> check,
        double relativeError,
        String problem,
        List<Double> samples,
        double seconds) {

    private static final String UNSUPPORTED = "does no such work";

    /** Judges what {@code session} said when it got ready. */
    static Result of(Work work, Session session, List<Double> reference) {
        Reply ready = session.ready();
        double error = 0;
        String problem = ready.unsupported() ? UNSUPPORTED : ready.error();
        if (problem == null) {
            error = relativeError(ready.check(), ready.expected() == null ? reference : ready.expected());
            if (!(error <= work.kind().tolerance())) {
                problem = "wrong result";
            }
        }
        Systems.Variant variant = session.variant();
        return new Result(
                work.name(),
                variant.system(),
                variant.allocator(),
                ready.version(),
                ready.blas(),
                ready.check(),
                error,
                problem,
                List.of(),
                0);
    }

    private static double relativeError(List<Double> check, List<Double> expected) {
        double worst = check.size() == expected.size() ? 0 : Double.NaN;
        for (int i = 0; i < check.size(); i++) {
            worst = Math.max(worst, Math.abs(check.get(i) - expected.get(i)) / Math.abs(expected.get(i)));
        }
        return worst;
    }

    /** The same with the times of the session, or with its failure. */
    Result with(Session session) {
        if (problem != null) {
            return this;
        }
        boolean failed = session.failure() != null;
        return new Result(
                work,
                system,
                allocator,
                version,
                blas,
                check,
                relativeError,
                session.failure(),
                failed ? List.of() : session.samples(),
                failed ? 0 : session.seconds());
    }

    boolean isRight() {
        return problem == null;
    }

    /** Whether the system should have done the work, and did not. */
    boolean isFailed() {
        return problem != null && !problem.equals(UNSUPPORTED);
    }

    String describe() {
        String verdict = check == null ? "" : String.format(Locale.ROOT, "result off by %.1e", relativeError);
        return String.format(
                Locale.ROOT,
                "%-13s %-11s %s%s",
                system,
                allocator,
                verdict,
                problem == null ? "" : (verdict.isEmpty() ? "" : ": ") + problem);
    }
}
