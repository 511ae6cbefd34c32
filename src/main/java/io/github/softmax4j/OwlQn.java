package io.github.softmax4j;

/**
 * OWL-QN (Andrew and Gao, ICML 2007): L-BFGS with the penalty {@link SoftmaxTrainer.Builder#l1}, which makes weights exactly zero;
 * together with {@link SoftmaxTrainer.Builder#l2} the elastic net. The intercept is not penalised.
 *
 * @param memory steps that the curvature is learnt from, in 1..1000; each takes two vectors of parameters
 */
public record OwlQn(int memory) implements Solver {

    /**
     * Checks the value.
     *
     * @param memory steps that the curvature is learnt from, in 1..1000; each takes two vectors of parameters
     * @throws IllegalArgumentException if it is outside its range
     */
    public OwlQn {
        Lbfgs.checkMemory(memory);
    }

    /** Learns from 10 steps. */
    public OwlQn() {
        this(10);
    }

    @Override
    public String name() {
        return "owlqn";
    }
}
