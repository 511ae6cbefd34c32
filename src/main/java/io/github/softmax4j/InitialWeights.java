package io.github.softmax4j;

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
         * @param standardDeviation not negative
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
}
