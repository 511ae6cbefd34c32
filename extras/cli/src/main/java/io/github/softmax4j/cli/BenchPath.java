package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import java.util.function.Function;

/**
 * One thing that the library does, and what it must do for it at least.
 *
 * @param name of the report
 * @param type in which it computes
 * @param flops floating-point operations of one run
 * @param read bytes that one run must read
 * @param written bytes that one run must write
 * @param sets copies of its data that the runs take turns with
 * @param start makes it ready to run on data
 */
record BenchPath(
        String name,
        ElementType type,
        double flops,
        double read,
        double written,
        int sets,
        Function<BenchData, Work> start) {

    /** Every run works on the same data. */
    BenchPath(
            String name, ElementType type, double flops, double read, double written, Function<BenchData, Work> start) {
        this(name, type, flops, read, written, 1, start);
    }

    /** A path that is ready to run. */
    interface Work {
        /** Runs it so many times, at least once, and returns the mean seconds of one. */
        double seconds(int repetitions);
    }

    double bytes() {
        return read + written;
    }
}
