package io.github.softmax4j.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * A file that appears whole or not at all: a temporary beside its target, which {@link #commit()} forces to disk and renames, and
 * {@link #close()} removes. A link stays, and the file that it names is replaced; permissions and, where that is allowed, the owner of
 * a replaced file are kept. What is no regular file is refused.
 *
 * <p>A temporary is locked while its writer lives, and the kernel takes the lock away when a process dies, however it does. So a
 * temporary of this target that can be locked is one of a killed process, and the next writer of the target removes it. Numbers of
 * processes would not do: two containers that share a folder have the same ones. Where a file system has no locks nothing is removed;
 * where its locks hold on one host only, two hosts must not write the same target at once.
 *
 * <p>All is done on a {@link RandomAccessFile}: a channel would be closed by an interrupt. For one thread at a time.
 */
public final class AtomicFile implements AutoCloseable {

    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    /**
     * Of all temporaries of this process, the other class loaders' too: trying to lock one of them would end its lock. The time at which
     * the process started tells it from others of the same number.
     */
    private static final String PROCESS = ProcessHandle.current().pid() + "-"
            + Long.toHexString(ProcessHandle.current()
                    .info()
                    .startInstant()
                    .map(Instant::toEpochMilli)
                    .orElse(0L));

    private static final Pattern AFTER_STEM = Pattern.compile("(\\d+-[0-9a-f]+)-[0-9a-f]+\\.tmp");
    /** Beyond it, a temporary's name would not fit the 255 bytes that most file systems accept. */
    private static final int LONGEST_STEM = 180;

    private static final AtomicLong COUNT = new AtomicLong(System.nanoTime());
    /** Far behind all content: some systems refuse reading and writing where a lock is. */
    private static final long LOCKED_AT = 1L << 62;

    private static final int CHUNK = 1 << 16;
    private static final int MOST_LINKS = 40;

    private final Path file;
    private final Path target;
    private final Path temporary;
    private final RandomAccessFile content;
    private boolean open = true;

    private AtomicFile(Path file, Path target, Path temporary, RandomAccessFile content) {
        this.file = file;
        this.target = target;
        this.temporary = temporary;
        this.content = content;
    }

    /**
     * Begins a file, and removes what killed processes have left of it.
     *
     * @throws IOException if it cannot be written; the message names it and the reason
     */
    public static AtomicFile create(Path file) throws IOException {
        try {
            Path target = resolved(file);
            removeAbandoned(target);
            return begin(file, target);
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** Begins another temporary beside the same target. */
    public AtomicFile another() throws IOException {
        try {
            return begin(file, target);
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** The file that will be replaced, no link. */
    public Path target() {
        return target;
    }

    /** Appends bytes. */
    public void write(byte[] bytes, int from, int count) throws IOException {
        try {
            requireWhole();
            for (int i = 0; i < count; i += CHUNK) {
                content.write(bytes, from + i, Math.min(CHUNK, count - i));
            }
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** Writes bytes over those from {@code position}, and goes on where it was. */
    public void overwrite(long position, byte[] bytes) throws IOException {
        try {
            long end = content.getFilePointer();
            content.seek(position);
            content.write(bytes);
            content.seek(end);
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** Reads bytes of what was written, and goes on where it was. */
    public void read(long position, byte[] bytes, int count) throws IOException {
        try {
            long end = content.getFilePointer();
            content.seek(position);
            content.readFully(bytes, 0, count);
            content.seek(end);
        } catch (EOFException e) {
            throw unwritable(file, changed());
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** A temporary that was cut would get zeros in place of what is gone. */
    private void requireWhole() throws IOException {
        if (content.length() != content.getFilePointer()) {
            throw changed();
        }
    }

    private static IOException changed() {
        return new IOException("its temporary file was changed by another program");
    }

    /** What is written to it is appended; closing it does nothing. */
    public OutputStream stream() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int count) throws IOException {
                AtomicFile.this.write(bytes, from, count);
            }
        };
    }

    /**
     * Makes the file appear.
     *
     * @throws IOException if it cannot; {@link #close()} removes what was written
     */
    public void commit() throws IOException {
        try {
            requireWhole();
            likeTarget();
            content.getFD().sync();
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            open = false;
            forceFolder();
        } catch (NoSuchFileException e) {
            throw unwritable(file, new IOException("its folder or its temporary file was removed"));
        } catch (IOException e) {
            throw unwritable(file, e);
        } finally {
            if (!open) {
                content.close();
            }
        }
    }

    /** Leaves nothing behind unless committed. */
    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        try {
            // Before the lock ends: it would be another's to remove.
            Files.deleteIfExists(temporary);
            content.close();
        } catch (IOException e) {
            // Whoever wrote is being told of a failure already, or has asked for no more.
        }
    }

    /** The exceptions of java.nio.file often say no more than the name of the file. */
    static String reason(IOException e, String noSuchFile) {
        if (e instanceof NoSuchFileException) {
            return noSuchFile;
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof FileSystemException f && f.getReason() != null) {
            return f.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static IOException unwritable(Path file, IOException e) {
        return new IOException(file + " cannot be written: " + reason(e, "its folder was removed"), e);
    }

    /** The file that links lead to, which need not exist. */
    private static Path resolved(Path file) throws IOException {
        if (file.getFileSystem() != FileSystems.getDefault()) {
            throw new IOException("it is not in the default file system");
        }
        Path target = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(target); links++) {
            if (links == MOST_LINKS) {
                throw new IOException("its links lead to no file");
            }
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        if (target.getFileName() == null || Files.isDirectory(target)) {
            throw new IOException("it is a directory");
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new IOException("it is a device, a pipe or a socket; a regular file is expected");
        }
        if (Files.exists(target) && !Files.isWritable(target)) {
            throw new AccessDeniedException(target.toString());
        }
        if (!Files.exists(target.getParent())) {
            throw new IOException("there is no folder " + target.getParent());
        }
        return target.getParent().toRealPath().resolve(target.getFileName());
    }

    private static AtomicFile begin(Path file, Path target) throws IOException {
        while (true) {
            Path temporary = target.resolveSibling(
                    prefix(target) + PROCESS + "-" + Long.toHexString(COUNT.getAndIncrement()) + ".tmp");
            // Nobody reads what is written before it has the permissions of what it replaces.
            boolean secret = POSIX && Files.exists(target);
            try {
                Files.createFile(
                        temporary,
                        secret
                                ? new FileAttribute<?>[] {
                                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                                }
                                : new FileAttribute<?>[0]);
            } catch (FileAlreadyExistsException e) {
                continue;
            }
            RandomAccessFile content = new RandomAccessFile(temporary.toFile(), "rw");
            // Between its creation and its lock another writer may have taken it for abandoned.
            if (isLocked(content) && Files.exists(temporary)) {
                return new AtomicFile(file, target, temporary, content);
            }
            content.close();
        }
    }

    private static boolean isLocked(RandomAccessFile content) {
        try {
            return content.getChannel().tryLock(LOCKED_AT, 1, false) != null;
        } catch (IOException e) {
            return true; // a file system without locks: nobody else gets one either
        }
    }

    /** Removes temporaries that nobody holds. */
    private static void removeAbandoned(Path target) {
        String prefix = prefix(target);
        try (DirectoryStream<Path> found = Files.newDirectoryStream(
                target.getParent(), f -> f.getFileName().toString().startsWith(prefix))) {
            for (Path temporary : found) {
                var rest = AFTER_STEM.matcher(temporary.getFileName().toString().substring(prefix.length()));
                if (rest.matches()
                        && !rest.group(1).equals(PROCESS)
                        && Files.isRegularFile(temporary, LinkOption.NOFOLLOW_LINKS)) {
                    removeIfAbandoned(temporary);
                }
            }
        } catch (IOException e) {
            // A folder may be writable and not readable: then they stay.
        }
    }

    private static void removeIfAbandoned(Path temporary) {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock(LOCKED_AT, 1, false) != null) {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            // Another user's, or gone already.
        }
    }

    private static String prefix(Path target) {
        String name = target.getFileName().toString();
        boolean fits = name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_STEM;
        return "." + (fits ? name : Integer.toHexString(name.hashCode())) + ".";
    }

    /** Permissions and owner as those of the file that will be replaced. */
    private void likeTarget() throws IOException {
        if (!POSIX || !Files.exists(target)) {
            return;
        }
        PosixFileAttributes old = Files.readAttributes(target, PosixFileAttributes.class);
        PosixFileAttributeView view = Files.getFileAttributeView(temporary, PosixFileAttributeView.class);
        PosixFileAttributes now = view.readAttributes();
        try {
            if (!now.group().equals(old.group())) {
                view.setGroup(old.group());
            }
            if (!now.owner().equals(old.owner())) {
                view.setOwner(old.owner());
            }
        } catch (IOException e) {
            // The superuser's right; a group may be given by its members.
        }
        view.setPermissions(old.permissions());
    }

    /** A rename is on disk once its folder is. Windows has no such call, its file systems keep a log of names. */
    private void forceFolder() throws IOException {
        boolean interrupted = false;
        try {
            while (!WINDOWS) {
                interrupted |= Thread.interrupted();
                try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
                    folder.force(true);
                    return;
                } catch (ClosedByInterruptException e) {
                    // once more, without the interrupt
                } catch (AccessDeniedException e) {
                    return; // a folder may be writable and not readable
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
