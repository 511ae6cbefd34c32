package io.github.softmax4j.internal;

/** A file or text is not in the format it should be in. */
final class FormatException extends Exception {

    private static final long serialVersionUID = 1L;

    FormatException(String message) {
        super(message);
    }
}
