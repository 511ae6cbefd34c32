package io.github.softmax4j.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Pairs of IDX files, plain and gzip. */
class IdxFuzzTest extends TableFuzzTarget {

    private static final InputOptions NONE = options();

    static Stream<Arguments> seeds() {
        byte[] images = bytes("\0\0\10\3\0\0\0\2\0\0\0\1\0\0\0\3\0\u00ff\1\2\3\4");
        byte[] labels = bytes("\0\0\10\1\0\0\0\2\1\0");
        return seedsOf(
                pair(ElementType.FLOAT32, images, labels),
                pair(ElementType.FLOAT64, gzip(images), labels),
                pair(ElementType.FLOAT32, images, gzip(labels)));
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] content) throws IOException {
        if (content.length < 3) {
            return;
        }
        Path images = file("train-images-idx3-ubyte", first(content));
        file("train-labels-idx1-ubyte", second(content));
        read(images.toString(), images.getParent(), type(content), NONE, Demand.Labels.REQUIRED);
    }
}
