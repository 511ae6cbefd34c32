package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands where the native library cannot be loaded: status 1 and what to do, in a JVM of their own. */
class LoadFailureTest {

    @TempDir
    private Path folder;

    @Test
    void doctorShowsTheFailureInFull() throws Exception {
        Result result = run("doctor");
        assertEquals(1, result.status(), result.out() + result.err());
        assertEquals("", result.err());
        assertTrue(result.out().contains("library    FAILED: softmax4j "), result.out());
        assertTrue(result.out().contains("there is no file " + folder), result.out());
        assertTrue(result.out().contains("to fix it: let -Dsoftmax4j.library.path name"), result.out());
        assertTrue(result.out().contains("cause      java.lang.UnsatisfiedLinkError"), result.out());
    }

    @Test
    void otherCommandsSayItInOneLine() throws Exception {
        for (String command : List.of("gradcheck", "--version")) {
            Result result = run(command);
            assertEquals(1, result.status(), result.out() + result.err());
            assertEquals(1, result.err().lines().count(), result.err());
            assertTrue(result.err().contains("there is no file " + folder), result.err());
        }
    }

    private record Result(int status, String out, String err) {}

    private Result run(String command) throws Exception {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dsoftmax4j.library.path=" + folder,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        int status = process.waitFor();
        return new Result(status, Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }
}
