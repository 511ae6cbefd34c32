package io.github.softmax4j;

/**
 * The focal loss of the softmax, which makes little of rows that are right already:
 *
 * <pre>  loss = -(1 - p_y)^gamma log(p_y)</pre>
 *
 * <p>Computed from log(p_y), so that neither loss nor gradient loses its digits where p_y is close to 0 or 1. For labels, not targets.
 * See Lin et al., "Focal Loss for Dense Object Detection", 2017.
 *
 * @param gamma finite and not negative; 0 is cross-entropy
 */
public record FocalLoss(double gamma) implements Loss {

    /**
     * Checks the settings.
     *
     * @param gamma finite and not negative; 0 is cross-entropy
     */
    public FocalLoss {
        Checks.notNegative("gamma", gamma);
    }
}
