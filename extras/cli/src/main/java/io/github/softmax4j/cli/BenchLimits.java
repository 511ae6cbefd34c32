package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import java.util.Map;

/**
 * What the machine can do at most.
 *
 * @param flops floating-point operations a second in a matrix product
 * @param read bytes a second from memory where nothing is written
 * @param copy bytes a second, read and written, where as much is written as read
 * @param cache bytes that stay in the caches from run to run
 */
record BenchLimits(Map<ElementType, Double> flops, double read, double copy, double cache) {

    /** The seconds that the machine needs for one run at least. */
    double seconds(BenchPath path) {
        return Math.max(computing(path), moving(path));
    }

    double computing(BenchPath path) {
        return path.flops() / flops.get(path.type());
    }

    /**
     * None where the caches hold everything from the runs before. Else what is written goes at the rate of copying, together with as
     * many bytes that are read; what is read beyond that goes at the rate of reading.
     */
    double moving(BenchPath path) {
        if (path.bytes() * path.sets() <= cache) {
            return 0;
        }
        double copied = Math.min(path.read(), path.written());
        return 2 * copied / copy + (path.read() - copied) / read + (path.written() - copied) / copy;
    }
}
