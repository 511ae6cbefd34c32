package io.github.softmax4j;

/**
 * The thread that called {@link SoftmaxTrainer#fit} was interrupted: training ended between two steps, or within an iteration of
 * a solver; or {@link TemperatureScaling#fit} did, between two passes. The thread's interrupt status is still set.
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

    TrainingInterruptedException(Solver solver, int iteration, SoftmaxModel model) {
        super("training was interrupted in iteration " + iteration + " of " + solver.name()
                + "; the model as it was then is in model()");
        this.steps = Math.max(iteration - 1, 0);
        this.model = model;
    }

    /** Of a temperature. */
    TrainingInterruptedException(int passes, SoftmaxModel model) {
        super("the fit of a temperature was interrupted after " + passes
                + " passes; the model as it was then is in model()");
        this.steps = passes;
        this.model = model;
    }

    /**
     * How many steps training had made; of a solver, iterations; of a temperature, passes.
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
