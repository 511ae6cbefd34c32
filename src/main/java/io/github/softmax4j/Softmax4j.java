package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeLibrary;
import java.util.List;

/**
 * What runs here: the library, its kernels, and the OpenBLAS beneath them.
 *
 * <p>System properties set the library up: {@code softmax4j.kernels} (or the environment variable {@code SOFTMAX4J_KERNELS}) names
 * the kernels to use instead of the best this CPU has, and {@code softmax4j.threads} the number of threads of calls that name none.
 * {@code softmax4j.library.path} names a folder that holds the native library and those it needs, instead of the jars on the class
 * path, and {@code softmax4j.library.check=false} leaves out the comparison of its SHA-256 with the one recorded at build.
 *
 * <p>The first use loads the native library. Where that fails, it throws a {@link SoftmaxException}, which
 * says what was looked for, what is wrong and what to do; its cause is an {@link UnsatisfiedLinkError}. Every later use, of any
 * class, tries again, and throws the same where nothing has changed.
 */
public final class Softmax4j {

    private Softmax4j() {}

    /**
     * The library's version.
     *
     * @return as in its Maven coordinates
     */
    public static String version() {
        Core.require();
        return NativeApi.s4j_version();
    }

    /**
     * The platform.
     *
     * @return JavaCPP's name, such as {@code linux-x86_64}
     */
    public static String platform() {
        return NativeLibrary.platform();
    }

    /**
     * Where the native library was loaded from.
     *
     * @return a path
     */
    public static String libraryPath() {
        Core.require();
        return NativeLibrary.path();
    }

    /**
     * The kernels in use.
     *
     * @return one of {@link #supportedKernels()}
     */
    public static String kernels() {
        Core.require();
        return NativeApi.s4j_kernels();
    }

    /**
     * The kernels that this CPU can run.
     *
     * @return best first
     */
    public static List<String> supportedKernels() {
        Core.require();
        return List.of(NativeApi.s4j_supported_kernels().split(", "));
    }

    /**
     * The features of this CPU that kernels ask for.
     *
     * @return those it has
     */
    public static List<String> cpuFeatures() {
        Core.require();
        return List.of(NativeApi.s4j_cpu_features().split(" "));
    }

    /**
     * The core type that OpenBLAS runs with.
     *
     * @return such as {@code SkylakeX}, {@code Zen} or {@code Haswell}
     */
    public static String openBlasCore() {
        Core.require();
        return NativeApi.s4j_blas_core();
    }

    /**
     * OpenBLAS's version and build options.
     *
     * @return one line
     */
    public static String openBlasConfig() {
        Core.require();
        return NativeApi.s4j_blas_config();
    }

    /**
     * Where OpenBLAS was loaded from: a copy of our own, which nobody else in the process calls.
     *
     * @return a path
     */
    public static String openBlasPath() {
        Core.require();
        return NativeApi.s4j_blas_path();
    }

    /**
     * The threads of a call that names none: {@code softmax4j.threads}, else {@code OMP_NUM_THREADS}, else the processors the JVM
     * may use, of which a container's limit is part.
     *
     * @return in 1..1024
     */
    public static int threads() {
        return Core.defaultThreads();
    }

    /**
     * Compares every regime of the core, prediction and an optimizer step with naive references, in a fraction of a second.
     *
     * @return one result for each comparison
     */
    public static List<SelfTestResult> selfTest() {
        return SelfTest.run();
    }
}
