package io.github.softmax4j;

/**
 * Gradient descent with Nesterov's momentum, in the form of torch.optim.SGD: {@code v = mu v + g; w -= lr (g + mu v)}
 * (Sutskever et al., ICML 2013).
 *
 * @param learningRate the step size, positive
 * @param momentum mu, in [0, 1)
 */
public record Nesterov(double learningRate, double momentum) implements Optimizer {

    /**
     * Checks the values.
     *
     * @param learningRate the step size, positive
     * @param momentum mu, in [0, 1)
     * @throws IllegalArgumentException if one is outside its range
     */
    public Nesterov {
        Checks.positive("learningRate", learningRate);
        Checks.fraction("momentum", momentum);
    }

    @Override
    public String name() {
        return "nesterov";
    }
}
