package io.github.softmax4j;

/**
 * L-BFGS (Liu and Nocedal, Math. Programming 45, 1989): quasi-Newton steps whose curvature is learnt from the last steps; where
 * features and classes are not too many, from a sample of the rows too, which makes it the fastest of all here. The line search
 * is that of Hager and Zhang (SIAM J. Optim. 16, 2005).
 *
 * @param memory steps that the curvature is learnt from, in 1..1000; each takes two vectors of parameters
 */
public record Lbfgs(int memory) implements Solver {

    /**
     * Checks the values.
     *
     * @param memory steps that the curvature is learnt from, in 1..1000; each takes two vectors of parameters
     * @throws IllegalArgumentException if one is outside its range
     */
    public Lbfgs {
        checkMemory(memory);
    }

    /** Learns from 20 steps. */
    public Lbfgs() {
        this(20);
    }

    static void checkMemory(int memory) {
        Checks.atLeast("memory", memory, 1);
        if (memory > 1000) {
            throw new IllegalArgumentException("memory must be at most 1000, was " + memory);
        }
    }

    @Override
    public String name() {
        return "lbfgs";
    }
}
