package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.ClassLabels;
import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Labels of any characters, and whole numbers: an even first byte, then UTF-16 lines, or an odd one, then integers. */
class ClassLabelsFuzzTest extends FuzzTarget {

    static Stream<Arguments> seeds() {
        return seedsOf(
                "\1\0\0\0\1\0\0\0\2".getBytes(StandardCharsets.ISO_8859_1),
                texts("a\nb\nc"),
                texts("\ud83d\ude00\n\uffff\n\"\\\n="),
                texts("1\n01\n-1\n"));
    }

    private static byte[] texts(String lines) {
        return ("\0" + new String(lines.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.ISO_8859_1))
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    @MethodSource("seeds")
    @FuzzTest
    void of(byte[] content) throws IOException {
        if (content.length < 5) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(content, 1, content.length - 1).slice();
        ClassLabels labels;
        try {
            labels = content[0] % 2 == 0
                    ? ClassLabels.of(bytes.asCharBuffer().toString().split("\n", -1))
                    : ClassLabels.of(ints(bytes));
        } catch (IllegalArgumentException e) {
            refused(e, "labels[");
            return;
        }
        accepted();
        int classes = labels.size();
        for (int c = 0; c < classes; c++) {
            assertEquals(c, labels.index(labels.label(c)));
        }
        SoftmaxModel model =
                SoftmaxModel.of(1, classes, new float[classes], new float[0]).withClassLabels(labels);
        Path file = file("labels.safetensors");
        model.save(file);
        assertEquals(model, SoftmaxModel.load(file));
    }

    private static int[] ints(ByteBuffer bytes) {
        int[] numbers = new int[bytes.remaining() / Integer.BYTES];
        bytes.asIntBuffer().get(numbers);
        return numbers;
    }
}
