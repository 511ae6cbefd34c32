package io.github.softmax4j;

/**
 * Cross-entropy of the softmax, with its usual options:
 *
 * <pre>  loss = lse - sum_c t'_c s_c + zLoss lse^2,   lse = logsumexp(s),   t' = (1 - labelSmoothing) t + labelSmoothing / C
 *  d loss / d s_c = (1 + 2 zLoss lse) p_c - t'_c,   s = (x W + b) / temperature</pre>
 *
 * <p>t is onehot(y), or the row of targets: with those the least loss is their entropy, not 0. C counts the classes that are not
 * masked. Weights of rows and classes multiply the whole loss of a row and never change its smoothed target, as PyTorch's class
 * weights do when they are mixed with label smoothing.
 *
 * @param labelSmoothing share of the target that is spread evenly over all classes, in [0, 1) (Szegedy et al., "Rethinking the
 *     Inception Architecture", 2016)
 * @param zLoss not negative; draws the scores' log-sum-exp to 0 (Chowdhery et al., "PaLM", 2022)
 * @param temperature positive; above 1 makes the probabilities flatter (Hinton et al., "Distilling the Knowledge in a Neural Network",
 *     2015). A trained model has it folded into its weights
 */
public record CrossEntropy(double labelSmoothing, double zLoss, double temperature) implements Loss {

    /**
     * Checks the settings.
     *
     * @param labelSmoothing share of the target that is spread evenly over all classes, in [0, 1) (Szegedy et al., "Rethinking the
     *     Inception Architecture", 2016)
     * @param zLoss not negative; draws the scores' log-sum-exp to 0 (Chowdhery et al., "PaLM", 2022)
     * @param temperature positive; above 1 makes the probabilities flatter (Hinton et al., "Distilling the Knowledge in a Neural Network",
     *     2015). A trained model has it folded into its weights
     */
    public CrossEntropy {
        Checks.fraction("labelSmoothing", labelSmoothing);
        Checks.notNegative("zLoss", zLoss);
        Checks.positive("temperature", temperature);
        Checks.positive("1 / temperature", 1 / temperature);
    }

    /** The plain one: logsumexp(s) - s_y. */
    public CrossEntropy() {
        this(0, 0, 1);
    }

    /**
     * With label smoothing alone.
     *
     * @param labelSmoothing in [0, 1)
     */
    public CrossEntropy(double labelSmoothing) {
        this(labelSmoothing, 0, 1);
    }

    @Override
    public boolean takesTargets() {
        return true;
    }
}
