package io.github.softmax4j;

/**
 * Adam (Kingma and Ba, ICLR 2015): {@code m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w -= lr / (1 - beta1^t) m /
 * (sqrt(v / (1 - beta2^t)) + epsilon)}. With AMSGrad (Reddi, Kale and Kumar, ICLR 2018) v's running maximum takes its place in the
 * step.
 *
 * @param learningRate the step size, positive
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param epsilon added to the root, positive
 * @param amsgrad whether to use AMSGrad
 */
public record Adam(double learningRate, double beta1, double beta2, double epsilon, boolean amsgrad)
        implements Optimizer {

    /**
     * Checks the values.
     *
     * @param learningRate the step size, positive
     * @param beta1 decay of the first moment, in [0, 1)
     * @param beta2 decay of the second moment, in [0, 1)
     * @param epsilon added to the root, positive
     * @param amsgrad whether to use AMSGrad
     * @throws IllegalArgumentException if one is outside its range
     */
    public Adam {
        Checks.positive("learningRate", learningRate);
        Checks.fraction("beta1", beta1);
        Checks.fraction("beta2", beta2);
        Checks.positive("epsilon", epsilon);
    }

    /**
     * With beta1 0.9, beta2 0.999, epsilon 1e-8, without AMSGrad.
     *
     * @param learningRate the step size, positive
     */
    public Adam(double learningRate) {
        this(learningRate, 0.9, 0.999, 1e-8, false);
    }

    @Override
    public String name() {
        return "adam";
    }
}
