package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;

/**
 * How features lie in memory: the C ABI's s4j_format, and the scales and offsets that make values of them: none, one of each, or one of
 * each per feature.
 */
@SuppressWarnings("ArrayRecordComponent")
record Storage(int format, double[] scale, double[] offset) {

    private static final double[] NONE = {};

    static final Storage PLAIN = new Storage(NativeApi.REAL, NONE, NONE);
    static final Storage BFLOAT16 = new Storage(NativeApi.BFLOAT16, NONE, NONE);

    /** Unsigned bytes of type FLOAT32, each of which must have a value. The arrays are not copied. */
    static Storage bytes(int features, double[] scale, double[] offset) {
        Checks.notNull("scale", scale);
        Checks.notNull("offset", offset);
        if (scale.length != 1 || offset.length != 1) {
            Checks.length("scale", scale.length, "the number of features is", features);
            Checks.length("offset", offset.length, "the number of features is", features);
        }
        for (int d = 0; d < scale.length; d++) {
            if (!Float.isFinite((float) offset[d]) || !Float.isFinite((float) (255 * scale[d] + offset[d]))) {
                throw new IllegalArgumentException(
                        "scale and offset must give bytes 0..255 finite values in FLOAT32, were " + scale[d] + " and "
                                + offset[d] + (scale.length == 1 ? "" : " of feature " + d));
            }
        }
        return new Storage(NativeApi.UINT8, scale, offset);
    }

    /** Whether the core converts the features block by block. */
    boolean converts() {
        return format != NativeApi.REAL;
    }

    int elementBytes(ElementType type) {
        return switch (format) {
            case NativeApi.UINT8 -> 1;
            case NativeApi.BFLOAT16 -> 2;
            default -> type.bytes();
        };
    }
}
