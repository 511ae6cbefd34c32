package io.github.softmax4j.internal;

import java.io.IOException;
import java.util.Locale;
import org.bytedeco.javacpp.Loader;

/** The native library: loaded once, by the first use. */
public final class NativeLibrary {

    private static final String PATH;
    private static final LoadFailure FAILURE;

    static {
        String path = null;
        LoadFailure failure = null;
        String platform = platform();
        Versions versions = Versions.read();
        try {
            path = LibraryLoader.load(platform, versions).toString();
        } catch (LinkageError | RuntimeException | IOException | NotLoadable e) {
            failure = LoadFailure.of(e, versions, platform);
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
    public static LoadFailure failure() {
        return FAILURE;
    }

    /** JavaCPP's name of this platform, such as {@code linux-x86_64}. */
    public static String platform() {
        try {
            return Loader.getPlatform();
        } catch (NoClassDefFoundError e) {
            // JavaCPP is missing, and the message that says so names the platform.
            return platform(System.getProperty("os.name"), System.getProperty("os.arch"));
        }
    }

    /** JavaCPP's name of the platform that the JVM calls by these. */
    static String platform(String system, String architecture) {
        String name = system.toLowerCase(Locale.ROOT);
        String family = name.startsWith("windows") ? "windows" : name.startsWith("mac") ? "macosx" : name;
        return family
                + switch (architecture) {
                    case "amd64" -> "-x86_64";
                    case "aarch64" -> "-arm64";
                    default -> "-" + architecture;
                };
    }
}
