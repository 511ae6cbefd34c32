package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each wrong input gives exit status 2, one line that says what is wrong, and writes nothing. */
class BadInputTest {

    private static final String IMAGES = "d/train-images-idx3-ubyte";
    private static final String LABELS = "d/train-labels-idx1-ubyte";

    @TempDir
    Path folder;

    /** Arguments, in which % is the folder; the files in it; and what the line must contain. */
    private record Case(String arguments, Map<String, byte[]> files, List<String> words) {

        Case with(String name, String content) {
            return with(name, content.getBytes(UTF_8));
        }

        Case with(String name, byte[] content) {
            Map<String, byte[]> more = new TreeMap<>(files);
            more.put(name, content);
            return new Case(arguments, more, words);
        }

        @Override
        public String toString() {
            return arguments + " -> " + String.join(" ... ", words);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"usage", "outputs", "paths", "csv", "idx", "npy", "datasets", "models"})
    void isRefusedWithOneLine(Case bad) throws IOException {
        for (Map.Entry<String, byte[]> file : bad.files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue());
        }
        List<Path> before = listing();

        Cli.Result result = Cli.run(Stream.of(bad.arguments.split(" "))
                .filter(argument -> !argument.isEmpty())
                .map(argument -> argument.replace("%", folder.toString()))
                .toArray());

        assertEquals(1, result.errorLines().size(), result.err());
        for (String word : bad.words) {
            assertTrue(result.err().contains(word), () -> "'" + word + "' is missing in: " + result.err());
        }
        assertEquals(2, result.status());
        assertEquals(before, listing());
    }

    private List<Path> listing() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted().toList();
        }
    }

    static Stream<Case> usage() {
        return Stream.of(
                of("", "subcommand", "train, evaluate", "test"),
                of("fit", "'fit'", "train, evaluate", "test"),
                of("train --epoch 3", "--epoch", "--help"),
                of("train --epochs", "--epochs"),
                of("train --epochs many", "--epochs", "'many'"),
                of("train --epochs 0", "epochs", "at least 1", "0"),
                of("train --epochs 99999999999", "--epochs", "99999999999"),
                of("train --optimizer lion", "'lion'", "sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw"),
                of("train --learning-rate -1", "learningRate", "positive", "-1"),
                of("train --learning-rate 0", "learningRate", "positive", "0"),
                of("train --learning-rate NaN", "learningRate", "positive", "NaN"),
                of("train --optimizer momentum --momentum 1", "momentum", "[0, 1)", "1"),
                of("train --momentum 0.5", "--momentum", "adam"),
                of("train --weight-decay -0.5", "weightDecay", "not negative", "-0.5"),
                of("train --optimizer adamw --weight-decay -0.5", "weightDecay", "not negative", "-0.5"),
                of("train --l1 -0.1", "l1", "not negative", "-0.1"),
                of("train --lower 1 --upper 0", "lower", "below upper", "1.0"),
                of("train --clip-norm 0", "clipGradientNorm", "positive", "0.0"),
                of("train --clip-value -1", "clipGradientValue", "positive", "-1.0"),
                of("train --l2 -0.1", "l2", "not negative", "-0.1"),
                of("train --batch-size 0", "--batch-size", "'0'", "from 1", "full"),
                of("train --batch-size big", "--batch-size", "'big'", "full"),
                of("train --threads 0", "threads", "1..", "0"),
                of("train --seed x", "--seed", "'x'"),
                of("train --precision f16", "--precision", "'f16'", "f32 and f64"),
                of("train --schedule linear", "--schedule", "'linear'", "cosine"),
                of("train --schedule step:0:0.5", "--schedule", "'step:0:0.5'", "at least 1"),
                of("train --schedule step:x:0.5", "--schedule", "'step:x:0.5'", "EPOCHS"),
                of("evaluate", "--model", "--data"),
                of("calibrate", "--model", "--data", "--output"),
                of("bench --shape 10x10", "--shape", "'10x10'", "60000x784x10"),
                of("bench --shape 2000000x784000x10", "--shape", "at most"),
                of("bench --dtype f16", "--dtype", "'f16'"),
                of("bench --paths adam", "--paths", "'adam'", "names no path", "adam_step_1x784x10_f32"),
                of("bench --dtype f64 --paths epoch_*", "--paths", "'epoch_*'", "loss_gradient_60000x784x10_f64"),
                of("bench --shape 9x2x3 --paths epoch_60000*", "--paths", "epoch_9x2x3_b9_f32"));
    }

    static Stream<Case> outputs() throws IOException {
        return Stream.of(
                of("train --model %/none/m", "--model", "no folder", "none"),
                of("train --report %", "--report", "it is a directory"),
                of("train --report /dev/full", "--report", "/dev/full", "a regular file is expected"),
                of("train --model %/m --report %/m", "--report", "another option"),
                of("train --data %/d.csv --model %/d.csv", "--model", "d.csv", "also read")
                        .with("d.csv", Samples.csv(9)),
                of("train --data csv:%/d.csv --report %/./d.csv", "--report", "also read")
                        .with("d.csv", Samples.csv(9)),
                of("calibrate --model %/m --data %/d.csv --output %/m", "--output", "also read")
                        .with("d.csv", Samples.csv(9))
                        .with("m", linearModel()),
                of("calibrate --model %/m --data %/d.csv --output %/n", "right on every row")
                        .with("d.csv", "1,0\n-1,1\n")
                        .with("m", linearModel()),
                of("gradcheck --report %/none/r.json", "--report", "no folder"),
                of("bench --report %/none/r.json", "--report", "no folder"));
    }

    static Stream<Case> npy() throws IOException {
        byte[] y = Samples.npy("<i8", "(2,)", 0, 1);
        byte[] x = Samples.npy("<f4", "(2, 2)", 1, 2, 3, 4);
        return Stream.of(
                npy(x, Samples.npy("<i8", "(3,)", 0, 1, 2), "y.npy", "3 labels", "2 rows"),
                npy(x, Samples.npy("<i8", "(2,)", 0, -3e9), "y.npy: item 1", "label -3000000000"),
                npy(x, Samples.npy("<f8", "(2,)", 0, 1), "y.npy", "whole numbers", "f8"),
                npy(Samples.npy("<f4", "(2, 2)", 1, 2, 3), y, "x.npy", "truncated", "4 values", "12 bytes"),
                npy(Samples.npy("<f4", "(2, 2)", 1, 2, 3, 4, 5), y, "x.npy", "longer", "4 values"),
                npy(Samples.npy("<f4", "(2, 2)", 1, 2, 3, Double.NaN), y, "x.npy: row 1, column 1", "NaN"),
                npy(Samples.npy("<f8", "(2, 2)", 1, 1e40, 3, 4), y, "x.npy: row 0, column 1", "1.0E40"),
                npy(Samples.npy(">f4", "(2, 2)", 1, 2), y, "x.npy", "'>f4'", "'<f4', '<f8', '<i4', '<i8' and '|u1'"),
                npy(Samples.npy("<c8", "(2, 2)", 1, 2), y, "x.npy", "'<c8'"),
                npy(
                        Samples.npyOf("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}", "<f4", 1, 2, 3, 4),
                        y,
                        "x.npy",
                        "Fortran order",
                        "C order"),
                npy(Samples.npyOf("{'descr': '<f4'}", "<f4"), y, "x.npy", "fortran_order"),
                npy(Samples.npy("<f4", "(0, 2)"), y, "x.npy", "0 values"),
                npy(Samples.npy("<f4", "(99999, 99999)"), y, "x.npy", "1.."),
                npy(Samples.npy("<f4", "()", 1), y, "x.npy", "at least one size"),
                npy(new byte[3], y, "x.npy", "truncated", "header"),
                npy(new byte[20], y, "x.npy", "does not begin like an .npy"),
                of("train --data %/x.npy", "x.npy", "no labels", "features.npy,labels.npy")
                        .with("x.npy", x),
                of("train --data %/x.npy,%/y.npy", "y.npy", "no such file").with("x.npy", x),
                of("train --data %/x.npy,%/y.npy --model %/y.npy", "--model", "also read")
                        .with("x.npy", x)
                        .with("y.npy", y));
    }

    private static Case npy(byte[] x, byte[] y, String... words) {
        return of("train --data %/x.npy,%/y.npy", words).with("x.npy", x).with("y.npy", y);
    }

    static Stream<Case> datasets() {
        return Stream.of(
                of("train --data %/d.s4d", "d.s4d", "not a dataset", "7 bytes").with("d.s4d", "nothing"),
                of("train --data %/none.s4d", "none.s4d", "no such file"),
                of("convert --data %/d.csv --output %/d.bin", "--output", "d.bin", ".s4d")
                        .with("d.csv", Samples.csv(9)),
                of("convert --data %/d.csv --output %/d.s4d --part all", "--part", "'all'", "train and test")
                        .with("d.csv", Samples.csv(9)),
                of("convert --data %/bad.csv --output %/d.s4d", "bad.csv:2", "columns")
                        .with("bad.csv", "1,2,0\n1,2\n"));
    }

    static Stream<Case> paths() {
        return Stream.of(
                of("train --data %/none.csv", "none.csv", "no such file"),
                of("train --data %", "has no train-images-idx3-ubyte"),
                of("train --data csv:%", "not a regular file", "CSV"),
                of("train --data %/x.txt", "x.txt", "unknown kind", "IDX", "CSV")
                        .with("x.txt", "1,2,0\n"),
                of("train --data %/d.csv --test %/none.csv", "none.csv", "no such file")
                        .with("d.csv", Samples.csv(9)));
    }

    static Stream<Case> csv() {
        return Stream.of(
                csv("", "d.csv", "no rows"),
                csv("x,y,label\n", "d.csv", "no rows"),
                csv("1,2,0\n1,2\n", "d.csv:2", "2 columns", "3"),
                csv("1,2,0\n1,2,3,1\n", "d.csv:2", "4 columns", "3"),
                csv("x,y,label\n1,2,0\n1,two,1\n", "d.csv:3, column 2", "'two' is not a number"),
                csv(
                        "1,1e999,0\n1,2,1\n",
                        "d.csv:1, column 2",
                        "'1e999' is not a finite number of the chosen precision"),
                csv("1,two,0\n1,2,1\n", "d.csv:1, column 2", "'two'"),
                csv("1,,0\n", "d.csv:1, column 2", "''"),
                csv("1,NaN,0\n", "d.csv:1, column 2", "'NaN'"),
                csv("1,-inf,0\n", "d.csv:1, column 2", "'-inf'"),
                csv("1,Infinity,0\n", "d.csv:1, column 2", "'Infinity'"),
                csv("1,1e300,0\n", "d.csv:1, column 2", "'1e300'", "precision"),
                csv("1,2,0\n1,2,0.5\n", "d.csv:2, column 3", "'0.5'", "whole numbers", "or texts"),
                csv("1,2,0\n1,2,9999999999\n", "d.csv:2, column 3", "'9999999999'", "whole numbers"),
                csv("1,2,0\n1,2,x\n", "d.csv:2, column 3", "'x'", "the other labels are whole numbers"),
                csv("1,2,0\n1,2,\n", "d.csv:2, column 3", "''", "the other labels are whole numbers"),
                csv("1,2,x\n1,2,0\n", "d.csv:2, column 3", "'0'", "the other labels are texts"),
                csv("1,2,x\n1,2,\n", "d.csv:2, column 3", "''", "whole numbers or texts"),
                csv("1,2,NaN\n", "d.csv:1, column 3", "'NaN'", "whole numbers or texts"),
                csv("1,2,7\n1,2,7\n", "class"),
                csv("1,2,0\n1,2,0\n", "class"),
                csv("0\n1\n", "d.csv:1", "one column"),
                csv("1,\"2,0\n", "d.csv:1, column 2", "one line"),
                csv("1,a\n2,\"b\n3,c\n", "d.csv:2, column 2", "one line"),
                of("train --data %/d.csv --test %/t.csv", "t.csv:1", "3 features", "2")
                        .with("d.csv", "1,2,0\n2,1,1\n")
                        .with("t.csv", "1,2,3,0\n"),
                of("train --data %/d.csv --test %/t.csv", "t.csv:2", "label '2'", "0..1")
                        .with("d.csv", "1,2,0\n2,1,1\n")
                        .with("t.csv", "1,2,0\n1,2,2\n"),
                of("train --data %/d.csv --test %/t.csv", "t.csv:2", "label '-1'", "0..1")
                        .with("d.csv", "1,2,0\n2,1,1\n")
                        .with("t.csv", "1,2,0\n1,2,-1\n"),
                of("train --data %/d.csv --test %/t.csv", "t.csv:1", "label '2'", "the training data", "1, 3")
                        .with("d.csv", "1,2,1\n2,1,3\n")
                        .with("t.csv", "1,2,2\n"),
                of("train --data %/d.csv --test %/t.csv", "t.csv:1", "label 'c'", "the training data", "a, b")
                        .with("d.csv", "1,2,a\n2,1,b\n")
                        .with("t.csv", "1,2,c\n"),
                of("train --data %/d.csv --test %/t.csv", "t.csv:1", "label 'a'", "whole numbers")
                        .with("d.csv", "1,2,0\n2,1,1\n")
                        .with("t.csv", "1,2,a\n"),
                of(
                                "train --data %/d.csv --learning-rate 1e30 --optimizer sgd --model %/m",
                                "diverged at step", "--learning-rate")
                        .with("d.csv", "1e10,2,0\n2,1e10,1\n3,5,0\n"),
                of("train --data %/d.csv.gz", "d.csv.gz", "truncated")
                        .with("d.csv.gz", Samples.cut(packed(Samples.csv(90)))),
                of("train --data %/d.csv.gz", "d.csv.gz", "corrupt")
                        .with("d.csv.gz", damaged(packed(Samples.csv(90)))));
    }

    static Stream<Case> idx() throws IOException {
        byte[] images = Samples.images(3, 12);
        byte[] labels = Samples.labels(3, 3);
        return Stream.of(
                idx(images, Samples.labels(2, 2), "train-labels", "2 labels", "3 images"),
                idx(Samples.images(3, 11), labels, "train-images", "truncated", "12 bytes", "11"),
                idx(Samples.images(3, 13), labels, "train-images", "longer", "12 bytes"),
                idx(Samples.images(Integer.MAX_VALUE, 12), labels, "train-images", "at most"),
                idx(Samples.images(100_000_000, 12), labels, "train-images", "truncated"),
                idx(Samples.images(-1, 12), labels, "train-images", "4294967295"),
                idx(Samples.images(0, 0), labels, "train-images", "0 in one dimension"),
                idx(labels, labels, "train-images", "0x00000801", "0x00000803"),
                idx(images, images, "train-labels", "0x00000803", "0x00000801"),
                idx(new byte[3], labels, "train-images", "truncated"),
                idx(images, Samples.labels(3, 2), "train-labels", "truncated"),
                idx(Samples.cut(Samples.gzip(images)), labels, "train-images", "truncated"),
                of("train --data %/d", "train-labels-idx1-ubyte", "no such file")
                        .with(IMAGES, images));
    }

    static Stream<Case> models() throws IOException {
        return Stream.of(
                of("evaluate --model %/none --data %/d.csv", "none", "does not exist")
                        .with("d.csv", "1,2,0\n"),
                of("evaluate --model %/m --data %/d.csv", "/m").with("m", "").with("d.csv", "1,2,0\n"),
                of("predict --model %/m --data %/d.csv", "/m")
                        .with("m", "not a model")
                        .with("d.csv", "1,2,0\n"));
    }

    private static Case of(String arguments, String... words) {
        return new Case(arguments, Map.of(), List.of(words));
    }

    private static Case csv(String text, String... words) {
        return of("train --data %/d.csv --model %/m --report %/r", words).with("d.csv", text);
    }

    private static Case idx(byte[] images, byte[] labels, String... words) {
        return of("train --data %/d --model %/m", words).with(IMAGES, images).with(LABELS, labels);
    }

    /** One feature, two classes. */
    private static byte[] linearModel() throws IOException {
        Path file = Files.createTempFile("model", null);
        try {
            SoftmaxModel.of(1, 2, new float[] {1, -1}, new float[0]).save(file);
            return Files.readAllBytes(file);
        } finally {
            Files.delete(file);
        }
    }

    private static byte[] packed(String text) {
        try {
            return Samples.gzip(text.getBytes(UTF_8));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] damaged(byte[] content) {
        byte[] damaged = content.clone();
        damaged[damaged.length - 6] ^= 0x55; // the check sum
        return damaged;
    }
}
