package io.github.softmax4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that appears under its name complete or not at all: it is written beside its target and renamed by {@link #commit()}.
 * Creating one proves that the target can be written, before any long work.
 */
final class OutputFile implements AutoCloseable {

    private final Path target;
    private final Path temporary;

    /**
     * Prepares to write {@code path}, the value of {@code option}.
     *
     * @throws UserException if it cannot be written
     */
    OutputFile(String option, String path) {
        Path given = DataFiles.path(path);
        try {
            // A link keeps its place, the file it names is replaced.
            target = Files.exists(given) ? given.toRealPath() : given.toAbsolutePath();
            String problem = problem();
            if (problem != null) {
                throw new UserException(option + " '" + path + "': " + problem);
            }
            temporary = target.resolveSibling(
                    "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
            temporary.toFile().deleteOnExit();
            Files.deleteIfExists(temporary);
            Files.createFile(temporary);
        } catch (IOException e) {
            throw UserException.unwritable(option + " '" + path + "'", e);
        }
    }

    private String problem() {
        if (Files.isDirectory(target)) {
            return "is a folder; the path of a file is expected";
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            return "is not a regular file";
        }
        if (Files.exists(target) && !Files.isWritable(target)) {
            return "cannot be written: permission denied";
        }
        Path folder = target.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            return "cannot be written: there is no folder " + folder;
        }
        return null;
    }

    Path target() {
        return target;
    }

    /** Writes the content; {@link #commit()} makes it appear. */
    void write(Content content) {
        try {
            content.writeTo(temporary);
        } catch (UncheckedIOException e) {
            throw UserException.unwritable(target, e.getCause());
        } catch (IOException e) {
            throw UserException.unwritable(target, e);
        }
    }

    /** Moves what was written to its target. */
    void commit() {
        try {
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw UserException.unwritable(target, e);
        }
    }

    /** Leaves nothing behind unless committed. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            throw UserException.unwritable(target, e);
        }
    }

    /** Writes a whole file. */
    interface Content {
        void writeTo(Path file) throws IOException;
    }
}
