package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.softmax4j.TrainingSummary.StopReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Model files: written, read, and as the specification of safetensors says. */
class ModelFileTest {

    @TempDir
    Path folder;

    @AfterEach
    void noTemporaryFileStaysBehind() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            assertFalse(files.anyMatch(f -> f.getFileName().toString().contains(".tmp")));
        }
    }

    static List<SoftmaxModel> models() {
        List<SoftmaxModel> models = new ArrayList<>();
        for (boolean intercept : new boolean[] {true, false}) {
            models.add(SoftmaxModel.of(
                    3, 2, new float[] {1, -2, 3.5f, Float.MIN_VALUE, -0f, 6}, new float[intercept ? 2 : 0]));
            models.add(SoftmaxModel.of(
                    2, 3, new double[] {1, Math.PI, -0.0, Double.MIN_VALUE, 1e308, 6}, new double[intercept ? 3 : 0]));
            SoftmaxTrainer trainer = SoftmaxTrainer.builder()
                    .intercept(intercept)
                    .epochs(2)
                    .l2(1e-3)
                    .seed(-7)
                    .build();
            try (Dataset single = Toy.floats(30);
                    Dataset wide = Toy.dataset(30)) {
                models.add(trainer.fit(single));
                models.add(trainer.fit(wide));
            }
        }
        models.add(SoftmaxModel.of(1, 1, new float[] {3}, new float[0]));
        // More than one chunk of the writer, and no whole number of them.
        models.add(SoftmaxModel.of(1001, 37, new double[1001 * 37], new double[37]));
        return models;
    }

    @ParameterizedTest
    @MethodSource("models")
    void loadedModelEqualsTheSavedOne(SoftmaxModel model) throws IOException {
        Path file = folder.resolve("model.safetensors");
        model.save(file);
        SoftmaxModel loaded = SoftmaxModel.load(file);
        assertEquals(model, loaded);
        assertEquals(model.summary(), loaded.summary());
        assertEquals(model.elementType(), loaded.elementType());
        byte[] bytes = Files.readAllBytes(file);
        loaded.save(file);
        assertArrayEquals(bytes, Files.readAllBytes(file), "saved again, over the old file");
    }

    @Test
    void sameFitGivesTheSameBytes() throws IOException {
        Path a = folder.resolve("a");
        Path b = folder.resolve("b");
        for (int threads : new int[] {1, 2}) {
            try (Dataset data = Toy.floats(60)) {
                SoftmaxTrainer.builder()
                        .seed(3)
                        .epochs(3)
                        .batchSize(7)
                        .threads(threads)
                        .build()
                        .fit(data)
                        .save(threads == 1 ? a : b);
            }
        }
        assertArrayEquals(Files.readAllBytes(a), Files.readAllBytes(b));
    }

    /** By hand, from the specification: length, header, little-endian numbers. */
    @Test
    void fileWrittenByHandIsRead() throws IOException {
        String header = "{\"__metadata__\":{\"format\":\"softmax4j-model\",\"format_version\":\"1\",\"features\":\"2\","
                + "\"classes\":\"3\",\"note\":\"caf\\u00e9 \\\"x\\\"\"},\n"
                + " \"weights\" : {\"shape\":[2,3],\"dtype\":\"F32\",\"data_offsets\":[0,24]},"
                + "\"intercept\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}}";
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + 36).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text);
        for (int i = 1; i <= 9; i++) {
            bytes.putFloat(i / 4f);
        }
        Path file = Files.write(folder.resolve("by-hand"), bytes.array());
        SoftmaxModel expected =
                SoftmaxModel.of(2, 3, new float[] {0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f}, new float[] {1.75f, 2, 2.25f});
        assertEquals(expected, SoftmaxModel.load(file));
    }

    /** The header may name tensors in another order than they lie in, metadata last. */
    @Test
    void headerInAnyOrderIsRead() throws IOException {
        String header = "{\"intercept\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]},"
                + "\"weights\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                + "\"__metadata__\":{\"format\":\"softmax4j-model\",\"format_version\":\"1\",\"features\":\"2\",\"classes\":\"3\"}}";
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + 36).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text);
        for (int i = 1; i <= 9; i++) {
            bytes.putFloat(i / 4f);
        }
        assertEquals(
                SoftmaxModel.of(2, 3, new float[] {0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f}, new float[] {1.75f, 2, 2.25f}),
                SoftmaxModel.load(Files.write(folder.resolve("other-order"), bytes.array())));
    }

    @Test
    void notesAreKept() throws IOException {
        SoftmaxModel plain = SoftmaxModel.of(1, 2, new float[] {1, -1}, new float[0]);
        assertEquals(Map.of(), plain.metadata());
        Map<String, String> notes = Map.of("format", "mine", "", "caf\u00e9 \ud83d\ude00");
        SoftmaxModel noted = plain.withMetadata(notes);
        noted.save(folder.resolve("noted"));
        assertEquals(noted, SoftmaxModel.load(folder.resolve("noted")));
        assertEquals(notes, SoftmaxModel.load(folder.resolve("noted")).metadata());
        assertEquals(plain, noted.withMetadata(Map.of()));
        Map<String, String> half = Map.of("x", "\ud83d");
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> plain.withMetadata(half));
        assertTrue(e.getMessage().contains("the note 'x' must be Unicode"), e::getMessage);
    }

    /** With another JSON parser, and nothing of the library. */
    @Test
    void fileIsWhatTheSpecificationSays() throws IOException {
        Path file = folder.resolve("model");
        SoftmaxModel model;
        try (Dataset data = Toy.dataset(30)) {
            model = SoftmaxTrainer.builder()
                    .optimizer(new AdamW(0.01, 0.1))
                    .l2(0.25)
                    .epochs(3)
                    .batchSize(8)
                    .seed(9)
                    .build()
                    .fit(data);
        }
        model.save(file);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] text = new byte[Math.toIntExact(bytes.getLong())];
        bytes.get(text);
        assertEquals(0, bytes.position() % 8, "tensors are aligned");
        JsonObject header =
                JsonParser.parseString(new String(text, StandardCharsets.UTF_8)).getAsJsonObject();
        assertEquals('{', text[0]);
        JsonObject metadata = header.getAsJsonObject("__metadata__");
        metadata.asMap().values().forEach(v -> assertTrue(v.getAsJsonPrimitive().isString()));
        assertEquals("softmax4j-model", metadata.get("format").getAsString());
        assertEquals("2", metadata.get("features").getAsString());
        assertEquals("3", metadata.get("classes").getAsString());
        assertEquals("9", metadata.get("seed").getAsString());
        assertEquals("3", metadata.get("epochs").getAsString());
        assertEquals("12", metadata.get("steps").getAsString());
        assertTrue(metadata.get("optimizer").getAsString().startsWith("AdamW[learningRate=0.01, weightDecay=0.1"));
        assertEquals(Softmax4j.version(), metadata.get("softmax4j_version").getAsString());
        int data = bytes.position();
        assertArrayEquals(model.weights(), tensor(header.getAsJsonObject("weights"), bytes, data, "[2,3]"));
        assertArrayEquals(model.intercept(), tensor(header.getAsJsonObject("intercept"), bytes, data, "[3]"));
        assertEquals(9 * 8, bytes.capacity() - data, "no bytes but those of the tensors");
    }

    private static double[] tensor(JsonObject tensor, ByteBuffer bytes, int data, String shape) {
        assertEquals("F64", tensor.get("dtype").getAsString());
        assertEquals(shape, tensor.getAsJsonArray("shape").toString());
        JsonArray offsets = tensor.getAsJsonArray("data_offsets");
        int from = offsets.get(0).getAsInt();
        double[] values = new double[(offsets.get(1).getAsInt() - from) / 8];
        for (int i = 0; i < values.length; i++) {
            values[i] = bytes.getDouble(data + from + 8 * i);
        }
        return values;
    }

    @Test
    void summaryTellsHowTheModelCameAbout() throws IOException {
        try (Dataset data = Toy.dataset(30)) {
            SoftmaxTrainer.builder()
                    .optimizer(new Sgd(0.5))
                    .l2(0.1)
                    .l1(0.01)
                    .epochs(4)
                    .batchSize(7)
                    .seed(Long.MIN_VALUE)
                    .build()
                    .fit(data)
                    .save(folder.resolve("model"));
        }
        TrainingSummary summary =
                SoftmaxModel.load(folder.resolve("model")).summary().orElseThrow();
        assertEquals(
                new TrainingSummary(
                        "Sgd[learningRate=0.5]",
                        0.01,
                        0.1,
                        4,
                        20,
                        7,
                        Long.MIN_VALUE,
                        30,
                        summary.objective(),
                        StopReason.EPOCHS,
                        OptionalDouble.empty()),
                summary);
    }

    @Test
    void aPathThatCannotBeWrittenIsNamedAndNothingIsLeftBehind() throws IOException {
        SoftmaxModel model = SoftmaxModel.of(1, 2, new float[2], new float[0]);
        Path missing = folder.resolve("missing/model");
        IOException e = assertThrows(IOException.class, () -> model.save(missing));
        assertTrue(e.getMessage().contains(missing + " cannot be written: there is no folder"), e.getMessage());
        Path directory = Files.createDirectory(folder.resolve("directory"));
        e = assertThrows(IOException.class, () -> model.save(directory));
        assertTrue(e.getMessage().contains(directory + " cannot be written: it is a directory"), e.getMessage());
        Path below = Files.createFile(folder.resolve("file")).resolve("model");
        e = assertThrows(IOException.class, () -> model.save(below));
        assertTrue(e.getMessage().contains(below + " cannot be written: Not a directory"), e.getMessage());
        e = assertThrows(IOException.class, () -> model.save(Path.of("/")));
        assertTrue(e.getMessage().contains("/ cannot be written: it is a directory"), e.getMessage());
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(3, files.count());
        }
    }

    @Test
    void aModelIsSavedWhileTheThreadIsInterrupted() throws IOException {
        Path file = folder.resolve("model");
        SoftmaxModel model = SoftmaxModel.of(1, 3, new float[3], new float[0]);
        Thread.currentThread().interrupt();
        try {
            model.save(file);
        } finally {
            assertTrue(Thread.interrupted());
        }
        assertEquals(model, SoftmaxModel.load(file));
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        Path missing = folder.resolve("nothing");
        IOException e = assertThrows(IOException.class, () -> SoftmaxModel.load(missing));
        assertEquals(missing + " cannot be read: it does not exist", e.getMessage());
        e = assertThrows(IOException.class, () -> SoftmaxModel.load(folder));
        assertTrue(e.getMessage().startsWith(folder + " cannot be read: "), e.getMessage());
    }
}
