package io.github.softmax4j.cli;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_scopy;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sdot;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemv;

import io.github.softmax4j.ElementType;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Ways to drive the machine to its limits on all its processors: matrix products, reading memory and copying it. Which way is the
 * fastest differs from machine to machine, by up to a factor of two, so there are several of each.
 */
final class Machine implements AutoCloseable {

    /**
     * One way.
     *
     * @param name what it does
     * @param amount floating-point operations, or bytes read and written
     * @param run does it
     */
    record Method(String name, double amount, Runnable run) {}

    private static final int[] SIDES = {1024, 2048, 4096};
    private static final int PAGE = 4096;
    /** Values that are copied at once where parts are: small enough for {@code memcpy} to go through the caches. */
    private static final int PIECE = 1 << 16;

    private final int processors = Runtime.getRuntime().availableProcessors();
    /** Values of an array: it holds two of the largest matrices, and the caches hold a quarter of it at most. */
    private final long length;

    private final FloatPointer fromMemory;
    private final FloatPointer toMemory;
    private final FloatPointer from;
    private final FloatPointer to;

    Machine() {
        long largest = 2L * SIDES[SIDES.length - 1] * SIDES[SIDES.length - 1] * Double.BYTES;
        long pieces = Math.max(largest, 4 * Processor.cacheBytes()) / (PIECE * Float.BYTES);
        length = pieces * PIECE;
        fromMemory = new FloatPointer(length + PAGE);
        toMemory = new FloatPointer(length + PAGE);
        from = aligned(fromMemory);
        to = aligned(toMemory);
        fill();
        blas_set_num_threads(processors);
    }

    private static FloatPointer aligned(FloatPointer memory) {
        return memory.getPointer((-memory.address() & (PAGE - 1)) / Float.BYTES);
    }

    /** Each part by the processor that will use it. Pairs of the values are normal doubles, too. */
    private void fill() {
        float[] values = new float[PIECE];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < PIECE; i++) {
            values[i] = (float) random.nextDouble(0.5, 1);
        }
        try (FloatPointer piece = new FloatPointer(values)) {
            pieces(first -> {
                Pointer.memcpy(from.getPointer(first), piece, (long) PIECE * Float.BYTES);
                Pointer.memcpy(to.getPointer(first), piece, (long) PIECE * Float.BYTES);
            });
        }
    }

    /** Square matrix products. */
    List<Method> products(ElementType type) {
        return IntStream.of(SIDES)
                .mapToObj(n -> new Method(
                        n + "^3",
                        2.0 * n * n * n,
                        type == ElementType.FLOAT32 ? () -> multiplyFloats(n) : () -> multiplyDoubles(n)))
                .toList();
    }

    private void multiplyFloats(int n) {
        FloatPointer b = from.getPointer((long) n * n);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, from, n, b, n, 0, to, n);
    }

    private void multiplyDoubles(int n) {
        DoublePointer a = new DoublePointer(from);
        DoublePointer b = a.getPointer((long) n * n);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, new DoublePointer(to), n);
    }

    /** Reading an array once. A matrix times a vector reads several rows at a time, which keeps more requests under way. */
    List<Method> reads() {
        double bytes = (double) length * Float.BYTES;
        int half = Math.toIntExact(length / 2);
        return List.of(
                new Method("rows of 4,096 values", bytes, () -> timesVector(4096)),
                new Method("rows of 65,536 values", bytes, () -> timesVector(PIECE)),
                new Method("two vectors", bytes, () -> cblas_sdot(half, from, 1, from.getPointer(half), 1)));
    }

    private void timesVector(int columns) {
        int rows = Math.toIntExact(length / columns);
        FloatPointer result = to.getPointer(columns);
        cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, columns, 1, from, columns, to, 1, 0, result, 1);
    }

    /** Copying an array: past the caches where {@code memcpy} sees how much it is, and through them. */
    List<Method> copies() {
        double bytes = 2.0 * length * Float.BYTES;
        return List.of(
                new Method("memcpy", bytes, () -> parts((first, count) -> copy(first, count))),
                new Method("memcpy in pieces", bytes, () -> pieces(first -> copy(first, PIECE))),
                new Method(
                        "scopy",
                        bytes,
                        () -> parts((first, count) -> cblas_scopy(
                                Math.toIntExact(count), from.getPointer(first), 1, to.getPointer(first), 1))));
    }

    private void copy(long first, long count) {
        Pointer.memcpy(to.getPointer(first), from.getPointer(first), count * Float.BYTES);
    }

    /** What is done to {@code count} values from {@code first} on. */
    private interface Part {
        void run(long first, long count);
    }

    /** One part for each processor. */
    private void parts(Part work) {
        IntStream.range(0, processors).parallel().forEach(i -> {
            long first = length * i / processors;
            work.run(first, length * (i + 1) / processors - first);
        });
    }

    private void pieces(LongConsumer work) {
        LongStream.range(0, length / PIECE).parallel().forEach(i -> work.accept(i * PIECE));
    }

    @Override
    public void close() {
        fromMemory.close();
        toMemory.close();
    }
}
