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

    /** Why the core cannot be used; null when it can. Remembered, so that every later use says the same. */
    private static final Unusable UNUSABLE = initialize();

    /** A failure to start: a wrong setting of the user's, or a library that could not be loaded. */
    private record Unusable(boolean wrongSetting, String message, Throwable cause) {}

    private Core() {}

    private static Unusable initialize() {
        LoadFailure failure = NativeLibrary.failure();
        if (failure != null) {
            return new Unusable(false, failure.message(), failure.cause());
        }
        String property = System.getProperty(KERNELS_PROPERTY);
        String kernels = property != null ? property : System.getenv(KERNELS_VARIABLE);
        int status = NativeApi.s4j_initialize(kernels);
        if (status == NativeApi.OK) {
            return null;
        }
        boolean chosen = kernels != null && !kernels.isEmpty();
        String where = property != null ? "-D" + KERNELS_PROPERTY : KERNELS_VARIABLE;
        return new Unusable(chosen, (chosen ? where + ": " : "") + NativeApi.s4j_last_error(), null);
    }

    /** Throws unless the native core is loaded and ready. */
    static void require() {
        if (UNUSABLE == null) {
            return;
        }
        if (UNUSABLE.wrongSetting) {
            throw new IllegalArgumentException(UNUSABLE.message);
        }
        throw new SoftmaxException(UNUSABLE.message, UNUSABLE.cause);
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
