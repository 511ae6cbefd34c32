package io.github.softmax4j;

/**
 * Losses of probabilities that are clipped to [clip, 1 - clip], for results that must match programs which do that. q being the clipped
 * probabilities:
 *
 * <pre>  SOFTMAX  -log(q_y)                                              for labels
 *  SIGMOID  sum_c -t_c log(q_c) - (1 - t_c) log(1 - q_c)           for labels or targets in 0..1</pre>
 *
 * <p>What stands for the gradient is q - t, as in those programs. It is <b>not</b> the derivative of this loss, which is 0 where a
 * probability is clipped, and it never falls below the clip. {@link CrossEntropy} and {@link SigmoidCrossEntropy} need no clipping.
 *
 * @param clip in (0, 1/2)
 * @param form of the probabilities
 */
public record ClippedCrossEntropy(double clip, Form form) implements Loss {

    /** How scores become probabilities. */
    public enum Form {
        /** Over all classes. */
        SOFTMAX,
        /** Of each class. */
        SIGMOID
    }

    /**
     * Checks the settings.
     *
     * @param clip in (0, 1/2)
     * @param form of the probabilities
     */
    public ClippedCrossEntropy {
        if (!(clip > 0 && clip < 0.5)) {
            throw new IllegalArgumentException("clip must be in (0, 1/2), was " + clip);
        }
        Checks.notNull("form", form);
    }

    /**
     * With the usual clip, 1e-6.
     *
     * @param form of the probabilities
     */
    public ClippedCrossEntropy(Form form) {
        this(1e-6, form);
    }

    @Override
    public boolean takesTargets() {
        return form == Form.SIGMOID;
    }
}
