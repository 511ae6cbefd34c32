package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.OutputFile;
import io.github.softmax4j.SoftmaxTrainer;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands, and a training that writes a checkpoint, that are killed while they write: the old file is there, or the whole new one, and
 * the next writer leaves no temporary behind. {@code -Dsoftmax4j.kills=200} kills each so often, and prints what came of it.
 */
class KilledWritersTest {

    private static final int KILLS = Integer.getInteger("softmax4j.kills", 3);
    /** A checkpoint takes the place of one, by the name of the format, alone. */
    private static final byte[] OLD =
            "what was there before, a softmax4j-checkpoint".getBytes(java.nio.charset.StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(7);
    private Path target;

    private Process start(List<String> command) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path")));
        line.addAll(command);
        return new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(new File(folder.toFile(), "log")))
                .start();
    }

    private long temporaries() throws IOException {
        try (Stream<Path> files = Files.list(target.getParent())) {
            return files.filter(f -> f.toString().endsWith(".tmp")).count();
        }
    }

    /** {@code most} temporaries are there at once; every second kill is within 20 ms of the last one's appearance. */
    private void kill(String name, int most, Class<?> main, List<String> command) throws Exception {
        target = Files.createDirectory(folder.resolve(name)).resolve("target" + (name.equals("convert") ? ".s4d" : ""));
        List<String> whole = new ArrayList<>(List.of(main.getName()));
        whole.addAll(command);
        whole.add(target.toString());
        long start = System.nanoTime();
        assertEquals(0, start(whole).waitFor(), () -> name + ": " + log());
        long nanos = System.nanoTime() - start;
        byte[] made = Files.readAllBytes(target);
        int killed = 0;
        int old = 0;
        int fresh = 0;
        int left = 0;
        for (int i = 0; i < KILLS; i++) {
            Files.write(target, OLD);
            Process process = start(whole);
            if (i % 2 == 0) {
                while (process.isAlive() && temporaries() < most) {
                    Thread.sleep(0, 200_000);
                }
                Thread.sleep(0, random.nextInt(1_000_000));
                TimeUnit.MICROSECONDS.sleep(random.nextInt(20_000));
            } else {
                TimeUnit.NANOSECONDS.sleep(random.nextLong(nanos));
            }
            killed += process.destroyForcibly().waitFor() == 137 ? 1 : 0;
            byte[] found = Files.readAllBytes(target);
            old += Arrays.equals(found, OLD) ? 1 : 0;
            fresh += Arrays.equals(found, made) ? 1 : 0;
            left += temporaries() > 0 ? 1 : 0;
            try (OutputFile next = OutputFile.create(target)) {
                assertEquals(
                        1,
                        temporaries(),
                        () -> name + ": the next writer has its own temporary alone, " + next.target());
            }
            assertEquals(0, temporaries());
        }
        System.out.printf(
                Locale.ROOT,
                "%-10s runs %d, killed %d, old %d, new %d, damaged %d, left temporaries %d, after the next writer 0%n",
                name,
                KILLS,
                killed,
                old,
                fresh,
                KILLS - old - fresh,
                left);
        assertEquals(KILLS, old + fresh, name);
        assertTrue(killed > 0, name);
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void targetsAreWholeAndTheNextWriterTidiesUp() throws Exception {
        Path data = Files.writeString(folder.resolve("data.csv"), Samples.csv(20_000));
        Path model = folder.resolve("model");
        Cli.succeed("train", "--data", data, "--epochs", 1, "--model", model);
        kill("train", 2, Main.class, List.of("train", "--data", data.toString(), "--epochs", "1", "--model"));
        kill("convert", 3, Main.class, List.of("convert", "--data", data.toString(), "--output"));
        List<String> read = List.of("--data", data.toString(), "--model", model.toString());
        kill("predict", 1, Main.class, command("predict", read, "--output"));
        kill("report", 1, Main.class, command("evaluate", read, "--report"));
        kill("checkpoint", 1, CheckpointWriter.class, List.of());
    }

    private static List<String> command(String name, List<String> options, String output) {
        return Stream.of(List.of(name), options, List.of(output))
                .flatMap(List::stream)
                .toList();
    }

    /** Writes one checkpoint of 10 MB. */
    static final class CheckpointWriter {
        private CheckpointWriter() {}

        public static void main(String[] arguments) {
            try (Dataset data = Dataset.builder()
                    .features(new float[2 * 5000], 2, 5000)
                    .labels(new int[2])
                    .classes(150)
                    .build()) {
                SoftmaxTrainer.builder()
                        .epochs(1)
                        .checkpoint(Path.of(arguments[0]), Integer.MAX_VALUE)
                        .build()
                        .fit(data);
            }
        }
    }
}
