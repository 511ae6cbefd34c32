package io.github.softmax4j.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Why the native library could not be loaded, for people: what was looked for, what is wrong, and the line that fixes it.
 *
 * @param message all of it, in one line
 * @param cause what the loader met
 */
public record LoadFailure(String message, UnsatisfiedLinkError cause) {

    static final List<String> PLATFORMS =
            List.of("linux-x86_64", "linux-arm64", "windows-x86_64", "macosx-x86_64", "macosx-arm64");

    private static final String CACHE_PROPERTY = "org.bytedeco.javacpp.cachedir";
    private static final Pattern OLD_C_LIBRARY =
            Pattern.compile("version [`'](GLIBC(?:XX)?_[0-9.]+)' not found[^)]*\\)?");
    private static final Pattern NEEDED = Pattern.compile("(\\S+): cannot open shared object file: No such file");

    private record Diagnosis(String wrong, String fix) {}

    /** A jar that is not there, and what it would have brought. */
    record MissingJar(String coordinates, String content) {}

    /** What is known of the process in which loading failed; a part of its own, so that tests can have another. */
    record Surroundings(
            String platform,
            Versions versions,
            String memoryMap,
            boolean addressSpaceLimited,
            List<MissingJar> missing,
            String module) {

        static Surroundings here(String platform, Versions versions) {
            Module module = LoadFailure.class.getModule();
            return new Surroundings(
                    platform,
                    versions,
                    mappedFiles(),
                    isAddressSpaceLimited(),
                    missingJars(platform, versions),
                    module.isNamed() ? module.getName() : "");
        }

        /** The files that this process has mapped, on Linux; else empty. */
        private static String mappedFiles() {
            try {
                return Files.readString(Path.of("/proc/self/maps"));
            } catch (IOException | UncheckedIOException e) {
                return "";
            }
        }

        /** Whether this process may map only so much, as `ulimit -v` sets it on Linux. */
        private static boolean isAddressSpaceLimited() {
            try {
                return Files.readAllLines(Path.of("/proc/self/limits")).stream()
                        .anyMatch(line -> line.matches("Max address space +[0-9].*"));
            } catch (IOException | UncheckedIOException e) {
                return false;
            }
        }

        /** Of those that loading needs; from a named folder it needs JavaCPP's classes alone. */
        private static List<MissingJar> missingJars(String platform, Versions versions) {
            List<MissingJar> needed = new ArrayList<>();
            needed.add(new MissingJar(versions.javacppJar(), "org/bytedeco/javacpp/Loader.class"));
            if (System.getProperty(LibraryLoader.PATH_PROPERTY) == null) {
                needed.add(new MissingJar(versions.softmax4jFor(platform), LibraryLoader.resourceName(platform)));
            }
            ClassLoader loader = LoadFailure.class.getClassLoader();
            return needed.stream()
                    .filter(jar -> loader.getResource(jar.content) == null)
                    .toList();
        }
    }

    static LoadFailure of(Throwable failure, Versions versions, String platform) {
        return of(failure, Surroundings.here(platform, versions));
    }

    static LoadFailure of(Throwable failure, Surroundings here) {
        Diagnosis diagnosis = diagnose(failure, here);
        String message = "softmax4j " + here.versions().softmax4j() + " cannot load its native library on "
                + here.platform() + ": " + diagnosis.wrong() + "; looked for " + lookedFor(here) + "; to fix it: "
                + diagnosis.fix();
        if (failure instanceof UnsatisfiedLinkError error) {
            return new LoadFailure(message, error);
        }
        UnsatisfiedLinkError error =
                new UnsatisfiedLinkError(failure instanceof NotLoadable ? failure.getMessage() : failure.toString());
        error.initCause(failure);
        return new LoadFailure(message, error);
    }

    private static String lookedFor(Surroundings here) {
        if (!here.missing().isEmpty()) {
            return here.missing().stream().map(MissingJar::content).collect(Collectors.joining(", "));
        }
        String folder = System.getProperty(LibraryLoader.PATH_PROPERTY);
        return folder == null
                ? LibraryLoader.resourceName(here.platform())
                : LibraryLoader.LIBRARY + " and " + LibraryLoader.OPENBLAS + " in -D" + LibraryLoader.PATH_PROPERTY
                        + "=" + folder;
    }

    private static Diagnosis diagnose(Throwable failure, Surroundings here) {
        if (failure instanceof NotLoadable problem) {
            return new Diagnosis(problem.getMessage(), problem.fix());
        }
        String text = texts(failure);
        if (text.contains("IllegalCallerException")) {
            String modules = here.module().isEmpty() ? "ALL-UNNAMED" : "org.bytedeco.javacpp," + here.module();
            return new Diagnosis(
                    "this JVM denies access to native code", "start java with --enable-native-access=" + modules);
        }
        if (System.getProperty(LibraryLoader.PATH_PROPERTY) == null && !PLATFORMS.contains(here.platform())) {
            return new Diagnosis(
                    "there is no build for this platform, only for " + String.join(", ", PLATFORMS),
                    "run it on one of those, or build the library from source and name its folder with -D"
                            + LibraryLoader.PATH_PROPERTY);
        }
        if (here.memoryMap().contains("/ld-musl-")) {
            return new Diagnosis(
                    "the C library of this system is musl, the native libraries need glibc 2.34 or newer",
                    "use an image that has glibc, such as one of Debian 12 or Ubuntu 22.04 instead of Alpine");
        }
        return here.missing().isEmpty() ? ofText(text, failure, here) : ofMissing(here);
    }

    private static Diagnosis ofMissing(Surroundings here) {
        int count = here.missing().size();
        String jars = here.missing().stream().map(MissingJar::coordinates).collect(Collectors.joining(", "));
        String where = here.module().isEmpty()
                ? " to the class path, or depend on " + here.versions().platformJar() + ", which brings all jars"
                : " to the module path, and --add-modules ALL-MODULE-PATH to java's options: nothing else brings in the"
                        + " modules of native jars";
        return new Diagnosis(count == 1 ? "a jar is missing" : count + " jars are missing", "add " + jars + where);
    }

    /** From the words of JavaCPP and of the operating system's linker. */
    private static Diagnosis ofText(String text, Throwable failure, Surroundings here) {
        String root = root(failure);
        if (text.contains("Could not create the cache")) {
            return new Diagnosis(
                    "there is no folder to unpack it to: neither ~/.javacpp/cache nor one in java.io.tmpdir can be written",
                    cacheElsewhere("that can be written"));
        }
        Matcher old = OLD_C_LIBRARY.matcher(text);
        if (old.find()) {
            return new Diagnosis(
                    "the C library of this system is too old: " + old.group(),
                    "use a system with glibc 2.34 or newer: Debian 12, Ubuntu 22.04, RHEL 9");
        }
        if (matches(text, "No space left on device|Disk quota exceeded|not enough space on the disk")) {
            return new Diagnosis(
                    "the file system of the folder that it is unpacked to is full: " + root,
                    "make room there, some 40 MB, or " + cacheElsewhere("on a file system that has room"));
        }
        // The linker has the same words for what may not be executed and for what finds no room.
        boolean notMapped = text.contains("failed to map segment from shared object");
        if ((notMapped && here.addressSpaceLimited())
                || matches(text, "[Cc]annot allocate memory|cannot create shared object descriptor")) {
            return new Diagnosis(
                    "the process is out of memory or address space: " + root,
                    "raise its limit (ulimit -v, that of the container), or give the JVM less: -Xmx, -XX:MaxMetaspaceSize");
        }
        if (notMapped) {
            return new Diagnosis(
                    "files in its folder may not be executed: " + root,
                    cacheElsewhere("on a file system that is not mounted noexec"));
        }
        if (matches(
                text,
                "Possible cause: can't load|wrong ELF class|wrong architecture|incompatible architecture"
                        + "|not a valid Win32")) {
            return new Diagnosis(
                    "it is for another architecture: " + root,
                    "take the jars or the folder of this platform, and leave out -Dorg.bytedeco.javacpp.platform");
        }
        if (matches(text, "file too short|invalid ELF header|file data|truncated")) {
            return new Diagnosis("the file is damaged: " + root, LibraryLoader.renewal());
        }
        Matcher needed = NEEDED.matcher(text);
        if (needed.find()) {
            return new Diagnosis(
                    "it needs " + needed.group(1) + ", which is not there: " + root,
                    "install that library, or put it beside the file that needs it");
        }
        return new Diagnosis(root, "see the cause; docs/loading.md explains how loading works");
    }

    static String cacheElsewhere(String kind) {
        return "start java with -D" + CACHE_PROPERTY + "=FOLDER, a folder " + kind;
    }

    private static boolean matches(String text, String pattern) {
        return Pattern.compile(pattern).matcher(text).find();
    }

    /** All messages, the outermost first: JavaCPP's outer one misleads. */
    private static String texts(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable t = failure; t != null; t = t.getCause()) {
            text.append(t).append('\n');
        }
        return text.toString();
    }

    private static String root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        // The JVM and the system's linker both put the name of the file in front.
        return root.getMessage() == null ? root.toString() : root.getMessage().replaceFirst("^(\\S.*?): \\1: ", "$1: ");
    }
}
