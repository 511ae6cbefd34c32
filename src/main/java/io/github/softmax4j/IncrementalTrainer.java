package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.util.Map;

/**
 * A training of data that comes batch by batch, from {@link SoftmaxTrainer#incremental}: each {@link #partialFit} is one step of the
 * optimizer on all rows of its batch. The optimizer's state, the number of steps and with it the place in the schedule live on from
 * call to call. Fed with the batches that an unshuffled {@link SoftmaxTrainer#fit fit} takes, of rows without weights, it comes to the
 * same model, bit for bit. It can be saved at any time, {@link #checkpoint}, and gone on with in another process.
 *
 * <p>Safe for several threads: each call waits for the one before it, so that the order of the calls is that of the steps. The state
 * lies off the heap; {@link #close()} frees it, closing twice is fine, and any other call after that is an {@link
 * IllegalStateException}. One that nobody closed is freed some time after it has become unreachable.
 */
public final class IncrementalTrainer implements AutoCloseable {

    private static final Cleaner CLEANER = Cleaner.create();

    private final SoftmaxTrainer settings;
    private final int features;
    private final int classes;
    private final ElementType type;
    private final long stepsPerEpoch;
    private final long totalSteps;
    private final int threads;
    private final Memory memory;
    private final Cleaner.Cleanable cleanable;
    private long steps;
    /** The kind of the rows, once there were some. */
    private boolean sparse;
    /** Those of the warm start or of the first batch that had some; null until then. */
    private ClassLabels classLabels;

    /** What lies off the heap. Must not refer to the trainer, whose cleaner holds on to this. */
    private static final class Memory implements Runnable {
        /** The initial parameters, and then a place to read the current ones to. Null once freed. */
        private NativeArray parameters;
        /** The s4j_trainer; 0 before the first batch. */
        private long trainer;

        @Override
        public void run() {
            NativeApi.s4j_trainer_free(trainer);
            parameters.close();
            parameters = null;
        }
    }

    IncrementalTrainer(SoftmaxTrainer settings, int features, int classes, ElementType type, long stepsPerEpoch) {
        Core.require();
        this.settings = settings;
        Checks.atLeast("classes", classes, 2);
        int count = Checks.parameterCount(features, classes, settings.intercept);
        Checks.notNull("type", type);
        Checks.atLeast("stepsPerEpoch", stepsPerEpoch, 1);
        if (stepsPerEpoch > Long.MAX_VALUE / settings.epochs) {
            throw new IllegalArgumentException(
                    "stepsPerEpoch x epochs must be below 2^63, was " + stepsPerEpoch + " x " + settings.epochs);
        }
        InitialParameters.check(settings, features, classes);
        if (settings.standardize) {
            throw new IllegalArgumentException(
                    "standardize learns from all of the data and is for a fit; an incremental training has none");
        }
        if (settings.validation != null
                || settings.patience > 0
                || settings.relativeChange > 0
                || settings.memoryLimit != NativeApi.NO_LIMIT) {
            throw new IllegalArgumentException(
                    "validation data, stop rules and a memory limit are for a fit; an incremental training has none");
        }
        if (settings.checkpointFile != null) {
            throw new IllegalArgumentException("checkpoint(" + settings.checkpointFile
                    + ", ...) is for a fit; an incremental training is saved by its own checkpoint(file)");
        }
        this.features = features;
        this.classes = classes;
        this.type = type;
        this.stepsPerEpoch = stepsPerEpoch;
        totalSteps = stepsPerEpoch * settings.epochs;
        threads = settings.threads == 0 ? Core.defaultThreads() : settings.threads;
        classLabels = settings.warmStart == null
                ? null
                : settings.warmStart.classLabels().orElse(null);
        memory = new Memory();
        memory.parameters = NativeArray.ofReals(type.code(), count);
        cleanable = CLEANER.register(this, memory);
        try {
            InitialParameters.write(settings, settings.warmStart, null, type, features, classes, memory.parameters);
        } catch (RuntimeException | Error e) {
            cleanable.clean();
            throw e;
        }
    }

    /**
     * One step of the optimizer on all rows of a batch. Its gradient is that of the mean loss over the batch (weighted, where the rows
     * have weights: divided by the sum of the batch's own), plus penalties, whatever its size.
     *
     * @param batch labelled, with the features and the element type of this and no more classes, dense or sparse as the first one; its
     *     class labels, if any, must be the same in all batches and of all classes; free to be closed afterwards
     * @return the mean loss of the batch before the step, without penalties
     * @throws IllegalArgumentException if the batch does not fit
     * @throws TrainingDivergedException if the loss, a weight or the optimizer's state would become NaN or infinite; no step was
     *     made, the weights are as before, and training can go on with another batch. The optimizer's state is as before too if the
     *     loss was not finite, and starts afresh, as before the first step, if only the update was not
     * @throws IllegalStateException if this or the batch is closed
     * @throws OutOfMemoryError if there is no memory for the optimizer's state or the step; no step was made
     */
    public synchronized double partialFit(Dataset batch) {
        requireOpen();
        check(batch);
        double learningRate = settings.learningRate(steps, stepsPerEpoch, totalSteps);
        try (DatasetMemory.Lease lease = batch.acquire();
                Objective objective =
                        new Objective(lease.data(), classes, settings.intercept, settings.l2, settings.terms)) {
            bind(objective, batch.rows());
            sparse = batch.isSparse();
            int status = SoftmaxTrainer.isRate(learningRate)
                    ? NativeApi.s4j_trainer_step(memory.trainer, 0, batch.rows(), learningRate)
                    : NativeApi.NON_FINITE;
            if (status == NativeApi.NON_FINITE) {
                int epoch = (int) Math.min(Integer.MAX_VALUE, steps / stepsPerEpoch + 1);
                throw new TrainingDivergedException(epoch, steps + 1, learningRate, model());
            }
            Core.check(status);
            steps++;
            classLabels = batch.classLabels().orElse(classLabels);
            return NativeApi.s4j_trainer_take_loss(memory.trainer);
        }
    }

    private void check(Dataset batch) {
        settings.terms.check(Checks.notNull("batch", batch), classes);
        if (batch.features() != features || batch.classes() > classes || batch.elementType() != type) {
            throw new IllegalArgumentException("batch must have " + features + " features of " + type + " and at most "
                    + classes + " classes, has " + batch.features() + " of " + batch.elementType() + " and "
                    + batch.classes());
        }
        batch.requireSameLabels("batch", classLabels, "the trainer");
        batch.classLabels()
                .ifPresent(labels -> Checks.length("class labels", labels.size(), "the trainer has classes:", classes));
    }

    private void bind(Objective objective, long rows) {
        if (memory.trainer != 0) {
            Core.check(NativeApi.s4j_trainer_rebind(memory.trainer, objective.address, rows));
        } else {
            create(objective, rows);
        }
    }

    private void create(Objective objective, long rows) {
        TrainingRows.checkNumbers(settings, type);
        NativeRule rule = NativeRule.of(settings.optimizer, type);
        int[] status = new int[1];
        memory.trainer = NativeApi.s4j_trainer_create(
                objective.address,
                rule.code,
                rule.hyper,
                settings.stepOptions(),
                memory.parameters.address(),
                rows,
                settings.seed,
                threads,
                NativeApi.NO_LIMIT,
                status);
        Core.check(status[0]);
    }

    /**
     * Saves all that decides how this goes on, for {@link SoftmaxTrainer#resumeIncremental}; {@link #steps()} are how far it has come. The
     * file is replaced whole or not at all, and is on disk when this returns.
     *
     * @param file where to
     * @throws IOException if it cannot be written, or would take the place of a file that is neither empty nor a checkpoint
     * @throws IllegalStateException if this is closed
     */
    public synchronized void checkpoint(Path file) throws IOException {
        requireOpen();
        Checkpoint.requireReplaceable(Checks.notNull("file", file));
        boolean begun = memory.trainer != 0;
        String phase =
                !begun ? Checkpoint.INCREMENTAL : sparse ? Checkpoint.INCREMENTAL_SPARSE : Checkpoint.INCREMENTAL_DENSE;
        Checkpoint.Content content =
                new Checkpoint.Content(phase, begun ? NativeState.ofTrainer(memory.trainer) : NativeState.NONE);
        content.put("steps", steps);
        content.putClassLabels(classLabels);
        Checkpoint.write(file, identity(), content);
    }

    /** Goes on from a checkpoint, before the first step. */
    void goOnFrom(Path from) throws IOException {
        String phase = Checkpoint.phase(from);
        sparse = Checkpoint.INCREMENTAL_SPARSE.equals(phase);
        boolean begun = sparse || Checkpoint.INCREMENTAL_DENSE.equals(phase);
        Map<String, String> identity = identity();
        if (begun) {
            createForAnyRows();
        }
        Checkpoint checkpoint = Checkpoint.read(
                from,
                identity,
                begun ? phase : Checkpoint.INCREMENTAL,
                begun ? NativeState.ofTrainer(memory.trainer) : NativeState.NONE);
        steps = checkpoint.number("steps", 0, begun ? Long.MAX_VALUE - 1 : 0);
        classLabels = checkpoint.classLabels(classes);
    }

    /** The state of a trainer depends on the kind of its rows alone: it is bound to others before its next step. */
    private void createForAnyRows() {
        Dataset.Builder row = Dataset.builder().labels(new int[1]).classes(classes);
        if (sparse) {
            int[] offsets = new int[2];
            row = type == ElementType.FLOAT32
                    ? row.sparse(offsets, new int[0], new float[0], features)
                    : row.sparse(offsets, new int[0], new double[0], features);
        } else {
            row = type == ElementType.FLOAT32
                    ? row.features(new float[features], 1, features)
                    : row.features(new double[features], 1, features);
        }
        try (Dataset any = row.build();
                DatasetMemory.Lease lease = any.acquire();
                Objective objective = new Objective(lease, classes, settings.intercept, settings.l2)) {
            create(objective, 1);
        }
    }

    /** Its parameters are written over with the initial ones: what they hold after the first batch is read anew each time. */
    private Map<String, String> identity() {
        InitialParameters.write(settings, settings.warmStart, null, type, features, classes, memory.parameters);
        return TrainingIdentity.of(settings, features, classes, type, stepsPerEpoch, memory.parameters);
    }

    /**
     * The model as it is now. Later steps do not change it.
     *
     * @return a model without a summary, with the class labels of the batches or the warm start
     * @throws IllegalStateException if this is closed
     */
    public synchronized SoftmaxModel model() {
        requireOpen();
        if (memory.trainer != 0) {
            NativeApi.s4j_trainer_parameters(memory.trainer, memory.parameters.address());
        }
        return TrainingRun.model(settings, null, type, features, classes, memory.parameters)
                .withClassLabels(classLabels);
    }

    /**
     * The steps so far; those that failed do not count.
     *
     * @return the number
     * @throws IllegalStateException if this is closed
     */
    public synchronized long steps() {
        requireOpen();
        return steps;
    }

    /** Frees the state, once no call uses it. */
    @Override
    public synchronized void close() {
        cleanable.clean();
    }

    private void requireOpen() {
        if (memory.parameters == null) {
            throw new IllegalStateException("the incremental trainer is closed");
        }
    }
}
