package io.github.softmax4j.benchmarks;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxLoss;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Loss and gradient as rows, features, classes or threads grow and the others stay, on random data in direct buffers. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class ScalingBenchmark {

    /** Rows x features x classes. By default a decade of rows, one of features and two of classes. */
    @Param({
        "6000x784x10",
        "19000x784x10",
        "60000x784x10",
        "60000x80x10",
        "60000x250x10",
        "60000x800x10",
        "5000x500x10",
        "5000x500x32",
        "5000x500x100",
        "5000x500x320",
        "5000x500x1000"
    })
    public String shape;

    /** The most threads of a call. */
    @Param("1")
    public int threads;

    private Dataset data;
    private SoftmaxLoss loss;
    private FloatBuffer parameters;
    private FloatBuffer gradient;

    /** Makes the data and the parameters. */
    @Setup
    public void create() {
        String[] sizes = shape.split("x", 3);
        int rows = Integer.parseInt(sizes[0]);
        int features = Integer.parseInt(sizes[1]);
        int classes = Integer.parseInt(sizes[2]);
        SplittableRandom random = new SplittableRandom(1);
        data = Dataset.builder()
                .features(uniform(Math.multiplyExact(rows, features), 1, random), rows, features)
                .labels(random.ints(rows, 0, classes).toArray())
                .classes(classes)
                .build();
        loss = SoftmaxLoss.builder().threads(threads).build();
        int count = loss.parameterCount(data);
        parameters = uniform(count, 1 / Math.sqrt(features), random);
        gradient = uniform(count, 0, random);
    }

    /** Frees the data. */
    @TearDown
    public void free() {
        data.close();
    }

    /**
     * One evaluation.
     *
     * @return the loss
     */
    @Benchmark
    public double lossAndGradient() {
        return loss.lossAndGradient(data, parameters, gradient);
    }

    private static FloatBuffer uniform(int count, double scale, SplittableRandom random) {
        FloatBuffer values = ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        for (int i = 0; i < count; i++) {
            values.put(i, (float) (scale * (2 * random.nextDouble() - 1)));
        }
        return values;
    }
}
