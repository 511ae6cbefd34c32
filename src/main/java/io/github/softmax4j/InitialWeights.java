package io.github.softmax4j;

import java.util.SplittableRandom;

/** Where training starts. The intercept always starts from zero. */
public sealed interface InitialWeights {

    /** All zeros: the objective is convex, so that nothing better is needed. */
    record Zeros() implements InitialWeights {}

    /**
     * Independent normal deviates.
     *
     * @param standardDeviation not negative
     */
    record Gaussian(double standardDeviation) implements InitialWeights {
        /**
         * Checks the value.
         *
         * @throws IllegalArgumentException if it is outside its range
         */
        public Gaussian {
            Checks.notNegative("standardDeviation", standardDeviation);
        }
    }

    /** Uniform in plus or minus {@code sqrt(6 / (features + classes))} (Glorot and Bengio, AISTATS 2010). */
    record GlorotUniform() implements InitialWeights {}

    /**
     * All zeros.
     *
     * @return the weights
     */
    static InitialWeights zeros() {
        return new Zeros();
    }

    /**
     * Independent normal deviates.
     *
     * @param standardDeviation not negative; textbooks use 0.001
     * @return the weights
     */
    static InitialWeights gaussian(double standardDeviation) {
        return new Gaussian(standardDeviation);
    }

    /**
     * Uniform, scaled to the shape.
     *
     * @return the weights
     */
    static InitialWeights glorotUniform() {
        return new GlorotUniform();
    }

    /** Fills the weights, D x C; what follows them, the intercept, stays zero. The same numbers on every platform. */
    static void fill(InitialWeights kind, double[] parameters, int features, int classes, long seed) {
        // Not the generator of the row order, which is seeded with the same number.
        SplittableRandom random = new SplittableRandom(seed ^ 0x5DEECE66DL);
        int count = features * classes;
        if (kind instanceof Gaussian gaussian) {
            for (int i = 0; i < count; i++) {
                parameters[i] = gaussian.standardDeviation() * normal(random);
            }
        } else if (kind instanceof GlorotUniform) {
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
