package io.github.softmax4j;

/**
 * A rule that turns gradients into steps. Optimizers are values: their state lives in one {@link SoftmaxTrainer#fit fit} or in
 * an {@link OptimizerState}.
 *
 * <p>In the formulas {@code g} is the gradient of the objective, the L2 penalty included, {@code t} counts steps from 1, and
 * {@code lr} is {@link #learningRate()} times the factor of the {@link LearningRateSchedule}.
 */
public sealed interface Optimizer permits Sgd, Momentum, Nesterov, AdaGrad, RmsProp, Adam, AdamW {

    /**
     * The base learning rate.
     *
     * @return a positive number
     */
    double learningRate();

    /**
     * The name that reports and the command line use.
     *
     * @return a lower-case word, such as {@code adam}
     */
    String name();
}
