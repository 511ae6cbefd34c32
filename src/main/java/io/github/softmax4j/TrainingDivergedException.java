package io.github.softmax4j;

/**
 * The loss, a weight or the optimizer's state of one became NaN or infinite during training: usually the learning rate is too high for the scale of the
 * features. Or the schedule gave a learning rate that is negative or not finite, or the objective of a solver or its gradient is not finite. Training
 * stops at that step; the weights from before it are kept in {@link #lastFiniteModel()}.
 */
public final class TrainingDivergedException extends SoftmaxException {

    private static final long serialVersionUID = 1L;

    /** Of the step that failed. */
    private final int epoch;
    /** The step that failed. */
    private final long step;

    private final transient SoftmaxModel lastFiniteModel;

    TrainingDivergedException(int epoch, long step, double learningRate, SoftmaxModel lastFiniteModel) {
        super(
                SoftmaxTrainer.isRate(learningRate)
                        ? "the loss, a weight or its optimizer state is not finite at step " + step + " (epoch " + epoch
                                + ", learning rate " + learningRate
                                + "); the weights from before that step are in lastFiniteModel(); a lower learning rate or"
                                + " features of a smaller scale usually help"
                        : "the schedule must keep the learning rate finite and not negative, was " + learningRate
                                + " at step " + step + "; the weights from before that step are in lastFiniteModel()");
        this.epoch = epoch;
        this.step = step;
        this.lastFiniteModel = lastFiniteModel;
    }

    TrainingDivergedException(Solver solver, int iteration, SoftmaxModel lastFiniteModel) {
        super("the objective or its gradient is not finite at iteration " + iteration + " of " + solver.name()
                + "; the weights from before that iteration are in lastFiniteModel(); features of a smaller scale usually"
                + " help");
        this.epoch = 0;
        this.step = iteration;
        this.lastFiniteModel = lastFiniteModel;
    }

    /**
     * The epoch of the step that failed.
     *
     * @return the epoch, from 1; 0 of a solver
     */
    public int epoch() {
        return epoch;
    }

    /**
     * The step that failed, counted over the whole training; of a solver, the iteration.
     *
     * @return the step, from 1; 0 where a solver cannot even start
     */
    public long step() {
        return step;
    }

    /**
     * The model as it was before the step that failed. Not kept when the exception is serialised.
     *
     * @return a model with finite weights
     */
    public SoftmaxModel lastFiniteModel() {
        return lastFiniteModel;
    }
}
