package io.github.softmax4j;

import io.github.softmax4j.internal.LoadFailure;
import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeLibrary;

/** The entry to the native core: its state, its errors as exceptions, and the settings of the whole process. */
final class Core {

    private static final String KERNELS_PROPERTY = "softmax4j.kernels";
    private static final String KERNELS_VARIABLE = "SOFTMAX4J_KERNELS";
    private static final String THREADS_PROPERTY = "softmax4j.threads";
    static final int MOST_THREADS = 1024;

    private static final int VARIABLE_THREADS = variableThreads();

    private static volatile boolean ready;

    private Core() {}

    /** Throws unless the native core is loaded and ready. What kept it from that may be gone at the next use, which tries again. */
    static void require() {
        if (!ready) {
            start();
        }
    }

    private static synchronized void start() {
        if (ready) {
            return;
        }
        LoadFailure failure = NativeLibrary.load();
        if (failure != null) {
            throw new SoftmaxException(failure.message(), failure.cause());
        }
        String property = System.getProperty(KERNELS_PROPERTY);
        String kernels = property != null ? property : System.getenv(KERNELS_VARIABLE);
        if (NativeApi.s4j_initialize(kernels) != NativeApi.OK) {
            String text = NativeApi.s4j_last_error();
            if (kernels == null || kernels.isEmpty()) {
                throw new SoftmaxException(text);
            }
            throw new IllegalArgumentException(
                    (property != null ? "-D" + KERNELS_PROPERTY : KERNELS_VARIABLE) + ": " + text);
        }
        ready = true;
    }

    /** Throws the exception that a status of the C ABI stands for. */
    static void check(int status) {
        if (status == NativeApi.OK) {
            return;
        }
        String text = NativeApi.s4j_last_error();
        switch (status) {
            case NativeApi.BAD_ARGUMENT, NativeApi.UNSUPPORTED -> throw new IllegalArgumentException(text);
            case NativeApi.NO_MEMORY -> throw new OutOfMemoryError(text);
            default -> throw new SoftmaxException(text);
        }
    }

    /** The element of native memory at an index, as text. */
    static String value(ElementType type, long address, long index) {
        if (type == ElementType.FLOAT32) {
            float[] value = new float[1];
            NativeApi.s4j_copy_out(value, 0, address, index, 1);
            return Float.toString(value[0]);
        }
        double[] value = new double[1];
        NativeApi.s4j_copy_out(value, 0, address, index, 1);
        return Double.toString(value[0]);
    }

    /**
     * Threads of a call that names none: the property {@code softmax4j.threads}, else the variable {@code OMP_NUM_THREADS}, else
     * the processors that the JVM may use, which keeps to the limits of a container.
     */
    static int defaultThreads() {
        String text = System.getProperty(THREADS_PROPERTY);
        if (text == null) {
            return VARIABLE_THREADS > 0
                    ? VARIABLE_THREADS
                    : Math.min(Runtime.getRuntime().availableProcessors(), MOST_THREADS);
        }
        try {
            return checkThreads(Integer.parseInt(text.strip()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "-D" + THREADS_PROPERTY + " must be a whole number in 1.." + MOST_THREADS + ", was '" + text + "'",
                    e);
        }
    }

    /** What {@code OMP_NUM_THREADS} says, as OpenMP reads it; 0 where it is not set, or not to be understood. */
    private static int variableThreads() {
        String text = System.getenv("OMP_NUM_THREADS");
        if (text == null) {
            return 0;
        }
        try {
            // A list is for nested loops, of which there are none.
            return checkThreads(Integer.parseInt(text.split(",", 2)[0].strip()));
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    static int checkThreads(int threads) {
        if (threads < 1 || threads > MOST_THREADS) {
            throw new IllegalArgumentException("threads must be in 1.." + MOST_THREADS + ", was " + threads);
        }
        return threads;
    }
}
