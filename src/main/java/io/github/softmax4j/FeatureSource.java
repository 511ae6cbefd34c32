package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.lang.reflect.Array;
import java.nio.Buffer;

/**
 * Features on their way from the caller to the memory of a {@link Dataset}. What has been checked must be what is used, whatever other
 * threads do to the caller's arrays: the copy is checked. A direct buffer is used where it lies.
 *
 * @param values float[], double[], byte[], short[], float[][], double[][], a direct buffer, or {@link SparseRows}
 * @param rows N, at least 1
 * @param features D, at least 1
 * @param type of the values, or of what the core makes of them
 * @param storage of dense values
 */
record FeatureSource(Object values, long rows, int features, ElementType type, Storage storage) {

    /** Copies and checks the values; returns how many are stored. */
    long fill(DatasetMemory memory, boolean sumDuplicates) {
        if (values instanceof SparseRows sparse) {
            return sparse.copyTo(memory, type, sumDuplicates);
        }
        if (sumDuplicates) {
            throw new IllegalArgumentException("sumDuplicates is for sparse rows, the features are dense");
        }
        long count = Math.multiplyExact(rows, (long) features);
        long x = values instanceof Buffer buffer ? borrow(memory, buffer) : copy(memory, count);
        if (!storage.converts()) {
            checkFinite(x);
        }
        return count;
    }

    /** Creates the core's view of the memory, once labels and weights are there too. */
    void create(DatasetMemory memory) {
        if (memory.offsets != null) {
            memory.createSparse(type, rows, features);
            return;
        }
        long x = memory.features == null ? memory.borrowedAddress : memory.features.address();
        memory.create(type, storage, x, rows, features);
        if (storage.format() == NativeApi.BFLOAT16) {
            checkFiniteStored(memory.data);
        }
    }

    private static long borrow(DatasetMemory memory, Buffer buffer) {
        memory.borrowed = buffer;
        memory.borrowedAddress = NativeArray.addressOf(buffer);
        return memory.borrowedAddress;
    }

    private long copy(DatasetMemory memory, long count) {
        memory.features = storage.converts()
                ? NativeArray.ofBytes(count * storage.elementBytes(type))
                : NativeArray.ofReals(type.code(), count);
        if (values instanceof byte[] x) {
            memory.features.put(0, x);
        } else if (values instanceof short[] x) {
            memory.features.put(x);
        } else if (values instanceof float[] x) {
            memory.features.put(0, x);
        } else if (values instanceof double[] x) {
            memory.features.put(0, x);
        } else if (values instanceof float[][] x) {
            for (int i = 0; i < x.length; i++) {
                memory.features.put((long) i * features, row(i, x[i], features));
            }
        } else if (values instanceof double[][] x) {
            for (int i = 0; i < x.length; i++) {
                memory.features.put((long) i * features, row(i, x[i], features));
            }
        }
        return memory.features.address();
    }

    /** A row of the right length; also where the caller has replaced a row since it was first looked at. */
    static <T> T row(int i, T row, int width) {
        int length = Array.getLength(Checks.notNull("row " + i, row));
        if (length != width) {
            throw new IllegalArgumentException(
                    "rows must have one length: row " + i + " has " + length + ", row 0 has " + width);
        }
        return row;
    }

    private void checkFinite(long x) {
        long bad = NativeApi.s4j_first_non_finite(type.code(), x, rows * features);
        if (bad >= 0) {
            throw new IllegalArgumentException("features must be finite, row " + bad / features + ", column "
                    + bad % features + " was " + Core.value(type, x, bad));
        }
    }

    private void checkFiniteStored(long data) {
        long bad = NativeApi.s4j_data_first_non_finite(data, Core.defaultThreads());
        if (bad == -2) {
            throw new OutOfMemoryError(NativeApi.s4j_last_error());
        }
        if (bad >= 0) {
            throw new IllegalArgumentException(
                    "features must be finite, row " + bad / features + ", column " + bad % features + " was not");
        }
    }
}
