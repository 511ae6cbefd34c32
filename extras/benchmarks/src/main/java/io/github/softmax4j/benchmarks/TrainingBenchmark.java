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

/**
 * A fit of one epoch of Adam on random rows of the shape of MNIST, in batches of one size or another: as many bytes allocated for
 * 60,000 steps as for 469 say that a step allocates none.
 */
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

    /** Rows of a step. */
    @Param({"128", "1"})
    public int batchSize;

    /** What a step does beside Adam: nothing, what its loops can do in passing, l1 too, or also a norm to clip to. */
    @Param({"none", "bounds", "l1", "norm"})
    public String options;

    private SoftmaxTrainer trainer;
    private Dataset data;

    /** Makes the data. */
    @Setup
    public void create() {
        SplittableRandom random = new SplittableRandom(1);
        float[] x = new float[Math.multiplyExact(rows, features)];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextDouble();
        }
        data = Dataset.ofFloats(x, rows, features, random.ints(rows, 0, classes).toArray());
        SoftmaxTrainer.Builder builder = SoftmaxTrainer.builder()
                .optimizer(new Adam(1e-3))
                .batchSize(batchSize)
                .epochs(1);
        switch (options) {
            case "none" -> {}
            case "bounds" -> builder.weightDecay(1e-4).bounds(-1, 1).clipGradientValue(1);
            case "l1" -> builder.l1(1e-6);
            case "norm" -> builder.clipGradientNorm(1);
            default -> throw new IllegalArgumentException("options must be none, bounds, l1 or norm, was " + options);
        }
        trainer = builder.build();
    }

    /** Frees the data. */
    @TearDown
    public void free() {
        data.close();
    }

    /**
     * Trains for one epoch, set-up and the model's arrays included.
     *
     * @return the model
     */
    @Benchmark
    public SoftmaxModel fitOneEpoch() {
        return trainer.fit(data);
    }
}
