package io.github.softmax4j.internal;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas_nolapack;

/**
 * Finds, checks and loads the native library: OpenBLAS as JavaCPP loads it for everybody, and ours from JavaCPP's cache, meanwhile
 * unpacked by another thread; or all from the folder that the user names.
 */
final class LibraryLoader {

    static final String PATH_PROPERTY = "softmax4j.library.path";
    static final String LIBRARY = System.mapLibraryName("jnisoftmax4j");

    private static final String OPENBLAS = "openblas_nolapack";

    private final String platform;
    private final LibraryChecksums checksums;

    private LibraryLoader(String platform, LibraryChecksums checksums) {
        this.platform = platform;
        this.checksums = checksums;
    }

    /** Loads the library and returns its file. */
    static Path load(String platform, Versions versions) throws IOException, NotLoadable {
        LibraryLoader loader = new LibraryLoader(platform, LibraryChecksums.read());
        String folder = System.getProperty(PATH_PROPERTY);
        Path file = folder == null ? loader.fromJars() : loader.fromFolder(folder);
        String version = NativeApi.s4j_version();
        if (!version.equals(versions.softmax4j())) {
            throw new NotLoadable(
                    file + " is version " + version + ", the Java part " + versions.softmax4j(),
                    "take both from one version, with " + versions.softmax4jFor(platform));
        }
        loader.checksums.check(platform, file, LIBRARY);
        return file;
    }

    /** Where a native file of ours lies in a jar or folder of the class path; null where it is missing. */
    private static URL resource(String platform, String name) {
        // By the class loader, not the class: on the module path the platform's jar is a module of its own.
        return LibraryLoader.class.getClassLoader().getResource(folder(platform) + name);
    }

    static String resourceName(String platform) {
        return folder(platform) + LIBRARY;
    }

    private static String folder(String platform) {
        return "io/github/softmax4j/internal/" + platform + "/";
    }

    private Path fromFolder(String name) throws IOException, NotLoadable {
        if (name.isBlank()) {
            throw new NotLoadable("-D" + PATH_PROPERTY + " names no folder", "name one, or leave it out");
        }
        // The library itself complains on standard error where JavaCPP is missing.
        Objects.requireNonNull(Loader.class);
        Path folder = Path.of(name);
        Path library = folder.toAbsolutePath().resolve(LIBRARY);
        if (!Files.isRegularFile(library)) {
            throw new NotLoadable(
                    "there is no file " + library,
                    "let -D" + PATH_PROPERTY + " name the folder that holds " + LIBRARY
                            + " and the libraries it needs, or leave it out");
        }
        // Windows does not look beside a library for those it needs.
        try (Stream<Path> files = Files.list(library.getParent())) {
            for (Path file : files.filter(f -> f.getFileName().toString().contains(OPENBLAS))
                    .toList()) {
                System.load(file.toString());
            }
        }
        load(library);
        return library;
    }

    /** How a file gets what the jar holds. */
    static String renewal() {
        return System.getProperty(PATH_PROPERTY) == null
                ? "delete that file, and it is unpacked anew"
                : "-D" + PATH_PROPERTY + " names its folder: put the file of the jar there";
    }

    private static void load(Path library) throws IOException, NotLoadable {
        if (ElfFile.isCut(library)) {
            throw new NotLoadable(
                    "the file is damaged: " + library + " is cut off",
                    renewal() + "; if it stays, fetch the jar it comes from anew");
        }
        System.load(library.toString());
    }

    private Path fromJars() throws IOException, NotLoadable {
        // A class, as the JVM's first lambda takes longer than all of this.
        FutureTask<Path> unpacked = new FutureTask<>(new Callable<>() {
            @Override
            public Path call() throws IOException, NotLoadable {
                return unpack("");
            }
        });
        Thread unpacking = new Thread(unpacked, "softmax4j-unpack");
        unpacking.setDaemon(true);
        unpacking.start();
        Loader.load(openblas_nolapack.class);
        Path library = resultOf(unpacked);
        for (int copy = 0; ; copy++) {
            linkOpenBlasBeside(library);
            try {
                load(library);
                return library;
            } catch (UnsatisfiedLinkError e) {
                if (!String.valueOf(e.getMessage()).contains("already loaded in another classloader")) {
                    throw e;
                }
                // The JVM gives a file to one class loader only: this one takes a copy.
                library = unpack(copy + "-");
            }
        }
    }

    /** The library: in JavaCPP's cache, or in place where the class path has it as a file and no copy is asked for. */
    private Path unpack(String copy) throws IOException, NotLoadable {
        URL url = resource(platform, LIBRARY);
        if (url == null) {
            throw new FileNotFoundException(LIBRARY);
        }
        Path file;
        if (url.getProtocol().equals("file") && copy.isEmpty()) {
            file = Path.of(URI.create(url.toString()));
        } else {
            String cached = copy + checksums.nameOfBuild(platform, LIBRARY);
            file = Loader.cacheResource(new URL(url + "#" + cached)).toPath();
        }
        return file;
    }

    private static Path resultOf(FutureTask<Path> task) throws IOException, NotLoadable {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof NotLoadable problem) {
                throw problem;
            }
            if (e.getCause() instanceof IOException problem) {
                throw problem;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** macOS looks for OpenBLAS beside the library, loaded or not. */
    private void linkOpenBlasBeside(Path library) throws IOException {
        String openBlas = Loader.getLoadedLibraries().get(OPENBLAS + "@.0");
        if (!platform.startsWith("macosx") || openBlas == null) {
            return;
        }
        Path target = Path.of(openBlas);
        Path link = library.resolveSibling(target.getFileName());
        if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
            return;
        }
        Files.deleteIfExists(link);
        try {
            Files.createSymbolicLink(link, target);
        } catch (FileAlreadyExistsException e) {
            // Another JVM was faster.
        }
    }
}
