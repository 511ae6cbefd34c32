package io.github.softmax4j.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** LIBSVM, plain and gzip; the first byte chooses what indices count from, and the options. */
class LibsvmFuzzTest extends TableFuzzTarget {

    private static final String[] PREFIXES = {"libsvm:", "libsvm0:", "libsvm1:"};
    private static final InputOptions[] OPTIONS = {options(), options("--features", "9"), options("--labels", "text")};

    static Stream<Arguments> seeds() {
        return seedsOf(
                chosen(0, bytes("1 1:0.5 3:-2e1 # of it\n-1 2:1\n\n0\n")),
                chosen(1, bytes("1 0:1 4:2\r\n2 1:+3\t7:.5\r\n")),
                chosen(2, bytes("+1 qid:3 1: 0.5 2:1.25\n2 1:1\n")),
                chosen(3, bytes("1 9:1\n0 1:2 2:3\n")),
                chosen(6, bytes("01 1:1\n1 1:123456789012345678\n")),
                chosen(0, gzip(bytes("1 1:0.5\n0 2:1\n"))));
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] content) throws IOException {
        if (content.length == 0) {
            return;
        }
        Path file = file("data.svm", rest(content));
        int choice = content[0] & 0xff;
        read(
                PREFIXES[choice % 3] + file,
                file,
                choice / 9 % 2 == 0 ? ElementType.FLOAT32 : ElementType.FLOAT64,
                OPTIONS[choice / 3 % 3],
                Demand.Labels.REQUIRED);
    }
}
