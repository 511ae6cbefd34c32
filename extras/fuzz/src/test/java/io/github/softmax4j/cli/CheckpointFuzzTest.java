package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.Adam;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import io.github.softmax4j.TrainingDivergedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Checkpoints of a training, with their checksum set right: no mutation could do that. */
class CheckpointFuzzTest extends FuzzTarget {

    private static final Dataset DATA =
            Dataset.ofFloats(new float[] {1, 2, 3, 4, 5, 7, 2, 2}, 4, 2, new int[] {0, 1, 2, 1});
    private static final Pattern STATE =
            Pattern.compile("\"state\":\\{[^}]*\"data_offsets\":\\[([0-9]{1,9}),([0-9]{1,9})\\]");
    private static final Pattern CHECKSUM = Pattern.compile("(\"state_crc32c\":\")[^\"]*\"");

    private static SoftmaxTrainer.Builder training() {
        return SoftmaxTrainer.builder()
                .optimizer(new Adam(0.1))
                .epochs(3)
                .batchSize(2)
                .threads(1)
                .stopWhenNoImprovement(2)
                .validation(DATA);
    }

    static Stream<Arguments> seeds() throws IOException {
        Path file = file("seed.checkpoint");
        List<byte[]> seeds = new ArrayList<>();
        training()
                .checkpoint(file, 1)
                .listener(progress -> {
                    try {
                        seeds.add(Files.readAllBytes(file));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .build()
                .fit(DATA);
        seeds.add(Files.readAllBytes(file));
        return seedsOf(seeds.toArray(new byte[0][]));
    }

    @MethodSource("seeds")
    @FuzzTest
    void resume(byte[] content) throws IOException {
        Path file = file("run.checkpoint", withChecksum(content));
        try {
            SoftmaxModel model = training().build().resume(DATA, file);
            accepted();
            assertTrue(model.predict(new float[2]) < 3);
        } catch (IOException | IllegalArgumentException e) {
            refused(e, file);
        } catch (TrainingDivergedException e) {
            accepted(); // a state of any finite values
        }
    }

    private static byte[] withChecksum(byte[] content) {
        if (content.length < 8) {
            return content;
        }
        long length = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 0 || length > content.length - 8) {
            return content;
        }
        int begin = 8 + (int) length;
        String header = new String(content, 8, (int) length, StandardCharsets.ISO_8859_1);
        Matcher state = STATE.matcher(header);
        if (!state.find()) {
            return content;
        }
        int from = Integer.parseInt(state.group(1));
        int to = Integer.parseInt(state.group(2));
        if (from > to || to > content.length - begin) {
            return content;
        }
        CRC32C sum = new CRC32C();
        sum.update(content, begin + from, to - from);
        byte[] text = CHECKSUM.matcher(header)
                .replaceFirst("$1" + Long.toHexString(sum.getValue()) + "\"")
                .getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer whole =
                ByteBuffer.allocate(8 + text.length + content.length - begin).order(ByteOrder.LITTLE_ENDIAN);
        return whole.putLong(text.length)
                .put(text)
                .put(content, begin, content.length - begin)
                .array();
    }
}
