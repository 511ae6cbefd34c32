package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import java.util.Locale;

/**
 * The memory that work of some shape will take, in bytes, known before anything is allocated: from {@link SoftmaxTrainer#plan} or
 * {@link SoftmaxLoss#plan}. The native parts are the sizes that the work will ask for, to the byte; the arrays on the Java heap are
 * those of one epoch, counted as if the garbage collector freed none of them on the way. Not counted: what the JVM, the stacks of threads and OpenBLAS
 * need whatever the shape, the caller's own arrays, and other calls at the same time.
 *
 * @param dataset a labelled {@link Dataset} without row weights and targets that copies its features: off the heap. Weights take N values
 *     of its type more, targets N x C
 * @param parameters copies of W and b, and of the gradient, off the heap
 * @param optimizerState off the heap, from the beginning of a fit to its end: the parameters as they are stepped, the vectors of the
 *     optimizer, and the order of the rows; 0 for {@link SoftmaxLoss}
 * @param scratch the native work space, the most at any time, and what the loss needs of each row: weights of classes, lengths for
 *     margins, the entries of sparse rows that are standardised
 * @param javaHeap arrays of parameters and predictions on the Java heap, and those on the way to the model
 */
public record MemoryPlan(long dataset, long parameters, long optimizerState, long scratch, long javaHeap) {

    /**
     * Everything beside the dataset: what a memory limit limits.
     *
     * @return bytes
     */
    public long working() {
        return Math.addExact(Math.addExact(parameters, optimizerState), Math.addExact(scratch, javaHeap));
    }

    /**
     * The most at any time.
     *
     * @return bytes, dataset included
     */
    public long peak() {
        return Math.addExact(dataset, working());
    }

    /**
     * How much of it may stay with the process when the work is done: scratch is kept for the next call, of all calls together at
     * most 64 MiB. What earlier calls have left so is used again where it fits, and comes on top of {@link #peak()} otherwise.
     *
     * @return bytes
     */
    public long retained() {
        return Math.min(Math.addExact(optimizerState, scratch), NativeApi.POOL_BYTES);
    }

    /** Megabytes, for people: {@code peak 212.3 MB = dataset 188.4 + parameters 0.03 + ...}. */
    @Override
    public String toString() {
        return "peak " + megabytes(peak()) + " MB = dataset " + megabytes(dataset) + " + parameters "
                + megabytes(parameters) + " + optimizer state " + megabytes(optimizerState) + " + scratch "
                + megabytes(scratch) + " + Java heap " + megabytes(javaHeap);
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, bytes < 1_000_000 ? "%.3f" : "%.1f", bytes / 1e6);
    }
}
