package io.github.softmax4j.benchmarks;

import io.github.softmax4j.Adam;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Calls per second, of all callers together, on one model and one dataset that they share: by one caller, by one per processor and
 * by eight. Calls name no number of threads, so each may use all processors and callers have to get along: for each method the
 * eight callers should reach at least 0.9 of the best of the three.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public abstract class ConcurrencyBenchmark {

    /** One caller: batches are spread over the processors, a row or a small fit has one of them. */
    @Threads(1)
    public static class OneCaller extends ConcurrencyBenchmark {}

    /** As many callers as processors. */
    @Threads(Threads.MAX)
    public static class CallerPerProcessor extends ConcurrencyBenchmark {}

    /** Eight callers, on most machines more or fewer than processors. */
    @Threads(8)
    public static class EightCallers extends ConcurrencyBenchmark {}

    private static final int FEATURES = 784;
    private static final int CLASSES = 10;
    private static final int ROWS = 1000;

    private final SoftmaxTrainer trainer =
            SoftmaxTrainer.builder().optimizer(new Adam(1e-3)).epochs(2).build();
    private final float[] row = new float[FEATURES];
    private Dataset data;
    private SoftmaxModel model;

    /** Makes the data and a model. */
    @Setup
    public void create() {
        SplittableRandom random = new SplittableRandom(1);
        float[] x = new float[ROWS * FEATURES];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextDouble();
        }
        System.arraycopy(x, 0, row, 0, FEATURES);
        data = Dataset.ofFloats(x, ROWS, FEATURES, random.ints(ROWS, 0, CLASSES).toArray());
        model = trainer.fit(data);
    }

    /** Frees the data. */
    @TearDown
    public void free() {
        data.close();
    }

    /**
     * Predicts one row.
     *
     * @return its class
     */
    @Benchmark
    public int predictRow() {
        return model.predict(row);
    }

    /**
     * Predicts 1000 rows.
     *
     * @return their classes
     */
    @Benchmark
    public int[] predictBatch() {
        return model.predict(data);
    }

    /**
     * A small fit: eight at once are a grid search, one caller makes its fits one after another.
     *
     * @return the model
     */
    @Benchmark
    public SoftmaxModel fit() {
        return trainer.fit(data);
    }
}
