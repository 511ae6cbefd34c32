package io.github.softmax4j;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * What the machine, or the container that the process is in, has of memory. Where memory is promised beyond that, as on Linux, taking too
 * much is no failed allocation but the end of the process.
 */
final class MachineMemory {

    /** Less is not looked at: asking takes some milliseconds the first time. */
    private static final long SMALL = 256L << 20;

    private MachineMemory() {}

    /**
     * Refuses work that cannot fit whatever else is there: its parts off the heap alone exceed memory and swap.
     *
     * @throws OutOfMemoryError with the plan and what there is
     */
    static void require(MemoryPlan plan) {
        long taken = plan.working() - plan.javaHeap();
        if (taken > SMALL) {
            require(plan, taken, total());
        }
    }

    static void require(MemoryPlan plan, long taken, long total) {
        if (taken > total) {
            throw new OutOfMemoryError("the work takes " + taken + " bytes off the heap, memory and swap have " + total
                    + "; memoryLimit makes it take less where it can: " + plan);
        }
    }

    /** Memory and swap, in bytes; of the container, where that has less. Without bounds where the JVM does not say. */
    private static long total() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine) {
            return machine.getTotalMemorySize() + machine.getTotalSwapSpaceSize();
        }
        return Long.MAX_VALUE;
    }
}
