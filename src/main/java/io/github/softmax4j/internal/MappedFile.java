package io.github.softmax4j.internal;

import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A file as memory, until it is closed. A file that gets shorter meanwhile ends the process when what is gone is touched.
 *
 * @param address of its first byte
 * @param bytes its length, at least 1
 */
public record MappedFile(long address, long bytes) implements AutoCloseable {

    /**
     * Maps a file.
     *
     * @throws IOException if it cannot be read, is empty, or does not lie on the default file system
     */
    public static MappedFile open(Path file) throws IOException {
        String name;
        try {
            name = file.toFile().getPath();
        } catch (UnsupportedOperationException e) {
            throw new IOException(file + " is not on the default file system", e);
        }
        // What s4j_map_file takes: on Windows, whose names are no bytes, UTF-8.
        Charset charset = File.separatorChar == '\\'
                ? StandardCharsets.UTF_8
                : Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
        byte[] encoded = name.getBytes(charset);
        long[] bytes = new long[1];
        long address = NativeApi.s4j_map_file(Arrays.copyOf(encoded, encoded.length + 1), bytes);
        if (address == 0) {
            throw new IOException(file + " cannot be read: " + NativeApi.s4j_last_error());
        }
        return new MappedFile(address, bytes[0]);
    }

    @Override
    public void close() {
        NativeApi.s4j_unmap_file(address, bytes);
    }
}
