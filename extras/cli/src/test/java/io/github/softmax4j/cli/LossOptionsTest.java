package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LossOptionsTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--loss=cross-entropy --label-smoothing=0.1 --z-loss=0.001 --temperature=2",
                "--loss=focal --gamma=1 --class-weight=balanced",
                "--loss=cosface --scale=10 --margin=0.2",
                "--loss=arcface --scale=10",
                "--loss=sigmoid --class-weight=1,2,1",
                "--loss=clipped --clip=1e-5",
                "--loss=clipped-sigmoid"
            })
    void everyLossTrainsAModelThatEvaluates(String options) throws IOException {
        Path data = Samples.csv(folder);
        Path model = folder.resolve("m.safetensors");
        Path report = folder.resolve("r.json");
        Object[] common = {"train", "--data", data, "--model", model, "--epochs", 60, "--learning-rate", 0.05};
        String[] more = options.split(" ");
        Object[] args = java.util.stream.Stream.concat(java.util.Arrays.stream(common), java.util.Arrays.stream(more))
                .toArray();
        Cli.succeed(args);
        Cli.succeed("evaluate", "--model", model, "--data", data, "--report", report);
        double error = Cli.json(report).get("error_rate").getAsDouble();
        assertTrue(error < 0.4, () -> options + ": error rate " + error);
    }

    @ParameterizedTest
    @CsvSource({
        "--loss=hinge, unknown loss",
        "--gamma=2, --gamma is for focal",
        "--margin=1, --margin is for arcface and cosface",
        "--label-smoothing=1, labelSmoothing must be in",
        "--class-weight=heavy, --class-weight must be",
        "--mask-classes=9, is no class of the data",
        "'--mask-classes=0,1,2', all 90 rows are of the masked classes",
        "--class-weight=0=2;1, --class-weight must be",
        "--class-weight=7=2, '--class-weight: ''7'' is no class of the data, which has 0, 1, 2'",
        "--class-weight=1, --class-weight has 1 numbers"
    })
    void whatCannotBeIsOneLineAndStatusTwo(String option, String part) throws IOException {
        Cli.Result result = Cli.run("train", "--data", Samples.csv(folder), option);
        assertEquals(2, result.status());
        assertEquals(1, result.errorLines().size(), result.err());
        assertTrue(result.err().contains(part), result.err());
    }

    @Test
    void classWeightsMayHaveBlanks() throws IOException {
        Cli.succeed("train", "--data", Samples.csv(folder), "--epochs", 1, "--class-weight", "1, 2, 3");
    }
}
