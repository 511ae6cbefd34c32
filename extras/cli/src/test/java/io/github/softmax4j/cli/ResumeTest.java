package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
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
        Path log = folder.resolveSibling(folder.getFileName() + ".log");
        Process process = start(signal, line, log);
        while (process.isAlive() && !Files.exists(awaited)) {
            Thread.sleep(5);
        }
        kill(signal, process);
        int status = process.waitFor();
        String out = Files.readString(log);
        Files.delete(log);
        return new Cli.Result(status, out, "");
    }

    private static Process start(String signal, List<Object> line, Path log) throws IOException {
        // Whoever starts something in the background has it ignore SIGINT.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=" + signal));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        line.forEach(word -> command.add(word.toString()));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static void kill(String signal, Process process) throws Exception {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
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
        assertTrue(out.contains("resuming   " + checkpoint), out);
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
    void aSignalThatLosesATrainingIsTold() throws Exception {
        assumeTrue(resetsSignals(), "needs env of GNU coreutils");
        List<Object> line = train("adam", model);
        line.set(line.indexOf("--epochs") + 1, 1_000_000);
        Path log = folder.resolve("log");
        Process process = start("TERM", line, log);
        while (process.isAlive() && !Files.readString(log).contains("epoch")) {
            Thread.sleep(5);
        }
        kill("TERM", process);
        assertEquals(143, process.waitFor());
        String out = Files.readString(log);
        assertTrue(out.endsWith("stopped    by a signal, nothing is saved; --checkpoint FILE keeps a training\n"), out);
    }

    @Test
    void aCheckpointTakesNoOtherFilesPlace() throws Exception {
        Path test = Files.copy(data, folder.resolve("test.csv"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), data);
        Path other = Files.writeString(folder.resolve("other"), "something else");
        List<Object> line = train("adam", model);
        line.set(line.indexOf("--epochs") + 1, 1);
        line.addAll(List.of("--test", test));
        for (List<Object> refusal : List.<List<Object>>of(
                List.of(model, "another option names the same file"),
                List.of(data, "is also read"),
                List.of(test, "is also read"),
                List.of(link, "is also read"),
                List.of(other, "there is such a file, and it would be overwritten; --resume goes on from it"),
                List.of(folder, "it is a directory"),
                List.of("/dev/full", "it is a device"))) {
            byte[] before = Files.readAllBytes(data);
            checkpoint = Path.of(refusal.get(0).toString());
            Cli.Result result = Cli.run(saved(line).toArray());
            assertEquals(2, result.status(), result.out());
            assertTrue(result.err().contains("--checkpoint '" + checkpoint + "': "), result.err());
            assertTrue(result.err().contains((String) refusal.get(1)), result.err());
            assertArrayEquals(before, Files.readAllBytes(data));
            assertArrayEquals(before, Files.readAllBytes(test));
            assertEquals("something else", Files.readString(other));
            assertFalse(Files.exists(model));
        }
        checkpoint = other;
        String message = Cli.run(saved(line, "--resume").toArray()).err();
        assertTrue(message.contains("other is not a checkpoint"), message);

        checkpoint = Files.createSymbolicLink(folder.resolve("fresh"), folder.resolve("target"));
        Cli.succeed(saved(line).toArray());
        assertTrue(Files.isSymbolicLink(checkpoint), "a link stays");
        assertFalse(Files.exists(checkpoint), "what it names is of no more use");
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
