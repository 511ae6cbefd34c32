package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading LIBSVM/svmlight files: what is accepted, what is refused, and what comes out. */
class LibsvmFileTest {

    private static final String ROWS = "1 1:1 3:2.5\n2 2:-3\n3 1:0.25 2:4 3:0.001\n";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1 1:1 3:2.5\r\n2 2:-3\r\n3 1:0.25 2:4 3:0.001",
                "# rows\n\n1.0\t1:1   3:2.5 \n  2e0 2:-3 # second\n   \n3 1:0.25 \t2:+4 3:1e-3\n",
                "1 qid:7 1:1.0 3:25e-1\n2 qid:7 2:-3.0 3:0\n3 qid:8 1:.25 2:4. 3:0.00100000000000000000\n",
                "1 0:1 2:2.5\n2 1:-3\n3 0:0.25 1:4 2:0.001\n",
                "\uFEFF1 1:1 3:2.5\n2 2:-3#\n3 1:25E-2 2:4 3:0.001"
            })
    void everySpellingOfTheSameRowsTrainsTheSameModel(String text) throws IOException {
        assertEquals(
                predictions(write("plain.svm", ROWS), "--sparse"), predictions(write("other.svm", text), "--sparse"));
    }

    @Test
    void packedOrUnderAnotherName() throws IOException {
        String expected = predictions(write("plain.svm", ROWS), "--sparse");
        Path packed = Files.write(folder.resolve("rows.T.gz"), Samples.gzip(ROWS.getBytes(UTF_8)));
        assertEquals(expected, predictions(packed, "--sparse"));
        assertEquals(expected, predictions("libsvm:" + Files.copy(packed, folder.resolve("rows")), "--sparse"));
        assertEquals(expected, predictions("libsvm1:" + packed, "--sparse"));
    }

    @Test
    void indicesFromZeroCanBeStated() throws IOException {
        Path rows = write("rows.svm", "0 1:2\n1 2:1\n");
        assertTrue(trained(rows).contains("2 features"));
        assertTrue(trained("libsvm0:" + rows).contains("3 features"));
        refused(
                "rows.svm:1: index 0 is not accepted: indices are in 1..",
                "train",
                "--data",
                "libsvm1:" + write("rows.svm", "0 0:2\n1 2:1\n"));
    }

    private static String trained(Object data) {
        return Cli.succeed("train", "--data", data, "--epochs", 1);
    }

    /** The reader's own way to numbers, against that of CSV. */
    @Test
    void numbersAreReadToTheLastBit() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        StringBuilder csv = new StringBuilder();
        StringBuilder svm = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            svm.append(i % 3);
            for (int d = 0; d < 4; d++) {
                String number =
                        switch (random.nextInt(4)) {
                            case 0 -> Double.toString(random.nextDouble());
                            case 1 -> String.format(Locale.ROOT, "%.6f", random.nextDouble(-9, 9));
                            case 2 -> String.format(Locale.ROOT, "%.15e", random.nextDouble(-1, 1));
                            default -> Long.toString(random.nextLong(-1_000_000_000_000_000L, 1_000_000_000_000_000L));
                        };
                csv.append(number).append(',');
                svm.append(' ').append(d + 1).append(':').append(number);
            }
            csv.append(i % 3).append('\n');
            svm.append('\n');
        }
        assertEquals(
                predictions(write("rows.csv", csv.toString()), "--normalize", "--dense"),
                predictions(write("rows.svm", svm.toString()), "--normalize", "--dense"));
    }

    @Test
    void sparseRowsAreStandardisedWithoutCentering() throws IOException {
        Path rows = write("plain.svm", ROWS);
        Path report = folder.resolve("report.json");
        double[] objectives = new double[2];
        for (int i = 0; i < 2; i++) {
            List<Object> train = new ArrayList<>(List.of("train", "--data", rows, "--precision", "f64"));
            train.addAll(
                    List.of("--standardize", "--no-centering", "--report", report, i == 0 ? "--sparse" : "--dense"));
            Cli.succeed(train.toArray());
            objectives[i] =
                    Cli.json(report).getAsJsonObject("train").get("objective").getAsDouble();
        }
        assertEquals(objectives[0], objectives[1], 1e-12);
        refused("--no-centering", "train", "--data", rows, "--standardize");
        refused("--no-centering is for --standardize", "train", "--data", rows, "--no-centering");
    }

    @Test
    void sparseAndDenseAgree() throws IOException {
        Path csv = Samples.csv(folder);
        assertEquals(errorRate(csv, "--dense"), errorRate(csv, "--sparse"), 1e-9);
    }

    @Test
    void normalizedRowsHaveLengthOne() throws IOException {
        // Powers of two: the quotients are the same to the last bit.
        String scaled = "1 1:4 3:10\n2 2:-1.5\n3 1:2 2:32 3:0.008\n";
        assertEquals(
                predictions(write("plain.svm", ROWS), "--normalize"),
                predictions(write("scaled.svm", scaled), "--normalize"));
    }

    @Test
    void labelsStayThoseOfTheFile() throws IOException {
        Path rows = write("rows.svm", "7 1:5\n-1 2:5\n12 3:5\n7 1:5\n");
        String predicted = predictions(rows, "--sparse");
        assertEquals(
                "7,-1,12,7",
                String.join(
                        ",",
                        predicted.lines().skip(1).map(l -> l.split(",", -1)[0]).toList()));
    }

    @Test
    void dataOfAModelMayHaveFewerFeaturesAndNotMore() throws IOException {
        Path model = folder.resolve("model");
        Cli.succeed(
                "train",
                "--data",
                write("rows.svm", ROWS),
                "--test",
                write("fewer.svm", "2 1:1\n3\n"),
                "--model",
                model);
        Cli.succeed("evaluate", "--model", model, "--data", folder.resolve("fewer.svm"));
        Path more = write("more.svm", "1 1:1\n2 2:1 4:1\n3 1:1\n");
        refused("more.svm:2: index 4 is not accepted: ", "evaluate", "--model", model, "--data", more);
        refused("has 3 features", "train", "--data", folder.resolve("rows.svm"), "--test", more);
        // Rows to predict need no label of the model's.
        Cli.succeed("predict", "--model", model, "--data", write("unknown.svm", "0 1:1\n0 3:1\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
            one 1:2            | :1: label 'one' is not a number
            1,2 1:2            | :1: label '1,2' names several classes
            1:2 2:3            | :1: begins with '1:2', a label is expected
            1.5 1:2            | :1: label '1.5' is not accepted
            1 1:2 3            | :1: '3' is not a pair index:value
            1 1:2 x:1          | :1: 'x:1' is not a pair index:value
            1 -1:2             | :1: '-1:2' is not a pair index:value
            1 1:2 qid:1        | :1: 'qid:1' is not a pair index:value
            1 1:two            | :1: '1:two' is not a pair index:value
            1 1:               | :1: '1:': the value is not a finite number
            1 1:1e             | :1: '1:1e': the value is not a finite number
            1 1:1-2            | :1: '1:1-2': the value is not a finite number
            1 1:1e999          | :1: '1:1e999': the value is not a finite number
            1 1:nan            | :1: '1:nan' is not a pair index:value
            1 1:0x1p3          | :1: '1:0x1p3' is not a pair index:value
            1 2:1 1:1          | :1: index 1 after 2: indices must ascend
            1 2:1 2:1          | :1: index 2 after 2: indices must ascend
            1 2147483647:1     | :1: index 2147483647 is not accepted
            1 99999999999999:1 | :1: '99999999999999:1' is not a pair
            1                  | : has no features
            "# nothing"        | : has no rows
            """)
    void malformedFilesAreRefusedWithTheirLine(String text, String message) throws IOException {
        refused("bad.svm" + message, "train", "--data", write("bad.svm", text));
    }

    @Test
    void laterLinesAreNamedByTheirNumber() throws IOException {
        refused("bad.svm:5: ", "train", "--data", write("bad.svm", "# c\n1 1:2\n\n2 2:3\n3 4:x\n"));
    }

    @Test
    void denseRowsThatDoNotFitAreRefused() throws IOException {
        refused(
                "--dense: 3000 rows of 1000000 features do not fit",
                "train",
                "--dense",
                "--data",
                write("wide.svm", "1 1:2\n".repeat(2999) + "2 1000000:3\n"));
    }

    @Test
    void conformanceFilesAreReadOrRefused() {
        Path files = shared("svmlight-conformance");
        for (Path part : new Path[] {files, files.resolve("crlf")}) {
            assertTrue(trained("libsvm:" + part.resolve("svmlight_classification.txt"))
                    .contains("6 rows, 21 features, 4 classes"));
            refused(
                    "label 'python' is not a number",
                    "train",
                    "--data",
                    "libsvm:" + part.resolve("svmlight_invalid.txt"));
            refused("index 2 after 5", "train", "--data", "libsvm:" + part.resolve("svmlight_invalid_order.txt"));
            refused("names several classes", "train", "--data", "libsvm:" + part.resolve("svmlight_multilabel.txt"));
        }
    }

    @Test
    void adamLearnsNews20() throws IOException {
        Path files = shared("sparse");
        Path report = folder.resolve("report.json");
        Cli.succeed(
                "train",
                "--data",
                "libsvm:" + files.resolve("news20.gz"),
                "--test",
                files.resolve("news20.t.gz"),
                "--normalize",
                "--optimizer",
                "adam",
                "--learning-rate",
                0.01,
                "--epochs",
                10,
                "--report",
                report);
        JsonObject read = Cli.json(report);
        assertEquals(62061, read.get("features").getAsInt());
        assertEquals(1272569, read.get("non_zeros").getAsInt());
        double error = read.getAsJsonObject("test").get("error_rate").getAsDouble();
        assertTrue(error < 0.17, () -> "test error " + error);
    }

    @Test
    void adamLearnsSector() throws IOException {
        Path files = shared("sparse");
        Path report = folder.resolve("report.json");
        Cli.succeed(
                "train",
                "--data",
                files.resolve("sector.scale.gz"),
                "--test",
                files.resolve("sector.t.scale.gz"),
                "--learning-rate",
                0.01,
                "--epochs",
                5,
                "--report",
                report);
        double error =
                Cli.json(report).getAsJsonObject("test").get("error_rate").getAsDouble();
        assertTrue(error < 0.15, () -> "test error " + error);
    }

    private static Path shared(String name) {
        Path folder = Path.of(System.getProperty("softmax4j.data", "../../../shared/data"), name);
        assumeTrue(Files.isDirectory(folder), () -> "there is no " + folder + " (set -Dsoftmax4j.data)");
        return folder;
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static void refused(String part, Object... args) {
        Cli.Result result = Cli.run(args);
        assertEquals(2, result.status(), result::err);
        assertEquals(1, result.errorLines().size(), result::err);
        assertTrue(result.err().contains(part), result::err);
    }

    private double errorRate(Path data, String storage) throws IOException {
        Path report = folder.resolve("report.json");
        Cli.succeed("train", "--data", data, storage, "--report", report);
        return Cli.json(report).getAsJsonObject("train").get("error_rate").getAsDouble();
    }

    /** Of the rows by a model that was trained on them, in double precision; the options are for both commands. */
    private String predictions(Object data, String... options) {
        Path model = folder.resolve("model");
        List<Object> train = new ArrayList<>(
                List.of("train", "--data", data, "--epochs", 20, "--learning-rate", 0.1, "--precision", "f64"));
        train.addAll(List.of("--model", model));
        train.addAll(List.of(options));
        Cli.succeed(train.toArray());
        List<Object> predict = new ArrayList<>(List.of("predict", "--model", model, "--data", data));
        predict.addAll(List.of(options));
        return Cli.succeed(predict.toArray());
    }
}
