package io.github.softmax4j;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019): {@code w -= lr weightDecay w}, then Adam's step. Unlike the
 * L2 penalty of the objective the decay does not pass through the moments. It never touches the intercept.
 *
 * @param learningRate the step size, positive
 * @param weightDecay not negative
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param epsilon added to the root, positive
 * @param amsgrad whether to use AMSGrad
 */
public record AdamW(
        double learningRate, double weightDecay, double beta1, double beta2, double epsilon, boolean amsgrad)
        implements Optimizer {

    /**
     * Checks the values.
     *
     * @param learningRate the step size, positive
     * @param weightDecay not negative
     * @param beta1 decay of the first moment, in [0, 1)
     * @param beta2 decay of the second moment, in [0, 1)
     * @param epsilon added to the root, positive
     * @param amsgrad whether to use AMSGrad
     * @throws IllegalArgumentException if one is outside its range
     */
    public AdamW {
        Checks.positive("learningRate", learningRate);
        Checks.notNegative("weightDecay", weightDecay);
        Checks.fraction("beta1", beta1);
        Checks.fraction("beta2", beta2);
        Checks.positive("epsilon", epsilon);
    }

    /**
     * With beta1 0.9, beta2 0.999, epsilon 1e-8, without AMSGrad.
     *
     * @param learningRate the step size, positive
     * @param weightDecay not negative
     */
    public AdamW(double learningRate, double weightDecay) {
        this(learningRate, weightDecay, 0.9, 0.999, 1e-8, false);
    }

    @Override
    public String name() {
        return "adamw";
    }
}
