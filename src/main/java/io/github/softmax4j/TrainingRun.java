package io.github.softmax4j;

import io.github.softmax4j.TrainingSummary.StopReason;
import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** One {@link SoftmaxTrainer#fit}: the loop over epochs and steps. Holds native state only while {@link #run} runs. */
final class TrainingRun {

    private final SoftmaxTrainer settings;
    private final Dataset data;
    private final int threads;
    private final TrainingPlan plan;
    private final long batch;
    private final int parameterCount;
    private final boolean needsObjective;

    private long trainer;
    private long objective;
    private NativeArray parameters;
    private Checkpoints checkpoints;
    /** Null where the features are taken as they are. */
    private Standardization standardization;

    private long steps;
    private double bestValue = Double.POSITIVE_INFINITY;
    /** With the parameters as they are trained, which may not be those of the model that is handed out. */
    private SoftmaxModel best;

    private int bestEpoch;
    private long bestSteps;
    private double previousObjective = Double.NaN;

    TrainingRun(SoftmaxTrainer settings, Dataset data) {
        this.settings = settings;
        this.data = data;
        TrainingRows.check(settings, data);
        parameterCount = Checks.parameterCount(data.features(), data.classes(), settings.intercept);
        checkValidation();
        threads = settings.threads == 0 ? Core.defaultThreads() : settings.threads;
        plan = new TrainingPlan(
                settings, Work.of(data, data.classes(), settings.intercept).asStored(settings.standardize));
        batch = Math.min(settings.batchSize, data.rows());
        needsObjective = settings.relativeChange > 0 || (settings.patience > 0 && settings.validation == null);
    }

    private void checkValidation() {
        Dataset validation = settings.validation;
        if (validation == null) {
            return;
        }
        validation.requireLabels();
        if (validation.features() != data.features() || validation.classes() > data.classes()) {
            throw new IllegalArgumentException("validation has " + validation.features() + " features and "
                    + validation.classes() + " classes, the training data " + data.features() + " and "
                    + data.classes());
        }
        validation.requireSameLabels("validation", data.classLabels().orElse(null), "the training data");
    }

    /** from: the checkpoint to go on from, or null. */
    @SuppressWarnings("try") // what is only held is not mentioned again
    SoftmaxModel run(Path from) throws IOException {
        MachineMemory.require(plan.memory);
        // Whoever closes the validation data in the middle of a training does not end that.
        try (DatasetMemory.Lease judges = settings.validation == null ? null : settings.validation.acquire();
                TrainingRows rows = new TrainingRows(settings, data, threads, plan.momentsLimit);
                Objective goal =
                        new Objective(rows.data, data.classes(), settings.intercept, settings.l2, settings.terms);
                NativeArray array = NativeArray.ofReals(data.elementType().code(), parameterCount)) {
            standardization = rows.standardization;
            objective = goal.address;
            parameters = array;
            InitialParameters.write(
                    settings,
                    settings.warmStart,
                    standardization,
                    data.elementType(),
                    data.features(),
                    data.classes(),
                    parameters);
            checkpoints = Checkpoints.of(settings, data, parameters, threads, from);
            NativeRule rule = NativeRule.of(settings.optimizer, data.elementType());
            int[] status = new int[1];
            trainer = NativeApi.s4j_trainer_create(
                    objective,
                    rule.code,
                    rule.hyper,
                    settings.stepOptions(),
                    parameters.address(),
                    batch,
                    settings.seed,
                    threads,
                    plan.stepLimit,
                    status);
            Core.check(status[0]);
            try {
                if (from != null) {
                    goOnFrom(from);
                }
                return runEpochs();
            } finally {
                NativeApi.s4j_trainer_free(trainer);
            }
        }
    }

    /** steps: all that a checkpoint needs to say of the place in the training. */
    private Checkpoint.Content content() {
        Checkpoint.Content content = new Checkpoint.Content(Checkpoint.EPOCHS, NativeState.ofTrainer(trainer));
        content.put("steps", steps);
        content.put("previous_objective", previousObjective);
        if (best != null) {
            content.put("best_value", bestValue);
            content.put("best_epoch", bestEpoch);
            content.put("best_steps", bestSteps);
            content.putBest(best);
        }
        return content;
    }

    private void goOnFrom(Path from) throws IOException {
        Checkpoint checkpoint = checkpoints.read(from, Checkpoint.EPOCHS, NativeState.ofTrainer(trainer));
        steps = checkpoint.number("steps", 0, totalSteps());
        previousObjective = checkpoint.real("previous_objective");
        NativeApi.s4j_trainer_parameters(trainer, parameters.address());
        best = checkpoint.best(data.elementType(), data.features(), data.classes(), settings.intercept);
        if (best != null) {
            bestValue = checkpoint.real("best_value");
            bestSteps = checkpoint.number("best_steps", 0, steps);
            bestEpoch = (int) checkpoint.number("best_epoch", 1, settings.epochs);
        }
    }

    private SoftmaxModel runEpochs() {
        if (steps == 0) {
            checkpoints.write(content(), this::modelSoFar);
        }
        int first = Math.toIntExact(steps / stepsPerEpoch()) + 1;
        for (int epoch = first; epoch <= settings.epochs; epoch++) {
            double learningRate = runSteps(epoch);
            double batchLoss = NativeApi.s4j_trainer_take_loss(trainer);
            NativeApi.s4j_trainer_parameters(trainer, parameters.address());
            OptionalDouble objective = needsObjective ? OptionalDouble.of(objective()) : OptionalDouble.empty();
            Evaluation judged = settings.validation == null
                    ? null
                    : model(null).evaluate(settings.validation, plan.validationThreads);
            settings.listener.accept(new TrainingProgress(
                    epoch,
                    settings.epochs,
                    steps,
                    learningRate,
                    batchLoss,
                    objective,
                    judged == null ? OptionalDouble.empty() : OptionalDouble.of(judged.loss()),
                    judged == null ? OptionalDouble.empty() : OptionalDouble.of(judged.errorRate())));
            if (settings.patience > 0
                    && noImprovement(judged != null ? judged.loss() : objective.getAsDouble(), epoch)) {
                return finish(epoch, StopReason.NO_IMPROVEMENT);
            }
            if (settings.relativeChange > 0 && settled(objective.getAsDouble())) {
                return finish(epoch, StopReason.RELATIVE_CHANGE);
            }
            if (checkpoints.isDueAfter(epoch)) {
                checkpoints.write(content(), this::modelSoFar);
            }
        }
        return finish(settings.epochs, StopReason.EPOCHS);
    }

    private long stepsPerEpoch() {
        return (data.rows() + batch - 1) / batch;
    }

    private long totalSteps() {
        return Math.multiplyExact(stepsPerEpoch(), (long) settings.epochs);
    }

    /** Runs the steps of one epoch that are left; returns the last learning rate. */
    private double runSteps(int epoch) {
        long rows = data.rows();
        long perEpoch = stepsPerEpoch();
        long total = totalSteps();
        double learningRate = 0;
        for (long first = steps % perEpoch * batch; first < rows; first += batch) {
            pause(epoch);
            if (first == 0 && settings.shuffle) {
                NativeApi.s4j_trainer_shuffle(trainer);
            }
            learningRate = settings.learningRate(steps, perEpoch, total);
            int status = SoftmaxTrainer.isRate(learningRate)
                    ? NativeApi.s4j_trainer_step(trainer, first, Math.min(batch, rows - first), learningRate)
                    : NativeApi.NON_FINITE;
            if (status == NativeApi.NON_FINITE) {
                throw new TrainingDivergedException(epoch, steps + 1, learningRate, modelSoFar());
            }
            Core.check(status);
            steps++;
        }
        return learningRate;
    }

    /** Between two steps: a place to end where the thread is interrupted, and to write what is due. */
    private void pause(int epoch) {
        if (Thread.currentThread().isInterrupted()) {
            throw checkpoints.writeAtEnd(content(), () -> new TrainingInterruptedException(epoch, steps, modelSoFar()));
        }
        if (checkpoints.isDue()) {
            checkpoints.write(content(), this::modelSoFar);
        }
    }

    private SoftmaxModel modelSoFar() {
        NativeApi.s4j_trainer_parameters(trainer, parameters.address());
        return model(null);
    }

    /** The objective over all rows at the current parameters. */
    private double objective() {
        double[] loss = new double[1];
        Core.check(
                NativeApi.s4j_loss_gradient(objective, 0, parameters.address(), 0, threads, plan.objectiveLimit, loss));
        if (settings.l1 == 0) {
            return loss[0];
        }
        long weights = (long) data.features() * data.classes();
        return loss[0]
                + settings.l1 * NativeApi.s4j_absolute_sum(data.elementType().code(), parameters.address(), weights);
    }

    /** Keeps the best model; true once it has not been beaten for as many epochs as were asked for. */
    private boolean noImprovement(double value, int epoch) {
        if (value < bestValue) {
            bestValue = value;
            best = trained();
            bestEpoch = epoch;
            bestSteps = steps;
        }
        return best != null && epoch - bestEpoch >= settings.patience;
    }

    private boolean settled(double objective) {
        boolean settled = Math.abs(previousObjective - objective) < settings.relativeChange * Math.abs(objective);
        previousObjective = objective;
        return settled;
    }

    /** The best model where one was kept, the last one otherwise, with its summary. */
    private SoftmaxModel finish(int epoch, StopReason reason) {
        if (best != null) {
            best.copyTo(parameters);
        }
        return model(new TrainingSummary(
                settings.optimizer.toString(),
                settings.l1,
                settings.l2,
                best != null ? bestEpoch : epoch,
                best != null ? bestSteps : steps,
                batch,
                settings.seed,
                data.rows(),
                objective(),
                reason,
                OptionalDouble.empty()));
    }

    /** The model of the current parameters, to be handed out. */
    private SoftmaxModel model(TrainingSummary summary) {
        return model(settings, standardization, data.elementType(), data.features(), data.classes(), parameters)
                .withSummary(summary)
                .withClassLabels(data.classLabels().orElse(null));
    }

    /** With the current parameters as they are trained. */
    private SoftmaxModel trained() {
        return trained(settings, data.elementType(), data.features(), data.classes(), parameters);
    }

    /** The model to hand out, of trained parameters off the heap, which are of the type; of standardised features, or null. */
    static SoftmaxModel model(
            SoftmaxTrainer settings,
            Standardization standardization,
            ElementType type,
            int features,
            int classes,
            NativeArray parameters) {
        SoftmaxModel trained = trained(settings, type, features, classes, parameters);
        SoftmaxModel model = standardization == null ? trained : standardization.fold(trained);
        if (model == null) {
            throw new StandardizationException(trained.asTrainedWith(settings.terms), standardization);
        }
        return model.asTrainedWith(settings.terms);
    }

    private static SoftmaxModel trained(
            SoftmaxTrainer settings, ElementType type, int features, int classes, NativeArray parameters) {
        int count = Math.toIntExact(parameters.count());
        float[] floats = null;
        double[] doubles = null;
        if (type == ElementType.FLOAT32) {
            floats = new float[count];
            parameters.get(0, floats);
        } else {
            doubles = new double[count];
            parameters.get(0, doubles);
        }
        return new SoftmaxModel(features, classes, settings.intercept, floats, doubles, null);
    }
}
