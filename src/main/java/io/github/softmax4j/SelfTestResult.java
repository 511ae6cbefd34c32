package io.github.softmax4j;

/**
 * One comparison of {@link Softmax4j#selfTest()}.
 *
 * @param name what was computed
 * @param error its largest relative error
 * @param tolerance the largest error that passes
 */
public record SelfTestResult(String name, double error, double tolerance) {

    /**
     * Whether the error is within the tolerance.
     *
     * @return false also for NaN
     */
    public boolean passed() {
        return error <= tolerance;
    }
}
