package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels that are not 0..C-1 go from the training data through the model to what is printed; and temperatures. */
class LabelsAndCalibrationTest {

    @TempDir
    Path folder;

    /** The sample data, its labels 0, 1, 2 under other names. */
    private Path renamed(String... names) throws IOException {
        StringBuilder text = new StringBuilder();
        Samples.csv(90).lines().skip(1).forEach(line -> {
            int end = line.length() - 1;
            text.append(line, 0, end).append(names[line.charAt(end) - '0']).append('\n');
        });
        return Files.writeString(folder.resolve("named.csv"), text);
    }

    private Path train(Path data) {
        Path model = folder.resolve("named");
        Cli.succeed("train", "--data", data, "--test", data, "--learning-rate", 0.01, "--model", model);
        return model;
    }

    @ParameterizedTest
    @CsvSource({
        "setosa, versicolor, virginica, '[\"setosa\",\"versicolor\",\"virginica\"]'",
        "1, 2, 5, '[1,2,5]'",
        "-1, 0, 1, '[-1,0,1]'",
        "'\"a, b\"', '\"say \"\"c\"\"\"', z, '[\"a, b\",\"say \\\"c\\\"\",\"z\"]'"
    })
    void labelsOfAnyKindAreTrainedEvaluatedAndPredicted(String a, String b, String c, String listed)
            throws IOException {
        Path data = renamed(a, b, c);
        Path model = train(data);
        Path report = folder.resolve("r.json");

        Cli.succeed("evaluate", "--model", model, "--data", data, "--report", report);
        JsonObject json = Cli.json(report);
        assertEquals("[[30,0,0],[0,30,0],[0,0,30]]", json.get("confusion").toString());
        assertEquals(listed, json.get("labels").toString());

        List<String> lines =
                Cli.succeed("predict", "--model", model, "--data", data).lines().toList();
        String[] names = {a, b, c};
        for (int i = 1; i < lines.size(); i++) {
            String line = lines.get(i);
            assertTrue(line.startsWith(names[(i - 1) % 3] + ","), line);
        }
        assertTrue(lines.get(0).startsWith("label,"), lines.get(0));
    }

    @Test
    void probabilitiesAreNamedByTheirLabels() throws IOException {
        Path data = renamed("-3", "0", "12");
        String out = Cli.succeed("predict", "--model", train(data), "--data", data);
        assertTrue(out.startsWith("label,p-3,p0,p12\n"), out.substring(0, 40));
    }

    @Test
    void labelsOfAnyKindTrainTheSameWeights() throws IOException {
        Path plain = Samples.model(folder);
        Path named = train(renamed("x", "y", "z"));
        byte[] a = Files.readAllBytes(plain);
        byte[] b = Files.readAllBytes(named);
        for (int i = 1; i <= (2 + 1) * 3 * Float.BYTES; i++) {
            assertEquals(a[a.length - i], b[b.length - i]);
        }
    }

    @Test
    void testDataIsMappedByTheLabelsOfTheModel() throws IOException {
        Path model = train(renamed("1", "2", "5"));
        String last = Files.readString(folder.resolve("named.csv"))
                .lines()
                .skip(2)
                .findFirst()
                .orElseThrow();
        Path one = Files.writeString(folder.resolve("one.csv"), last + "\n");
        Path report = folder.resolve("r.json");
        Cli.succeed("evaluate", "--model", model, "--data", one, "--report", report);
        assertEquals(
                "[[0,0,0],[0,0,0],[0,0,1]]", Cli.json(report).get("confusion").toString());

        Path other = Files.writeString(folder.resolve("other.csv"), "1,2,3\n");
        Cli.Result refused = Cli.run("evaluate", "--model", model, "--data", other);
        assertEquals(2, refused.status());
        assertTrue(
                refused.err().contains("other.csv:1, column 3: label '3'")
                        && refused.err().contains("has the classes 1, 2, 5"),
                refused.err());
    }

    @Test
    void bytesOfIdxLabelsNeedNotBeClasses() throws IOException {
        byte[] labels = Samples.labels(3, 3);
        labels[labels.length - 3] = 26;
        labels[labels.length - 2] = 3;
        labels[labels.length - 1] = (byte) 200;
        Path images = Files.write(folder.resolve("train-images-idx3-ubyte"), Samples.images(3, 12));
        Files.write(folder.resolve("train-labels-idx1-ubyte"), labels);
        Path model = folder.resolve("m");
        Cli.succeed("train", "--data", folder, "--learning-rate", 0.1, "--model", model);
        String out = Cli.succeed("predict", "--model", model, "--data", images);
        assertTrue(out.matches("label,p3,p26,p200\n26,.*\n3,.*\n200,.*\n"), out);
    }

    @Test
    void modelOfTextsTakesEveryLabelAsText() throws IOException {
        Path model = train(renamed("a1", "b", "c"));
        Path number = Files.writeString(folder.resolve("number.csv"), "1,2,1\n");
        Cli.Result refused = Cli.run("evaluate", "--model", model, "--data", number);
        assertEquals(2, refused.status());
        assertTrue(refused.err().contains("label '1'") && refused.err().contains("a1, b, c"), refused.err());
    }

    @Test
    void calibrateWritesAModelOfLessLogLoss() throws IOException {
        // Much noise: labels of every fourth row are wrong, which a model of the others is too sure of.
        Path model = train(renamed("1", "2", "5"));
        StringBuilder text = new StringBuilder();
        List<String> lines =
                Files.readString(folder.resolve("named.csv")).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            text.append(i % 4 == 0 ? line.substring(0, line.lastIndexOf(',')) + ",2" : line)
                    .append('\n');
        }
        Path noisy = Files.writeString(folder.resolve("noisy.csv"), text);
        Path output = folder.resolve("calibrated");
        Path report = folder.resolve("r.json");

        String out =
                Cli.succeed("calibrate", "--model", model, "--data", noisy, "--output", output, "--report", report);

        JsonObject json = Cli.json(report);
        double temperature = json.get("temperature").getAsDouble();
        assertTrue(temperature > 1, out);
        double after = json.getAsJsonObject("after").get("log_loss").getAsDouble();
        assertTrue(after < json.getAsJsonObject("before").get("log_loss").getAsDouble(), out);
        assertTrue(json.getAsJsonObject("after").has("ece"), out);
        assertEquals(90, json.get("rows").getAsInt());
        Cli.succeed("evaluate", "--model", output, "--data", noisy, "--report", report);
        assertEquals(after, Cli.json(report).get("log_loss").getAsDouble(), 1e-12);
        assertEquals("[1,2,5]", Cli.json(report).get("labels").toString());
    }
}
