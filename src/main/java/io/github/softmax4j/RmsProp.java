package io.github.softmax4j;

/**
 * RMSProp (Tieleman and Hinton, 2012), as in torch.optim.RMSprop: {@code a = rho a + (1 - rho) g^2; w -= lr g / (sqrt(a) +
 * epsilon)}. Centred (Graves, 2013), the square of a running mean of the gradient is taken off a first. With momentum, {@code v =
 * momentum v + g / (sqrt(a) + epsilon); w -= lr v}.
 *
 * @param learningRate the step size, positive
 * @param rho decay of the running means, in [0, 1)
 * @param epsilon added to the root, positive
 * @param momentum in [0, 1); 0 for none
 * @param centred whether a is the variance of the gradient rather than its mean square
 */
public record RmsProp(double learningRate, double rho, double epsilon, double momentum, boolean centred)
        implements Optimizer {

    /**
     * Checks the values.
     *
     * @param learningRate the step size, positive
     * @param rho decay of the running means, in [0, 1)
     * @param epsilon added to the root, positive
     * @param momentum in [0, 1); 0 for none
     * @param centred whether a is the variance of the gradient rather than its mean square
     * @throws IllegalArgumentException if one is outside its range
     */
    public RmsProp {
        Checks.positive("learningRate", learningRate);
        Checks.fraction("rho", rho);
        Checks.positive("epsilon", epsilon);
        Checks.fraction("momentum", momentum);
    }

    /**
     * With rho 0.99, epsilon 1e-8, no momentum, not centred, as in torch.optim.RMSprop.
     *
     * @param learningRate the step size, positive
     */
    public RmsProp(double learningRate) {
        this(learningRate, 0.99, 1e-8, 0, false);
    }

    @Override
    public String name() {
        return "rmsprop";
    }
}
