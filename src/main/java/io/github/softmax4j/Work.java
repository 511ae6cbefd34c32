package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;

/**
 * The shape of some work, and what the native core needs for it, in bytes; nothing is allocated off the heap. {@code nonZeros}: the
 * entries of sparse rows, or {@link #DENSE}. {@code stored}: whether the features are converted block by block.
 */
record Work(
        ElementType type,
        long rows,
        int features,
        int classes,
        boolean intercept,
        long nonZeros,
        boolean stored,
        int elementBytes) {

    /** With this, N x D elements of 8 bytes and all that is added to them stay below 2^63. */
    private static final long MOST_ELEMENTS = 1L << 59;

    /** Of {@link #nonZeros}: all values are stored. */
    static final long DENSE = -1;

    Work {
        Core.require();
        Checks.notNull("type", type);
        Checks.atLeast("rows", rows, 1);
        Checks.parameterCount(features, classes, intercept);
        if (nonZeros != DENSE && (nonZeros < 0 || nonZeros > MOST_ELEMENTS || rows > MOST_ELEMENTS)) {
            throw new IllegalArgumentException(
                    "rows and nonZeros must be at most 2^59 and not negative, were " + rows + " and " + nonZeros);
        }
        if (nonZeros == DENSE && rows > MOST_ELEMENTS / features) {
            throw new IllegalArgumentException("rows x features must be at most 2^59, was " + rows + " x " + features);
        }
    }

    /** Features that are values of their type as they lie. */
    Work(ElementType type, long rows, int features, int classes, boolean intercept, long nonZeros) {
        this(type, rows, features, classes, intercept, nonZeros, false, type == null ? 0 : type.bytes());
    }

    /** The same with features that are converted on their way, as standardising does where they are dense. */
    Work asStored(boolean converted) {
        boolean staged = stored || (converted && nonZeros == DENSE);
        return new Work(type, rows, features, classes, intercept, nonZeros, staged, elementBytes);
    }

    static Work of(Dataset data, int classes, boolean intercept) {
        Storage storage = data.storage();
        return new Work(
                data.elementType(),
                data.rows(),
                data.features(),
                classes,
                intercept,
                data.isSparse() ? data.nonZeros() : DENSE,
                storage.converts(),
                storage.elementBytes(data.elementType()));
    }

    long datasetBytes() {
        if (nonZeros != DENSE) {
            return NativeArray.bytesOfReals(type.code(), nonZeros)
                    + NativeArray.bytesOfInts(nonZeros + rows)
                    + NativeArray.bytesOfLongs(rows + 1)
                    + NativeApi.s4j_sparse_bytes(type.code(), rows, features, nonZeros);
        }
        return Math.multiplyExact(rows * features, (long) elementBytes) + NativeArray.bytesOfInts(rows);
    }

    long parameterCount() {
        return Checks.parameterCount(features, classes, intercept);
    }

    /** One copy of W and b off the heap. */
    long parameterBytes() {
        return NativeArray.bytesOfReals(type.code(), parameterCount());
    }

    /** Scratch of the pass for mean and deviation; where it cannot be within the limit, the least there can be. */
    long moments(long limit) {
        return NativeApi.s4j_moments_bytes(type.code(), nonZeros == DENSE ? 0 : 1, rows, features, limit);
    }

    /** What standardised rows take beside the rows: sparse ones are copied, by row and by column. */
    long standardizedBytes() {
        return nonZeros == DENSE
                ? 0
                : nonZeros * type.bytes() + NativeApi.s4j_sparse_bytes(type.code(), rows, features, nonZeros);
    }

    /** Scratch of {@link SoftmaxLoss}; where it cannot be within the limit, the least there can be. */
    long loss(boolean gradient, int threads, long limit) {
        return plan(
                        gradient ? NativeApi.LOSS_GRADIENT : NativeApi.LOSS,
                        NativeRule.of(new Sgd(1), type),
                        1,
                        threads,
                        limit)
                .scratch;
    }

    long prediction(int threads) {
        return plan(NativeApi.PREDICTION, NativeRule.of(new Sgd(1), type), 1, threads, NativeApi.NO_LIMIT).scratch;
    }

    /** A step and its trainer; the scratch as of {@link #loss}. */
    Bytes training(Optimizer optimizer, long batch, int threads, long limit) {
        return plan(NativeApi.TRAINING, NativeRule.of(optimizer, type), batch, threads, limit);
    }

    record Bytes(long scratch, long state) {}

    private Bytes plan(int work, NativeRule rule, long batch, int threads, long limit) {
        long[] scratch = new long[1];
        long[] state = new long[1];
        Core.check(NativeApi.s4j_plan(
                type.code(),
                nonZeros == DENSE ? 0 : 1,
                stored ? 1 : 0,
                rows,
                features,
                classes,
                intercept ? 1 : 0,
                work,
                rule.code,
                rule.hyper,
                batch,
                threads,
                limit,
                scratch,
                state));
        return new Bytes(scratch[0], state[0]);
    }

    /** Refuses a limit that the work cannot keep. */
    void checkLimit(long limit, long least, long unlimited) {
        if (limit < least) {
            throw new IllegalArgumentException("memoryLimit is " + limit + " bytes; " + rows + " x " + features + " x "
                    + classes + " of " + type + " needs at least " + least + " beside the dataset, and takes "
                    + unlimited + " without a limit");
        }
    }
}
