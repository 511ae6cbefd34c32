package io.github.softmax4j.internal;

import java.io.IOException;
import java.util.Locale;
import org.bytedeco.javacpp.Loader;

/** The native library: loaded once, by the first use that succeeds. */
public final class NativeLibrary {

    private static volatile String path;

    private NativeLibrary() {}

    /**
     * Loads the library unless it is. An interruption is set aside meanwhile, as it would close files that are being read.
     *
     * @return null; or why it could not be loaded, which a later call may find otherwise
     */
    public static synchronized LoadFailure load() {
        if (path != null) {
            return null;
        }
        boolean interrupted = Thread.interrupted();
        String platform = platform();
        Versions versions = Versions.read();
        try {
            while (true) {
                try {
                    path = LibraryLoader.load(platform, versions).toString();
                    return null;
                } catch (LinkageError | RuntimeException | IOException | NotLoadable e) {
                    if (!Thread.interrupted()) {
                        return LoadFailure.of(e, versions, platform);
                    }
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Where the library was loaded from; null where it was not. */
    public static String path() {
        return path;
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
