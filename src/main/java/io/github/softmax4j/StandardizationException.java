package io.github.softmax4j;

import java.io.Serial;

/**
 * A training of standardised features came to a model whose weights for features as they are - divided by the deviations - are not finite
 * in the element type: a feature's mean or standard deviation is out of proportion. What was trained is in {@link #model()}, and takes
 * standardised features. {@link ElementType#FLOAT64} has room for more.
 */
public final class StandardizationException extends SoftmaxException {

    @Serial
    private static final long serialVersionUID = 1L;

    private final transient SoftmaxModel model;

    private final transient Standardization standardization;

    StandardizationException(SoftmaxModel model, Standardization standardization) {
        super(
                "a feature's mean or standard deviation is out of proportion: the model of features as they are has weights that are"
                        + " not finite in " + model.elementType()
                        + "; the model of standardised features is in model(), what they are standardised by in standardization()");
        this.model = model;
        this.standardization = standardization;
    }

    /**
     * The model as it was then, of features {@code (x - mean) / deviation}. Not kept when the exception is serialised.
     *
     * @return a model with finite weights
     */
    public SoftmaxModel model() {
        return model;
    }

    /**
     * The mean and the deviation of each feature. Not kept when the exception is serialised.
     *
     * @return what the model's features are standardised by
     */
    public Standardization standardization() {
        return standardization;
    }
}
