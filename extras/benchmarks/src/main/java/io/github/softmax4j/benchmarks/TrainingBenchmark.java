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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One epoch of Adam in batches of 128, and the prediction of one row, on random rows of the shape of MNIST. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class TrainingBenchmark {

    /** Rows of the training data. */
    @Param("60000")
    public int rows;

    /** Features of a row. */
    @Param("784")
    public int features;

    /** Classes. */
    @Param("10")
    public int classes;

    private final SoftmaxTrainer trainer = SoftmaxTrainer.builder()
            .optimizer(new Adam(1e-3))
            .batchSize(128)
            .epochs(1)
            .build();
    private Dataset data;
    private SoftmaxModel model;
    private float[] row;

    /** Makes the data and a model. */
    @Setup
    public void create() {
        SplittableRandom random = new SplittableRandom(1);
        float[] x = new float[Math.multiplyExact(rows, features)];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextDouble();
        }
        data = Dataset.ofFloats(x, rows, features, random.ints(rows, 0, classes).toArray());
        model = trainer.fit(data);
        row = new float[features];
    }

    /** Frees the data. */
    @TearDown
    public void free() {
        data.close();
    }

    /**
     * Trains for one epoch, set-up included.
     *
     * @return the model
     */
    @Benchmark
    public SoftmaxModel fitOneEpoch() {
        return trainer.fit(data);
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
}
