package io.github.softmax4j.benchmarks;

import io.github.softmax4j.Adam;
import io.github.softmax4j.ElementType;
import io.github.softmax4j.OptimizerState;
import io.github.softmax4j.SoftmaxModel;
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
import org.openjdk.jmh.annotations.Warmup;

/** Calls of microseconds that allocate nothing: the prediction of a row, and an optimizer's step on a gradient of one's own. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class CallBenchmark {

    /** Features of a row. */
    @Param("784")
    public int features;

    /** Classes. */
    @Param("10")
    public int classes;

    private SoftmaxModel model;
    private float[] row;
    private float[] probabilities;
    private OptimizerState adam;
    private float[] parameters;
    private float[] gradient;

    /** Makes a model, a row and a gradient. */
    @Setup
    public void create() {
        SplittableRandom random = new SplittableRandom(1);
        parameters = random(random, Math.multiplyExact(features, classes));
        gradient = random(random, parameters.length);
        row = random(random, features);
        probabilities = new float[classes];
        model = SoftmaxModel.of(features, classes, parameters, new float[classes]);
        adam = new OptimizerState(new Adam(1e-3), ElementType.FLOAT32, parameters.length);
    }

    private static float[] random(SplittableRandom random, int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextDouble() - 0.5f;
        }
        return values;
    }

    /**
     * The class of one row.
     *
     * @return its class
     */
    @Benchmark
    public int predictRow() {
        return model.predict(row);
    }

    /**
     * The class and the probabilities of one row.
     *
     * @return its class
     */
    @Benchmark
    public int predictRowProbabilities() {
        return model.predictProbabilities(row, probabilities);
    }

    /**
     * A step of Adam.
     *
     * @return the changed parameters
     */
    @Benchmark
    public float[] adamStep() {
        adam.step(parameters, gradient);
        return parameters;
    }
}
