package io.github.softmax4j;

/**
 * A method that goes to the minimum of the objective on all rows at once, for {@link SoftmaxTrainer.Builder#solver}. Its result
 * depends on no learning rate, and how far it is from the minimum is certified: see {@link SoftmaxTrainer.Builder#gap}.
 */
public sealed interface Solver permits Lbfgs, LbfgsB, OwlQn, NewtonCg, Sdca {

    /**
     * The name that reports and the command line use.
     *
     * @return a lower-case word, such as {@code lbfgs}
     */
    String name();
}
