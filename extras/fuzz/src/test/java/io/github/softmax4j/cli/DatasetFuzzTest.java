package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.DatasetWriter;
import io.github.softmax4j.ElementType;
import io.github.softmax4j.Sgd;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import io.github.softmax4j.TrainingDivergedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Dataset files. */
class DatasetFuzzTest extends FuzzTarget {

    /** A header may ask for any number of classes: models of more parameters are not made. */
    private static final long MOST_PARAMETERS = 100_000;

    /** Fills a dataset. */
    private interface Filling {
        void into(DatasetWriter writer) throws IOException;
    }

    static Stream<Arguments> seeds() throws IOException {
        Path file = file("seed.s4d");
        return seedsOf(
                bytes(file, DatasetWriter.ofFloats(file, 2), w -> w.append(new float[] {1, 2}, 0)
                        .append(new float[] {3, 4}, 1)
                        .finish()),
                bytes(file, DatasetWriter.ofDoubles(file, 1), w -> w.append(
                                new double[] {1, 2, 3}, new int[] {0, 2, 1}, new double[] {1, 0, 2})
                        .finish(new String[] {"a", "b", "\u00e9"})),
                bytes(file, DatasetWriter.ofBytes(file, 2, new double[] {1, 2}, new double[] {0, -1}), w -> w.append(
                                new byte[] {1, 2, 3, -4}, new int[] {1, 0}, null)
                        .finish(new int[] {-5, 5})),
                bytes(file, DatasetWriter.ofBytes(file, 3, 0.5, 0), w -> w.append(new byte[] {7, 8, 9}, null, null)
                        .finish()),
                bytes(file, DatasetWriter.ofBfloat16(file, 2), w -> w.append(
                                new short[] {0x3f80, 0x4000}, new int[] {0}, null)
                        .finish(3)));
    }

    private static byte[] bytes(Path file, DatasetWriter writer, Filling filling) throws IOException {
        try (writer) {
            filling.into(writer);
        }
        return Files.readAllBytes(file);
    }

    @MethodSource("seeds")
    @FuzzTest
    void open(byte[] content) throws IOException {
        Path file = file("data.s4d", content);
        try (Dataset data = Dataset.open(file)) {
            accepted();
            if (data.hasLabels() && (long) (data.features() + 1) * data.classes() <= MOST_PARAMETERS) {
                use(data);
            }
        } catch (IOException e) {
            refused(e, file);
        }
    }

    private static void use(Dataset data) {
        int parameters = data.features() * data.classes();
        SoftmaxModel zero = data.elementType() == ElementType.FLOAT32
                ? SoftmaxModel.of(data.features(), data.classes(), new float[parameters], new float[0])
                : SoftmaxModel.of(data.features(), data.classes(), new double[parameters], new double[0]);
        zero.evaluate(data);
        assertEquals(data.rows(), zero.predict(data).length);
        try {
            SoftmaxTrainer.builder()
                    .optimizer(new Sgd(0.1))
                    .epochs(1)
                    .threads(1)
                    .build()
                    .fit(data);
        } catch (TrainingDivergedException e) {
            // Values of any size may do that.
        }
    }
}
