package io.github.softmax4j.benchmarks;

import io.github.softmax4j.Adam;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.DatasetWriter;
import io.github.softmax4j.SoftmaxLoss;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A mapped dataset file that the page cache holds, against the same rows in memory: 60,000 x 784 random floats in 10 classes. The medians
 * (p0.50) of the two are to be compared, and the best (p0.00) where the machine is not quiet.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 1, time = 2)
@Measurement(iterations = 5, time = 2)
public class DatasetBenchmark {

    private static final int ROWS = 60_000;
    private static final int FEATURES = 784;
    private static final int CLASSES = 10;

    /** Where the rows are. */
    @Param({"memory", "mapped"})
    public String rows;

    private final SoftmaxLoss loss = SoftmaxLoss.builder().build();
    private final SoftmaxTrainer shuffled = SoftmaxTrainer.builder()
            .optimizer(new Adam(1e-3))
            .epochs(1)
            .batchSize(128)
            .build();
    private final SoftmaxTrainer inOrder = SoftmaxTrainer.builder()
            .optimizer(new Adam(1e-3))
            .epochs(1)
            .batchSize(128)
            .shuffle(false)
            .build();
    private final FloatBuffer parameters = floats((FEATURES + 1) * CLASSES);
    private final FloatBuffer gradient = floats((FEATURES + 1) * CLASSES);
    private Path file;
    private Dataset data;

    /**
     * Makes the rows.
     *
     * @throws IOException if there is no room for the file
     */
    @Setup(Level.Trial)
    public void create() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        float[] x = new float[ROWS * FEATURES];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextDouble();
        }
        int[] labels = random.ints(ROWS, 0, CLASSES).toArray();
        if (rows.equals("memory")) {
            data = Dataset.ofFloats(x, ROWS, FEATURES, labels);
            return;
        }
        file = Files.createTempFile("benchmark", ".s4d");
        try (DatasetWriter writer = DatasetWriter.ofFloats(file, FEATURES)) {
            writer.append(x, labels, null).finish();
        }
        data = Dataset.open(file);
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /**
     * Frees them.
     *
     * @throws IOException if the file cannot be removed
     */
    @TearDown(Level.Trial)
    public void close() throws IOException {
        data.close();
        if (file != null) {
            Files.delete(file);
        }
    }

    /**
     * One pass.
     *
     * @return the loss
     */
    @Benchmark
    public double lossAndGradient() {
        return loss.lossAndGradient(data, parameters, gradient);
    }

    /**
     * An epoch of batches in random order.
     *
     * @return the model
     */
    @Benchmark
    public SoftmaxModel shuffledEpoch() {
        return shuffled.fit(data);
    }

    /**
     * An epoch of batches in the order of the rows.
     *
     * @return the model
     */
    @Benchmark
    public SoftmaxModel epochInOrder() {
        return inOrder.fit(data);
    }
}
