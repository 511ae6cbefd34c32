package io.github.softmax4j.internal;

import org.bytedeco.javacpp.Loader;

/** Loads the native library, once. */
public final class NativeLibrary {

    private static final String PATH;
    private static final Throwable FAILURE;

    static {
        String path = null;
        Throwable failure = null;
        try {
            path = Loader.load(NativeApi.class);
        } catch (LinkageError | RuntimeException e) {
            failure = e;
        }
        PATH = path;
        FAILURE = failure;
    }

    private NativeLibrary() {}

    /** Where the library was loaded from; null where loading failed. */
    public static String path() {
        return PATH;
    }

    /** Why loading failed; null where it did not. */
    public static Throwable failure() {
        return FAILURE;
    }

    /** JavaCPP's name of this platform, such as {@code linux-x86_64}. */
    public static String platform() {
        return Loader.getPlatform();
    }
}
