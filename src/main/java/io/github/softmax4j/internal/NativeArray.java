package io.github.softmax4j.internal;

import java.nio.Buffer;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;

/**
 * Off-heap memory for {@code count} numbers of one kind. Whoever makes one closes it; it is not for sharing between threads.
 */
public final class NativeArray implements AutoCloseable {

    /** Elements that one copy moves: the garbage collector waits for a copy, so none may take long. */
    private static final int COPY = 1 << 20;
    /** Floats that are widened at once. */
    private static final int WIDENED = 1 << 14;

    private final int type;
    private final long count;
    private final boolean owned;
    private long address;

    private NativeArray(int type, long count, long bytes) {
        this.type = type;
        this.count = count;
        owned = true;
        address = NativeApi.s4j_allocate(bytes);
        if (address == 0) {
            throw new OutOfMemoryError("no native memory for " + bytes + " bytes");
        }
    }

    private NativeArray(int type, long count, boolean owned, long address) {
        this.type = type;
        this.count = count;
        this.owned = owned;
        this.address = address;
    }

    /** Numbers of {@link NativeApi#F32} or {@link NativeApi#F64} that lie in somebody else's memory; closing it frees nothing. */
    public static NativeArray realsAt(int type, long count, long address) {
        return new NativeArray(type, count, false, address);
    }

    /** 32-bit integers that lie in somebody else's memory; closing it frees nothing. */
    public static NativeArray intsAt(long count, long address) {
        return new NativeArray(-1, count, false, address);
    }

    /** Numbers of {@link NativeApi#F32} or {@link NativeApi#F64}. */
    public static NativeArray ofReals(int type, long count) {
        return new NativeArray(type, count, bytesOfReals(type, count));
    }

    /** What {@link #ofReals} takes. */
    public static long bytesOfReals(int type, long count) {
        return Math.multiplyExact(count, (long) (type == NativeApi.F32 ? Float.BYTES : Double.BYTES));
    }

    /** 32-bit integers. */
    public static NativeArray ofInts(long count) {
        return new NativeArray(-1, count, bytesOfInts(count));
    }

    /** Bytes, of anything. */
    public static NativeArray ofBytes(long count) {
        return new NativeArray(-1, count, count);
    }

    /** What {@link #ofInts} takes. */
    public static long bytesOfInts(long count) {
        return Math.multiplyExact(count, (long) Integer.BYTES);
    }

    /** 64-bit integers. */
    public static NativeArray ofLongs(long count) {
        return new NativeArray(-1, count, bytesOfLongs(count));
    }

    /** What {@link #ofLongs} takes. */
    public static long bytesOfLongs(long count) {
        return Math.multiplyExact(count, (long) Long.BYTES);
    }

    /** Where the first element of a direct buffer lies, at its position. The buffer must stay reachable. */
    public static long addressOf(Buffer buffer) {
        // A Pointer takes the start of the memory, a slice's start is the position.
        try (Pointer pointer = new Pointer(buffer.slice())) {
            return pointer.address();
        }
    }

    public long address() {
        return address;
    }

    public long count() {
        return count;
    }

    /** Copies a whole array in from element {@code at} on, converting to this array's type. */
    public void put(long at, float[] values) {
        Objects.checkFromIndexSize(at, values.length, count);
        if (type == NativeApi.F64) {
            double[] wide = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                wide[i] = values[i];
            }
            put(at, wide);
            return;
        }
        for (long i = 0; i < values.length; i += COPY) {
            NativeApi.s4j_copy_in(address, at + i, values, i, Math.min(COPY, values.length - i));
        }
    }

    /** Copies a whole array in from element {@code at} on, converting to this array's type. */
    public void put(long at, double[] values) {
        Objects.checkFromIndexSize(at, values.length, count);
        if (type == NativeApi.F32) {
            float[] narrow = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                narrow[i] = (float) values[i];
            }
            put(at, narrow);
            return;
        }
        for (long i = 0; i < values.length; i += COPY) {
            NativeApi.s4j_copy_in(address, at + i, values, i, Math.min(COPY, values.length - i));
        }
    }

    public void put(long[] values) {
        Objects.checkFromIndexSize(0, values.length, count);
        for (long i = 0; i < values.length; i += COPY) {
            NativeApi.s4j_copy_in(address, i, values, i, Math.min(COPY, values.length - i));
        }
    }

    /** Copies a whole array in from byte {@code at} on; this array must hold bytes. */
    public void put(long at, byte[] values) {
        Objects.checkFromIndexSize(at, values.length, count);
        for (long i = 0; i < values.length; i += COPY) {
            NativeApi.s4j_copy_in(address, at + i, values, i, Math.min(COPY, values.length - i));
        }
    }

    /** Copies a whole array in, to the start; this array must hold bytes. */
    public void put(short[] values) {
        Objects.checkFromIndexSize(0, (long) values.length * Short.BYTES, count);
        for (long i = 0; i < values.length; i += COPY) {
            NativeApi.s4j_copy_in(address, i, values, i, Math.min(COPY, values.length - i));
        }
    }

    public void put(int[] values) {
        Objects.checkFromIndexSize(0, values.length, count);
        for (long i = 0; i < values.length; i += COPY) {
            NativeApi.s4j_copy_in(address, i, values, i, Math.min(COPY, values.length - i));
        }
    }

    /** Fills {@code values} from the elements from {@code from} on; this array must hold floats. */
    public void get(long from, float[] values) {
        Objects.checkFromIndexSize(from, values.length, count);
        for (long i = 0; i < values.length; i += COPY) {
            NativeApi.s4j_copy_out(values, i, address, from + i, Math.min(COPY, values.length - i));
        }
    }

    /** Fills {@code values} from the elements from {@code from} on; this array must hold doubles. */
    public void get(long from, double[] values) {
        Objects.checkFromIndexSize(from, values.length, count);
        for (long i = 0; i < values.length; i += COPY) {
            NativeApi.s4j_copy_out(values, i, address, from + i, Math.min(COPY, values.length - i));
        }
    }

    /** Fills the first {@code length} of {@code values} from the elements from {@code from} on, of either type. */
    public void getWidened(long from, double[] values, int length) {
        Objects.checkFromIndexSize(from, length, count);
        Objects.checkFromIndexSize(0, length, values.length);
        float[] narrow = type == NativeApi.F32 ? new float[Math.min(length, WIDENED)] : null;
        int step = narrow == null ? COPY : WIDENED;
        for (int i = 0; i < length; i += step) {
            int part = Math.min(step, length - i);
            if (narrow == null) {
                NativeApi.s4j_copy_out(values, i, address, from + i, part);
                continue;
            }
            NativeApi.s4j_copy_out(narrow, 0, address, from + i, part);
            for (int k = 0; k < part; k++) {
                values[i + k] = narrow[k];
            }
        }
    }

    /** Fills {@code values} from the first elements; this array must hold integers. */
    public void get(int[] values) {
        get(0, values, values.length);
    }

    /** Fills the first {@code length} of {@code values} from the elements from {@code from} on; they must be integers. */
    public void get(long from, int[] values, int length) {
        Objects.checkFromIndexSize(from, length, count);
        Objects.checkFromIndexSize(0, length, values.length);
        for (long i = 0; i < length; i += COPY) {
            NativeApi.s4j_copy_out(values, i, address, from + i, Math.min(COPY, length - i));
        }
    }

    @Override
    public void close() {
        if (owned) {
            NativeApi.s4j_free(address);
        }
        address = 0;
    }
}
