package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unsigned bytes, bfloat16 and files give the bits of the same values given as floats. */
class StoredFeaturesTest {

    private static final int ROWS = 700;
    private static final int FEATURES = 37;

    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(4);
    private final byte[] bytes = new byte[ROWS * FEATURES];
    private final short[] halves = new short[ROWS * FEATURES];
    private final int[] labels = new int[ROWS];
    private final double[] weights = new double[ROWS];

    StoredFeaturesTest() {
        random.nextBytes(bytes);
        for (int i = 0; i < halves.length; i++) {
            halves[i] = (short) (Float.floatToIntBits((float) random.nextDouble() - 0.5f) >>> 16);
        }
        for (int i = 0; i < ROWS; i++) {
            labels[i] = Math.floorMod(bytes[i * FEATURES] + i, 5);
            weights[i] = random.nextInt(4);
        }
    }

    private static SoftmaxModel fit(Dataset data) {
        return SoftmaxTrainer.builder().epochs(3).l2(1e-3).seed(1).build().fit(data);
    }

    private static void assertSame(Dataset expected, Dataset actual) {
        try (expected;
                actual) {
            assertEquals(expected.elementType(), actual.elementType());
            SoftmaxModel model = fit(expected);
            assertEquals(model, fit(actual));
            assertArrayEquals(model.predictProbabilities(expected), model.predictProbabilities(actual));
            assertArrayEquals(model.predict(expected), model.predict(actual));
            assertEquals(model.evaluate(expected).loss(), model.evaluate(actual).loss());
            assertArrayEquals(expected.labels(), actual.labels());
            assertEquals(expected.classLabels(), actual.classLabels());
        }
    }

    private Dataset.Builder floats(float[] x) {
        return Dataset.builder().features(x, ROWS, FEATURES).labels(labels);
    }

    private float[] values(double[] scale, double[] offset) {
        float[] x = new float[bytes.length];
        for (int i = 0; i < x.length; i++) {
            int d = scale.length == 1 ? 0 : i % FEATURES;
            x[i] = (float) ((bytes[i] & 0xff) * scale[d] + offset[d]);
        }
        return x;
    }

    private float[] widened() {
        float[] x = new float[halves.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = Float.intBitsToFloat(halves[i] << 16);
        }
        return x;
    }

    private double[][] affine() {
        return new double[][] {
            random.doubles(FEATURES, -0.02, 0.02).toArray(),
            random.doubles(FEATURES, -1, 1).toArray()
        };
    }

    @Test
    void bytesUnderOneScale() {
        for (double offset : new double[] {0, -0.5}) {
            float[] x = values(new double[] {1 / 255.0}, new double[] {offset});
            ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length + 3).position(3);
            direct.put(bytes).position(3);
            assertSame(
                    floats(x).build(),
                    Dataset.builder()
                            .features(bytes, ROWS, FEATURES, 1 / 255.0, offset)
                            .labels(labels)
                            .build());
            assertSame(
                    floats(x).weights(weights).build(),
                    Dataset.builder()
                            .features(direct, ROWS, FEATURES, 1 / 255.0, offset)
                            .labels(labels)
                            .weights(weights)
                            .build());
        }
    }

    @Test
    void pixelsAreWhatADivisionGives() {
        for (int pixel = 0; pixel < 256; pixel++) {
            assertEquals((float) (pixel / 255.0), (float) (pixel * (1 / 255.0)));
        }
    }

    @Test
    void bytesUnderAScalePerFeature() {
        double[][] a = affine();
        assertSame(
                floats(values(a[0], a[1])).build(),
                Dataset.builder()
                        .features(bytes, ROWS, FEATURES, a[0], a[1])
                        .labels(labels)
                        .build());
    }

    @Test
    void bfloat16() {
        ShortBuffer direct = ByteBuffer.allocateDirect(2 * halves.length)
                .order(ByteOrder.nativeOrder())
                .asShortBuffer();
        direct.put(halves).rewind();
        assertSame(
                floats(widened()).build(),
                Dataset.builder()
                        .bfloat16(halves, ROWS, FEATURES)
                        .labels(labels)
                        .build());
        assertSame(
                floats(widened()).build(),
                Dataset.builder()
                        .bfloat16(direct, ROWS, FEATURES)
                        .labels(labels)
                        .build());
    }

    @Test
    void badFeaturesAreRefused() {
        Dataset.Builder b = Dataset.builder();
        assertMessage("x has length 5, rows x features is 6", () -> b.features(new byte[5], 2, 3, 1, 0));
        assertMessage("finite values in FLOAT32, were 1.0E38", () -> b.features(new byte[6], 2, 3, 1e38, 0));
        assertMessage("scale has length 2", () -> b.features(new byte[6], 2, 3, new double[2], new double[3]));
        assertMessage("offset must not be null", () -> b.features(new byte[6], 2, 3, new double[3], null));
        assertMessage("direct", () -> b.features(ByteBuffer.allocate(6), 2, 3, 1, 0));
        short[] bad = {0, 0, 0, 0, (short) 0xff80, 0};
        assertMessage("row 1, column 1", b.bfloat16(bad, 2, 3)::build);
        // A builder that has been given other features since is of those.
        b.features(new float[] {1, 2}, 1, 2).build().close();
    }

    @Test
    void filesOfEveryFormat() throws IOException {
        Path file = folder.resolve("data.s4d");
        double[][] a = affine();
        float[] x = widened();
        double[] wide = new double[x.length];
        Arrays.setAll(wide, i -> x[i] / 3.0);
        try (DatasetWriter w = DatasetWriter.ofFloats(file, FEATURES)) {
            // Row by row, then in a block.
            w.append(Arrays.copyOf(x, FEATURES), labels[0]);
            w.append(Arrays.copyOfRange(x, FEATURES, x.length), Arrays.copyOfRange(labels, 1, ROWS), null);
            assertEquals(ROWS, w.rows());
            w.finish();
        }
        assertSame(floats(x).build(), Dataset.open(file));
        try (DatasetWriter w = DatasetWriter.ofDoubles(file, FEATURES)) {
            w.append(wide, labels, weights).finish();
        }
        assertSame(
                Dataset.builder()
                        .features(wide, ROWS, FEATURES)
                        .labels(labels)
                        .weights(weights)
                        .build(),
                Dataset.open(file));
        try (DatasetWriter w = DatasetWriter.ofBytes(file, FEATURES, a[0], a[1])) {
            w.append(bytes, labels, weights).finish(7);
        }
        assertSame(floats(values(a[0], a[1])).weights(weights).classes(7).build(), Dataset.open(file));
        try (DatasetWriter w = DatasetWriter.ofBfloat16(file, FEATURES)) {
            w.append(halves, labels, null).finish();
        }
        assertSame(floats(x).build(), Dataset.open(file));
        assertOnly("data.s4d");
    }

    @Test
    void aFileWithoutLabels() throws IOException {
        Path file = folder.resolve("data.s4d");
        try (DatasetWriter w = DatasetWriter.ofBytes(file, 3, 1, 0)) {
            w.append(new byte[] {1, 2, 3}, null, null).finish();
        }
        try (Dataset data = Dataset.open(file)) {
            assertEquals(1, data.rows());
            assertEquals(0, data.classes());
            assertThrows(IllegalStateException.class, data::labels);
        }
    }

    @Test
    void whatIsNotFinishedLeavesNothing() throws IOException {
        Path file = Files.writeString(folder.resolve("data.s4d"), "old");
        try (DatasetWriter w = DatasetWriter.ofFloats(file, 2)) {
            w.append(new float[] {1, 2}, 0);
        }
        DatasetWriter closed = DatasetWriter.ofFloats(file, 2);
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.append(new float[2], 0));
        assertThrows(IllegalStateException.class, closed::finish);
        assertEquals("old", Files.readString(file));
        assertOnly("data.s4d");
        assertThrows(IOException.class, () -> DatasetWriter.ofFloats(folder, 2));
        assertThrows(IOException.class, () -> DatasetWriter.ofFloats(folder.resolve("none/data.s4d"), 2));
    }

    @Test
    void marginsAndSolversGiveTheBitsOfFloats() {
        float[] x = values(new double[] {1 / 255.0}, new double[] {-0.5});
        SoftmaxTrainer margin = SoftmaxTrainer.builder()
                .loss(MarginSoftmax.arcFace(8, 0.3))
                .intercept(false)
                .epochs(3)
                .build();
        List<SoftmaxTrainer> trainers = new ArrayList<>(List.of(margin));
        for (Solver solver : SolverTest.solvers()) {
            trainers.add(SoftmaxTrainer.builder()
                    .solver(solver)
                    .l2(1e-2)
                    .maxIterations(8)
                    .build());
        }
        try (Dataset asBytes = Dataset.builder()
                        .features(bytes, ROWS, FEATURES, 1 / 255.0, -0.5)
                        .labels(labels)
                        .build();
                Dataset ofThem = floats(x).build();
                Dataset asHalves = Dataset.builder()
                        .bfloat16(halves, ROWS, FEATURES)
                        .labels(labels)
                        .build();
                Dataset widened = floats(widened()).build()) {
            for (SoftmaxTrainer trainer : trainers) {
                assertEquals(trainer.fit(ofThem), trainer.fit(asBytes));
                assertEquals(trainer.fit(widened), trainer.fit(asHalves));
            }
        }
    }

    /** What a disk that is full does, for want of one: files of the child process may have 1 MiB. */
    @ParameterizedTest
    @ValueSource(ints = {200_000, 600_000})
    void aFullDiskIsAnExceptionThatNamesTheFileAndLeavesTheOldOne(int rows) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("data.s4d"), "old");
        Process child = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -f 2048 && exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:-UsePerfData",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writing.class.getName(),
                        file.toString(),
                        Integer.toString(rows))
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, child.waitFor(), output);
        // 200,000 rows fill the file when their labels are put behind them, 600,000 before that.
        String expected = rows > 300_000 ? "append: " : "finish: ";
        assertTrue(output.startsWith(expected + file + " cannot be written: "), output);
        assertEquals("old", Files.readString(file));
        assertOnly("data.s4d");
    }

    /** Writes rows of one float and a label, and prints which call failed and how. */
    static final class Writing {
        private Writing() {}

        public static void main(String[] args) {
            String call = "append";
            try (DatasetWriter w = DatasetWriter.ofFloats(Path.of(args[0]), 1)) {
                for (int i = 0; i < Integer.parseInt(args[1]); i++) {
                    w.append(new float[1], 0);
                }
                call = "finish";
                w.finish();
            } catch (IOException e) {
                System.out.println(call + ": " + e.getMessage());
            }
        }
    }

    @Test
    void theWriterRefusesWhatABuilderRefuses() throws IOException {
        Path file = folder.resolve("data.s4d");
        try (DatasetWriter w = DatasetWriter.ofFloats(file, 2)) {
            assertThrows(IllegalStateException.class, w::finish);
            assertMessage("row 1, column 0 was NaN", () -> w.append(new float[] {1, 2, Float.NaN, 4}, null, null));
            assertMessage("length 3", () -> w.append(new float[3], null, null));
            assertMessage("type", () -> w.append(new double[2], 0));
            assertMessage("type", () -> w.append(new byte[2], 0));
            assertMessage("labels[0] must be in", () -> w.append(new float[2], -1));
            assertMessage("weights[0]", () -> w.append(new float[2], null, new double[] {-1}));
            assertMessage("weights[0]", () -> w.append(new float[2], null, new double[] {1e39}));
            w.append(new float[2], 3);
            assertMessage("for all blocks or for none", () -> w.append(new float[2], null, null));
            assertMessage("above the highest label, 3", () -> w.finish(3));
            assertEquals(1, w.rows());
            w.finish();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64, 72, 80, 88})
    void everyChangedFieldOfTheHeaderIsRefused(int at) throws IOException {
        Path file = labelled();
        byte[] content = Files.readAllBytes(file);
        for (int flip : new int[] {1, 0x40, 0x80}) {
            for (int i = at; i < at + (at >= 24 || at == 0 ? 8 : 4); i++) {
                byte[] bad = content.clone();
                bad[i] ^= (byte) flip;
                Files.write(file, bad);
                // A number of classes above the labels is as good as the right one.
                boolean more = at == 40
                        && Byte.toUnsignedInt(bad[i]) > Byte.toUnsignedInt(content[i])
                        && (i < at + 3 || (i == at + 3 && flip != 0x80));
                if (!more) {
                    refused(file);
                }
            }
        }
    }

    @Test
    void classLabelsOfAnyKindAreKept() throws IOException {
        Path file = folder.resolve("data.s4d");
        String[] order = {"\u732b", "ant", "", "bee", "cow"};
        String[] texts = new String[ROWS];
        Arrays.setAll(texts, i -> order[labels[i]]);
        int[] numbers = {7, -3, 100, 0, Integer.MIN_VALUE};
        int[] anyNumbers = IntStream.of(labels).map(y -> numbers[y]).toArray();
        try (DatasetWriter w = DatasetWriter.ofFloats(file, FEATURES)) {
            w.append(widened(), labels, weights).finish(order);
        }
        assertSame(
                Dataset.builder()
                        .features(widened(), ROWS, FEATURES)
                        .labels(texts)
                        .weights(weights)
                        .build(),
                Dataset.open(file));
        try (DatasetWriter w = DatasetWriter.ofBytes(file, FEATURES, 1, 0)) {
            w.append(bytes, labels, null).finish(numbers);
        }
        assertSame(
                floats(values(new double[] {1}, new double[] {0}))
                        .labels(anyNumbers, ClassLabels.of(anyNumbers))
                        .build(),
                Dataset.open(file));
        // The classes themselves, in another order.
        int[] classes = {2, 0, 1, 4, 3};
        try (DatasetWriter w = DatasetWriter.ofFloats(file, FEATURES)) {
            w.append(widened(), labels, null).finish(classes);
        }
        assertEquals(1, Files.readAllBytes(file)[8]);
        assertSame(
                floats(widened())
                        .labels(IntStream.of(labels).map(y -> classes[y]).toArray())
                        .build(),
                Dataset.open(file));
        assertOnly("data.s4d");
        try (DatasetWriter w = DatasetWriter.ofFloats(file, FEATURES)) {
            w.append(widened(), labels, null);
            assertMessage("distinct", () -> w.finish(new String[] {"a", "b", "c", "d", "a"}));
            assertMessage("above the highest label, 4, was 2", () -> w.finish(new int[] {5, 6}));
        }
        try (DatasetWriter w = DatasetWriter.ofFloats(file, FEATURES)) {
            w.append(widened(), null, null);
            assertMessage("0 without labels, was 1", () -> w.finish(new String[] {"a"}));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFileWithBadClassLabelsIsRefused(boolean areTexts) throws IOException {
        Path file = folder.resolve("data.s4d");
        try (DatasetWriter w = DatasetWriter.ofFloats(file, 1)) {
            w.append(new float[3], new int[] {0, 1, 2}, null);
            if (areTexts) {
                w.finish(new String[] {"a", "b", "ccc"});
            } else {
                w.finish(new int[] {-1, 5, 6});
            }
        }
        byte[] content = Files.readAllBytes(file);
        assertEquals(2, content[8]);
        int at = (int) ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(96);
        for (int i = at; i < content.length; i++) {
            for (int flip : new int[] {4, 0x80}) {
                byte[] bad = content.clone();
                bad[i] ^= (byte) flip;
                Files.write(file, bad);
                // Some changes make other labels.
                try (Dataset data = Dataset.open(file)) {
                    assertNotEquals(
                            "a, b, ccc", data.classLabels().orElseThrow().toString());
                } catch (IOException e) {
                    assertTrue(e.getMessage().contains("class label"), e.getMessage());
                }
            }
        }
        for (int field : new int[] {8, 20, 96, 97, 101, 103}) {
            byte[] bad = content.clone();
            bad[field] ^= 0x44;
            Files.write(file, bad);
            refused(file);
        }
        byte[] swapped = content.clone();
        if (!areTexts) {
            System.arraycopy(content, at + 4, swapped, at, 4);
            Files.write(file, swapped);
            assertTrue(refused(file).contains("ascending"));
        }
    }

    @Test
    void aTruncatedFileIsRefused() throws IOException {
        Path file = labelled();
        byte[] content = Files.readAllBytes(file);
        for (int length : new int[] {0, 1, 127, 128, 200, content.length - 1, content.length + 1}) {
            Files.write(file, Arrays.copyOf(content, length));
            refused(file);
        }
    }

    @Test
    void aBadLabelOrWeightInAFileIsRefused() throws IOException {
        Path file = labelled();
        byte[] content = Files.readAllBytes(file);
        ByteBuffer header = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        int labelsAt = (int) header.getLong(72);
        int weightsAt = (int) header.getLong(80);
        header.putInt(labelsAt + 4, -1);
        Files.write(file, content);
        assertTrue(refused(file).contains("label of row 1"));
        header.putInt(labelsAt + 4, 0).putFloat(weightsAt + 8, Float.NaN);
        Files.write(file, content);
        assertTrue(refused(file).contains("weight of row 2"));
    }

    private Path labelled() throws IOException {
        Path file = folder.resolve("data.s4d");
        try (DatasetWriter w = DatasetWriter.ofBytes(file, 64, 1, 0)) {
            w.append(new byte[256], new int[] {0, 1, 2, 1}, new double[] {1, 2, 3, 4})
                    .finish();
        }
        return file;
    }

    private static String refused(Path file) {
        String message = assertThrows(
                        IOException.class, () -> Dataset.open(file).close())
                .getMessage();
        assertTrue(message.contains(file.toString()), message);
        return message;
    }

    private void assertOnly(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    name,
                    String.join(" ", files.map(f -> f.getFileName().toString()).toList()));
        }
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
