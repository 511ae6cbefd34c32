package io.github.softmax4j;

import java.util.SplittableRandom;

/** Draws {@link InitialWeights}. */
final class InitialParameters {

    private InitialParameters() {}

    /** Fills the weights, D x C; what follows them, the intercept, stays zero. The same numbers on every platform. */
    static void fill(InitialWeights kind, double[] parameters, int features, int classes, long seed) {
        // Not the generator of the row order, which is seeded with the same number.
        SplittableRandom random = new SplittableRandom(seed ^ 0x5DEECE66DL);
        int count = features * classes;
        if (kind instanceof InitialWeights.Gaussian gaussian) {
            for (int i = 0; i < count; i++) {
                parameters[i] = gaussian.standardDeviation() * normal(random);
            }
        } else if (kind instanceof InitialWeights.GlorotUniform) {
            double bound = StrictMath.sqrt(6.0 / ((double) features + classes));
            for (int i = 0; i < count; i++) {
                parameters[i] = bound * symmetric(random);
            }
        }
    }

    /** Uniform in [-1, 1). */
    private static double symmetric(SplittableRandom random) {
        return (random.nextLong() >> 10) * 0x1.0p-53;
    }

    /** Marsaglia's polar method; StrictMath, so that every JVM gives the same bits. */
    private static double normal(SplittableRandom random) {
        while (true) {
            double u = symmetric(random);
            double v = symmetric(random);
            double square = u * u + v * v;
            if (square > 0 && square < 1) {
                return u * StrictMath.sqrt(-2 * StrictMath.log(square) / square);
            }
        }
    }
}
