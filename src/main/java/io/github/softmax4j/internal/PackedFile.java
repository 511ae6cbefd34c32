package io.github.softmax4j.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipException;

/**
 * A native file as it lies in a jar, and how a copy of it is known without being read: by the time of its last modification, which is
 * set once the copy has been checked. Whoever writes the copy after that sets another.
 *
 * @param url where it lies
 * @param size in bytes
 * @param crc its CRC-32, from the jar's directory; {@link #UNKNOWN} where it lies in something else, such as an image of jlink
 * @param mark of these bytes, and of those that the main jar expects
 */
record PackedFile(URL url, long size, long crc, int mark) {

    private static final long UNKNOWN = -1;
    /** Seconds from 1970 that all systems have as a time of a file, and that are past. */
    private static final int TIMES = (1 << 30) - 1;

    /** recorded: the hash that the main jar expects, null if none. */
    static PackedFile of(URL url, String recorded) throws IOException {
        URLConnection connection = url.openConnection();
        long size = connection.getContentLengthLong();
        long crc =
                connection instanceof JarURLConnection jar ? jar.getJarEntry().getCrc() : UNKNOWN;
        return new PackedFile(url, size, crc, Objects.hash(size, crc, recorded));
    }

    private FileTime time() {
        return FileTime.from(Instant.ofEpochSecond(mark & TIMES));
    }

    /** Says of a copy that it has been checked. */
    void markChecked(Path copy) throws IOException {
        Files.setLastModifiedTime(copy, time());
    }

    /** Whether a file is a copy that was checked, and that nobody has written since. */
    boolean isChecked(Path file) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isRegularFile()
                    && attributes.size() == size
                    && attributes.lastModifiedTime().equals(time());
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Whether a file has the bytes, as far as that is known. */
    boolean isCopy(Path file) throws IOException {
        if (crc == UNKNOWN || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != size) {
            return false;
        }
        try (CheckedInputStream in = new CheckedInputStream(Files.newInputStream(file), new CRC32())) {
            in.transferTo(OutputStream.nullOutputStream());
            return in.getChecksum().getValue() == crc;
        }
    }

    /** Writes the bytes, and throws where the jar's directory has it that they are others. */
    void writeTo(OutputStream out) throws IOException, NotLoadable {
        try (InputStream packed = url.openStream();
                CheckedInputStream in = new CheckedInputStream(packed, new CRC32())) {
            in.transferTo(out);
            if (crc != UNKNOWN && in.getChecksum().getValue() != crc) {
                throw damaged();
            }
        } catch (ZipException | EOFException e) {
            throw damaged();
        }
    }

    private NotLoadable damaged() {
        return new NotLoadable("the jar is damaged: " + url, "fetch that jar anew");
    }
}
