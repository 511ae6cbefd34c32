package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every accepted spelling of the same data trains the same model. */
class DataFormatsTest {

    private static final String ROWS = "1,2.5,0\n-3,4,1\n0.25,1e-3,2\n";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a,b,label\n" + ROWS,
                "3,2,red,green,blue\n" + ROWS,
                "\"a\",\"b\",\"label\"\n" + ROWS,
                "3,2,red,green,blue,and one more\n" + ROWS,
                "1,2.5,0\r\n-3,4,1\r\n0.25,1e-3,2",
                "1, 2.5, 0\n\n-3.0,+4,1.0\n\"0.25\",.001,2\n\n",
                "\uFEFF" + ROWS
            })
    void csvWithAndWithoutAHeader(String text) throws IOException {
        assertEquals(
                predictions(Files.writeString(folder.resolve("plain.csv"), ROWS)),
                predictions(Files.writeString(folder.resolve("other.csv"), text)));
    }

    /** A first line of numbers and a text is a row with a label. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a,b,label\n", "3,2,red,green,blue\n"})
    void csvWithTextsForLabels(String header) throws IOException {
        String rows = "1,2.5,red\n-3,4,blue\n0.25,1e-3,green\n";
        assertEquals(
                predictions(Files.writeString(folder.resolve("plain.csv"), rows)),
                predictions(Files.writeString(folder.resolve("other.csv"), header + rows)));
    }

    @Test
    void csvWithAHeaderIsSaidToHaveOne() throws IOException {
        Path file = Files.writeString(folder.resolve("headed.csv"), "a,b,label\n" + ROWS);
        String out = Cli.succeed("train", "--data", file, "--epochs", 1);
        assertTrue(out.contains(file + " (after a header): 3 rows"), out);
    }

    @Test
    void csvPackedOrUnderAnotherName() throws IOException {
        String expected = predictions(Files.writeString(folder.resolve("plain.csv"), ROWS));
        Path packed = Files.write(folder.resolve("packed.csv.gz"), Samples.gzip(ROWS.getBytes(UTF_8)));
        assertEquals(expected, predictions(packed));
        assertEquals(expected, predictions("csv:" + Files.copy(packed, folder.resolve("other.data"))));
    }

    @Test
    void idxPlainPackedAndByFile() throws IOException {
        Path plain = idx("plain", "", false);
        String expected = predictions(plain);
        assertTrue(expected.lines().count() == 4, expected);
        assertEquals(expected, predictions(idx("packed", ".gz", true)));
        assertEquals(expected, predictions(plain.resolve("train-images-idx3-ubyte")));
    }

    @Test
    void idxPixelsAreScaledToOne() throws IOException {
        Path csv = Files.writeString(
                folder.resolve("same.csv"),
                "0,0.00392156862745098,0.00784313725490196,0.011764705882352941,0\n"
                        + "0.01568627450980392,0.0196078431372549,0.023529411764705882,0.027450980392156862,1\n"
                        + "0.03137254901960784,0.03529411764705882,0.0392156862745098,0.043137254901960784,2\n");
        assertEquals(predictions(csv), predictions(idx("plain", "", false)));
    }

    @Test
    void idxBytesTrainTheModelOfTheirValuesAsFloats() throws IOException {
        Path csv = Files.writeString(
                folder.resolve("same.csv"),
                "0,0.00392156862745098,0.00784313725490196,0.011764705882352941,0\n"
                        + "0.01568627450980392,0.0196078431372549,0.023529411764705882,0.027450980392156862,1\n"
                        + "0.03137254901960784,0.03529411764705882,0.0392156862745098,0.043137254901960784,2\n");
        assertEquals(predictions(csv, "f32"), predictions(idx("plain", "", false), "f32"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"<f4", "<f8", "<i4", "<i8", "|u1"})
    void npyOfEveryType(String type) throws IOException {
        Path csv = Files.writeString(folder.resolve("same.csv"), "1,2,0\n3,4,1\n250,6,2\n");
        Path x = Files.write(folder.resolve("x.npy"), Samples.npy(type, "(3, 2)", 1, 2, 3, 4, 250, 6));
        Path y = Files.write(folder.resolve("y.npy"), Samples.npy("<i8", "(3,)", 0, 1, 2));
        for (String precision : new String[] {"f32", "f64"}) {
            assertEquals(predictions(csv, precision), predictions(x + "," + y, precision));
        }
        assertEquals(
                Cli.succeed("predict", "--model", folder.resolve("model"), "--data", csv),
                Cli.succeed("predict", "--model", folder.resolve("model"), "--data", x));
    }

    @Test
    void convertedFilesOfEveryKind() throws IOException {
        Path csv = Files.writeString(folder.resolve("plain.csv"), ROWS);
        for (Object data : new Object[] {csv, idx("plain", "", false)}) {
            for (String precision : new String[] {"f32", "f64"}) {
                Path file = folder.resolve("data.s4d");
                Cli.succeed("convert", "--data", data, "--output", file, "--precision", precision);
                assertEquals(predictions(data, precision), predictions(file, precision));
            }
        }
        String report = folder.resolve("report.json").toString();
        Cli.succeed(
                "evaluate",
                "--model",
                folder.resolve("model"),
                "--data",
                folder.resolve("data.s4d"),
                "--report",
                report);
        assertEquals(3, Cli.json(Path.of(report)).get("rows").getAsInt());
    }

    /** More rows than a block has. */
    @ParameterizedTest
    @ValueSource(strings = {"csv", "npy", "idx"})
    void longFilesAreConvertedBlockByBlock(String kind) throws IOException {
        int rows = 140_000;
        String data =
                switch (kind) {
                    case "csv" -> {
                        StringBuilder text = new StringBuilder();
                        for (int i = 0; i < rows; i++) {
                            text.append(i % 7).append(',').append(i * 1e-5).append(i % 3 == 0 ? ",b\n" : ",a\n");
                        }
                        yield Files.writeString(folder.resolve("long.csv"), text)
                                .toString();
                    }
                    case "npy" -> {
                        double[] x = new double[2 * rows];
                        double[] y = new double[rows];
                        for (int i = 0; i < rows; i++) {
                            x[2 * i] = i % 7;
                            x[2 * i + 1] = Math.floorDiv(i, 1000);
                            y[i] = i % 3 == 0 ? 9 : 4;
                        }
                        Path features =
                                Files.write(folder.resolve("x.npy"), Samples.npy("<f4", "(" + rows + ", 2)", x));
                        yield features
                                + ","
                                + Files.write(folder.resolve("y.npy"), Samples.npy("<i4", "(" + rows + ",)", y));
                    }
                    default -> {
                        Path idx = Files.createDirectory(folder.resolve("idx"));
                        Files.write(idx.resolve("train-images-idx3-ubyte"), Samples.images(rows, 4 * rows));
                        Files.write(
                                idx.resolve("train-labels-idx1-ubyte.gz"), Samples.gzip(Samples.labels(rows, rows)));
                        yield idx.toString();
                    }
                };
        Path file = folder.resolve("data.s4d");
        Cli.succeed("convert", "--data", data, "--output", file);
        Path direct = folder.resolve("direct");
        Path converted = folder.resolve("converted");
        for (Object[] run : new Object[][] {{data, direct}, {file, converted}}) {
            Cli.succeed("train", "--data", run[0], "--epochs", 1, "--batch-size", 4096, "--model", run[1]);
        }
        // The same bytes: the labels are in the model whichever way it came.
        assertArrayEquals(Files.readAllBytes(direct), Files.readAllBytes(converted));
        Cli.succeed("evaluate", "--model", direct, "--data", file);
    }

    @Test
    void datasetFilesKeepTheirLabels() throws IOException {
        Path csv = Files.writeString(folder.resolve("texts.csv"), "1,2.5,red\n-3,4,blue\n0.25,1e-3,green\n");
        Path file = folder.resolve("data.s4d");
        Cli.succeed("convert", "--data", csv, "--output", file, "--precision", "f64");
        assertEquals(predictions(csv), predictions(file));
        assertTrue(predictions(file).contains("green"));
        // Another file's classes are other ones.
        Path other = Files.writeString(folder.resolve("other.csv"), "1,2,red\n3,4,black\n5,6,green\n");
        Cli.succeed("convert", "--data", other, "--output", file);
        Cli.Result refused = Cli.run("evaluate", "--model", folder.resolve("model"), "--data", file);
        assertEquals(2, refused.status());
        assertTrue(refused.err().contains("has the classes black, green, red"), refused.err());
        assertEquals(1, refused.errorLines().size());
    }

    @Test
    void standardisedTrainingTakesAnyUnits() throws IOException {
        Path csv =
                Files.writeString(folder.resolve("units.csv"), Samples.csv(60).replaceAll("(?m)^([-0-9.]+),", "$1e6,"));
        Path report = folder.resolve("report.json");
        Cli.succeed(
                "train",
                "--data",
                csv,
                "--standardize",
                "--learning-rate",
                0.05,
                "--report",
                report,
                "--model",
                folder.resolve("model"));
        assertTrue(Cli.json(report).getAsJsonObject("train").get("error_rate").getAsDouble() < 0.1);
        Cli.succeed("evaluate", "--model", folder.resolve("model"), "--data", csv);
    }

    private Path idx(String name, String suffix, boolean pack) throws IOException {
        Path data = Files.createDirectory(folder.resolve(name));
        byte[] images = Samples.images(3, 12);
        byte[] labels = Samples.labels(3, 3);
        Files.write(data.resolve("train-images-idx3-ubyte" + suffix), pack ? Samples.gzip(images) : images);
        Files.write(data.resolve("train-labels-idx1-ubyte" + suffix), pack ? Samples.gzip(labels) : labels);
        return data;
    }

    private String predictions(Object data) {
        return predictions(data, "f64");
    }

    private String predictions(Object data, String precision) {
        Path model = folder.resolve("model");
        Cli.succeed(
                "train",
                "--data",
                data,
                "--epochs",
                20,
                "--learning-rate",
                0.1,
                "--precision",
                precision,
                "--model",
                model);
        return Cli.succeed("predict", "--model", model, "--data", data);
    }
}
