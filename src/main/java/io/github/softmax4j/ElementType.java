package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;

/** The type of features, weights and the arithmetic on them. Losses are accumulated in double precision for both. */
public enum ElementType {
    /** 32-bit IEEE 754. */
    FLOAT32(NativeApi.F32, Float.BYTES),
    /** 64-bit IEEE 754. */
    FLOAT64(NativeApi.F64, Double.BYTES);

    private final int code;
    private final int bytes;

    ElementType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    /** The C ABI's s4j_type. */
    int code() {
        return code;
    }

    /**
     * The size of one element.
     *
     * @return bytes
     */
    public int bytes() {
        return bytes;
    }
}
