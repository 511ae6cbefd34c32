package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Real data, where a checkout has it beside it or {@code softmax4j.data} names its folder. */
class RealDataTest {

    @Test
    void adamLearnsMnist() throws IOException {
        Path folder = folder("mnist");
        try (Dataset train = dataset(folder, "train");
                Dataset test = dataset(folder, "t10k")) {
            SoftmaxModel model = SoftmaxTrainer.builder()
                    .optimizer(new Adam(0.001))
                    .l2(1e-4)
                    .epochs(20)
                    .batchSize(128)
                    .seed(1)
                    .build()
                    .fit(train);
            double error = model.evaluate(test).errorRate();
            System.out.println("MNIST, Adam, 20 epochs: test error " + error);
            assertTrue(error <= 0.080, () -> "test error " + error);
        }
    }

    private static Path folder(String name) {
        String property = System.getProperty("softmax4j.data");
        Path folder = (property == null ? Path.of("..", "shared", "data") : Path.of(property)).resolve(name);
        assumeTrue(Files.isDirectory(folder), () -> "there is no " + folder + " (set -Dsoftmax4j.data)");
        return folder;
    }

    private static Dataset dataset(Path folder, String part) throws IOException {
        int[] labels;
        try (DataInputStream in = open(folder.resolve(part + "-labels-idx1-ubyte.gz"))) {
            assertEquals(0x801, in.readInt());
            byte[] bytes = new byte[in.readInt()];
            in.readFully(bytes);
            labels = new int[bytes.length];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = bytes[i];
            }
        }
        try (DataInputStream in = open(folder.resolve(part + "-images-idx3-ubyte.gz"))) {
            assertEquals(0x803, in.readInt());
            int rows = in.readInt();
            int features = in.readInt() * in.readInt();
            float[] x = new float[rows * features];
            byte[] row = new byte[features];
            for (int i = 0; i < rows; i++) {
                in.readFully(row);
                for (int d = 0; d < features; d++) {
                    x[i * features + d] = (row[d] & 0xFF) / 255f;
                }
            }
            return Dataset.ofFloats(x, rows, features, labels);
        }
    }

    private static DataInputStream open(Path file) throws IOException {
        return new DataInputStream(new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file)), 1 << 16));
    }
}
