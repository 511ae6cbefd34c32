package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.ElementType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import picocli.CommandLine;

/** Files of rows as users have them. What is accepted becomes a dataset. */
abstract class TableFuzzTarget extends FuzzTarget {

    private static final int MOST_WIDTH = 10_000;

    static InputOptions options(String... arguments) {
        InputOptions options = CommandLine.populateCommand(new InputOptions(), arguments);
        options.check("any.csv");
        return options;
    }

    /** Reads what {@code path} names; {@code stem} is what a refusal names, if not an option. */
    static void read(String path, Object stem, ElementType type, InputOptions options, Demand.Labels need) {
        Table table;
        Dataset data;
        try {
            table = DataFiles.read(path, DataFiles.Part.TRAIN, type, options.demand(need), options);
            data = need == Demand.Labels.REQUIRED
                    ? table.toTrainingData(MaskedClasses.NONE)
                    : table.toDataset(options.demand(need), MaskedClasses.NONE);
        } catch (UserException e) {
            refused(e, e.getMessage().contains("--") ? "--" : stem);
            return;
        }
        accepted();
        try (data) {
            assertEquals(table.rows(), data.rows());
            assertEquals(table.features(), data.features());
            assertEquals(need == Demand.Labels.REQUIRED, data.hasLabels());
            if (data.features() <= MOST_WIDTH && data.hasLabels()) {
                for (int label : data.labels()) {
                    assertTrue(label >= 0 && label < data.classes());
                }
            }
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A first byte that chooses how the rest is read. */
    static byte[] chosen(int choice, byte[] rest) {
        byte[] content = new byte[1 + rest.length];
        content[0] = (byte) choice;
        System.arraycopy(rest, 0, content, 1, rest.length);
        return content;
    }

    static byte[] rest(byte[] content) {
        return Arrays.copyOfRange(content, 1, content.length);
    }

    /** Two files as one: the type of elements, the length of the first, the first, the second. */
    static byte[] pair(ElementType type, byte[] first, byte[] second) {
        byte[] content = new byte[3 + first.length + second.length];
        content[0] = (byte) (type == ElementType.FLOAT64 ? 1 : 0);
        content[1] = (byte) (first.length >> 8);
        content[2] = (byte) first.length;
        System.arraycopy(first, 0, content, 3, first.length);
        System.arraycopy(second, 0, content, 3 + first.length, second.length);
        return content;
    }

    static ElementType type(byte[] content) {
        return (content[0] & 1) == 0 ? ElementType.FLOAT32 : ElementType.FLOAT64;
    }

    static byte[] first(byte[] content) {
        return Arrays.copyOfRange(content, 3, middle(content));
    }

    static byte[] second(byte[] content) {
        return Arrays.copyOfRange(content, middle(content), content.length);
    }

    private static int middle(byte[] content) {
        return Math.min(content.length, 3 + ((content[1] & 0xff) << 8 | (content[2] & 0xff)));
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(out)) {
            packed.write(content);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }
}
