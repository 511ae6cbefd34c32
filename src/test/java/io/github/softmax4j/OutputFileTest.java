package io.github.softmax4j;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every writer of the library does with its target and its temporaries: they share one way of writing. */
class OutputFileTest {

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void targetIsThere() throws IOException {
        file = Files.writeString(folder.resolve("m.safetensors"), "old");
    }

    /** Writes a file. */
    private interface Writer {
        void write(Path file) throws IOException;
    }

    private static List<Writer> writers() {
        return List.of(
                file -> SoftmaxModel.of(1, 2, new float[2], new float[0]).save(file),
                file -> {
                    try (DatasetWriter writer = DatasetWriter.ofFloats(file, 1)) {
                        writer.append(new float[] {1}, new int[] {0}, new double[] {1});
                        writer.finish(new String[] {"a"});
                    }
                },
                file -> {
                    try (OutputFile output = OutputFile.create(file)) {
                        output.stream().write("new".getBytes(UTF_8));
                        output.commit();
                    }
                });
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void permissionsOfTheReplacedFileAreKept() throws IOException {
        for (Writer writer : writers()) {
            for (String permissions : List.of("rw-------", "rwxrw-r--", "rw-rw-rw-")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
                writer.write(file);
                assertEquals(permissions, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            }
        }
    }

    @Test
    void aNewFileHasThePermissionsOfNewFiles() throws IOException {
        Path other = Files.createFile(folder.resolve("other"));
        for (Writer writer : writers()) {
            Files.delete(file);
            writer.write(file);
            assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(file));
        }
    }

    @Test
    void ownerAndGroupAreKeptWhereThatIsAllowed() throws IOException {
        assumeTrue(Integer.valueOf(0).equals(Files.getAttribute(folder, "unix:uid")), "for the superuser");
        for (Writer writer : writers()) {
            Files.setAttribute(file, "unix:uid", 12345);
            Files.setAttribute(file, "unix:gid", 23456);
            writer.write(file);
            assertEquals(12345, Files.getAttribute(file, "unix:uid"));
            assertEquals(23456, Files.getAttribute(file, "unix:gid"));
        }
    }

    @Test
    void aLinkStaysAndItsTargetIsReplaced() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("inner", "second"));
        Files.createSymbolicLink(inner.resolve("second"), Path.of("real"));
        for (Writer writer : writers()) {
            Files.deleteIfExists(inner.resolve("real"));
            for (int i = 0; i < 2; i++) { // it leads to nothing, then to a file
                writer.write(link);
                assertTrue(Files.isSymbolicLink(link) && Files.isSymbolicLink(inner.resolve("second")));
                assertTrue(Files.isRegularFile(inner.resolve("real"), LinkOption.NOFOLLOW_LINKS));
            }
        }
    }

    @Test
    void whatIsNoRegularFileIsRefused() throws Exception {
        Path pipe = folder.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
        Path circle = folder.resolve("circle");
        Files.createSymbolicLink(circle, circle);
        for (Writer writer : writers()) {
            for (Path target : List.of(Path.of("/dev/null"), pipe)) {
                IOException e = assertThrows(IOException.class, () -> writer.write(target));
                assertEquals(
                        target + " cannot be written: it is a device, a pipe or a socket; a regular file is expected",
                        e.getMessage());
            }
            IOException e = assertThrows(IOException.class, () -> writer.write(folder));
            assertEquals(folder + " cannot be written: it is a directory", e.getMessage());
            e = assertThrows(IOException.class, () -> writer.write(circle));
            assertEquals(circle + " cannot be written: its links lead to no file", e.getMessage());
        }
        assertEquals(List.of("circle", "m.safetensors", "pipe"), names());
    }

    @Test
    void interruptsDoNotEndWriting() throws IOException {
        for (Writer writer : writers()) {
            Files.writeString(file, "old");
            Thread.currentThread().interrupt();
            try {
                writer.write(file);
            } finally {
                assertTrue(Thread.interrupted());
            }
            assertTrue(Files.size(file) > 0
                    && !Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1)
                            .equals("old"));
        }
    }

    @Test
    void temporariesThatNobodyHoldsAreRemoved() throws IOException {
        for (Writer writer : writers()) {
            // Numbers of processes tell nothing: that of a living one may be another's in another container.
            for (String process :
                    List.of("1-17a", "999999-0", ProcessHandle.current().pid() + "-17b")) {
                Files.writeString(folder.resolve(".m.safetensors." + process + "-1f.tmp"), "left");
            }
            Files.writeString(folder.resolve(".other.1-17a-1f.tmp"), "another target's");
            Files.writeString(folder.resolve(".m.safetensors.notes.tmp"), "the user's");
            writer.write(file);
            assertEquals(List.of(".m.safetensors.notes.tmp", ".other.1-17a-1f.tmp", "m.safetensors"), names());
        }
    }

    @Test
    void temporariesOfLivingWritersStay() throws Exception {
        try (OutputFile ours = OutputFile.create(file)) {
            Process other = ChildJvm.start(Holder.class, file.toString());
            try {
                assertEquals('!', other.getInputStream().read());
                for (Writer writer : writers()) {
                    writer.write(file);
                    assertEquals(3, names().size(), () -> "files: " + folder);
                }
                ours.stream().write(1);
                ours.commit();
                assertEquals(1, Files.size(file));
            } finally {
                other.destroyForcibly().waitFor();
            }
        }
        assertEquals(2, names().size());
        writers().get(0).write(file);
        assertEquals(List.of("m.safetensors"), names());
    }

    /** Begins a file, says so, and never ends. */
    static final class Holder {
        public static void main(String[] args) throws Exception {
            try (OutputFile file = OutputFile.create(Path.of(args[0]))) {
                System.out.print("!" + file.target());
                System.out.flush();
                Thread.sleep(Long.MAX_VALUE);
            }
        }
    }

    @Test
    void twoWritersOfOneFileBothSucceed() throws IOException {
        try (OutputFile first = OutputFile.create(file);
                OutputFile second = OutputFile.create(file)) {
            first.stream().write("first".getBytes(UTF_8));
            second.stream().write("second".getBytes(UTF_8));
            second.commit();
            first.commit();
        }
        assertEquals("first", Files.readString(file));
        assertEquals(List.of("m.safetensors"), names());
    }

    @Test
    void aLongNameIsWritten() throws IOException {
        Path longest = folder.resolve("n".repeat(255));
        for (Writer writer : writers()) {
            writer.write(longest);
        }
        assertEquals(2, names().size());
    }

    @Test
    void aFolderThatGoesAwayIsSaid() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Path target = inner.resolve("file");
        try (OutputFile output = OutputFile.create(target)) {
            try (Stream<Path> files = Files.list(inner)) {
                for (Path temporary : files.toList()) {
                    Files.delete(temporary);
                }
            }
            Files.delete(inner);
            IOException e = assertThrows(IOException.class, output::commit);
            assertEquals(target + " cannot be written: its folder or its temporary file was removed", e.getMessage());
        }
    }

    @Test
    void aTemporaryThatIsCutFromOutsideEndsTheDataset() throws IOException {
        IOException e = assertThrows(IOException.class, () -> {
            try (DatasetWriter writer = DatasetWriter.ofFloats(file, 1)) {
                for (int i = 0; i < 3; i++) {
                    writer.append(new float[1 << 20], new int[1 << 20], null); // beyond its buffer
                }
                for (String name : names()) {
                    if (name.endsWith(".tmp")) {
                        try (RandomAccessFile temporary =
                                new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
                            temporary.setLength(100);
                        }
                    }
                }
                writer.finish();
            }
        });
        assertEquals(file + " cannot be written: its temporary file was changed by another program", e.getMessage());
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("m.safetensors"), names());
    }
}
