package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.Adam;
import io.github.softmax4j.ClassLabels;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.ElementType;
import io.github.softmax4j.Lbfgs;
import io.github.softmax4j.MarginSoftmax;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Model files: safetensors, its JSON, and what the metadata say. */
class ModelFuzzTest extends FuzzTarget {

    static Stream<Arguments> seeds() throws IOException {
        SoftmaxModel small = SoftmaxModel.of(1, 2, new float[] {1, -1}, new float[0]);
        try (Dataset data = Dataset.builder()
                .features(new double[] {1, 2, 3, 4, 5, 7}, 3, 2)
                .labels(new String[] {"a", "\u00e9\"", "a"})
                .build()) {
            SoftmaxTrainer.Builder one = SoftmaxTrainer.builder().epochs(1);
            return seedsOf(
                    bytes(small),
                    bytes(SoftmaxModel.of(2, 2, new double[] {1, 2, 3, 4}, new double[] {5, 6})
                            .withClassLabels(ClassLabels.of(-1, 7))
                            .withMetadata(Map.of("note", "\u20ac"))),
                    bytes(SoftmaxModel.of(1, 2, new double[] {1, 2}, new double[] {Double.NEGATIVE_INFINITY, 0})),
                    bytes(one.optimizer(new Adam(0.1)).standardize(true).build().fit(data)),
                    bytes(one.standardize(false)
                            .intercept(false)
                            .loss(new MarginSoftmax(4, 0.1, MarginSoftmax.Kind.ANGULAR))
                            .build()
                            .fit(data)),
                    bytes(SoftmaxTrainer.builder()
                            .solver(new Lbfgs())
                            .l2(0.1)
                            .build()
                            .fit(data)));
        }
    }

    private static byte[] bytes(SoftmaxModel model) throws IOException {
        Path file = file("seed.safetensors");
        model.save(file);
        return Files.readAllBytes(file);
    }

    @MethodSource("seeds")
    @FuzzTest
    void load(byte[] content) throws IOException {
        Path file = file("model.safetensors", content);
        SoftmaxModel model;
        try {
            model = SoftmaxModel.load(file);
        } catch (IOException e) {
            refused(e, file);
            return;
        }
        accepted();
        Path copy = file("copy.safetensors");
        model.save(copy);
        assertEquals(model, SoftmaxModel.load(copy));
        int label = model.elementType() == ElementType.FLOAT32
                ? model.predict(new float[model.features()])
                : model.predict(new double[model.features()]);
        assertTrue(label >= 0 && label < model.classes());
    }
}
