package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.Arguments;

/**
 * What the targets share: bytes become a file in memory, which is read as users' files are. It is either accepted, and then used, or
 * refused by the exception that its reader documents; anything else is a finding.
 */
abstract class FuzzTarget {

    private static final Path MEMORY = Path.of("/dev/shm");
    private static final Path FOLDER = folder();

    private static long accepted;
    private static long refused;

    private static Path folder() {
        try {
            Path folder = Files.isWritable(MEMORY)
                    ? Files.createTempDirectory(MEMORY, "softmax4j-fuzz")
                    : Files.createTempDirectory("softmax4j-fuzz");
            folder.toFile().deleteOnExit();
            return folder;
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A file of that name, which goes with the process. */
    static Path file(String name) {
        Path file = FOLDER.resolve(name);
        file.toFile().deleteOnExit();
        return file;
    }

    static Path file(String name, byte[] content) throws IOException {
        return Files.write(file(name), content);
    }

    static Stream<Arguments> seedsOf(byte[]... seeds) {
        return Stream.of(seeds).map(seed -> Arguments.of((Object) seed));
    }

    static void accepted() {
        accepted++;
    }

    /** Counts a refusal, whose message must name what was refused. */
    static void refused(Exception e, Object named) {
        refused++;
        assertTrue(
                e.getMessage() != null && e.getMessage().contains(named.toString()),
                () -> "a message that names " + named + ": " + e);
    }

    @AfterAll
    static void report() {
        System.err.println(String.format(Locale.ROOT, "fuzz: %d accepted, %d refused", accepted, refused));
    }
}
