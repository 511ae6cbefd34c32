package io.github.softmax4j;

/** A failure of the library that is not the caller's argument: no native library, an internal error. */
public class SoftmaxException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * A failure without a cause.
     *
     * @param message what went wrong
     */
    public SoftmaxException(String message) {
        super(message);
    }

    /**
     * A failure with its cause.
     *
     * @param message what went wrong
     * @param cause why
     */
    public SoftmaxException(String message, Throwable cause) {
        super(message, cause);
    }
}
