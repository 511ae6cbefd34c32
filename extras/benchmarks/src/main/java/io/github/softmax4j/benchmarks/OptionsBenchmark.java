package io.github.softmax4j.benchmarks;

import io.github.softmax4j.CrossEntropy;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxLoss;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
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
 * What options cost: loss and gradient of random pixels in single precision, plain and with an option. The medians (p0.50) of the two are
 * to be compared, and the best (p0.00) where the machine is not quiet.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class OptionsBenchmark {

    /** Rows x features x classes. */
    @Param({"60000x784x10", "60000x768x100"})
    public String shape;

    /** What is given beside labels: weights of rows, of classes, smoothing; or pixels as bytes instead of floats. */
    @Param({"rowWeights", "classWeights", "labelSmoothing", "bytes"})
    public String option;

    private Dataset plainData;
    private Dataset data;
    private SoftmaxLoss plainLoss;
    private SoftmaxLoss loss;
    private FloatBuffer parameters;
    private FloatBuffer gradient;

    /** Makes the data and the parameters. */
    @Setup(Level.Trial)
    public void create() {
        String[] sizes = shape.split("x", 3);
        int rows = Integer.parseInt(sizes[0]);
        int features = Integer.parseInt(sizes[1]);
        int classes = Integer.parseInt(sizes[2]);
        SplittableRandom random = new SplittableRandom(1);
        byte[] pixels = new byte[rows * features];
        random.nextBytes(pixels);
        FloatBuffer x = floats(rows * features);
        for (int i = 0; i < pixels.length; i++) {
            x.put(i, (float) ((pixels[i] & 0xff) * (1 / 255.0)));
        }
        int[] labels = random.ints(rows, 0, classes).toArray();
        plainData = Dataset.builder()
                .features(x, rows, features)
                .labels(labels)
                .classes(classes)
                .build();
        Dataset.Builder other = option.equals("bytes")
                ? Dataset.builder().features(pixels, rows, features, 1 / 255.0, 0)
                : Dataset.builder().features(x, rows, features);
        if (option.equals("rowWeights")) {
            other.weights(random.doubles(rows, 0.5, 2).toArray());
        }
        data = other.labels(labels).classes(classes).build();
        plainLoss = SoftmaxLoss.builder().build();
        SoftmaxLoss.Builder builder = SoftmaxLoss.builder();
        if (option.equals("classWeights")) {
            double[] weights = new double[classes];
            Arrays.setAll(weights, c -> 1 + 0.1 * c);
            builder.classWeights(weights);
        } else if (option.equals("labelSmoothing")) {
            builder.loss(new CrossEntropy(0.1, 0, 1));
        }
        loss = builder.build();
        int count = (features + 1) * classes;
        parameters = floats(count);
        gradient = floats(count);
        for (int i = 0; i < count; i++) {
            parameters.put(i, (float) (0.1 * random.nextDouble() - 0.05));
        }
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** Frees the data. */
    @TearDown(Level.Trial)
    public void close() {
        plainData.close();
        data.close();
    }

    /**
     * Without the option.
     *
     * @return the loss
     */
    @Benchmark
    public double plain() {
        return plainLoss.lossAndGradient(plainData, parameters, gradient);
    }

    /**
     * With it.
     *
     * @return the loss
     */
    @Benchmark
    public double withOption() {
        return loss.lossAndGradient(data, parameters, gradient);
    }
}
