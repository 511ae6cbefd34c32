package io.github.softmax4j;

/**
 * AdaGrad (Duchi, Hazan and Singer, JMLR 2011): {@code a += g^2; w -= lr / (1 + (t - 1) decay) g / (sqrt(a) + epsilon)}.
 *
 * @param learningRate the step size, positive
 * @param epsilon added to the root, positive
 * @param initialAccumulator what a starts from, not negative
 * @param decay of the learning rate, not negative
 */
public record AdaGrad(double learningRate, double epsilon, double initialAccumulator, double decay)
        implements Optimizer {

    /**
     * Checks the values.
     *
     * @param learningRate the step size, positive
     * @param epsilon added to the root, positive
     * @param initialAccumulator what a starts from, not negative
     * @param decay of the learning rate, not negative
     * @throws IllegalArgumentException if one is outside its range
     */
    public AdaGrad {
        Checks.positive("learningRate", learningRate);
        Checks.positive("epsilon", epsilon);
        Checks.notNegative("initialAccumulator", initialAccumulator);
        Checks.notNegative("decay", decay);
    }

    /**
     * With epsilon 1e-10, the accumulator starting from 0 and no decay, as in torch.optim.Adagrad.
     *
     * @param learningRate the step size, positive
     */
    public AdaGrad(double learningRate) {
        this(learningRate, 1e-10, 0, 0);
    }

    @Override
    public String name() {
        return "adagrad";
    }
}
