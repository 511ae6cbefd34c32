package io.github.softmax4j.cli;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sdot;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

import io.github.softmax4j.ElementType;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** What the machine can do at most, on all its processors: OpenBLAS's matrix product, and reading and copying memory. */
final class Machine implements AutoCloseable {

    private static final int SIDE = 2048;
    /** Far beyond the caches. */
    private static final int LENGTH = 1 << 26;

    private final FloatPointer from = new FloatPointer((long) LENGTH);
    private final FloatPointer to = new FloatPointer((long) LENGTH);

    Machine() {
        for (FloatPointer array : new FloatPointer[] {from, to}) {
            Pointer.memset(array, 0, (long) LENGTH * Float.BYTES);
        }
    }

    /** Runs one square matrix product and returns its floating-point operations. */
    double multiply(ElementType type) {
        long matrix = (long) SIDE * SIDE;
        if (type == ElementType.FLOAT32) {
            FloatPointer b = from.getPointer(matrix);
            cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, from, SIDE, b, SIDE, 0, to, SIDE);
        } else {
            DoublePointer a = new DoublePointer(from);
            DoublePointer b = a.getPointer(matrix);
            DoublePointer c = new DoublePointer(to);
            cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, a, SIDE, b, SIDE, 0, c, SIDE);
        }
        return 2.0 * SIDE * matrix;
    }

    /** Reads an array once and returns its bytes. */
    double read() {
        cblas_sdot(LENGTH, from, 1, from, 1);
        return (double) LENGTH * Float.BYTES;
    }

    /** Copies an array and returns the bytes that it read and wrote. */
    double copy() {
        int parts = Runtime.getRuntime().availableProcessors();
        IntStream.range(0, parts).parallel().forEach(part -> {
            long first = (long) LENGTH * part / parts;
            long end = (long) LENGTH * (part + 1) / parts;
            Pointer.memcpy(to.getPointer(first), from.getPointer(first), (end - first) * Float.BYTES);
        });
        return 2.0 * LENGTH * Float.BYTES;
    }

    @Override
    public void close() {
        from.close();
        to.close();
    }
}
