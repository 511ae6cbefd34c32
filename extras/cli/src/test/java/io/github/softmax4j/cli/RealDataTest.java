package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Public data, where the machine has it. */
class RealDataTest {

    @TempDir
    Path folder;

    @Test
    void mnistIsLearntToEightPercent() throws IOException {
        Path report = folder.resolve("r.json");
        Cli.succeed("train", "--data", shared("mnist"), "--epochs", 5, "--l2", 1e-4, "--report", report);
        assertEquals(60000, Cli.json(report).get("rows").getAsInt());
        assertTrue(error(report, "test") <= 0.08, () -> "test error rate");
    }

    @ParameterizedTest
    @CsvSource({"iris.csv, 0.06", "wine_data.csv, 0.12", "breast_cancer.csv, 0.10", "digits.csv.gz, 0.02"})
    void smallSetsAreLearnt(String name, double worst) throws IOException {
        Path report = folder.resolve("r.json");
        Cli.succeed("train", "--data", shared("small/" + name), "--report", report);
        assertTrue(error(report, "train") <= worst, () -> name + ": training error rate");
    }

    /** The minimum, and what the model there gets right, are known from scikit-learn. */
    @ParameterizedTest
    @CsvSource({
        "news20.gz, news20.t.gz, true, 0.5013339, 0.844",
        "sector.scale.gz, sector.t.scale.gz, false, 0.610768, 0.928"
    })
    void sparseTextIsSolvedToItsCertifiedGap(
            String train, String test, boolean normalized, double minimum, double accuracy) throws IOException {
        Path report = folder.resolve("r.json");
        List<Object> arguments = new ArrayList<>(List.of(
                "train",
                "--data",
                "libsvm:" + shared("sparse/" + train),
                "--test",
                "libsvm:" + shared("sparse/" + test),
                "--optimizer",
                "sdca",
                "--l2",
                1e-5,
                "--gap",
                1e-4,
                "--report",
                report));
        if (normalized) {
            arguments.add("--normalize");
        }
        Cli.succeed(arguments.toArray());
        assertEquals(
                minimum,
                Cli.json(report).getAsJsonObject("train").get("objective").getAsDouble(),
                1e-4 * minimum);
        assertEquals(1 - accuracy, error(report, "test"), 0.003);
    }

    private static double error(Path report, String part) throws IOException {
        return Cli.json(report).getAsJsonObject(part).get("error_rate").getAsDouble();
    }

    private static Path shared(String name) {
        Path path = Path.of(System.getProperty("shared.data"), name);
        assumeTrue(Files.exists(path), () -> path + " is not on this machine");
        return path;
    }
}
