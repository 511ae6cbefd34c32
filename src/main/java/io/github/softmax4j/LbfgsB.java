package io.github.softmax4j;

/**
 * L-BFGS-B (Byrd, Lu, Nocedal and Zhu, SIAM J. Sci. Comput. 16, 1995): L-BFGS with the bounds on the weights of
 * {@link SoftmaxTrainer.Builder#bounds}; the intercept has none.
 * Starting weights outside the bounds are moved to them.
 *
 * @param memory steps that the curvature is learnt from, in 1..1000; each takes two vectors of parameters
 */
public record LbfgsB(int memory) implements Solver {

    /**
     * Checks the value.
     *
     * @param memory steps that the curvature is learnt from, in 1..1000; each takes two vectors of parameters
     * @throws IllegalArgumentException if it is outside its range
     */
    public LbfgsB {
        Lbfgs.checkMemory(memory);
    }

    /** Learns from 10 steps. */
    public LbfgsB() {
        this(10);
    }

    @Override
    public String name() {
        return "lbfgsb";
    }
}
