package io.github.softmax4j;

import java.nio.Buffer;
import java.nio.ByteOrder;

/** Checks of arguments: each throws an {@link IllegalArgumentException} that names the argument and its value. */
final class Checks {

    private Checks() {}

    static void positive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + " must be positive and finite, was " + value);
        }
    }

    static void notNegative(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + " must be finite and not negative, was " + value);
        }
    }

    /** For decay rates: [0, 1). */
    static void fraction(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(name + " must be in [0, 1), was " + value);
        }
    }

    /** Of a finite value that a type computes with: it must not become infinite there. */
    static void finiteIn(ElementType type, String name, double value) {
        if (type == ElementType.FLOAT32 && Float.isInfinite((float) value) && Double.isFinite(value)) {
            throw new IllegalArgumentException(
                    name + " must be at most " + Float.MAX_VALUE + " where the data is FLOAT32, was " + value);
        }
    }

    /** Of a positive value that a type computes with: it must not become 0 there either. */
    static void positiveIn(ElementType type, String name, double value) {
        finiteIn(type, name, value);
        if (type == ElementType.FLOAT32 && (float) value == 0) {
            throw new IllegalArgumentException(
                    name + " must be at least " + Float.MIN_VALUE + " where the data is FLOAT32, was " + value);
        }
    }

    /** Of a value that is not negative, 0 being another thing than a little: it must stay above 0 where it is. */
    static void notNegativeIn(ElementType type, String name, double value) {
        if (value > 0) {
            positiveIn(type, name, value);
        }
    }

    /** Of a decay rate in [0, 1) that a type computes with: it must not become 1 there. */
    static void fractionIn(ElementType type, String name, double value) {
        if (type == ElementType.FLOAT32 && (float) value >= 1) {
            throw new IllegalArgumentException(
                    name + " must be at most " + Math.nextDown(1f) + " where the data is FLOAT32, was " + value);
        }
    }

    static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", was " + value);
        }
    }

    static <T> T notNull(String name, T value) {
        if (value == null) {
            throw new IllegalArgumentException(name + " must not be null");
        }
        return value;
    }

    static void length(String name, long length, String of, long expected) {
        if (length != expected) {
            throw new IllegalArgumentException(name + " has length " + length + ", " + of + " " + expected);
        }
    }

    /** A buffer that native code can use in place, whose order is {@code order}. */
    static void direct(String name, Buffer buffer, ByteOrder order, boolean written) {
        if (!buffer.isDirect() || order != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException(name + " must be a direct buffer in native byte order, was "
                    + (buffer.isDirect() ? "direct" : "on the heap") + " in " + order);
        }
        if (written && buffer.isReadOnly()) {
            throw new IllegalArgumentException(name + " must not be read-only");
        }
    }

    /** Weights and intercept of a model, as one array: it must fit one. */
    static int parameterCount(long features, long classes, boolean intercept) {
        long rows = features + (intercept ? 1 : 0);
        if (features < 1 || classes < 1 || rows > (Integer.MAX_VALUE - 8) / classes) {
            throw new IllegalArgumentException("features x classes must be in 1.." + (Integer.MAX_VALUE - 8) + ", was "
                    + features + " x " + classes + (intercept ? " with an intercept" : ""));
        }
        return (int) (rows * classes);
    }
}
