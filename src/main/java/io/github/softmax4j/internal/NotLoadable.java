package io.github.softmax4j.internal;

/** Something about the native library that the loader itself found wrong. */
final class NotLoadable extends Exception {

    private static final long serialVersionUID = 1L;

    private final String fix;

    /** What is wrong, and what to do about it. */
    NotLoadable(String wrong, String fix) {
        super(wrong);
        this.fix = fix;
    }

    String fix() {
        return fix;
    }
}
