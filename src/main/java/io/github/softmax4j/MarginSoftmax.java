package io.github.softmax4j;

/**
 * Cross-entropy of scaled cosines with a margin on the label: the scores are {@code scale cos(theta_c)}, theta_c being the angle
 * between the row and the weights of class c, and that of the label is
 *
 * <pre>  COSINE   scale (cos(theta_y) - margin)       AM-Softmax (Wang et al., 2018), CosFace (Wang et al., 2018)
 *  ANGULAR  scale cos(theta_y + margin)         ArcFace (Deng et al., 2019)</pre>
 *
 * <p>Where theta_y + margin passes pi, ANGULAR goes on as {@code scale (cos(theta_y) - margin sin(margin))}, so that the score keeps
 * falling as the angle grows. Where rows and weights point the same way the derivative of ANGULAR is infinite; it is limited to what
 * it is at a sine of 1e-4. The gradient goes through the lengths of the weights. A row of zeros has cosine 0 with everything; so has a
 * class without weights, which learns as though they had length 1.
 *
 * <p>There is no intercept. A trained model keeps {@code scale} times the weights' directions, divides rows by their length, and has
 * no margin. Given to {@link LogitsLoss}, the logits are the cosines. For labels, not targets.
 *
 * @param scale positive; often 30 or 64
 * @param margin in [0, pi)
 * @param kind what the margin is subtracted from
 */
public record MarginSoftmax(double scale, double margin, Kind kind) implements Loss {

    /** Where the margin goes. */
    public enum Kind {
        /** From the cosine. */
        COSINE,
        /** Onto the angle, in radians. */
        ANGULAR
    }

    /**
     * Checks the settings.
     *
     * @param scale positive; often 30 or 64
     * @param margin in [0, pi)
     * @param kind what the margin is subtracted from
     */
    public MarginSoftmax {
        Checks.positive("scale", scale);
        if (!(margin >= 0 && margin < Math.PI)) {
            throw new IllegalArgumentException("margin must be in [0, pi), was " + margin);
        }
        Checks.notNull("kind", kind);
    }

    /**
     * AM-Softmax, which is CosFace.
     *
     * @param scale positive
     * @param margin in [0, pi); 0.35 in the papers
     * @return the loss
     */
    public static MarginSoftmax cosFace(double scale, double margin) {
        return new MarginSoftmax(scale, margin, Kind.COSINE);
    }

    /**
     * ArcFace.
     *
     * @param scale positive
     * @param margin in [0, pi); 0.5 in the paper
     * @return the loss
     */
    public static MarginSoftmax arcFace(double scale, double margin) {
        return new MarginSoftmax(scale, margin, Kind.ANGULAR);
    }
}
