package io.github.softmax4j;

import java.io.IOException;
import java.io.Serial;

/**
 * A checkpoint could not be written, and the trainer has no {@link SoftmaxTrainer.Builder#checkpointFailures listener} for that: the
 * training ended between two steps or iterations. The checkpoint before it, if there was one, is as it was; the cause says what is wrong.
 */
public final class CheckpointException extends SoftmaxException {

    @Serial
    private static final long serialVersionUID = 1L;

    private final transient SoftmaxModel model;

    CheckpointException(IOException cause, SoftmaxModel model) {
        super(
                "training ended because a checkpoint could not be written: " + cause.getMessage()
                        + "; the model as it was then is in model()",
                cause);
        this.model = model;
    }

    /**
     * The model as it was then. Not kept when the exception is serialised.
     *
     * @return the model
     */
    public SoftmaxModel model() {
        return model;
    }
}
