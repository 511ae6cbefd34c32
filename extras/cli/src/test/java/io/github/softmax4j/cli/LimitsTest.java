package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small files that ask for much, and models whose disk is gone. */
class LimitsTest {

    @TempDir
    Path folder;

    @Test
    void aHighIndexAloneDoesNotMakeFeatures() throws IOException {
        Path file = Files.writeString(folder.resolve("d.svm"), "0 1:1\n1 999999999:1\n");
        Cli.Result result = Cli.run("train", "--data", file, "--model", folder.resolve("m"));
        assertEquals(2, result.status());
        assertEquals(
                "softmax4j train: " + file
                        + ":2: index 999999999 makes 999999999 features, more than the 1048576 that are"
                        + " accepted of a file with 2 values; --features 999999999 accepts them\n",
                result.err());
        Files.writeString(file, "0 1:1\n1 1048576:1\n");
        Cli.succeed("train", "--data", file, "--epochs", 1);
    }

    @Test
    void gzipThatUnpacksToTooMuchIsStopped() throws IOException {
        Path file = folder.resolve("d.csv.gz");
        byte[] rows = "0,0,0,0\n".repeat(1 << 17).getBytes(UTF_8);
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            for (int i = 0; i < 300; i++) {
                out.write(rows);
            }
        }
        long unpacked = 0;
        try (InputStream in = DataFiles.open(file)) {
            byte[] block = new byte[1 << 16];
            IOException e = assertThrows(IOException.class, () -> {
                while (in.read(block) >= 0) {}
            });
            assertEquals(
                    "unpacks to more than " + Math.max(1 << 28, 200 * Files.size(file))
                            + " bytes, which is not accepted;"
                            + " SOFTMAX4J_JAVA_OPTS=-Dsoftmax4j.gzip.ratio=N accepts more, N times the size of the file",
                    e.getMessage());
        }
        System.setProperty(UnpackedLimit.RATIO, "100000");
        try (InputStream in = DataFiles.open(file)) {
            unpacked = in.transferTo(java.io.OutputStream.nullOutputStream());
            assertEquals(300L * rows.length, unpacked);
        } finally {
            System.clearProperty(UnpackedLimit.RATIO);
        }
        System.setProperty(UnpackedLimit.BYTES, "1000");
        try {
            Path output = folder.resolve("d.s4d");
            Cli.Result result = Cli.run("convert", "--data", file, "--output", output);
            assertEquals(2, result.status());
            assertTrue(
                    result.err().contains("more than 1000 bytes")
                            && result.err().contains(UnpackedLimit.BYTES),
                    result.err());
            try (Stream<Path> left = Files.list(folder)) {
                assertEquals(1, left.count());
            }
        } finally {
            System.clearProperty(UnpackedLimit.BYTES);
        }
    }

    @Test
    void aModelWhoseFolderIsGoneIsSavedElsewhere() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        String home = System.setProperty("user.dir", folder.toString());
        try (Output output = new Output("--model", inner.resolve("m").toString())) {
            try (Stream<Path> files = Files.list(inner)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(inner);
            Files.writeString(folder.resolve("m"), "another's");
            SoftmaxModel model = SoftmaxModel.of(1, 2, new float[2], new float[0]);
            UserException e = assertThrows(UserException.class, () -> output.save(model));
            assertTrue(
                    e.getMessage().endsWith("; the model is not lost, it was saved to " + folder.resolve("m.1")),
                    e.getMessage());
            assertEquals(model, SoftmaxModel.load(folder.resolve("m.1")));
            assertEquals("another's", Files.readString(folder.resolve("m")));
            assertFalse(Files.exists(inner));
        } finally {
            System.setProperty("user.dir", home);
        }
    }

    /** On a disk of 16 MiB, which 3,000,000 values of 8 bytes do not fit. */
    @Test
    void convertNeverFillsTheDisk() throws Exception {
        Path data = Files.writeString(folder.resolve("data.csv"), "1,2,3,4,5,6,7,8,9,10\n".repeat(300_000));
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Path log = folder.resolve("log");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String script = "mount -t tmpfs -o size=16m disk '" + disk + "' || exit 77; echo before > '" + disk
                + "/f.s4d'; \"$@\"; status=$?; ls -A '" + disk + "'; cat '" + disk + "/f.s4d'; exit $status";
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/unshare")), "needs Linux");
        Process process = new ProcessBuilder(
                        "unshare",
                        "-m",
                        "sh",
                        "-c",
                        script,
                        "sh",
                        java,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "convert",
                        "--header",
                        "no",
                        "--precision",
                        "f64",
                        "--data",
                        data.toString(),
                        "--output",
                        disk.resolve("f.s4d").toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int status = process.waitFor();
        String out = Files.readString(log);
        assumeTrue(status != 77 && !out.contains("unshare failed"), "needs the right to mount a file system");
        assertEquals(2, status, out);
        assertTrue(
                out.matches("(?s)softmax4j convert: .*f.s4d: cannot be written: its disk has \\d+ bytes left, of which"
                        + " \\d+ stay free; nothing was written\nf.s4d\nbefore\n"),
                out);
    }
}
