package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that are not models are refused with an IOException that names the file and the reason; nothing else happens. */
class CorruptModelFileTest {

    private static final String METADATA =
            "\"__metadata__\":{\"format\":\"softmax4j-model\",\"format_version\":\"1\",\"features\":\"1\",\"classes\":\"2\"}";
    private static final String WEIGHTS = "\"weights\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}";
    private static final String INTERCEPT = "\"intercept\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}";

    @TempDir
    Path folder;

    /** A header, how many bytes of zeros follow, and what the message must say. */
    record Corrupt(String header, int dataBytes, String message) {}

    static List<Corrupt> headers() {
        return List.of(
                new Corrupt("", 0, "its header would have 0 bytes"),
                new Corrupt("x", 0, "its header would have 1 bytes"),
                new Corrupt("{}", 0, "its format is null"),
                new Corrupt("[]", 0, "not a JSON object"),
                new Corrupt("12", 0, "not a JSON object"),
                new Corrupt("{\"a\":1}", 0, "'a' is not a JSON object"),
                new Corrupt("{" + METADATA, 0, "end of text"),
                new Corrupt("{" + METADATA + "}", 0, "no two-dimensional tensor 'weights'"),
                new Corrupt("{" + METADATA + "," + WEIGHTS + "} x", 8, "text after the end"),
                new Corrupt("{" + METADATA + "," + WEIGHTS + ",}", 8, "where '\"' belongs"),
                new Corrupt("{" + METADATA + "," + WEIGHTS + "}", 0, "truncated"),
                new Corrupt("{" + METADATA + "," + WEIGHTS + "}", 7, "truncated"),
                new Corrupt("{" + METADATA + "," + WEIGHTS + "}", 9, "9 bytes of data where its tensors have 8"),
                new Corrupt("{" + METADATA + "," + METADATA + "," + WEIGHTS + "}", 8, "'__metadata__' twice"),
                new Corrupt("{" + METADATA + "," + WEIGHTS + "," + WEIGHTS + "}", 8, "'weights' twice"),
                new Corrupt(
                        "{" + METADATA + "," + WEIGHTS + "," + INTERCEPT.replace("8,16", "0,8") + "}",
                        8,
                        "'intercept' does not lie where its shape says"),
                new Corrupt(
                        "{" + METADATA + "," + WEIGHTS + "," + INTERCEPT.replace("8,16", "12,20") + "}",
                        20,
                        "'intercept' does not lie where its shape says"),
                new Corrupt(
                        "{" + METADATA + "," + WEIGHTS + "," + INTERCEPT.replace("8,16", "16,8") + "}",
                        16,
                        "'intercept' does not lie where its shape says"),
                new Corrupt(
                        "{" + METADATA + "," + INTERCEPT.replace("8,16", "12,20") + "," + WEIGHTS + "}",
                        20,
                        "'intercept' does not lie where its shape says"),
                new Corrupt(
                        "{" + METADATA + "," + INTERCEPT.replace("8,16", "4,12") + "," + WEIGHTS + "}",
                        12,
                        "'intercept' does not lie where its shape says"),
                new Corrupt(
                        "{" + METADATA + "," + INTERCEPT + "," + WEIGHTS + "}", 20, "it has 20 bytes of data where"),
                weights("F32", "F16", "dtype F16, accepted are F32 and F64"),
                weights("F32", "I64", "dtype I64, accepted are F32 and F64"),
                weights("\"F32\"", "7", "dtype 7, accepted are F32 and F64"),
                weights("\"F32\"", "null", "no whole number"),
                weights("[1,2]", "[2,1]", "metadata disagrees"),
                weights("[1,2]", "[2]", "no two-dimensional tensor"),
                weights("[1,2]", "[1,2,1]", "no two-dimensional tensor"),
                weights("[1,2]", "\"1,2\"", "'weights' has no list shape"),
                weights("[1,2]", "[1,-2]", "no whole number"),
                weights("[1,2]", "[1,2.0]", "where ']' belongs"),
                weights("[1,2]", "[1,1e1]", "where ']' belongs"),
                weights("[1,2]", "[1,\"2\"]", "'weights' has 2 in its shape"),
                weights("[1,2]", "[4294967296,4294967296]", "'weights' is too large"),
                weights("[1,2]", "[1,999999999999999999]", "'weights' is too large"),
                weights("[1,2]", "[1,99999999999999999999]", "no whole number"),
                weights("[1,2]", "[1,02]", "no whole number"),
                weights("[0,8]", "[0,8,8]", "two data_offsets"),
                weights("[0,8]", "[]", "two data_offsets"),
                weights("[0,8]", "[0,999999999999999999]", "truncated"),
                weights("\"shape\":[1,2],", "", "'weights' has no list shape"),
                weights("\"shape\"", "\"extra\":1,\"shape\"", "'weights' must have dtype, shape and two data_offsets"),
                weights("[1,2]", "[[[[[[[[[[1]]]]]]]]]]", "nesting too deep"),
                new Corrupt(
                        "{" + METADATA
                                + ",\"weights\":{\"dtype\":\"F32\",\"shape\":[0,5000000000],\"data_offsets\":[0,0]}}",
                        0,
                        "is not a model of softmax4j"),
                new Corrupt(
                        "{" + METADATA + ",\"weights\":{\"dtype\":\"F32\",\"shape\":[0,2],\"data_offsets\":[0,0]}}",
                        0,
                        "metadata disagrees"),
                new Corrupt(
                        "{" + METADATA + "," + WEIGHTS + "," + INTERCEPT.replace("intercept", "bias") + "}",
                        16,
                        "tensors other than 'weights' and 'intercept'"),
                new Corrupt(
                        "{" + METADATA + "," + WEIGHTS + ","
                                + INTERCEPT.replace("F32", "F64").replace("8,16", "8,24") + "}",
                        24,
                        "its tensors have different types"),
                new Corrupt(
                        "{" + METADATA + "," + WEIGHTS + ","
                                + INTERCEPT.replace("[2]", "[3]").replace("8,16", "8,20") + "}",
                        20,
                        "intercept has length 3"),
                metadata("\"1\",\"features\"", "\"3\",\"features\"", "format version is 3, this library reads 1 and 2"),
                metadata("softmax4j-model", "other", "its format is other"),
                metadata("\"features\":\"1\"", "\"features\":1", "metadata 'features' is not a string"),
                metadata("\"features\":\"1\"", "\"features\":\"one\"", "one"),
                metadata("\"features\":\"1\"", "\"features\":\"99999999999999999999\"", "99999999999999999999"),
                metadata("\"features\":\"1\",", "", "no 'features'"),
                metadata("\"classes\"", "\"optimizer\":\"sgd\",\"classes\"", "no 'l2'"),
                labels("[\\\"a\\\"]", "text", "labels has length 1, the model has classes: 2"),
                labels("[\\\"b\\\",\\\"a\\\"]", "text", "its class labels are not in order"),
                labels("[\\\"a\\\",\\\"a\\\"]", "text", "one is there twice"),
                labels("[\\\"1\\\",\\\"02\\\"]", "integer", "its class labels are not in order"),
                labels("[\\\"1\\\",\\\"x\\\"]", "integer", "\"x\""),
                labels("[\\\"1\\\",\\\"2\\\"]", "real", "its class_label_type is real"),
                labels("[1,2]", "integer", "a list of strings belongs"),
                labels("[]", "text", "it has no class labels"),
                labels("[", "text", "end of text"),
                metadata("\"classes\"", "\"class_labels\":\"[]\",\"classes\"", "no 'class_label_type'"),
                metadata("\"classes\":\"2\"", "\"classes\":\"2\\x\"", "bad escape"),
                metadata("\"classes\":\"2\"", "\"classes\":\"2\\u12\"", "bad escape"),
                metadata("\"classes\":\"2\"", "\"classes\":\"2\n\"", "control character"),
                metadata("\"classes\":\"2\"", "\"classes\":\"2", "is not a model file"));
    }

    private static Corrupt weights(String from, String to, String message) {
        return new Corrupt("{" + METADATA + "," + WEIGHTS.replace(from, to) + "}", 8, message);
    }

    private static Corrupt labels(String list, String type, String message) {
        String entries = "\"class_labels\":\"" + list + "\",\"class_label_type\":\"" + type + "\",\"classes\"";
        return metadata("\"classes\"", entries, message);
    }

    private static Corrupt metadata(String from, String to, String message) {
        return new Corrupt("{" + METADATA.replace(from, to) + "," + WEIGHTS + "}", 8, message);
    }

    @ParameterizedTest
    @MethodSource("headers")
    void wrongHeaderIsRefused(Corrupt corrupt) throws IOException {
        byte[] text = corrupt.header.getBytes(StandardCharsets.UTF_8);
        assertRefused(file(text.length, text, new byte[corrupt.dataBytes]), corrupt.message);
    }

    @Test
    void theSameFileWithoutAFaultIsRead() throws IOException {
        byte[] text = ("{" + METADATA + "," + WEIGHTS + "," + INTERCEPT + "}").getBytes(StandardCharsets.UTF_8);
        SoftmaxModel model =
                SoftmaxModel.load(Files.write(folder.resolve("model"), file(text.length, text, new byte[16])));
        assertArrayEquals(new double[2], model.weights());
    }

    @Test
    void wrongLengthOfTheHeaderIsRefused() throws IOException {
        byte[] text = ("{" + METADATA + "," + WEIGHTS + "}").getBytes(StandardCharsets.UTF_8);
        for (long length : new long[] {
            Long.MIN_VALUE,
            -1,
            0,
            1,
            text.length + 9,
            1 << 20,
            (1 << 20) + 1,
            Integer.MAX_VALUE,
            1L << 32,
            Long.MAX_VALUE
        }) {
            assertRefused(file(length, text, new byte[8]), "its header would have " + length + " bytes");
        }
        for (long length : new long[] {2, text.length - 1, text.length + 1, text.length + 8}) {
            assertRefused(file(length, text, new byte[8]), "is not a model file (safetensors)");
        }
    }

    @Test
    void headerThatIsNotUtf8IsRefused() throws IOException {
        byte[] text = ("{" + METADATA + "," + WEIGHTS + "}").getBytes(StandardCharsets.UTF_8);
        text[5] = (byte) 0xC3;
        assertRefused(
                file(text.length, text, new byte[8]), "is not a model file (safetensors): its header is not UTF-8");
    }

    @Test
    void valuesThatAreNotFiniteAreRefused() throws IOException {
        byte[] text = ("{" + METADATA + "," + WEIGHTS + "," + INTERCEPT + "}").getBytes(StandardCharsets.UTF_8);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            byte[] data = new byte[16];
            ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putFloat(4, bad);
            assertRefused(file(text.length, text, data), "weights must be finite, row 0, column 1 was " + bad);
            data = new byte[16];
            ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putFloat(8, bad);
            assertRefused(file(text.length, text, data), "weights must be finite, intercept 0 was " + bad);
        }
    }

    @Test
    void fileTruncatedAnywhereIsRefused() throws IOException {
        byte[] whole = saved();
        for (int length = 0; length < whole.length; length++) {
            assertRefused(Arrays.copyOf(whole, length), "is not a model file (safetensors)");
        }
        assertRefused(Arrays.copyOf(whole, whole.length + 1), "bytes of data where its tensors have");
    }

    /** A change inside a text of the metadata can make another valid file; the numbers are the same then. */
    @Test
    void anyChangedByteOfTheHeaderIsRefusedOrHarmless() throws IOException {
        byte[] whole = saved();
        SoftmaxModel model = SoftmaxModel.load(folder.resolve("saved"));
        int header =
                8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
        SplittableRandom random = new SplittableRandom(5);
        int refused = 0;
        for (int at = 0; at < header; at++) {
            for (int change : new int[] {1, 0x80, 1 + random.nextInt(255)}) {
                byte[] changed = whole.clone();
                changed[at] ^= (byte) change;
                try {
                    SoftmaxModel loaded = SoftmaxModel.load(Files.write(folder.resolve("changed"), changed));
                    assertArrayEquals(model.weights(), loaded.weights());
                } catch (IOException e) {
                    refused++;
                }
            }
        }
        assertTrue(refused > header, "refused " + refused + " of " + 3 * header);
    }

    @Test
    void randomBytesAreRefused() throws IOException {
        SplittableRandom random = new SplittableRandom(6);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (i % 2 == 0 && bytes.length > 8) {
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length - 8);
            }
            assertRefused(bytes, "is not a model file (safetensors)");
        }
    }

    private byte[] saved() throws IOException {
        Path file = folder.resolve("saved");
        try (Dataset data = Toy.floats(12)) {
            SoftmaxTrainer.builder().epochs(1).build().fit(data).save(file);
        }
        return Files.readAllBytes(file);
    }

    private void assertRefused(byte[] bytes, String message) throws IOException {
        Path file = Files.write(folder.resolve("corrupt"), bytes);
        IOException e = assertThrows(IOException.class, () -> SoftmaxModel.load(file));
        assertTrue(e.getMessage().startsWith(file + " is not a model"), e.getMessage());
        assertTrue(e.getMessage().contains(message), () -> e.getMessage() + " does not say: " + message);
    }

    private static byte[] file(long length, byte[] header, byte[] data) {
        return ByteBuffer.allocate(8 + header.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(header)
                .put(data)
                .array();
    }
}
