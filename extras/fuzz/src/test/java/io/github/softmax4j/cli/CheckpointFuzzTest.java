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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Checkpoints of a training, with their checksum set right: no mutation could do that. */
class CheckpointFuzzTest extends FuzzTarget {

    private static final Dataset DATA =
            Dataset.ofFloats(new float[] {1, 2, 3, 4, 5, 7, 2, 2}, 4, 2, new int[] {0, 1, 2, 1});

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

    /** The last four bytes are that of those before them. */
    private static byte[] withChecksum(byte[] content) {
        if (content.length < Integer.BYTES) {
            return content;
        }
        CRC32C sum = new CRC32C();
        sum.update(content, 0, content.length - Integer.BYTES);
        byte[] whole = content.clone();
        ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(whole.length - Integer.BYTES, (int)
                sum.getValue());
        return whole;
    }
}
