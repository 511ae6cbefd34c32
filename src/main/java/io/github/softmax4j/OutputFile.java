package io.github.softmax4j;

import io.github.softmax4j.internal.AtomicFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/**
 * A file that appears whole or not at all, as all files of this library do: it is written beside its target under the name {@code
 * .NAME.PROCESS-START-NUMBER.tmp}, forced to disk and renamed, and its folder is forced to disk.
 *
 * <p>A symbolic link stays, and the file that it names is replaced. Permissions of a replaced file are kept, and its owner and group where
 * the process may give them; a new file gets those that the process gives new files. Folders, devices, pipes and sockets are refused,
 * and files that the process may not write. Files are in the default file system.
 *
 * <p>What a killed process has left behind is removed by the next writer of the same file, in this process or another: temporaries are
 * locked while their writers live. Where a file system's locks do not hold across hosts, two hosts must not write the same file at once.
 *
 * <p>For one thread at a time; an interrupt of it has no effect, and stays set.
 */
public final class OutputFile implements AutoCloseable {

    private final AtomicFile file;
    private final OutputStream stream;

    private OutputFile(AtomicFile file) {
        this.file = file;
        this.stream = new BufferedOutputStream(file.stream());
    }

    /**
     * Begins a file; that it can be written is known then.
     *
     * @param file where to; replaced by {@link #commit()} if it exists
     * @return the file
     * @throws IOException if it cannot be written; the message names it and the reason
     */
    public static OutputFile create(Path file) throws IOException {
        return new OutputFile(AtomicFile.create(Checks.notNull("file", file)));
    }

    /**
     * The file that will be replaced: absolute, and no link.
     *
     * @return its path
     */
    public Path target() {
        return file.target();
    }

    /**
     * Takes the content.
     *
     * @return a stream, which is buffered; closing it does no more than to flush it
     */
    public OutputStream stream() {
        return stream;
    }

    /**
     * Makes the file appear, with what was written to the stream.
     *
     * @throws IOException if it cannot be written; {@link #close()} leaves nothing behind then
     */
    public void commit() throws IOException {
        stream.flush();
        file.commit();
    }

    /** Removes what is not committed; does nothing after {@link #commit()}. */
    @Override
    public void close() {
        file.close();
    }
}
