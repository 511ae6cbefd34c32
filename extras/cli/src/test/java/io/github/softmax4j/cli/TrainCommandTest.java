package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
            strings = {
                "constant",
                "step:10:0.5",
                "exponential:0.99",
                "inverse-time:0.01",
                "inverse-sqrt:50",
                "polynomial:1:0.1",
                "cosine:0.1",
                "cosine-restarts:10:2:0.1",
                "one-cycle:0.3:0.1:0.01",
                "warmup:10",
                "warmup:10,cosine:0.1"
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

    @ParameterizedTest
    @ValueSource(strings = {"lbfgs", "lbfgsb", "owlqn", "newton"})
    void everySolverStopsAtTheGapAskedFor(String solver) throws IOException {
        Path report = folder.resolve("r.json");
        Cli.succeed(
                "train",
                "--data",
                Samples.csv(folder),
                "--optimizer",
                solver,
                "--l2",
                1e-3,
                "--gap",
                1e-3,
                "--report",
                report);
        JsonObject json = Cli.json(report);
        assertEquals("gap", json.get("stop").getAsString());
        assertEquals(solver, json.get("optimizer").getAsString());
        double gap = json.get("gap").getAsDouble();
        assertTrue(gap >= 0 && gap <= 1e-3, () -> "gap " + gap);
    }

    @ParameterizedTest
    @CsvSource({
        "--optimizer lbfgs --l1 0.1, --l1 is for owlqn and optimizers",
        "--optimizer newton --upper 1, --upper is for lbfgsb and optimizers",
        "--optimizer owlqn --lower 0, --lower is for lbfgsb and optimizers",
        "--optimizer sdca, --l2 must be positive for sdca",
        "--optimizer sdca --l2 1 --z-loss 1, sdca is for cross-entropy without z-loss",
        "--optimizer adamw --weight-decay -1, weightDecay must be",
    })
    void whatDoesNotGoTogetherIsRefusedBeforeDataIsRead(String options, String part) {
        List<Object> args = new ArrayList<>(List.of("train", "--data", folder.resolve("missing.csv")));
        args.addAll(List.of(options.split(" ")));
        Cli.Result result = Cli.run(args.toArray());
        assertEquals(2, result.status());
        assertEquals(1, result.errorLines().size(), result.err());
        assertTrue(result.err().contains(part), result.err());
    }

    @Test
    void penaltiesBoundsAndClippingReachTheTrainer() throws IOException {
        double[] free = weights();
        double[] zeros = new double[free.length];
        assertArrayEquals(zeros, weights("--l1", 10));
        for (double w : weights("--lower", -0.125, "--upper", 0.25)) {
            assertTrue(w >= -0.125 && w <= 0.25, () -> "weight " + w);
        }
        for (String option : new String[] {"--l2", "--weight-decay", "--clip-norm", "--clip-value"}) {
            double[] held = weights(option, 0.01);
            assertTrue(norm(held) < norm(free), () -> option + " leaves the weights at " + norm(held));
        }
    }

    private double[] weights(Object... options) throws IOException {
        Path model = folder.resolve("m.safetensors");
        List<Object> arguments = new ArrayList<>(List.of(
                "train",
                "--data",
                Samples.csv(folder),
                "--epochs",
                5,
                "--optimizer",
                "sgd",
                "--learning-rate",
                0.05,
                "--model",
                model));
        arguments.addAll(List.of(options));
        Cli.succeed(arguments.toArray());
        return SoftmaxModel.load(model).weights();
    }

    private static double norm(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sgd --learning-rate 1e20 --batch-size 1 | 1e10,0 | 2e10,1 | lower --learning-rate (1.0E20) or scale",
                "lbfgs | 1e37,1,0 | 1e37,-1,1 | not finite; scale"
            })
    void theModelFromBeforeATrainingDivergedIsSavedBesideTheTarget(
            String optimizer, String first, String second, String advice) throws IOException {
        Path data = Files.writeString(folder.resolve("d.csv"), first + "\n" + second + "\n");
        Path model = Files.writeString(folder.resolve("m"), "the good one");
        List<Object> line = new ArrayList<>(List.of("train", "--data", data, "--model", model, "--optimizer"));
        line.addAll(List.of(optimizer.split(" ")));

        for (String name : List.of("m.unfinished", "m.unfinished.1")) {
            SoftmaxModel saved = savedByAFailure(line, "training diverged at step 2 ", advice, name);

            assertEquals(2, saved.classes());
            assertEquals("the good one", Files.readString(model));
        }
    }

    @Test
    void aTrainingThatDivergesAtOnceLeavesNoModel() throws IOException {
        Path data = Files.writeString(folder.resolve("d.csv"), "1e20,0\n2e20,1\n1e20,1\n");
        Cli.Result result = Cli.run(
                "train", "--data", data, "--model", folder.resolve("m"), "--optimizer", "sgd", "--learning-rate", 1e20);
        assertEquals(2, result.status());
        assertTrue(result.err().endsWith(" or scale the features down\n"), result.err());
        try (var files = Files.list(folder)) {
            assertEquals(List.of(data), files.toList());
        }
    }

    @Test
    void theModelOfStandardisedFeaturesIsSavedWhereThatOfFeaturesAsTheyAreIsNotFinite() throws IOException {
        Path data = Files.writeString(folder.resolve("d.svm"), "0 1:3e-40\n1 1:1e-40\n");
        SoftmaxModel saved = savedByAFailure(
                List.of("train", "--data", data, "--standardize", "--dense", "--model", folder.resolve("m")),
                "--standardize: a feature's mean or deviation is out of proportion",
                "--precision f64",
                "m.standardized");
        assertEquals(1, saved.predict(new float[] {-1}));
        assertEquals(
                Set.of("standardized_mean", "standardized_deviation", LibsvmFile.BASE_NOTE),
                saved.metadata().keySet());
        assertTrue(saved.metadata().get("standardized_mean").matches("\\[\\d\\.\\d+E-40]"), saved.metadata()::toString);
    }

    /** Runs a command that must fail in one line, which says that it saved a model; returns that. */
    private SoftmaxModel savedByAFailure(List<Object> line, String begin, String advice, String name)
            throws IOException {
        Cli.Result result = Cli.run(line.toArray());
        Path saved = folder.toRealPath().resolve(name);
        assertEquals(2, result.status(), result.err());
        assertEquals(1, result.errorLines().size(), result.err());
        assertTrue(result.err().startsWith("softmax4j train: " + begin), result.err());
        assertTrue(result.err().contains(advice), result.err());
        assertTrue(result.err().endsWith(" was saved to " + saved + "\n"), result.err());
        return SoftmaxModel.load(saved);
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
