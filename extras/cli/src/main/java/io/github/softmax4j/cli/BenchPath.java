package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import java.util.function.DoubleSupplier;

/**
 * One thing that the library does, and what it must do for it at least.
 *
 * @param name of the report
 * @param type in which it computes
 * @param flops floating-point operations of one run
 * @param bytes memory that one run must read and write
 * @param seconds runs it and returns the seconds of one run
 */
record BenchPath(String name, ElementType type, double flops, double bytes, DoubleSupplier seconds) {

    private static final double CACHED_BYTES = 1 << 20;

    /** The seconds of a run of {@code work}. */
    static double time(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /** The seconds that the machine needs for one run: to compute, or to move what the caches do not hold from the run before. */
    double limit(double flopsPerSecond, double bytesPerSecond) {
        return Math.max(flops / flopsPerSecond, bytes <= CACHED_BYTES ? 0 : bytes / bytesPerSecond);
    }
}
