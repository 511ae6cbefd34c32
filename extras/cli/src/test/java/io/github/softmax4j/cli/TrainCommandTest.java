package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainCommandTest {

    @TempDir
    Path folder;

    @Test
    void builtInDigitsAreLearntToAFewPercent() throws IOException {
        Path report = folder.resolve("r.json");

        String out = Cli.succeed("train", "--epochs", 10, "--report", report);

        assertTrue(out.contains("built-in digits: 6000 rows, 784 features, 10 classes"), out);
        double error =
                Cli.json(report).getAsJsonObject("test").get("error_rate").getAsDouble();
        assertTrue(error > 0.01 && error < 0.12, () -> "test error rate " + error);
    }

    @Test
    void reportHasTheDocumentedKeys() throws IOException {
        Path data = Samples.csv(folder);
        Path report = folder.resolve("r.json");

        Cli.succeed("train", "--data", data, "--test", data, "--epochs", 3, "--threads", 1, "--report", report);

        JsonObject json = Cli.json(report);
        assertEquals(
                Set.of(
                        "train",
                        "test",
                        "optimizer",
                        "epochs",
                        "seconds",
                        "rows",
                        "features",
                        "classes",
                        "threads",
                        "kernels",
                        "openblas_core"),
                json.keySet());
        assertEquals(
                Set.of("objective", "error_rate"), json.getAsJsonObject("train").keySet());
        assertEquals(
                Set.of("error_rate", "log_loss"), json.getAsJsonObject("test").keySet());
        assertEquals("adam", json.get("optimizer").getAsString());
        assertEquals(3, json.get("epochs").getAsInt());
        assertEquals(90, json.get("rows").getAsInt());
        assertEquals(2, json.get("features").getAsInt());
        assertEquals(3, json.get("classes").getAsInt());
        assertEquals(1, json.get("threads").getAsInt());
    }

    @Test
    void reportLeavesOutTheTestPartWhereThereIsNone() throws IOException {
        Path report = folder.resolve("r.json");
        Cli.succeed("train", "--data", Samples.csv(folder), "--report", report);
        assertFalse(Cli.json(report).has("test"));
    }

    @Test
    void modelHasTheSameBytesAgainAndOnAnyNumberOfThreads() throws IOException {
        byte[] first = modelBytes(1);
        assertArrayEquals(first, modelBytes(1));
        assertArrayEquals(first, modelBytes(2));
    }

    private byte[] modelBytes(int threads) throws IOException {
        Path model = folder.resolve("m.safetensors");
        Cli.succeed("train", "--epochs", 2, "--seed", 7, "--threads", threads, "--model", model);
        return Files.readAllBytes(model);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"})
    void everyOptimizerSeparatesSeparableClasses(String optimizer) throws IOException {
        Path report = folder.resolve("r.json");
        Cli.succeed(
                "train",
                "--data",
                Samples.csv(folder),
                "--optimizer",
                optimizer,
                "--learning-rate",
                0.05,
                "--report",
                report);
        assertEquals(0, trainError(report));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"constant", "step:10:0.5", "exponential:0.99", "cosine:0.1", "warmup:10", "warmup:10,cosine:0.1"
            })
    void everyScheduleIsAccepted(String schedule) throws IOException {
        Path report = folder.resolve("r.json");
        Cli.succeed(
                "train",
                "--data",
                Samples.csv(folder),
                "--schedule",
                schedule,
                "--learning-rate",
                0.05,
                "--report",
                report);
        assertEquals(0, trainError(report));
    }

    @Test
    void fullBatchInDoublePrecisionWithoutInterceptTrains() throws IOException {
        Path report = folder.resolve("r.json");
        Cli.succeed(
                "train",
                "--data",
                Samples.csv(folder),
                "--batch-size",
                "full",
                "--precision",
                "f64",
                "--no-intercept",
                "--l2",
                1e-4,
                "--learning-rate",
                0.05,
                "--report",
                report);
        assertEquals(0, trainError(report));
    }

    @Test
    void existingFilesAreReplacedAndNothingElseIsLeft() throws IOException {
        Path data = Samples.csv(folder);
        Path report = Files.writeString(folder.resolve("r.json"), "old");
        Cli.succeed("train", "--data", data, "--report", report);
        assertTrue(Cli.json(report).has("train"));
        try (var files = Files.list(folder)) {
            assertEquals(Set.of(data, report), Set.copyOf(files.toList()));
        }
    }

    private static double trainError(Path report) throws IOException {
        return Cli.json(report).getAsJsonObject("train").get("error_rate").getAsDouble();
    }
}
