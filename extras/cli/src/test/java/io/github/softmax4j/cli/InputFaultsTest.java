package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that were once read wrongly in silence, or refused where they are right. */
class InputFaultsTest {

    @TempDir
    Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private Path bytes(String name, byte[]... parts) throws IOException {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.write(part);
        }
        return Files.write(folder.resolve(name), all.toByteArray());
    }

    private static String trained(Object data, Object... options) {
        Object[] args = {"train", "--epochs", 1, "--data", data};
        return Cli.succeed(
                java.util.stream.Stream.concat(java.util.Arrays.stream(args), java.util.Arrays.stream(options))
                        .toArray());
    }

    private static void refused(String part, Object... args) {
        Cli.Result result = Cli.run(args);
        assertEquals(2, result.status(), result.out());
        assertEquals(1, result.errorLines().size(), result.err());
        assertTrue(result.err().contains(part), result.err());
    }

    private static void says(String part, String out) {
        assertTrue(out.contains(part), out);
    }

    /** F1: text that is no UTF-8 became replacement characters, and classes merged. */
    @Test
    void otherEncodingsAreRefusedAndReadWhenNamed() throws IOException {
        Path data = bytes("d.csv", "1,2,caf\u00e8\n3,4,caf\u00e9\n5,6,th\u00e9\n".getBytes(ISO_8859_1));
        refused("d.csv:1, column 3: byte 0xE8 is not UTF-8; --encoding", "train", "--data", data);
        says("3 rows, 2 features, 3 classes", trained(data, "--encoding", "ISO-8859-1"));
        refused("--encoding 'nope'", "train", "--data", data, "--encoding", "nope");
        Path late = bytes(
                "l.csv", "1,2,a\n3,4,b\n\"5".getBytes(UTF_8), new byte[] {(byte) 0xff}, "\",6,a\n".getBytes(UTF_8));
        refused("l.csv:3, column 1: byte 0xFF", "train", "--data", late);
        Path utf16 = bytes("u.csv", "\ufeff1,2,caf\u00e8\n3,4,caf\u00e9\n".getBytes(UTF_16LE));
        says("2 rows, 2 features, 2 classes", trained(utf16));
    }

    /** F2, W1: a header of numbers became a row. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0,1,label\n1.5,2.5,cat\n3,4,dog\n",
                "0,1,label\n1.5,2.5,2\n3,4,1\n",
                "0,1,2\n1.5,2.5,0\n3,4,1\n",
                "2019,2020,class\n1.5,2.5,cat\n3,4,dog\n",
                "2019,2020,kind\n1.5,2.5,cat\n3,4,dog\n1.5,2,cat\n3,4,dog\n",
                "400.5,401,402\n1.5,2.5,0\n3,4,1\n1.5,2,0\n3,4,1\n"
            })
    void aHeaderOfNumbersIsAskedAbout(String text) throws IOException {
        Path data = file("d.csv", text);
        refused("; --header yes or no says", "train", "--data", data);
        says(
                "(after a header): " + (text.lines().count() - 1) + " rows, 2 features, 2 classes",
                trained(data, "--header", "yes"));
    }

    /** W1: what was found shows, with how many rows each. */
    @Test
    void classesAreListedWithTheirRows() throws IOException {
        says("classes    blue 2, red 1\n", trained(file("d.csv", "1.5,2.5,red\n3,4,blue\n5,6,blue\n")));
        says("classes    -1 1, 7 2\n", trained(file("n.csv", "1.5,2.5,7\n3,4,-1\n5,6,7\n")));
        StringBuilder many = new StringBuilder();
        for (int row = 0; row < 50; row++) {
            many.append(row).append(".5,1.5,").append((char) ('a' + row % 25)).append('\n');
        }
        says("t 2, and 5 more\n", trained(file("m.csv", many.toString())));
    }

    @Test
    void rowsAreNoHeader() throws IOException {
        says("3 rows, 2 features, 3 classes", trained(file("d.csv", "1.5,2.5,red\n3,4,blue\n5,6,green\n")));
        says("4 rows, 2 features, 3 classes", trained(file("d.csv", "0,1,2\n0,1,1\n1,1,0\n0,0,1\n"), "--header", "no"));
    }

    /** F3: a first row with a value missing was dropped as a header. */
    @ParameterizedTest
    @ValueSource(strings = {"?,1,cat", "NA,1,cat", ",1,cat", "unknown,1,cat", "?,?,cat", "left,right,cat"})
    void aFirstRowWithAMissingValueIsRefused(String row) throws IOException {
        Path data = file("d.csv", row + "\n2,3,dog\n4,5,cat\n");
        refused("--header yes or no", "train", "--data", data);
    }

    /** F4: a later member of gzip that is none ended the file. */
    @Test
    void gzipMembersEndInMembersOrZeros() throws IOException {
        byte[] first = Samples.gzip("1,2,0\n3,4,1\n".getBytes(UTF_8));
        byte[] second = Samples.gzip("5,6,0\n7,8,1\n".getBytes(UTF_8));
        says(": 4 rows", trained(bytes("d.csv.gz", first, second)));
        says(": 4 rows", trained(bytes("d.csv.gz", first, second, new byte[700])));
        refused("corrupt", "train", "--data", bytes("d.csv.gz", first, "5,6,0\n7,8,1\n".getBytes(UTF_8)));
        refused("corrupt", "train", "--data", bytes("d.csv.gz", first, new byte[9], second));
        refused("truncated", "train", "--data", bytes("d.csv.gz", first, new byte[] {0x1f}));
        refused("corrupt", "train", "--data", bytes("d.csv.gz", first, new byte[] {0x1f, (byte) 0x8b, 9, 0}));
    }

    /** F15: a blank behind the colon. */
    @Test
    void blanksBehindAColonAreLibsvms() throws IOException {
        says(
                "3 features, 2 classes, sparse with 6 values",
                trained(file("p.svm", "0 1:1.00 2: .50 3:1.00\n1 1:2.00 2:  .25 3:1.00\n")));
        refused("p.svm:1: '2:'", "train", "--data", file("p.svm", "0 1:1 2: \n1 1:2\n"));
        refused("p.svm:1: '2:3:1'", "train", "--data", file("p.svm", "0 1:1 2: 3:1\n1 1:2\n"));
    }

    /** F16: what indices count from was decided for each file. */
    @Test
    void theBaseOfIndicesIsThatOfTheTrainingFile() throws IOException {
        Path train = file("train.svm", "0 0:5\n1 1:5\n0 0:4 2:1\n1 1:4 2:1\n");
        Path test = file("test.svm", "1 1:5\n1 1:5 2:1\n");
        Path model = folder.resolve("m");
        String out = Cli.succeed(
                "train", "--data", train, "--test", test, "--epochs", 200, "--learning-rate", 0.1, "--model", model);
        says("train.svm (indices from 0): 4 rows, 3 features", out);
        says("error rate 0.0000", out.substring(out.indexOf("test  ")));
        says("error rate 0.0000", Cli.succeed("evaluate", "--model", model, "--data", test));
        says(
                "1,",
                Cli.succeed("predict", "--model", model, "--data", test)
                        .lines()
                        .skip(1)
                        .findFirst()
                        .orElseThrow()
                        .substring(0, 2));
        refused(
                "indices count from 1, those of the model " + model + " from 0",
                "evaluate",
                "--model",
                model,
                "--data",
                "libsvm1:" + test);
        Path one = file("one.svm", "0 1:5\n1 2:5\n");
        Cli.succeed("train", "--data", one, "--epochs", 1, "--model", model);
        refused("counts indices from 1", "evaluate", "--model", model, "--data", file("zero.svm", "0 0:5\n"));
        refused("counts indices from 1", "train", "--data", one, "--test", folder.resolve("zero.svm"));
    }

    /** F17: no way in for a test file that is wider than the training file. */
    @Test
    void widerTestFilesHaveAWayIn() throws IOException {
        Path train = file("train.svm", "1 1:1\n-1 2:1\n");
        Path test = file("wider.svm", "1 1:1\n-1 2:1 3:1\n");
        refused("--features", "train", "--data", train, "--test", test);
        says("3 features", trained(train, "--test", test, "--features", 3));
        says("1 values of unseen features left out", trained(train, "--test", test, "--ignore-unseen"));
        Path model = folder.resolve("m");
        trained(train, "--model", model);
        refused("--ignore-unseen", "evaluate", "--model", model, "--data", test);
        says(
                "1 values of unseen features left out",
                Cli.succeed("evaluate", "--model", model, "--data", test, "--ignore-unseen"));
        assertEquals(
                3,
                Cli.succeed("predict", "--model", model, "--data", test, "--ignore-unseen")
                        .lines()
                        .count());
        refused("--features says 1", "train", "--data", train, "--features", 1);
    }

    /** F18, F19: labels are texts when the user says so, and as they are written. */
    @Test
    void labelsAreTextsWhereTheUserSaysSoOrZerosLead() throws IOException {
        Path mixed = file("mixed.csv", "1,2,1\n3,4,2\n5,6,A\n");
        refused("; --labels text", "train", "--data", mixed);
        says("3 classes", trained(mixed, "--labels", "text"));
        for (String order : new String[] {"01,1,02", "1,01,02", "1,2,01"}) {
            String[] l = order.split(",", -1);
            Path zeros = file("zeros.csv", "1,2," + l[0] + "\n3,4," + l[1] + "\n5,6," + l[2] + "\n");
            says("3 classes", trained(zeros));
            Path model = folder.resolve("m");
            Cli.succeed("convert", "--data", zeros, "--output", folder.resolve("z.s4d"));
            trained(folder.resolve("z.s4d"), "--model", model);
            says("p01", Cli.succeed("predict", "--model", model, "--data", zeros));
        }
        says("2 classes", trained(folder.resolve("zeros.csv"), "--labels", "number"));
        trained(file("n.csv", "1,2,1\n3,4,2\n"), "--model", folder.resolve("n"));
        refused("label '01'", "evaluate", "--model", folder.resolve("n"), "--data", file("z.csv", "1,2,01\n"));
    }

    /** F20: the label in another column, and columns that are no features. */
    @Test
    void columnsAreNamedOrNumbered() throws IOException {
        Path first = file("first.csv", "label,pixel0,pixel1\n7,0,255\n2,13,0\n");
        refused("--label label", "train", "--data", first);
        Path model = folder.resolve("m");
        says("2 rows, 2 features, 2 classes", trained(first, "--label", "label", "--model", model));
        says("2 rows, 2 features, 2 classes", trained(first, "--label", 1));
        Cli.succeed("evaluate", "--model", model, "--data", first, "--label", "label");
        Cli.succeed("predict", "--model", model, "--data", first, "--label", "label");
        Cli.succeed("convert", "--data", first, "--label", "label", "--output", folder.resolve("f.s4d"));
        Path indexed = file("i.csv", ",x1,x2,label\n0,1,2,a\n1,3,4,b\n");
        says("column 1, '', counts as a feature", trained(indexed));
        says("2 features", trained(indexed, "--ignore", "1"));
        says("1 features", trained(indexed, "--ignore", "1,x2"));
        refused(
                "no column is called so; the columns are",
                "train",
                "--data",
                indexed,
                "--label",
                "kind",
                "--header",
                "yes");
        refused("the columns are 1..4", "train", "--data", indexed, "--label", 5);
        refused("--label is for CSV", "train", "--data", file("x.svm", "0 1:1\n1 1:2\n"), "--label", 1);
    }

    /** F21: a decimal comma was read as a delimiter. */
    @Test
    void otherDelimitersAreRefusedAndReadWhenNamed() throws IOException {
        Path data = file("d.csv", "1,5;0\n2,5;1\n3,25;0\n");
        refused("--delimiter", "train", "--data", data);
        says("3 rows, 1 features, 2 classes", trained(data, "--delimiter", ";", "--decimal", ","));
        refused("--delimiter", "train", "--data", file("t.csv", "1,5\t0\n2,5\t1\n"));
        refused("--delimiter", "train", "--data", file("m.csv", "1,5;2,5;0\n2,5;1;1\n"));
        says("2 features", trained(file("tab.csv", "1\t5\t0\n2\t6\t1\n"), "--delimiter", "tab"));
        refused("--delimiter", "train", "--data", data, "--decimal", ",");
    }

    /** F22, and headers that NumPy refuses. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "true | {'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L), }",
                "true | {\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2, 2)}",
                "true | {'shape': (2, 2), u'descr': '<f4', 'fortran_order': False}",
                "false | {'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), 'extra': 1}",
                "false | {'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2)}",
                "false | {'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2)}",
                "false | {'descr': '<f4', 'fortran_order': False, 'shape': [2, 2]}",
                "false | {'descr': '<f4', 'fortran_order': False, 'shape': (4)}",
                "false | {'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)} x",
                "false | 'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)"
            })
    void npyHeadersAreThoseOfNumpy(boolean read, String header) throws IOException {
        String x = folder.resolve("x.npy").toString();
        Files.write(Path.of(x), Samples.npyOf(header, "<f4", 1, 2, 3, 4));
        Path y = Files.write(folder.resolve("y.npy"), Samples.npy("<i8", "(2,)", -1, 1));
        if (read) {
            Path model = folder.resolve("m");
            trained(x + "," + y, "--model", model);
            says("label,p-1,p1", Cli.succeed("predict", "--model", model, "--data", x));
        } else {
            refused("x.npy: its header", "train", "--data", x + "," + y);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "4, 0", "0, 0"})
    void npyVersionsAreThoseOfNumpy(int major, int minor) throws IOException {
        byte[] x = Samples.npy("<f4", "(2, 2)", 1, 2, 3, 4);
        x[6] = (byte) major;
        x[7] = (byte) minor;
        refused(
                "version 1.0, 2.0 or 3.0",
                "train",
                "--data",
                Files.write(folder.resolve("x.npy"), x) + ","
                        + Files.write(folder.resolve("y.npy"), Samples.npy("<i8", "(2,)", 0, 1)));
    }

    /** F29: hexadecimal numbers, which Java reads. */
    @ParameterizedTest
    @ValueSource(strings = {"0x1p3", "0X1P3", "1d", "1f", "1_0", "\u0661"})
    void numbersAreDecimal(String number) throws IOException {
        refused(
                "d.csv:2, column 1: '" + number + "' is not a number",
                "train",
                "--data",
                file("d.csv", "1,2,0\n" + number + ",3,1\n"));
    }

    /** W2: predict needs no labels. */
    @Test
    void predictNeedsNoLabels() throws IOException {
        Path numbers = folder.resolve("numbers");
        Path texts = folder.resolve("texts");
        trained(file("n.csv", "1,2,0\n3,4,1\n"), "--model", numbers);
        trained(file("t.csv", "1,2,a\n3,4,b\n"), "--model", texts);
        String expected = Cli.succeed("predict", "--model", numbers, "--data", file("u.csv", "1,2\n3,4\n"));
        for (String label : new String[] {"0", "7", "blue", "?", "", "nan", "01", "1.5"}) {
            Path data = file("d.csv", "1,2,0\n3,4," + label + "\n");
            assertEquals(expected, Cli.succeed("predict", "--model", numbers, "--data", data));
            assertEquals(
                    3,
                    Cli.succeed("predict", "--model", texts, "--data", data)
                            .lines()
                            .count());
        }
        for (String label : new String[] {"99 ", "? ", "cat ", "1,2 ", ""}) {
            Path data = file("d.svm", "0 1:1 2:2\n" + label + "1:3 2:4\n");
            assertEquals(expected, Cli.succeed("predict", "--model", numbers, "--data", data));
        }
        Path x = Files.write(folder.resolve("x.npy"), Samples.npy("<f4", "(2, 2)", 1, 2, 3, 4));
        Path y = Files.write(folder.resolve("y.npy"), Samples.npy("<i8", "(2,)", 0, 99));
        assertEquals(expected, Cli.succeed("predict", "--model", numbers, "--data", x + "," + y));
        Cli.succeed("convert", "--data", folder.resolve("t.csv"), "--output", folder.resolve("t.s4d"));
        assertEquals(expected, Cli.succeed("predict", "--model", numbers, "--data", folder.resolve("t.s4d")));
    }

    /** W4: classes are called by their labels. */
    @Test
    void classesAreCalledByTheirLabels() throws IOException {
        Path numbers = file("n.csv", "1,2,1\n3,4,2\n5,6,3\n7,8,2\n");
        String out = trained(numbers, "--test", numbers, "--mask-classes", 3);
        says("left out   1 rows of the masked classes 3", out);
        Path texts = file("t.csv", "1,2,red\n3,4,blue\n5,6,red\n7,8,green\n");
        Path model = folder.resolve("m");
        says("3 rows, 2 features, 3 classes", trained(texts, "--mask-classes", "blue", "--model", model));
        for (String line : Cli.succeed("predict", "--model", model, "--data", texts)
                .lines()
                .skip(1)
                .toList()) {
            assertEquals(0, Double.parseDouble(line.split(",", -1)[1]), line);
        }
        refused(
                "'3' is no class of the data, which has blue, green, red",
                "train",
                "--data",
                texts,
                "--mask-classes",
                "3");
        Path named = folder.resolve("named");
        Path listed = folder.resolve("listed");
        trained(texts, "--class-weight", "red=2", "--model", named);
        trained(texts, "--class-weight", "1,1,2", "--model", listed);
        assertEquals(-1, Files.mismatch(named, listed));
        refused("'purple' is no class", "train", "--data", texts, "--class-weight", "purple=2");
        Path svm = file("s.svm", "1 1:1\n2 2:1\n3 1:1 2:1\n");
        says("2 rows, 2 features, 3 classes", trained(svm, "--mask-classes", 1));
        Cli.succeed("convert", "--data", texts, "--output", folder.resolve("t.s4d"));
        refused(
                "rows of the masked classes blue",
                "train",
                "--data",
                folder.resolve("t.s4d"),
                "--mask-classes",
                "blue");
    }
}
