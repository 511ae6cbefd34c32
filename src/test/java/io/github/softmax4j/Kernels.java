package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.softmax4j.internal.NativeApi;
import java.util.List;

/** Runs tests once per instruction set of this machine. Test classes do not run in parallel, so that this is safe. */
final class Kernels {

    private Kernels() {}

    static List<String> all() {
        return Softmax4j.supportedKernels();
    }

    /** Runs {@code body} with these kernels, having made sure that they are in use; then goes back to those from before. */
    static void with(String name, Runnable body) {
        String before = Softmax4j.kernels();
        assertEquals(NativeApi.OK, NativeApi.s4j_initialize(name), () -> "choosing " + name);
        try {
            assertEquals(name, NativeApi.s4j_kernels());
            body.run();
            assertEquals(name, NativeApi.s4j_kernels());
        } finally {
            assertEquals(NativeApi.OK, NativeApi.s4j_initialize(before));
        }
        assertEquals(before, Softmax4j.kernels());
    }
}
