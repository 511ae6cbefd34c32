package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Trains linear softmax classifiers by (mini-batch) gradient descent, or to the minimum by a {@link Solver}. Minimises the objective of {@link SoftmaxLoss}.
 *
 * <p>Immutable and safe for any number of threads. Reproducible: the same data, settings and seed give the same bits, on any number
 * of threads, on the same machine and version.
 */
public final class SoftmaxTrainer {

    final Optimizer optimizer;
    final LearningRateSchedule schedule;
    final double l1;
    final LossTerms terms;
    final double l2;
    final double weightDecay;
    final double lower;
    final double upper;
    final double clipNorm;
    final double clipValue;
    final boolean intercept;
    final boolean standardize;
    final boolean centering;
    final int epochs;
    final int batchSize;
    final boolean shuffle;
    final long seed;
    final int threads;
    final InitialWeights initialWeights;
    final SoftmaxModel warmStart;
    final Dataset validation;
    final int patience;
    final double relativeChange;
    final Consumer<? super TrainingProgress> listener;
    final long memoryLimit;
    final Solver solver;
    final double gap;
    final double gradientTolerance;
    final int maxIterations;
    final int stochasticEpochs;
    final Consumer<? super SolverProgress> solverListener;
    /** Null where none are written. */
    final Path checkpointFile;
    /** Epochs or iterations from one to the next; 0: by time. */
    final int checkpointEvery;

    final Duration checkpointInterval;
    /** Null where a failure ends the training. */
    final Consumer<? super IOException> checkpointFailures;

    private SoftmaxTrainer(Builder b) {
        optimizer = b.optimizer;
        schedule = b.schedule;
        l1 = b.l1;
        terms = b.terms;
        l2 = b.l2;
        weightDecay = b.weightDecay;
        lower = b.lower;
        upper = b.upper;
        clipNorm = b.clipNorm;
        clipValue = b.clipValue;
        intercept = b.intercept;
        standardize = b.standardize;
        centering = b.centering;
        epochs = b.epochs;
        batchSize = b.batchSize;
        shuffle = b.shuffle;
        seed = b.seed;
        threads = b.threads;
        initialWeights = b.initialWeights;
        warmStart = b.warmStart;
        validation = b.validation;
        patience = b.patience;
        relativeChange = b.relativeChange;
        listener = b.listener;
        memoryLimit = b.memoryLimit;
        solver = b.solver;
        gap = b.gap;
        gradientTolerance = b.gradientTolerance;
        maxIterations = b.maxIterations;
        stochasticEpochs = b.stochasticEpochs;
        solverListener = b.solverListener;
        checkpointFile = b.checkpointFile;
        checkpointEvery = b.checkpointEvery;
        checkpointInterval = b.checkpointInterval;
        checkpointFailures = b.checkpointFailures;
    }

    /**
     * Starts from: Adam at 0.001, constant learning rate, no penalty, an intercept, 10 epochs of shuffled batches of 128 rows, seed
     * 0, weights from zero.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Trains a model.
     *
     * @param data labelled, with at least 2 classes
     * @return the model
     * @throws IllegalArgumentException if the data does not fit the settings, or the memory limit is too small for it
     * @throws TrainingDivergedException if the loss, a weight or the optimizer's state becomes NaN or infinite, or a solver's
     *     objective does, or the schedule gives a rate that is negative or not finite; it has the last finite model
     * @throws TrainingInterruptedException if the calling thread is interrupted, which is looked for before each step, by solvers before
     *     each pass over the rows; it has the model so far
     * @throws StandardizationException if the weights for features as they are would not be finite; it has the model of standardised features
     * @throws IllegalStateException if the data or the validation data is closed
     * @throws CheckpointException if a {@link Builder#checkpoint checkpoint} cannot be written and no listener takes that; it has the
     *     model so far
     * @throws OutOfMemoryError if there is no memory for the optimizer's state; before anything is allocated, if the {@link #plan} cannot
     *     fit memory and swap of the machine or container
     */
    public SoftmaxModel fit(Dataset data) {
        try {
            return run(data, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing is read here
        }
    }

    /**
     * Goes on with a training from a checkpoint that it has written: the model is, bit for bit, the one that the training would have
     * ended with, on any number of threads. Settings and data must be those of the training, whose names and values, and a hash of the data,
     * are in the checkpoint; threads, listeners, {@link Builder#maxIterations} and where checkpoints go may differ. The machine must run
     * the same kernels, for others round otherwise: {@code -Dsoftmax4j.kernels} names them.
     *
     * @param data as for {@link #fit}
     * @param checkpoint what {@link Builder#checkpoint} has written
     * @return the model
     * @throws IOException if the checkpoint cannot be read, or is none, or is damaged
     * @throws IllegalArgumentException as {@link #fit}, or if the checkpoint is of another training; the message names the first
     *     setting that differs and both values
     */
    public SoftmaxModel resume(Dataset data, Path checkpoint) throws IOException {
        return run(data, Checks.notNull("checkpoint", checkpoint));
    }

    private SoftmaxModel run(Dataset data, Path from) throws IOException {
        Checks.notNull("data", data);
        return solver == null ? new TrainingRun(this, data).run(from) : new SolverRun(this, data).run(from);
    }

    /**
     * A training of data that comes in batches, one by one, with this one's optimizer, schedule, penalties, bounds, clipping and
     * intercept, from its warm start or initial weights. Batch size, shuffling and listener are for {@link #fit} alone.
     *
     * @param features D, at least 1
     * @param classes C, at least 2: all that will ever come
     * @param type of the features
     * @param stepsPerEpoch what the schedule takes for an epoch, at least 1, and {@link Builder#epochs} times that for the whole
     *     training; of no account where the schedule is constant
     * @return the training, to be closed
     * @throws IllegalArgumentException if a value is out of range or does not fit the warm start, or this has validation data, a stop
     *     rule, a memory limit or a checkpoint, which only a fit can heed
     * @throws OutOfMemoryError if there is no memory for the parameters
     */
    public IncrementalTrainer incremental(int features, int classes, ElementType type, long stepsPerEpoch) {
        return new IncrementalTrainer(this, features, classes, type, stepsPerEpoch);
    }

    /**
     * Goes on with an incremental training from what {@link IncrementalTrainer#checkpoint} has saved: fed with the same batches, it comes to
     * the same bits as the one that was saved, on any number of threads. Settings, arguments and machine must be those of the
     * training, as for {@link #resume}.
     *
     * @param features as for {@link #incremental}
     * @param classes likewise
     * @param type likewise
     * @param stepsPerEpoch likewise
     * @param checkpoint the file
     * @return the training, to be closed
     * @throws IOException if the checkpoint cannot be read, or is none, or is damaged
     * @throws IllegalArgumentException as {@link #incremental}, or if the checkpoint is of another training; the message names the first
     *     setting that differs and both values
     * @throws OutOfMemoryError if there is no memory for the parameters or the optimizer's state
     */
    public IncrementalTrainer resumeIncremental(
            int features, int classes, ElementType type, long stepsPerEpoch, Path checkpoint) throws IOException {
        Checks.notNull("checkpoint", checkpoint);
        IncrementalTrainer training = incremental(features, classes, type, stepsPerEpoch);
        try {
            training.goOnFrom(checkpoint);
            return training;
        } catch (IOException | RuntimeException | Error e) {
            training.close();
            throw e;
        }
    }

    /** The rate of a step, from 0, which need not be one that a step can have. */
    double learningRate(long step, long stepsPerEpoch, long totalSteps) {
        return optimizer.learningRate() * schedule.factor(step, stepsPerEpoch, totalSteps);
    }

    /** Not negative and finite; a step of rate 0, as of a schedule that has come down so far, is one. */
    static boolean isRate(double rate) {
        return rate >= 0 && !Double.isInfinite(rate);
    }

    /** As the C ABI takes them: s4j_step_option. */
    double[] stepOptions() {
        double[] options = new double[NativeApi.STEP_OPTIONS];
        options[NativeApi.L1] = l1;
        options[NativeApi.DECAY] = weightDecay;
        options[NativeApi.LOWER] = lower;
        options[NativeApi.UPPER] = upper;
        options[NativeApi.CLIP_VALUE] = clipValue;
        options[NativeApi.CLIP_NORM] = clipNorm;
        return options;
    }

    /**
     * The memory that {@link #fit} on data of some shape will take, without allocating any of it.
     *
     * @param rows N, at least 1; N x D at most 2^59
     * @param features D, at least 1
     * @param classes C, at least 2
     * @param type of the features
     * @return all parts, in bytes
     * @throws IllegalArgumentException if the shape is out of range, or this has a memory limit that cannot be kept; the message then
     *     has the limit, the least that is needed, and what is taken without a limit
     */
    public MemoryPlan plan(long rows, int features, int classes, ElementType type) {
        Checks.atLeast("classes", classes, 2);
        return plan(new Work(type, rows, features, classes, intercept, Work.DENSE));
    }

    /**
     * The memory that {@link #fit} on sparse data of some shape will take, without allocating any of it; of the dataset, the most that
     * it can be.
     *
     * @param rows N, at least 1
     * @param features D, at least 1
     * @param nonZeros entries of all rows together, in 0..2^59
     * @param classes C, at least 2
     * @param type of the features
     * @return all parts, in bytes
     * @throws IllegalArgumentException as {@link #plan}
     */
    public MemoryPlan planSparse(long rows, int features, long nonZeros, int classes, ElementType type) {
        Checks.atLeast("classes", classes, 2);
        Checks.atLeast("nonZeros", nonZeros, 0);
        return plan(new Work(type, rows, features, classes, intercept, nonZeros));
    }

    private MemoryPlan plan(Work work) {
        Work seen = work.asStored(standardize);
        return solver == null ? new TrainingPlan(this, seen).memory : new SolverPlan(this, seen).memory;
    }

    /** Whether means are subtracted from the features. */
    boolean centres() {
        return standardize && centering;
    }

    /** The epochs that a solver starts from. */
    SoftmaxTrainer start() {
        Builder b = new Builder();
        b.optimizer = optimizer;
        b.schedule = schedule;
        b.terms = terms;
        b.l1 = l1;
        b.l2 = l2;
        b.lower = lower;
        b.upper = upper;
        b.intercept = intercept;
        b.standardize = standardize;
        b.centering = centering;
        b.epochs = stochasticEpochs;
        b.batchSize = batchSize;
        b.shuffle = shuffle;
        b.seed = seed;
        b.threads = threads;
        b.initialWeights = initialWeights;
        b.warmStart = warmStart;
        b.listener = listener;
        b.memoryLimit = memoryLimit;
        b.checkpointFile = checkpointFile;
        b.checkpointEvery = checkpointEvery;
        b.checkpointInterval = checkpointInterval;
        b.checkpointFailures = checkpointFailures;
        return new SoftmaxTrainer(b);
    }

    /** Settings of a {@link SoftmaxTrainer}. */
    public static final class Builder {
        private Optimizer optimizer = new Adam(1e-3);
        private LearningRateSchedule schedule = LearningRateSchedule.constant();
        private double l1;
        private LossTerms terms = LossTerms.PLAIN;
        private double l2;
        private double weightDecay;
        private double lower = Double.NEGATIVE_INFINITY;
        private double upper = Double.POSITIVE_INFINITY;
        private double clipNorm = Double.POSITIVE_INFINITY;
        private double clipValue = Double.POSITIVE_INFINITY;
        private boolean intercept = true;
        private boolean standardize;
        private boolean centering = true;
        private int epochs = 10;
        private int batchSize = 128;
        private boolean shuffle = true;
        private long seed;
        private int threads;
        private InitialWeights initialWeights = InitialWeights.zeros();
        private SoftmaxModel warmStart;
        private Dataset validation;
        private int patience;
        private double relativeChange;
        private Consumer<? super TrainingProgress> listener = progress -> {};
        private long memoryLimit = NativeApi.NO_LIMIT;
        private Solver solver;
        private double gap;
        private double gradientTolerance;
        private int maxIterations = 1000;
        private int stochasticEpochs;
        private Consumer<? super SolverProgress> solverListener = progress -> {};
        private Path checkpointFile;
        private int checkpointEvery;
        private Duration checkpointInterval;
        private Consumer<? super IOException> checkpointFailures;

        private Builder() {}

        /**
         * The rule of the steps, with its learning rate.
         *
         * @param optimizer not null
         * @return this
         */
        public Builder optimizer(Optimizer optimizer) {
            this.optimizer = Checks.notNull("optimizer", optimizer);
            return this;
        }

        /**
         * How the learning rate changes.
         *
         * @param schedule not null
         * @return this
         */
        public Builder schedule(LearningRateSchedule schedule) {
            this.schedule = Checks.notNull("schedule", schedule);
            return this;
        }

        /**
         * The loss of a row; plain cross-entropy unless set.
         *
         * @param loss not null
         * @return this
         */
        public Builder loss(Loss loss) {
            this.terms = terms.with(loss);
            return this;
        }

        /**
         * Weights of the classes: that of its label multiplies the weight of a row, in the loss and in what the mean divides by.
         *
         * @param weights one for each class, finite and not negative
         * @return this
         */
        public Builder classWeights(double... weights) {
            this.terms = terms.withClassWeights(weights);
            return this;
        }

        /**
         * Gives every class that occurs the same say: class weights of N / (C n_c), scikit-learn's {@code class_weight="balanced"}, N and
         * n_c being sums of row weights.
         *
         * @return this
         */
        public Builder balancedClassWeights() {
            this.terms = terms.withBalancedWeights();
            return this;
        }

        /**
         * Classes that take no part: their probability is 0, as with a score of -infinity, and no row may have one as its label.
         *
         * @param classes in 0..C-1, not all of them
         * @return this
         */
        public Builder maskedClasses(int... classes) {
            this.terms = terms.withMasked(classes);
            return this;
        }

        /**
         * The L1 penalty: {@code l1 * sum(|W|)} on the mean loss, which makes weights exactly 0; with {@link #l2} it is the elastic
         * net. Each step ends with its proximal operator, {@code w = sign(w) max(|w| - s l1, 0)}, where s is the step size of the
         * weight: how far the optimizer moves it in the long run per step and unit of a constant gradient. So it is the learning rate
         * for plain descent, {@code lr / (1 - momentum)} with momentum, and divided by the root of the running mean square for the
         * adaptive rules; with that, and with no other, training rests where the penalised objective has its minimum.
         *
         * @param l1 not negative
         * @return this
         */
        public Builder l1(double l1) {
            Checks.notNegative("l1", l1);
            this.l1 = l1;
            return this;
        }

        /**
         * The L2 penalty: {@code l2 / 2 * sum(W^2)} on the mean loss, and so {@code l2 W} on the gradient (coupled weight decay).
         *
         * @param l2 not negative
         * @return this
         */
        public Builder l2(double l2) {
            Checks.notNegative("l2", l2);
            this.l2 = l2;
            return this;
        }

        /**
         * Decoupled weight decay (Loshchilov and Hutter, ICLR 2019), for any optimizer: {@code w -= lr weightDecay w} before each step,
         * past the optimizer's state. It is no part of the objective and spares the intercept.
         *
         * @param weightDecay not negative; not for {@link AdamW}, which has its own
         * @return this
         */
        public Builder weightDecay(double weightDecay) {
            Checks.notNegative("weightDecay", weightDecay);
            this.weightDecay = weightDecay;
            return this;
        }

        /**
         * Bounds of every weight, kept by projection after each step; the intercept is free.
         *
         * @param lower below upper; negative infinity for none
         * @param upper infinity for none
         * @return this
         */
        public Builder bounds(double lower, double upper) {
            if (!(lower < upper)) {
                throw new IllegalArgumentException("lower must be below upper, was " + lower + " and " + upper);
            }
            this.lower = lower;
            this.upper = upper;
            return this;
        }

        /**
         * Scales the gradient of a step down to a Euclidean norm where its own is larger. The norm is that of the whole gradient, with the
         * L2 penalty and the intercept.
         *
         * @param norm positive and finite; not clipped by default
         * @return this
         */
        public Builder clipGradientNorm(double norm) {
            Checks.positive("clipGradientNorm", norm);
            this.clipNorm = norm;
            return this;
        }

        /**
         * Moves each element of the gradient of a step, L2 penalty included, into {@code -value..value}, after {@link
         * #clipGradientNorm} where both are set.
         *
         * @param value positive and finite; not clipped by default
         * @return this
         */
        public Builder clipGradientValue(double value) {
            Checks.positive("clipGradientValue", value);
            this.clipValue = value;
            return this;
        }

        /**
         * Whether the model has an intercept; it is never penalised.
         *
         * @param intercept true by default
         * @return this
         */
        public Builder intercept(boolean intercept) {
            this.intercept = intercept;
            return this;
        }

        /**
         * How often training goes over the data, at most.
         *
         * @param epochs at least 1
         * @return this
         */
        public Builder epochs(int epochs) {
            Checks.atLeast("epochs", epochs, 1);
            this.epochs = epochs;
            return this;
        }

        /**
         * Rows per step. The last batch of an epoch takes what is left and counts with its size.
         *
         * @param batchSize at least 1; above N it means all rows
         * @return this
         */
        public Builder batchSize(int batchSize) {
            Checks.atLeast("batchSize", batchSize, 1);
            this.batchSize = batchSize;
            return this;
        }

        /**
         * One step per epoch, on all rows, in their order.
         *
         * @return this
         */
        public Builder fullBatch() {
            this.batchSize = Integer.MAX_VALUE;
            this.shuffle = false;
            return this;
        }

        /**
         * Whether each epoch goes through the rows in a new random order.
         *
         * @param shuffle true by default
         * @return this
         */
        public Builder shuffle(boolean shuffle) {
            this.shuffle = shuffle;
            return this;
        }

        /**
         * Whether each feature is standardised: {@code (x - mean) / deviation}, with mean and standard deviation (of the population) over
         * the training rows by their weights; a constant feature is only centred. The optimizer and the penalty then see the weights of the
         * standardised features, which makes them treat features of different units alike. It takes no copy of the data, one more pass
         * over it, and for that pass up to 40 MiB that {@link #memoryLimit} does not count (for more than 200,000 features, 170 bytes for
         * each). The model takes features as they are: its weights are {@code W / deviation}, its intercept
         * {@code b - mean W / deviation}, which is there even where the trainer has none; see {@link SoftmaxModel#standardization()}.
         *
         * @param standardize false by default
         * @return this
         */
        public Builder standardize(boolean standardize) {
            this.standardize = standardize;
            return this;
        }

        /**
         * Whether standardising subtracts the mean. Without, features are divided by their standard deviation alone, zeros stay zeros, and
         * sparse rows can be standardised too (scikit-learn's {@code StandardScaler(with_mean=False)}); for those it takes a copy of the
         * entries, which memory plans count.
         *
         * @param centering true by default
         * @return this
         */
        public Builder centering(boolean centering) {
            this.centering = centering;
            return this;
        }

        /**
         * What the order of the rows and the initial weights are drawn from.
         *
         * @param seed any number
         * @return this
         */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * The most threads a fit uses; by default as {@link Softmax4j#threads()} says. The result does not depend on it.
         *
         * @param threads in 1..1024
         * @return this
         */
        public Builder threads(int threads) {
            this.threads = Core.checkThreads(threads);
            return this;
        }

        /**
         * Where training starts.
         *
         * @param initialWeights not null
         * @return this
         */
        public Builder initialWeights(InitialWeights initialWeights) {
            this.initialWeights = Checks.notNull("initialWeights", initialWeights);
            return this;
        }

        /**
         * Starts from a model instead of from initial weights. The optimizer's state starts afresh.
         *
         * @param model with as many features and classes as the data, and an intercept where the trainer has one
         * @return this
         */
        public Builder warmStart(SoftmaxModel model) {
            this.warmStart = Checks.notNull("model", model);
            return this;
        }

        /**
         * Data to judge the model on after each epoch.
         *
         * @param validation labelled, with the features of the training data; not closed by the trainer
         * @return this
         */
        public Builder validation(Dataset validation) {
            this.validation = Checks.notNull("validation", validation);
            return this;
        }

        /**
         * Stops when so many epochs in a row have brought no improvement, and returns the best model seen. What must improve is the
         * validation loss where there is validation data, the objective over all rows otherwise.
         *
         * @param epochs at least 1
         * @return this
         */
        public Builder stopWhenNoImprovement(int epochs) {
            Checks.atLeast("epochs", epochs, 1);
            this.patience = epochs;
            return this;
        }

        /**
         * Stops when the objective over all rows changes from one epoch to the next by less than a fraction of itself.
         *
         * @param fraction positive
         * @return this
         */
        public Builder stopWhenRelativeChangeBelow(double fraction) {
            Checks.positive("fraction", fraction);
            this.relativeChange = fraction;
            return this;
        }

        /**
         * Is told after each epoch, on the calling thread. An exception it throws ends the training and reaches the caller.
         *
         * @param listener not null
         * @return this
         */
        public Builder listener(Consumer<? super TrainingProgress> listener) {
            this.listener = Checks.notNull("listener", listener);
            return this;
        }

        /**
         * The most memory that a fit may take beside the dataset, in bytes: {@link MemoryPlan#working()} of its plan.
         * To keep to it the work is cut otherwise, into fewer lanes, smaller blocks and fewer threads, which can cost time; a limit
         * that is too small for any cut is refused before anything is allocated. The limit is a setting like the batch size:
         * under the same limit results have the same bits for any number of threads, under another one they can be rounded otherwise.
         *
         * @param bytes at least 1; by default there is no limit
         * @return this
         */
        public Builder memoryLimit(long bytes) {
            Checks.atLeast("memoryLimit", bytes, 1);
            this.memoryLimit = bytes;
            return this;
        }

        /**
         * Goes to the minimum by this method instead of by epochs. Validation and the stop rules of epochs are then not for it.
         *
         * @param solver not null
         * @return this
         */
        public Builder solver(Solver solver) {
            this.solver = Checks.notNull("solver", solver);
            return this;
        }

        /**
         * Lets a solver stop where the objective F is certified to be within a relative gap of its minimum F*:
         * {@code F - F* <= fraction * F*}. It takes a penalty l2 or bounds to certify one.
         *
         * @param fraction positive; without it a solver goes on until rounding stops it, or another rule
         * @return this
         */
        public Builder gap(double fraction) {
            Checks.positive("gap", fraction);
            this.gap = fraction;
            return this;
        }

        /**
         * Lets a solver stop where no component of the gradient is larger; where there are bounds, of the projected one, and with l1
         * of the subgradient of least norm.
         *
         * @param tolerance positive
         * @return this
         */
        public Builder gradientTolerance(double tolerance) {
            Checks.positive("gradientTolerance", tolerance);
            this.gradientTolerance = tolerance;
            return this;
        }

        /**
         * The most iterations of a solver.
         *
         * @param iterations at least 1; 1000 by default
         * @return this
         */
        public Builder maxIterations(int iterations) {
            Checks.atLeast("maxIterations", iterations, 1);
            this.maxIterations = iterations;
            return this;
        }

        /**
         * Lets a solver start from so many epochs of the optimizer, with its schedule, batches and seed: they come close to the
         * minimum for what a few of the solver's iterations cost.
         *
         * @param epochs not negative; 0 by default
         * @return this
         */
        public Builder stochasticEpochs(int epochs) {
            Checks.atLeast("stochasticEpochs", epochs, 0);
            this.stochasticEpochs = epochs;
            return this;
        }

        /**
         * Is told after each iteration of a solver, on the calling thread. An exception it throws ends the training and reaches the
         * caller.
         *
         * @param listener not null
         * @return this
         */
        public Builder solverListener(Consumer<? super SolverProgress> listener) {
            this.solverListener = Checks.notNull("listener", listener);
            return this;
        }

        /**
         * Writes a checkpoint before the first step, after every so many epochs, and when the thread is interrupted: all that
         * decides how the training goes on, for {@link SoftmaxTrainer#resume}. The file is replaced whole or not at all, and is on
         * disk before the training goes on. It is left when the training ends. A checkpoint that is there is replaced; where anything
         * else is, but an empty file, {@link SoftmaxTrainer#fit} throws an {@code IllegalArgumentException}.
         *
         * @param file where to
         * @param epochs at least 1; of a solver, iterations
         * @return this
         */
        public Builder checkpoint(Path file, int epochs) {
            Checks.atLeast("epochs", epochs, 1);
            this.checkpointFile = Checks.notNull("file", file);
            this.checkpointEvery = epochs;
            this.checkpointInterval = null;
            return this;
        }

        /**
         * The same by time: at the first step, or iteration of a solver, so long after the last checkpoint.
         *
         * @param file where to
         * @param interval positive
         * @return this
         */
        public Builder checkpoint(Path file, Duration interval) {
            if (Checks.notNull("interval", interval).isNegative() || interval.isZero()) {
                throw new IllegalArgumentException("interval must be positive, was " + interval);
            }
            this.checkpointFile = Checks.notNull("file", file);
            this.checkpointEvery = 0;
            this.checkpointInterval = interval;
            return this;
        }

        /**
         * Is told why a checkpoint could not be written, on the calling thread; the training goes on and tries again when the next
         * one is due. Without a listener the training ends with a {@link CheckpointException}.
         *
         * @param listener not null
         * @return this
         */
        public Builder checkpointFailures(Consumer<? super IOException> listener) {
            this.checkpointFailures = Checks.notNull("listener", listener);
            return this;
        }

        /**
         * Builds.
         *
         * @return the trainer
         * @throws IllegalArgumentException if settings contradict each other
         */
        public SoftmaxTrainer build() {
            if (weightDecay > 0 && optimizer instanceof AdamW) {
                throw new IllegalArgumentException(
                        "weightDecay must be 0 with AdamW, which has its own, was " + weightDecay);
            }
            terms.check(intercept);
            if (!centering && !standardize) {
                throw new IllegalArgumentException("centering(false) is for standardize(true)");
            }
            if (standardize && terms.loss instanceof MarginSoftmax) {
                throw new IllegalArgumentException("standardize must be false for " + terms.loss
                        + ", whose rows are scaled to length 1 as they are");
            }
            if (solver != null && (validation != null || patience > 0 || relativeChange > 0)) {
                throw new IllegalArgumentException(
                        "validation, stopWhenNoImprovement and stopWhenRelativeChangeBelow are for epochs, the solver is "
                                + solver.name());
            }
            if (solver instanceof NewtonCg
                    && (terms.loss instanceof MarginSoftmax || terms.loss instanceof ClippedCrossEntropy)) {
                throw new IllegalArgumentException(
                        "NewtonCg needs second derivatives, " + terms.loss + " has none; another solver does without");
            }
            if (solver != null && l1 > 0 && !(solver instanceof OwlQn)) {
                throw new IllegalArgumentException("l1 is for OwlQn, the solver is " + solver.name());
            }
            if (solver != null
                    && !(solver instanceof LbfgsB)
                    && (lower > Double.NEGATIVE_INFINITY || upper < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("bounds are for LbfgsB, the solver is " + solver.name());
            }
            if (solver instanceof Sdca && l2 == 0) {
                throw new IllegalArgumentException("l2 must be positive for sdca, was 0");
            }
            if (solver instanceof Sdca && !terms.isPlainCrossEntropy()) {
                throw new IllegalArgumentException(
                        "sdca is for cross-entropy without z-loss, temperature and masked classes, the loss is "
                                + terms.loss + (terms.hasMask() ? " with masked classes" : ""));
            }
            if (solver == null && (gap > 0 || gradientTolerance > 0 || stochasticEpochs > 0)) {
                throw new IllegalArgumentException("gap, gradientTolerance and stochasticEpochs are for a solver");
            }
            return new SoftmaxTrainer(this);
        }
    }
}
