package consumer;

import io.github.softmax4j.Adam;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

/** Trains on made-up rows around one centre per class; prints what one seed must give on every JDK. */
public final class Train {

    private static final int ROWS = 2_000;
    private static final int TRAIN = 1_500;
    private static final int FEATURES = 20;
    private static final int CLASSES = 5;

    private Train() {}

    public static void main(String[] arguments) throws Exception {
        Random random = new Random(7);
        double[][] centres = new double[CLASSES][FEATURES];
        for (double[] centre : centres) {
            Arrays.setAll(centre, d -> 0.8 * random.nextGaussian());
        }
        double[][] x = new double[ROWS][FEATURES];
        int[] y = new int[ROWS];
        for (int i = 0; i < ROWS; i++) {
            y[i] = random.nextInt(CLASSES);
            double[] centre = centres[y[i]];
            Arrays.setAll(x[i], d -> centre[d] + random.nextGaussian());
        }

        try (Dataset train = Dataset.ofDoubles(Arrays.copyOf(x, TRAIN), Arrays.copyOf(y, TRAIN));
                Dataset test = Dataset.ofDoubles(
                        Arrays.copyOfRange(x, TRAIN, ROWS), Arrays.copyOfRange(y, TRAIN, ROWS))) {
            SoftmaxModel model = SoftmaxTrainer.builder()
                    .optimizer(new Adam(0.01))
                    .l2(1e-4)
                    .epochs(20)
                    .batchSize(32)
                    .seed(42)
                    .build()
                    .fit(train);
            System.out.println("accuracy " + model.evaluate(test).accuracy());
            System.out.println("weights " + sha256(model.weights()));
        }
    }

    private static String sha256(double[] values) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Double.BYTES);
        bytes.asDoubleBuffer().put(values);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    }
}
