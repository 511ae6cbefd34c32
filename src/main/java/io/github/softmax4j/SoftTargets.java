package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.lang.reflect.Array;

/**
 * Targets on their way from the caller to the memory of a {@link Dataset}.
 *
 * @param values float[] or double[], rows x classes, each in 0..1
 * @param classes C, at least 1
 */
record SoftTargets(Object values, int classes) {

    /** Copies and checks them, and gives them to the core's view of the data, which must be there. */
    void fill(DatasetMemory memory, ElementType type, long rows) {
        Checks.length("targets", Array.getLength(values), "rows x classes is", rows * classes);
        memory.targets = NativeArray.ofReals(type.code(), rows * classes);
        if (values instanceof float[] floats) {
            memory.targets.put(0, floats);
        } else {
            memory.targets.put(0, (double[]) values);
        }
        long bad = NativeApi.s4j_first_bad_target(type.code(), memory.targets.address(), rows, classes, 0);
        if (bad >= 0) {
            throw new IllegalArgumentException("targets must be in 0..1, row " + bad / classes + ", class "
                    + bad % classes + " was " + Core.value(type, memory.targets.address(), bad));
        }
        Core.check(NativeApi.s4j_data_targets(memory.data, memory.targets.address(), classes));
    }
}
