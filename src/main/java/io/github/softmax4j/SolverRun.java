package io.github.softmax4j;

import io.github.softmax4j.TrainingSummary.StopReason;
import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.util.OptionalDouble;

/** One {@link SoftmaxTrainer#fit} by a {@link Solver}. Holds native state only while {@link #run} runs. */
final class SolverRun {

    // Indices of what a solver reports.
    private static final int OBJECTIVE = 0;
    private static final int BOUND = 1;
    private static final int GRADIENT = 2;
    private static final int EVALUATIONS = 5;
    private static final int PRODUCTS = 6;
    private static final int STOP = 7;

    private final SoftmaxTrainer settings;
    private final Dataset data;
    private final int threads;
    private final int parameterCount;
    private final SolverPlan plan;
    /** Null where the features are taken as they are. */
    private Standardization standardization;

    private final double[] standing = new double[NativeApi.STANDING];

    SolverRun(SoftmaxTrainer settings, Dataset data) {
        this.settings = settings;
        this.data = data;
        TrainingRows.check(settings, data);
        parameterCount = Checks.parameterCount(data.features(), data.classes(), settings.intercept);
        threads = settings.threads == 0 ? Core.defaultThreads() : settings.threads;
        plan = new SolverPlan(
                settings, Work.of(data, data.classes(), settings.intercept).asStored(settings.standardize));
    }

    SoftmaxModel run() {
        SoftmaxModel start =
                settings.stochasticEpochs == 0 ? null : settings.start().fit(data);
        try (TrainingRows rows = new TrainingRows(settings, data, threads, plan.momentsLimit);
                Objective goal =
                        new Objective(rows.data, data.classes(), settings.intercept, settings.l2, settings.terms);
                NativeArray parameters = NativeArray.ofReals(data.elementType().code(), parameterCount)) {
            standardization = rows.standardization;
            InitialParameters.write(
                    settings,
                    start == null ? settings.warmStart : start,
                    standardization,
                    data.elementType(),
                    data.features(),
                    data.classes(),
                    parameters);
            NativeSolver method = NativeSolver.of(settings);
            int[] status = new int[1];
            long solver = NativeApi.s4j_solver_create(
                    goal.address,
                    method.method(),
                    method.options(plan.curved),
                    0,
                    0,
                    parameters.address(),
                    threads,
                    plan.scratchLimit,
                    status);
            Core.check(status[0]);
            try {
                return iterate(solver, parameters);
            } finally {
                NativeApi.s4j_solver_free(solver);
            }
        }
    }

    private SoftmaxModel iterate(long solver, NativeArray parameters) {
        int iteration = 0;
        while (true) {
            Core.check(NativeApi.s4j_solver_iterate(solver, standing));
            int stop = (int) standing[STOP];
            if (stop == NativeApi.STOP_NON_FINITE) {
                throw new SoftmaxException("the objective or its gradient is not finite at iteration " + iteration
                        + " of " + settings.solver.name() + "; features of a smaller scale usually help");
            }
            settings.solverListener.accept(new SolverProgress(
                    iteration, standing[OBJECTIVE], bound(), standing[GRADIENT], (int) standing[EVALUATIONS], (int)
                            standing[PRODUCTS]));
            if (stop != NativeApi.RUNNING || iteration == settings.maxIterations) {
                Core.check(NativeApi.s4j_solver_certify(solver, standing));
                NativeApi.s4j_solver_parameters(solver, parameters.address());
                return TrainingRun.model(
                                settings,
                                standardization,
                                data.elementType(),
                                data.features(),
                                data.classes(),
                                parameters)
                        .withSummary(summary(iteration, reason(stop)))
                        .withClassLabels(data.classLabels().orElse(null));
            }
            iteration++;
        }
    }

    private OptionalDouble bound() {
        return Double.isFinite(standing[BOUND]) ? OptionalDouble.of(standing[BOUND]) : OptionalDouble.empty();
    }

    private static StopReason reason(int stop) {
        return switch (stop) {
            case NativeApi.STOP_GAP -> StopReason.GAP;
            case NativeApi.STOP_GRADIENT -> StopReason.GRADIENT;
            case NativeApi.STOP_NO_PROGRESS -> StopReason.NO_PROGRESS;
            default -> StopReason.ITERATIONS;
        };
    }

    private TrainingSummary summary(int iterations, StopReason reason) {
        return new TrainingSummary(
                settings.solver.toString(),
                settings.l1,
                settings.l2,
                settings.stochasticEpochs,
                iterations,
                Math.min(settings.batchSize, data.rows()),
                settings.seed,
                data.rows(),
                standing[OBJECTIVE],
                reason,
                bound());
    }
}
