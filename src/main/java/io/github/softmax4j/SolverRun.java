package io.github.softmax4j;

import io.github.softmax4j.TrainingSummary.StopReason;
import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** One {@link SoftmaxTrainer#fit} by a {@link Solver}. Holds native state only while {@link #run} runs. */
final class SolverRun {

    private static final NativeApi.StopAsked STOP_ASKED = new NativeApi.StopAsked();

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

    /** The s4j_solver. */
    private long solver;

    /** Those of the last iteration that came to a finite objective. */
    private NativeArray parameters;

    private Checkpoints checkpoints;
    /** The one that is made next, or goes on. */
    private int iteration;
    /** Whether all that is left to do is the certificate. */
    private boolean finished;

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

    /** from: the checkpoint to go on from, or null. */
    SoftmaxModel run(Path from) throws IOException {
        MachineMemory.require(plan.memory);
        boolean begun = from != null && Checkpoint.SOLVER.equals(Checkpoint.phase(from));
        SoftmaxModel start =
                begun || settings.stochasticEpochs == 0 ? null : new TrainingRun(settings.start(), data).run(from);
        try (TrainingRows rows = new TrainingRows(settings, data, threads, plan.momentsLimit);
                Objective goal =
                        new Objective(rows.data, data.classes(), settings.intercept, settings.l2, settings.terms);
                NativeArray array = NativeArray.ofReals(data.elementType().code(), parameterCount)) {
            standardization = rows.standardization;
            parameters = array;
            startAt(settings.warmStart);
            checkpoints = Checkpoints.of(settings, data, parameters, threads, from);
            if (start != null) {
                startAt(start);
            }
            NativeSolver method = NativeSolver.of(settings);
            int[] status = new int[1];
            solver = NativeApi.s4j_solver_create(
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
                if (begun || (from != null && start == null)) {
                    goOnFrom(from);
                }
                return iterate();
            } finally {
                NativeApi.s4j_solver_free(solver);
            }
        }
    }

    private void startAt(SoftmaxModel model) {
        InitialParameters.write(
                settings, model, standardization, data.elementType(), data.features(), data.classes(), parameters);
    }

    private Checkpoint.Content content() {
        Checkpoint.Content content = new Checkpoint.Content(Checkpoint.SOLVER, NativeState.ofSolver(solver));
        content.put("iteration", iteration);
        content.put("finished", finished ? 1 : 0);
        return content;
    }

    private void goOnFrom(Path from) throws IOException {
        Checkpoint checkpoint = checkpoints.read(from, Checkpoint.SOLVER, NativeState.ofSolver(solver));
        iteration = (int) checkpoint.number("iteration", 0, Integer.MAX_VALUE - 1);
        finished = checkpoint.number("finished", 0, 1) == 1;
        NativeApi.s4j_solver_parameters(solver, parameters.address());
    }

    private SoftmaxModel iterate() {
        if (iteration == 0) {
            checkpoints.write(content(), this::modelSoFar);
        }
        while (!finished) {
            check(NativeApi.s4j_solver_iterate(solver, STOP_ASKED, standing));
            int stop = (int) standing[STOP];
            if (stop == NativeApi.STOP_NON_FINITE) {
                throw new TrainingDivergedException(settings.solver, iteration, model());
            }
            NativeApi.s4j_solver_parameters(solver, parameters.address());
            settings.solverListener.accept(new SolverProgress(
                    iteration, standing[OBJECTIVE], bound(), standing[GRADIENT], (int) standing[EVALUATIONS], (int)
                            standing[PRODUCTS]));
            finished = stop != NativeApi.RUNNING || iteration >= settings.maxIterations;
            if (!finished) {
                iteration++;
                if (checkpoints.isDue() || checkpoints.isDueAfter(iteration)) {
                    checkpoints.write(content(), this::modelSoFar);
                }
            }
        }
        check(NativeApi.s4j_solver_certify(solver, STOP_ASKED, standing));
        return modelSoFar().withSummary(summary(iteration, reason((int) standing[STOP])));
    }

    private void check(int status) {
        if (status == NativeApi.INTERRUPTED) {
            throw checkpoints.writeAtEnd(
                    content(), () -> new TrainingInterruptedException(settings.solver, iteration, modelSoFar()));
        }
        Core.check(status);
    }

    private SoftmaxModel modelSoFar() {
        NativeApi.s4j_solver_parameters(solver, parameters.address());
        return model();
    }

    private SoftmaxModel model() {
        return TrainingRun.model(
                        settings, standardization, data.elementType(), data.features(), data.classes(), parameters)
                .withClassLabels(data.classLabels().orElse(null));
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
