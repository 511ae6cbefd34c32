package io.github.softmax4j.internal;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLConnection;
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
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/**
 * A folder of this build's native files in JavaCPP's cache. Files appear in it whole, so that JVMs that start at once do not have to
 * wait for each other; nothing here is stopped by an interruption.
 */
final class LibraryCache {

    private static final String TEMPORARY = ".part";
    /** Unpacking does not take that long; who left the file has been killed. */
    private static final Duration ABANDONED = Duration.ofMinutes(10);

    private static final String ELSEWHERE = LoadFailure.cacheElsewhere("that only you can write");

    private final Path folder;

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

    /** The file of that name with a resource's content, unpacked unless it is there and as large. */
    Path file(String name, URL resource) throws IOException, NotLoadable {
        Path file = folder.resolve(name);
        URLConnection connection = resource.openConnection();
        long size = connection.getContentLengthLong();
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != size) {
            unpack(connection, file);
        }
        FolderRights.check(file, ELSEWHERE);
        return file;
    }

    private void unpack(URLConnection connection, Path file) throws IOException {
        removeAbandoned();
        Path temporary = Files.createTempFile(folder, file.getFileName().toString(), TEMPORARY);
        try {
            try (InputStream in = connection.getInputStream();
                    OutputStream out = new FileOutputStream(temporary.toFile())) {
                in.transferTo(out);
            }
            try {
                // At once: another JVM may be about to open the file.
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AccessDeniedException e) {
                // Windows does not replace what is open: another JVM was faster.
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
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
