package io.github.softmax4j;

/**
 * Stochastic gradient descent: {@code w -= lr g}.
 *
 * @param learningRate the step size, positive
 */
public record Sgd(double learningRate) implements Optimizer {

    /**
     * Checks the values.
     *
     * @param learningRate the step size, positive
     * @throws IllegalArgumentException if one is outside its range
     */
    public Sgd {
        Checks.positive("learningRate", learningRate);
    }

    @Override
    public String name() {
        return "sgd";
    }
}
