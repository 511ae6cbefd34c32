package io.github.softmax4j.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.ElementType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** CSV, plain and gzip; the first byte chooses the options. */
class CsvFuzzTest extends TableFuzzTarget {

    private static final InputOptions[] OPTIONS = {
        options(),
        options("--header", "yes", "--label", "y", "--ignore", "id"),
        options("--header", "no", "--label", "1", "--labels", "text"),
        options("--delimiter", ";", "--decimal", ",", "--header", "no"),
        options("--encoding", "windows-1252", "--delimiter", "tab"),
        options("--encoding", "UTF-16", "--labels", "number"),
        options("--features", "2"),
        options("--label", "2", "--ignore", "1,3"),
    };

    static Stream<Arguments> seeds() {
        return seedsOf(
                chosen(0, bytes("1,2,0\n3,4,1\n5,6,0\n")),
                chosen(0, bytes("x,y,label\r\n1.5,-2e3,\"a \"\"b\"\r\n3,4,b\r\n")),
                chosen(0, bytes("1,nan,0\n0x1p3,1,1\n")),
                chosen(0, bytes("\u00ef\u00bb\u00bf1,2,\u00c3\u00a9\n3,4,\u00e9\n")),
                chosen(0, gzip(bytes("1,2,0\n3,4,1\n"))),
                chosen(1, bytes("id,x,y\n1,0.5,a\n2,0.25,b\n")),
                chosen(2, bytes("01,2,3\n1,4,5\n")),
                chosen(3, bytes("1,5;2,5;0\n3;4;1\n")),
                chosen(4, bytes("1\t2\t\u00e9\n3\t4\te\n")),
                chosen(5, "\ufeff1,2,0\n3,4,1\n".getBytes(StandardCharsets.UTF_16BE)),
                chosen(6, bytes("1,2,0\n")),
                chosen(7, bytes("9,0,8,1\n9,1,8,2\n")));
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] content) throws IOException {
        if (content.length == 0) {
            return;
        }
        Path file = file("data.csv", rest(content));
        int choice = content[0] & 0xff;
        read(
                file.toString(),
                file,
                choice / OPTIONS.length % 2 == 0 ? ElementType.FLOAT32 : ElementType.FLOAT64,
                OPTIONS[choice % OPTIONS.length],
                Demand.Labels.REQUIRED);
    }
}
