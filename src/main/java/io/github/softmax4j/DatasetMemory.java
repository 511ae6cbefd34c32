package io.github.softmax4j;

import io.github.softmax4j.internal.MappedFile;
import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.nio.Buffer;

/**
 * What a {@link Dataset} has off the heap: freed once it is closed and no call uses it any more. Must not refer to the dataset, whose
 * cleaner holds on to this.
 */
final class DatasetMemory {

    /** Row by row; of sparse rows the values of the entries. */
    NativeArray features;
    /** Of sparse rows; null otherwise. */
    NativeArray offsets;

    NativeArray indices;
    /** Null where there are none. */
    NativeArray labels;
    /** Null where all are 1. */
    NativeArray weights;

    NativeArray targets;
    /** A direct buffer that was taken as it is: it must stay reachable. */
    Buffer borrowed;

    long borrowedAddress;

    /** With all of it; null where it lies in memory. */
    MappedFile mapped;

    /** The s4j_data. */
    long data;

    private int users;
    private boolean closed;

    /** A use of the memory. */
    static final class Lease implements AutoCloseable {
        private final DatasetMemory memory;

        private Lease(DatasetMemory memory) {
            this.memory = memory;
        }

        /** The s4j_data. */
        long data() {
            return memory.data;
        }

        void copyLabels(int[] labels) {
            memory.labels.get(labels);
        }

        /** Null where all are 1. */
        double[] copyWeights() {
            if (memory.weights == null) {
                return null;
            }
            double[] weights = new double[Math.toIntExact(memory.weights.count())];
            memory.weights.getWidened(0, weights, weights.length);
            return weights;
        }

        /** Labels and weights of the rows of a part, whose first row is {@code first}. */
        void copyPart(long first, PartwisePrediction part) {
            memory.labels.get(first, part.labels, part.rows);
            if (part.weights != null) {
                memory.weights.getWidened(first, part.weights, part.rows);
            }
        }

        /** An s4j_data of {@code count} labelled rows from number {@code first} on. Whoever calls frees it, before this is closed. */
        long createPart(long first, long count) {
            long part = NativeApi.s4j_data_part(memory.data, first, count);
            if (part == 0) {
                throw new OutOfMemoryError(NativeApi.s4j_last_error());
            }
            return part;
        }

        @Override
        public void close() {
            memory.release();
        }
    }

    /** Makes the s4j_data. */
    void create(ElementType type, Storage storage, long features, long rows, int columns) {
        data = NativeApi.s4j_data_create_stored(
                type.code(),
                storage.format(),
                features,
                rows,
                columns,
                columns,
                storage.scale().length,
                storage.scale(),
                storage.offset(),
                address(labels),
                address(weights));
        checkData();
    }

    /** Makes the s4j_data of sparse rows. */
    void createSparse(ElementType type, long rows, int columns) {
        data = NativeApi.s4j_sparse_create(
                type.code(),
                offsets.address(),
                indices.address(),
                features.address(),
                rows,
                columns,
                address(labels),
                address(weights),
                Core.defaultThreads());
        checkData();
    }

    private void checkData() {
        if (data == 0) {
            throw new OutOfMemoryError(NativeApi.s4j_last_error());
        }
    }

    private static long address(NativeArray array) {
        return array == null ? 0 : array.address();
    }

    synchronized Lease acquire() {
        if (closed) {
            throw new IllegalStateException("the dataset is closed");
        }
        users++;
        return new Lease(this);
    }

    private synchronized void release() {
        users--;
        freeIfUnused();
    }

    synchronized void close() {
        if (!closed) {
            closed = true;
            freeIfUnused();
        }
    }

    private void freeIfUnused() {
        if (!closed || users > 0) {
            return;
        }
        NativeApi.s4j_data_free(data);
        for (NativeArray array : new NativeArray[] {features, offsets, indices, labels, weights, targets}) {
            if (array != null) {
                array.close();
            }
        }
        borrowed = null;
        if (mapped != null) {
            mapped.close();
        }
    }
}
