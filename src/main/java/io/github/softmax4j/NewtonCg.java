package io.github.softmax4j;

/**
 * Newton's method in a trust region, its steps by conjugate gradients (Steihaug, SIAM J. Numer. Anal. 20, 1983; Lin, Weng and
 * Keerthi, JMLR 9, 2008): few iterations, each of several products with the Hessian over all rows. The one to take for a
 * solution to the last digits.
 */
public record NewtonCg() implements Solver {

    @Override
    public String name() {
        return "newton";
    }
}
