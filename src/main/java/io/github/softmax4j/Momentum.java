package io.github.softmax4j;

/**
 * Gradient descent with momentum (Polyak, 1964), in either of the two conventions in use. They give the same steps as long as
 * the learning rate stays constant, and different ones when it changes.
 *
 * @param learningRate the step size, positive
 * @param momentum mu, in [0, 1)
 * @param dampening in [0, 1): what {@link Convention#PYTORCH} takes off each new gradient; 0 for the other convention
 * @param convention what the velocity holds
 */
public record Momentum(double learningRate, double momentum, double dampening, Convention convention)
        implements Optimizer {

    /**
     * Checks the values.
     *
     * @param learningRate the step size, positive
     * @param momentum mu, in [0, 1)
     * @param dampening in [0, 1): what {@link Convention#PYTORCH} takes off each new gradient; 0 for the other convention
     * @param convention what the velocity holds
     * @throws IllegalArgumentException if one is outside its range
     */
    public Momentum {
        Checks.positive("learningRate", learningRate);
        Checks.fraction("momentum", momentum);
        Checks.fraction("dampening", dampening);
        Checks.notNull("convention", convention);
        if (dampening != 0 && convention != Convention.PYTORCH) {
            throw new IllegalArgumentException(
                    "dampening must be 0 unless the convention is PYTORCH, was " + dampening);
        }
    }

    /** What the velocity v holds. */
    public enum Convention {
        /** Steps: {@code v = mu v - lr g; w += v}. A change of the learning rate reaches new gradients only. */
        VELOCITY,
        /**
         * Gradients, as in torch.optim.SGD: {@code v = mu v + (1 - dampening) g; w -= lr v}, with v = g at the first step. A
         * change of the learning rate reaches all of v at once.
         */
        PYTORCH
    }

    /**
     * The {@link Convention#VELOCITY} convention.
     *
     * @param learningRate the step size, positive
     * @param momentum mu, in [0, 1)
     */
    public Momentum(double learningRate, double momentum) {
        this(learningRate, momentum, 0, Convention.VELOCITY);
    }

    @Override
    public String name() {
        return "momentum";
    }
}
