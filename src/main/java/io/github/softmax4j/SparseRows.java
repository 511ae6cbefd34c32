package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;

/** Compressed sparse rows (CSR) on their way from arrays to the memory of a {@link Dataset}. */
final class SparseRows {

    private final long[] offsets;
    private final int[] indices;
    private final float[] floats;
    private final double[] doubles;
    private final int features;

    private SparseRows(long[] offsets, int[] indices, float[] floats, double[] doubles, int features) {
        this.offsets = offsets;
        this.indices = indices;
        this.floats = floats;
        this.doubles = doubles;
        this.features = features;
    }

    static SparseRows of(long[] offsets, int[] indices, float[] values, int features) {
        check(offsets, indices, Checks.notNull("values", values).length, features);
        return new SparseRows(offsets, indices, values, null, features);
    }

    static SparseRows of(long[] offsets, int[] indices, double[] values, int features) {
        check(offsets, indices, Checks.notNull("values", values).length, features);
        return new SparseRows(offsets, indices, null, values, features);
    }

    private static void check(long[] offsets, int[] indices, int values, int features) {
        Checks.atLeast("rows (one less than offsets)", Checks.notNull("offsets", offsets).length - 1L, 1);
        Checks.atLeast("features", features, 1);
        Checks.length("values", values, "indices has", Checks.notNull("indices", indices).length);
    }

    static long[] widened(int[] offsets) {
        long[] wide = new long[Checks.notNull("offsets", offsets).length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = offsets[i];
        }
        return wide;
    }

    int rows() {
        return offsets.length - 1;
    }

    /**
     * Copies the rows, and checks the copy: what has been checked must be what is used, whatever other threads do to the caller's
     * arrays. Returns how many entries are left.
     */
    long copyTo(DatasetMemory memory, ElementType type, boolean sumDuplicates) {
        memory.offsets = NativeArray.ofLongs(offsets.length);
        memory.offsets.put(offsets);
        memory.indices = NativeArray.ofInts(indices.length);
        memory.indices.put(indices);
        memory.features = NativeArray.ofReals(type.code(), indices.length);
        if (floats != null) {
            memory.features.put(0, floats);
        } else {
            memory.features.put(0, doubles);
        }
        Copy copy = new Copy(memory, type);
        copy.checkOffsets();
        copy.checkIndices(!sumDuplicates);
        copy.checkFinite();
        if (sumDuplicates) {
            Core.check(NativeApi.s4j_sum_duplicates(
                    type.code(), copy.offsets, copy.indices, memory.features.address(), rows()));
            // Sums of finite values can overflow.
            copy.checkFinite();
        }
        return copy.offset(rows());
    }

    /** The checks. */
    private final class Copy {
        private final long offsets;
        private final long indices;
        private final long values;
        private final long entries;
        private final ElementType type;

        Copy(DatasetMemory memory, ElementType type) {
            this.offsets = memory.offsets.address();
            this.indices = memory.indices.address();
            this.values = memory.features.address();
            this.entries = memory.indices.count();
            this.type = type;
        }

        long offset(long index) {
            long[] value = new long[1];
            NativeApi.s4j_copy_out(value, 0, offsets, index, 1);
            return value[0];
        }

        private int index(long entry) {
            int[] value = new int[1];
            NativeApi.s4j_copy_out(value, 0, indices, entry, 1);
            return value[0];
        }

        /** The row of an entry. */
        private long row(long entry) {
            long low = 0;
            long high = rows();
            while (high - low > 1) {
                long middle = (low + high) >>> 1;
                if (offset(middle) <= entry) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            return low;
        }

        void checkOffsets() {
            long bad = NativeApi.s4j_first_bad_offset(offsets, rows());
            if (bad >= 0) {
                throw new IllegalArgumentException("offsets must begin with 0 and not fall, offsets[" + bad + "] was "
                        + offset(bad) + (bad == 0 ? "" : " after " + offset(bad - 1)));
            }
            if (offset(rows()) != entries) {
                throw new IllegalArgumentException(
                        "offsets ends with " + offset(rows()) + ", indices has length " + entries);
            }
        }

        void checkIndices(boolean ascending) {
            long bad = NativeApi.s4j_first_bad_entry(offsets, indices, rows(), features, ascending ? 1 : 0);
            if (bad < 0) {
                return;
            }
            int index = index(bad);
            String where = "indices[" + bad + "] in row " + row(bad);
            if (index < 0 || index >= features) {
                throw new IllegalArgumentException(where + " must be in 0.." + (features - 1) + ", was " + index);
            }
            throw new IllegalArgumentException(where + " must be above the one before it, was " + index + " after "
                    + index(bad - 1) + "; sumDuplicates() takes indices in any order, and more than once");
        }

        void checkFinite() {
            long bad = NativeApi.s4j_first_non_finite(type.code(), values, offset(rows()));
            if (bad >= 0) {
                throw new IllegalArgumentException("features must be finite, row " + row(bad) + ", column " + index(bad)
                        + " was " + Core.value(type, values, bad));
            }
        }
    }
}
