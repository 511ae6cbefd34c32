package io.github.softmax4j;

/**
 * Stochastic dual coordinate ascent (Shalev-Shwartz and Zhang, JMLR 14, 2013): an iteration visits the rows one by one, in a
 * new order, and moves to the maximum that the dual has along each. The one to take for sparse rows with many features, where it
 * needs some ten or twenty passes; its certificate, the duality gap, is the tightest there is. For cross-entropy with an L2
 * penalty, without z-loss, temperature and masks. It holds a value for each row and class; the passes run on one thread, what
 * certifies them on all.
 */
public record Sdca() implements Solver {

    @Override
    public String name() {
        return "sdca";
    }
}
