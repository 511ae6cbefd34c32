package io.github.softmax4j.internal;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/**
 * A folder of this build's native files in JavaCPP's cache. Files appear in it whole, so that JVMs that start at once do not have to
 * wait for each other, and are taken as they are once they have been checked.
 */
final class LibraryCache {

    private static final String TEMPORARY = ".part";
    /** Unpacking does not take that long; who left the file has been killed. */
    private static final Duration ABANDONED = Duration.ofMinutes(10);

    private static final String ELSEWHERE = LoadFailure.cacheElsewhere("that only you can write");

    private final Path folder;
    /** Those that nobody has checked yet. */
    private final Map<Path, PackedFile> unchecked = new HashMap<>();

    private LibraryCache(Path folder) {
        this.folder = folder;
    }

    /** The folder of that name, made where it is missing. */
    static LibraryCache open(String name) throws IOException, NotLoadable {
        Path cache = Loader.getCacheDir().toPath();
        FolderRights.checkParent(cache, ELSEWHERE);
        Path folder = cache.resolve(name);
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createDirectory(folder, readableByUser(folder));
            } catch (FileAlreadyExistsException e) {
                // Another JVM was faster.
            }
        }
        FolderRights.check(folder, ELSEWHERE);
        return new LibraryCache(folder);
    }

    private static FileAttribute<?>[] readableByUser(Path folder) {
        return folder.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
    }

    /** The file of that name with the bytes of one in a jar: the one that is there where it has them, otherwise unpacked. */
    Path file(String name, PackedFile packed) throws IOException, NotLoadable {
        Path file = folder.resolve(name);
        if (!packed.isChecked(file)) {
            if (!packed.isCopy(file)) {
                unpack(packed, file);
            }
            unchecked.put(file, packed);
        }
        FolderRights.check(file, ELSEWHERE);
        return file;
    }

    boolean isUnchecked(Path file) {
        return unchecked.containsKey(file);
    }

    /** All files that were asked for have been checked; until then, each start unpacks or reads them. */
    void markChecked() throws IOException {
        for (Map.Entry<Path, PackedFile> entry : unchecked.entrySet()) {
            entry.getValue().markChecked(entry.getKey());
        }
        unchecked.clear();
    }

    private void unpack(PackedFile packed, Path file) throws IOException, NotLoadable {
        removeAbandoned();
        Path temporary = Files.createTempFile(folder, file.getFileName().toString(), TEMPORARY);
        try {
            try (OutputStream out = new FileOutputStream(temporary.toFile())) {
                packed.writeTo(out);
            }
            try {
                // At once: another JVM may be about to open the file.
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AccessDeniedException e) {
                // Windows does not replace what is open: another JVM was faster.
                if (!packed.isCopy(file)) {
                    throw e;
                }
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private void removeAbandoned() throws IOException {
        FileTime limit = FileTime.from(Instant.now().minus(ABANDONED));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(TEMPORARY)).toList()) {
                if (Files.getLastModifiedTime(file).compareTo(limit) < 0) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
