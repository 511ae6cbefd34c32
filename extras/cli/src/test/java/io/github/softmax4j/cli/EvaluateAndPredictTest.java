package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateAndPredictTest {

    @TempDir
    Path folder;

    private Path data;
    private Path model;

    @BeforeEach
    void train() throws IOException {
        model = Samples.model(folder);
        data = folder.resolve("data.csv");
    }

    @Test
    void evaluateReportsTheDocumentedKeys() throws IOException {
        Path report = folder.resolve("r.json");

        Cli.succeed("evaluate", "--model", model, "--data", data, "--report", report);

        JsonObject json = Cli.json(report);
        assertEquals(
                Set.of(
                        "rows",
                        "log_loss",
                        "accuracy",
                        "error_rate",
                        "top_k",
                        "brier",
                        "ece",
                        "support",
                        "precision",
                        "precision_macro",
                        "precision_weighted",
                        "recall",
                        "recall_macro",
                        "recall_weighted",
                        "f1",
                        "f1_macro",
                        "f1_weighted",
                        "auc",
                        "auc_macro",
                        "auc_weighted",
                        "confusion"),
                json.keySet());
        assertEquals(90, json.get("rows").getAsInt());
        assertEquals(1, json.get("accuracy").getAsDouble());
        assertEquals(0, json.get("error_rate").getAsDouble());
        assertEquals("[[30,0,0],[0,30,0],[0,0,30]]", json.get("confusion").toString());
        assertEquals("[1.0,1.0,1.0]", json.get("auc").toString());
        assertEquals("[30.0,30.0,30.0]", json.get("support").toString());
        assertEquals("{\"2\":1.0}", json.get("top_k").toString());
        assertEquals(1, json.get("f1_macro").getAsDouble());
    }

    /** By hand: a row of class 0 is taken for class 1, class 2 has no row. */
    @Test
    void evaluateTellsWhatTheMetricsAre() throws IOException {
        Path some = Files.writeString(
                folder.resolve("some.csv"),
                Files.readString(data)
                        .lines()
                        .skip(1)
                        .limit(6)
                        .filter(line -> !line.endsWith("2"))
                        .map(line -> line + "\n")
                        .reduce("", String::concat)
                        .replaceFirst(",1\n", ",0\n"));
        Path report = folder.resolve("r.json");

        String out = Cli.succeed("evaluate", "--model", model, "--data", some, "--report", report);

        JsonObject json = Cli.json(report);
        assertEquals("[[2,1,0],[0,1,0],[0,0,0]]", json.get("confusion").toString());
        assertEquals("[1.0,0.5,0.0]", json.get("precision").toString());
        assertEquals((1 + 0.5) / 2, json.get("precision_macro").getAsDouble(), 1e-15);
        assertEquals((3 * 1 + 0.5) / 4, json.get("precision_weighted").getAsDouble(), 1e-15);
        assertEquals((2 / 3.0 + 1) / 2, json.get("recall_macro").getAsDouble(), 1e-15);
        assertTrue(json.getAsJsonArray("auc").get(2).isJsonNull(), "a class without rows has no AUC");
        assertTrue(out.contains("macro") && out.contains("0.7500"), out);
    }

    @Test
    void predictWritesALabelAndProbabilitiesForEachRow() {
        List<String> lines =
                Cli.succeed("predict", "--model", model, "--data", data).lines().toList();

        assertEquals("label,p0,p1,p2", lines.get(0));
        assertEquals(91, lines.size());
        for (int i = 1; i < lines.size(); i++) {
            double[] cells = Stream.of(lines.get(i).split(","))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            assertEquals((i - 1) % 3, cells[0]);
            assertEquals(1, DoubleStream.of(cells).skip(1).sum(), 1e-6);
        }
    }

    @Test
    void whatIsReadIsNotOverwritten() throws IOException {
        byte[] before = Files.readAllBytes(model);
        Cli.Result result = Cli.run("evaluate", "--model", model, "--data", data, "--report", model);
        assertEquals(2, result.status());
        assertTrue(result.err().contains("--report"), result.err());
        assertArrayEquals(before, Files.readAllBytes(model));

        before = Files.readAllBytes(data);
        result = Cli.run("predict", "--model", model, "--data", "csv:" + data, "--output", data);
        assertEquals(2, result.status());
        assertTrue(result.err().contains("--output"), result.err());
        assertArrayEquals(before, Files.readAllBytes(data));
    }

    @Test
    void predictNeedsNoLabelsAndWritesTheSameToAFile() throws IOException {
        String unlabelled = Files.readString(data)
                .lines()
                .skip(1)
                .map(line -> line.substring(0, line.lastIndexOf(',')) + "\n")
                .reduce("", String::concat);
        Path rows = Files.writeString(folder.resolve("rows.csv"), unlabelled);
        Path output = folder.resolve("out.csv");

        assertEquals("", Cli.succeed("predict", "--model", model, "--data", rows, "--output", output));

        assertEquals(Cli.succeed("predict", "--model", model, "--data", data), Files.readString(output));
    }

    @Test
    void dataOfAnotherWidthIsRefused() throws IOException {
        Path wide = Files.writeString(folder.resolve("wide.csv"), "1,2,3,4,0\n");
        Cli.Result result = Cli.run("evaluate", "--model", model, "--data", wide);
        assertEquals(2, result.status());
        assertEquals(1, result.errorLines().size());
        assertTrue(result.err().contains("wide.csv:1: has 4 features, the model " + model + " has 2"), result.err());
    }

    @Test
    void labelsTheModelDoesNotKnowAreRefused() throws IOException {
        Path other = Files.writeString(folder.resolve("other.csv"), "1,2,0\n1,2,3\n");
        Cli.Result result = Cli.run("evaluate", "--model", model, "--data", other);
        assertEquals(2, result.status());
        assertTrue(
                result.err().contains("other.csv:2, column 3: label '3'")
                        && result.err().contains("0..2"),
                result.err());
    }

    @Test
    void truncatedModelIsRefusedByName() throws IOException {
        Path broken = Files.write(folder.resolve("broken"), Samples.cut(Files.readAllBytes(model)));
        Cli.Result result = Cli.run("evaluate", "--model", broken, "--data", data);
        assertEquals(2, result.status());
        assertEquals(1, result.errorLines().size());
        assertTrue(result.err().contains("broken"), result.err());
    }

    @Test
    void fullStandardOutputIsAnError() {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Main.run(
                new PrintStream(full, true, UTF_8),
                new PrintStream(err, true, UTF_8),
                "predict",
                "--model",
                model.toString(),
                "--data",
                data.toString());
        assertEquals(2, status);
        assertEquals("softmax4j: standard output cannot be written\n", err.toString(UTF_8));
    }
}
