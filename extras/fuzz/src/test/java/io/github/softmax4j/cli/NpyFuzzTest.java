package io.github.softmax4j.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Pairs of NPY files. */
class NpyFuzzTest extends TableFuzzTarget {

    private static final InputOptions NONE = options();

    static Stream<Arguments> seeds() {
        byte[] floats = npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", "\0\0\u0080?\0\0\0@");
        byte[] bytes = npy(2, "{'shape': (2L, 3L), \"descr\": '|u1', 'fortran_order': False}", "\1\2\3\4\5\6");
        return seedsOf(
                pair(
                        ElementType.FLOAT32,
                        floats,
                        npy(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", "\0\0\0\0\1\0\0\0")),
                pair(
                        ElementType.FLOAT64,
                        bytes,
                        npy(
                                3,
                                "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n",
                                "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\1\0\0\0\0\0\0\0")),
                pair(
                        ElementType.FLOAT64,
                        npy(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (1,)}", "\0\0\0\0\0\0\0@"),
                        npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", "\3")));
    }

    private static byte[] npy(int version, String header, String values) {
        String length = "" + (char) (header.length() & 0xff) + (char) (header.length() >> 8);
        return bytes("\u0093NUMPY" + (char) version + "\0" + length + (version == 1 ? "" : "\0\0") + header + values);
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] content) throws IOException {
        if (content.length < 3) {
            return;
        }
        Path features = file("x.npy", first(content));
        Path labels = file("y.npy", second(content));
        read(features + "," + labels, features.getParent(), type(content), NONE, Demand.Labels.REQUIRED);
    }
}
