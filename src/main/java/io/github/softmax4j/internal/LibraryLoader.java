package io.github.softmax4j.internal;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Objects;
import org.bytedeco.javacpp.Loader;

/**
 * Finds, checks and loads the native library, which opens the OpenBLAS beside it: from a folder of JavaCPP's cache to which both are
 * unpacked, from a folder of the class path, or from the folder that the user names.
 */
final class LibraryLoader {

    static final String PATH_PROPERTY = "softmax4j.library.path";
    static final String LIBRARY = System.mapLibraryName("jnisoftmax4j");
    /** Our own: nobody else opens a library of this name. */
    static final String OPENBLAS = System.mapLibraryName("s4j_blas");

    private final String platform;
    private final Versions versions;
    private final LibraryChecksums checksums;
    /** Null where nothing is unpacked. */
    private LibraryCache cache;

    private LibraryLoader(String platform, Versions versions, LibraryChecksums checksums) {
        this.platform = platform;
        this.versions = versions;
        this.checksums = checksums;
    }

    /** Loads the library and returns its file. */
    static Path load(String platform, Versions versions) throws IOException, NotLoadable {
        LibraryLoader loader = new LibraryLoader(platform, versions, LibraryChecksums.read());
        String folder = System.getProperty(PATH_PROPERTY);
        Path file = folder == null ? loader.fromJars() : loader.fromFolder(folder);
        String version = NativeApi.s4j_version();
        if (!version.equals(versions.softmax4j())) {
            throw new NotLoadable(
                    file + " is version " + version + ", the Java part " + versions.softmax4j(),
                    "take both from one version, with " + versions.softmax4jFor(platform));
        }
        loader.check(file);
        if (NativeApi.s4j_blas_path() == null) {
            throw new UnsatisfiedLinkError(NativeApi.s4j_last_error());
        }
        return file;
    }

    /** Compares hashes: of the library always, of OpenBLAS, which is much larger, once it has been unpacked. */
    private void check(Path library) throws IOException, NotLoadable {
        checksums.check(platform, library, LIBRARY);
        if (cache != null) {
            Path openBlas = library.resolveSibling(OPENBLAS);
            if (cache.isUnchecked(openBlas)) {
                checksums.check(platform, openBlas, OPENBLAS);
            }
            cache.markChecked();
        }
    }

    /** Where a native file of ours lies in a jar or folder of the class path. */
    private URL resource(String name) throws FileNotFoundException {
        // By the class loader, not the class: on the module path the platform's jar is a module of its own.
        URL url = LibraryLoader.class.getClassLoader().getResource(folder(platform) + name);
        if (url == null) {
            throw new FileNotFoundException(name);
        }
        return url;
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
        Path library = Path.of(name).toAbsolutePath().resolve(LIBRARY);
        for (Path file : new Path[] {library, library.resolveSibling(OPENBLAS)}) {
            if (!Files.isRegularFile(file)) {
                throw new NotLoadable(
                        "there is no file " + file,
                        "let -D" + PATH_PROPERTY + " name the folder that holds " + LIBRARY + " and " + OPENBLAS
                                + ", or leave it out");
            }
            FolderRights.check(file, "let -D" + PATH_PROPERTY + " name a folder that only you can write");
        }
        load(library);
        return library;
    }

    /** What makes a damaged file whole. */
    static String renewal() {
        return "put the file of the jar in its place; if it stays, fetch that jar anew";
    }

    private static void load(Path library) throws IOException, NotLoadable {
        for (Path file : new Path[] {library, library.resolveSibling(OPENBLAS)}) {
            if (ElfFile.isCut(file)) {
                throw new NotLoadable("the file is damaged: " + file + " is cut off", renewal());
            }
        }
        System.load(library.toString());
    }

    private Path fromJars() throws IOException, NotLoadable {
        URL url = resource(LIBRARY);
        Path library = url.getProtocol().equals("file") ? Path.of(URI.create(url.toString())) : unpack(LIBRARY);
        for (int copy = 0; ; copy++) {
            try {
                load(library);
                return library;
            } catch (UnsatisfiedLinkError e) {
                if (!String.valueOf(e.getMessage()).contains("already loaded in another classloader")) {
                    throw e;
                }
                // The JVM gives a file to one class loader only: this one takes a copy, and shares OpenBLAS.
                library = unpack(copy + "-" + LIBRARY);
            }
        }
    }

    /** The library under a name, beside OpenBLAS, in a folder of JavaCPP's cache that no other build has. */
    private Path unpack(String name) throws IOException, NotLoadable {
        PackedFile library = packed(LIBRARY);
        PackedFile openBlas = packed(OPENBLAS);
        if (cache == null) {
            HexFormat hex = HexFormat.of();
            cache = LibraryCache.open("softmax4j-" + versions.softmax4j() + "-" + platform + "-"
                    + hex.toHexDigits(library.mark()) + "-" + hex.toHexDigits(openBlas.mark()));
        }
        cache.file(OPENBLAS, openBlas);
        return cache.file(name, library);
    }

    private PackedFile packed(String name) throws IOException {
        return PackedFile.of(resource(name), checksums.recorded(platform, name));
    }
}
