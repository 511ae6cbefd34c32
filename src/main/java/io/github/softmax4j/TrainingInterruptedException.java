package io.github.softmax4j;

/**
 * The thread that called {@link SoftmaxTrainer#fit} was interrupted: training ended between two steps. The thread's interrupt status
 * is still set.
 */
public final class TrainingInterruptedException extends SoftmaxException {

    private static final long serialVersionUID = 1L;

    /** Steps that were made. */
    private final long steps;

    private final transient SoftmaxModel model;

    TrainingInterruptedException(int epoch, long steps, SoftmaxModel model) {
        super("training was interrupted after " + steps + " steps, in epoch " + epoch
                + "; the model as it was then is in model()");
        this.steps = steps;
        this.model = model;
    }

    /**
     * How many steps training had made.
     *
     * @return the number, 0 if there were none
     */
    public long steps() {
        return steps;
    }

    /**
     * The model as it was then. Not kept when the exception is serialised.
     *
     * @return the model
     */
    public SoftmaxModel model() {
        return model;
    }
}
