package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training that a signal has ended is gone on with by {@code --resume}, to the same bytes. */
class ResumeTest {

    @TempDir
    Path folder;

    private Path data;
    private Path model;
    private Path checkpoint;

    @BeforeEach
    void names() throws IOException {
        data = Files.writeString(folder.resolve("data.csv"), Samples.csv(3000));
        model = folder.resolve("model");
        checkpoint = folder.resolve("checkpoint");
    }

    private List<Object> train(String method, Path to) {
        List<Object> line = new ArrayList<>(List.of("train", "--data", data, "--batch-size", 8, "--model", to));
        line.addAll(
                method.equals("adam")
                        ? List.of("--epochs", 1000, "--learning-rate", 1e-4)
                        : List.of("--optimizer", method, "--start-epochs", 1000, "--l2", 1e-3));
        return line;
    }

    private List<Object> saved(List<Object> line, Object... more) {
        List<Object> all = new ArrayList<>(line);
        all.addAll(List.of("--checkpoint", checkpoint, "--checkpoint-every", 1000));
        all.addAll(List.of(more));
        return all;
    }

    /** Runs a command in a process of its own, sends it a signal once a file is there, and returns what it printed. */
    private Cli.Result signalled(String signal, List<Object> line, Path awaited) throws Exception {
        // Whoever starts something in the background has it ignore SIGINT.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=" + signal));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        line.forEach(word -> command.add(word.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        while (process.isAlive() && !Files.exists(awaited)) {
            Thread.sleep(5);
        }
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Cli.Result(process.waitFor(), out, "");
    }

    private static boolean resetsSignals() throws Exception {
        try {
            return new ProcessBuilder("env", "--default-signal=INT", "true")
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private Cli.Result refused(String what, Object... more) {
        Cli.Result result = Cli.run(saved(train("adam", model), more).toArray());
        assertEquals(2, result.status(), what);
        assertEquals(1, result.errorLines().size(), result.err());
        assertFalse(Files.exists(model), what);
        return result;
    }

    @ParameterizedTest
    @CsvSource({"INT,130,adam", "TERM,143,lbfgs"})
    void aSignalSavesATrainingWhichThenGoesOn(String signal, int status, String method) throws Exception {
        assumeTrue(resetsSignals(), "needs env of GNU coreutils");
        Path whole = folder.resolve("whole");
        Cli.succeed(train(method, whole).toArray());

        Cli.Result ended = signalled(signal, saved(train(method, model), "--threads", 2), checkpoint);

        assertEquals(status, ended.status(), ended.out());
        String last = ended.out().lines().reduce("", (before, text) -> text);
        assertEquals(
                "stopped    by a signal, saved to " + checkpoint + "; the same command with --resume goes on", last);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    "[checkpoint, data.csv, whole]",
                    files.map(f -> f.getFileName().toString())
                            .sorted()
                            .collect(Collectors.toList())
                            .toString());
        }
        String out = Cli.succeed(
                saved(train(method, model), "--resume", "--threads", 1).toArray());
        assertTrue(out.contains("resumed    " + checkpoint), out);
        assertArrayEquals(Files.readAllBytes(whole), Files.readAllBytes(model));
        assertFalse(Files.exists(checkpoint), "it is of no more use");
    }

    @Test
    void whatDoesNotGoOnIsRefused() throws Exception {
        assumeTrue(resetsSignals(), "needs env of GNU coreutils");
        signalled("TERM", saved(train("adam", model)), checkpoint);
        byte[] bytes = Files.readAllBytes(checkpoint);

        String csv = Files.readString(data);
        Files.writeString(data, csv.replaceFirst("0", "1"));
        String message = refused("other data", "--resume").err();
        assertTrue(message.contains("is of another training: its data_hash is"), message);
        Files.writeString(data, csv);
        message = refused("another setting", "--resume", "--l2", 0.5).err();
        assertTrue(message.contains("is of another training: its l2 is 0.0, here it is 0.5"), message);

        Files.write(checkpoint, Arrays.copyOf(bytes, bytes.length - 1));
        message = refused("truncated", "--resume").err();
        assertTrue(message.contains("checkpoint is not a checkpoint"), message);
        byte[] flipped = bytes.clone();
        flipped[bytes.length - 100] ^= 4;
        Files.write(checkpoint, flipped);
        message = refused("damaged", "--resume").err();
        assertTrue(message.contains("it is damaged"), message);
        assertArrayEquals(flipped, Files.readAllBytes(checkpoint), "what is refused is left alone");

        Files.write(checkpoint, bytes);
        Cli.succeed(saved(train("adam", model), "--resume").toArray());
        assertTrue(Files.exists(model));
    }

    @Test
    void aCheckpointThatCannotBeWrittenLeavesTheModelSoFar() throws Exception {
        checkpoint = Files.createDirectory(folder.resolve("disk")).resolve("checkpoint");
        Thread remover = new Thread(this::removeTheDisk);
        remover.start();

        Cli.Result result = Cli.run(endless(1).toArray());

        remover.join();
        assertEquals(2, result.status(), result.err());
        assertEquals(1, result.errorLines().size(), result.err());
        assertTrue(result.err().contains("its checkpoint could not be written: "), result.err());
        assertKept(result.err());
    }

    @Test
    void aSignalToATrainingWhoseCheckpointCannotBeWrittenLeavesTheModelSoFar() throws Exception {
        assumeTrue(resetsSignals(), "needs env of GNU coreutils");
        checkpoint = Files.createDirectory(folder.resolve("disk")).resolve("checkpoint");
        Thread remover = new Thread(this::removeTheDisk);
        remover.start();

        Cli.Result ended = signalled("TERM", endless(1000), folder.resolve("removed"));

        assertEquals(143, ended.status(), ended.out());
        assertKept(ended.out());
    }

    private List<Object> endless(int secondsBetweenCheckpoints) {
        List<Object> line = saved(train("adam", model));
        line.set(line.indexOf("--epochs") + 1, 1_000_000);
        line.set(line.indexOf("--checkpoint-every") + 1, secondsBetweenCheckpoints);
        return line;
    }

    /** Once there is a checkpoint on it. */
    private void removeTheDisk() {
        try {
            while (!Files.exists(checkpoint)) {
                Thread.sleep(5);
            }
            Files.delete(checkpoint);
            Files.delete(checkpoint.getParent());
            Files.createFile(folder.resolve("removed"));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void assertKept(String output) throws IOException {
        Path kept = folder.toRealPath().resolve("model.unfinished");
        assertTrue(output.endsWith("; the model from before that was saved to " + kept + "\n"), output);
        assertEquals(3, SoftmaxModel.load(kept).classes());
        assertFalse(Files.exists(model));
    }
}
