package io.github.softmax4j.cli;

import io.github.softmax4j.Adam;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.ElementType;
import io.github.softmax4j.SoftmaxFunctions;
import io.github.softmax4j.SoftmaxLoss;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Random data of one shape, made when a path first needs it, and what the library does with it. */
final class BenchData implements AutoCloseable {

    /** Rows of the data of single steps: few enough for the caches, enough that the end of an epoch does not count. */
    private static final int STEP_ROWS = 2048;

    private final Shape shape;
    private final Map<ElementType, Dataset> all = new EnumMap<>(ElementType.class);
    private final Map<ElementType, Dataset> few = new EnumMap<>(ElementType.class);

    BenchData(Shape shape) {
        this.shape = shape;
    }

    BenchPath.Work lossGradient(ElementType type) {
        Dataset data = all(type);
        SoftmaxLoss loss = SoftmaxLoss.builder().build();
        int count = loss.parameterCount(data);
        ByteBuffer parameters = direct(count, type);
        ByteBuffer gradient = direct(count, type);
        if (type == ElementType.FLOAT32) {
            FloatBuffer weights = parameters.asFloatBuffer().put(floats(count)).flip();
            FloatBuffer result = gradient.asFloatBuffer();
            return repeated(() -> loss.lossAndGradient(data, weights, result));
        }
        DoubleBuffer weights = parameters.asDoubleBuffer().put(doubles(count)).flip();
        DoubleBuffer result = gradient.asDoubleBuffer();
        return repeated(() -> loss.lossAndGradient(data, weights, result));
    }

    private static ByteBuffer direct(int count, ElementType type) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(count, type.bytes()))
                .order(ByteOrder.nativeOrder());
    }

    BenchPath.Work epoch(ElementType type, int batch) {
        Dataset data = all(type);
        return repetitions -> epochSeconds(data, batch, repetitions);
    }

    BenchPath.Work adamStep(ElementType type, int batch) {
        Dataset data = few.computeIfAbsent(type, t -> random(Math.min(STEP_ROWS, shape.rows()), t));
        double steps = Math.ceil((double) data.rows() / batch);
        return repetitions -> epochSeconds(data, batch, repetitions) / steps;
    }

    /** The mean seconds of shuffled epochs of Adam after a first one, which pays for the set-up of the fit. */
    private static double epochSeconds(Dataset data, int batch, int epochs) {
        long[] ends = new long[epochs + 1];
        SoftmaxTrainer.builder()
                .optimizer(new Adam(1e-3))
                .batchSize(batch)
                .epochs(epochs + 1)
                .listener(p -> ends[p.epoch() - 1] = System.nanoTime())
                .build()
                .fit(data);
        return (ends[epochs] - ends[0]) / 1e9 / epochs;
    }

    BenchPath.Work probabilities(ElementType type) {
        Dataset data = all(type);
        SoftmaxModel model = model(type);
        ByteBuffer out = direct(Math.multiplyExact(shape.rows(), shape.classes()), type);
        return type == ElementType.FLOAT32
                ? repeated(() -> model.predictProbabilities(data, out.asFloatBuffer()))
                : repeated(() -> model.predictProbabilities(data, out.asDoubleBuffer()));
    }

    BenchPath.Work predictRow(ElementType type) {
        SoftmaxModel model = model(type);
        if (type == ElementType.FLOAT32) {
            float[] row = floats(shape.features());
            float[] probabilities = new float[shape.classes()];
            return repeated(() -> model.predictProbabilities(row, probabilities));
        }
        double[] row = doubles(shape.features());
        double[] probabilities = new double[shape.classes()];
        return repeated(() -> model.predictProbabilities(row, probabilities));
    }

    BenchPath.Work softmax(int sets) {
        int count = Math.multiplyExact(shape.rows(), shape.classes());
        float[] values = floats(count);
        List<Runnable> turns =
                Stream.generate(() -> softmax(values)).limit(sets).toList();
        int[] next = {0};
        return repeated(() -> turns.get(next[0]++ % sets).run());
    }

    private Runnable softmax(float[] values) {
        FloatBuffer logits = direct(values.length, ElementType.FLOAT32)
                .asFloatBuffer()
                .put(values)
                .flip();
        FloatBuffer probabilities = direct(values.length, ElementType.FLOAT32).asFloatBuffer();
        return () -> SoftmaxFunctions.softmax(logits, probabilities, shape.classes());
    }

    private SoftmaxModel model(ElementType type) {
        int weights = Math.multiplyExact(shape.features(), shape.classes());
        return type == ElementType.FLOAT32
                ? SoftmaxModel.of(shape.features(), shape.classes(), floats(weights), floats(shape.classes()))
                : SoftmaxModel.of(shape.features(), shape.classes(), doubles(weights), doubles(shape.classes()));
    }

    private static BenchPath.Work repeated(Runnable call) {
        return repetitions -> {
            long start = System.nanoTime();
            for (int i = 0; i < repetitions; i++) {
                call.run();
            }
            return (System.nanoTime() - start) / 1e9 / repetitions;
        };
    }

    private Dataset all(ElementType type) {
        return all.computeIfAbsent(type, t -> random(shape.rows(), t));
    }

    private Dataset random(int rows, ElementType type) {
        int count = Math.multiplyExact(rows, shape.features());
        Dataset.Builder data = Dataset.builder()
                .labels(new SplittableRandom(rows)
                        .ints(rows, 0, shape.classes())
                        .toArray())
                .classes(shape.classes());
        return type == ElementType.FLOAT32
                ? data.features(floats(count), rows, shape.features()).build()
                : data.features(doubles(count), rows, shape.features()).build();
    }

    /** Uniform in -0.5..0.5. */
    private static float[] floats(int count) {
        SplittableRandom random = new SplittableRandom(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextDouble() - 0.5);
        }
        return values;
    }

    /** Uniform in -0.5..0.5. */
    private static double[] doubles(int count) {
        SplittableRandom random = new SplittableRandom(count);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextDouble() - 0.5;
        }
        return values;
    }

    @Override
    public void close() {
        all.values().forEach(Dataset::close);
        few.values().forEach(Dataset::close);
    }
}
