package io.github.softmax4j.cli;

import io.github.softmax4j.Adam;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.ElementType;
import io.github.softmax4j.SoftmaxLoss;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/** Random data of one shape and type, and what the library does with it. */
final class BenchData implements AutoCloseable {

    private static final int BATCH = 128;
    private static final int STEPS = 200;
    private static final int CALLS = 10_000;

    private final Shape shape;
    private final ElementType type;
    private final int size;
    private final Dataset data;
    private final Dataset batch;
    private final int batchRows;

    BenchData(Shape shape, ElementType type) {
        this.shape = shape;
        this.type = type;
        this.size = type == ElementType.FLOAT32 ? Float.BYTES : Double.BYTES;
        this.data = random(shape.rows());
        this.batchRows = Math.min(BATCH, shape.rows());
        this.batch = random(batchRows);
    }

    private Dataset random(int rows) {
        SplittableRandom random = new SplittableRandom(rows);
        FeatureBuffer values = new FeatureBuffer(type, Math.toIntExact((long) rows * shape.features()));
        for (long i = 0; i < (long) rows * shape.features(); i++) {
            values.add(random.nextDouble());
        }
        int[] labels = random.ints(rows, 0, shape.classes()).toArray();
        return new Table("random", values, rows, shape.features(), labels).toDataset(shape.classes());
    }

    List<BenchPath> paths() {
        double passes = 2.0 * shape.rows() * shape.features() * shape.classes();
        double matrix = (double) shape.rows() * shape.features() * size;
        double weights = (double) shape.features() * shape.classes() * size;
        double step = 2.0 * batchRows * shape.features() * shape.classes();
        SoftmaxModel model = trainer(1).build().fit(batch);
        return List.of(
                new BenchPath(
                        name("loss_gradient", "" + shape), type, 2 * passes, matrix + 2 * weights, lossGradient()),
                new BenchPath(
                        name("epoch", shape + "_b" + batchRows), type, 2 * passes, matrix, () -> epochSeconds(data, 2)),
                new BenchPath(
                        name("adam_step", shape.withRows(batchRows).toString()),
                        type,
                        2 * step,
                        (double) batchRows * shape.features() * size + 4 * weights,
                        () -> epochSeconds(batch, STEPS)),
                new BenchPath(
                        name("probabilities", "" + shape),
                        type,
                        passes,
                        matrix + (double) shape.rows() * shape.classes() * size,
                        () -> BenchPath.time(() -> model.predictProbabilities(data))),
                new BenchPath(
                        name("predict_row", shape.features() + "x" + shape.classes()),
                        type,
                        2.0 * shape.features() * shape.classes(),
                        weights,
                        rowSeconds(model)));
    }

    private String name(String path, String of) {
        return path + "_" + of + "_" + Precision.name(type);
    }

    private SoftmaxTrainer.Builder trainer(int epochs) {
        return SoftmaxTrainer.builder()
                .optimizer(new Adam(1e-3))
                .batchSize(BATCH)
                .epochs(epochs);
    }

    private DoubleSupplier lossGradient() {
        SoftmaxLoss loss = SoftmaxLoss.builder().build();
        int count = loss.parameterCount(data);
        ByteBuffer parameters =
                ByteBuffer.allocateDirect(Math.multiplyExact(count, size)).order(ByteOrder.nativeOrder());
        ByteBuffer gradient = ByteBuffer.allocateDirect(parameters.capacity()).order(ByteOrder.nativeOrder());
        if (type == ElementType.FLOAT32) {
            return () -> BenchPath.time(
                    () -> loss.lossAndGradient(data, parameters.asFloatBuffer(), gradient.asFloatBuffer()));
        }
        return () -> BenchPath.time(
                () -> loss.lossAndGradient(data, parameters.asDoubleBuffer(), gradient.asDoubleBuffer()));
    }

    /** The mean seconds of an epoch, the first left out: it pays for the set-up of the fit. */
    private double epochSeconds(Dataset rows, int epochs) {
        long[] ends = new long[epochs];
        trainer(epochs)
                .listener(p -> ends[p.epoch() - 1] = System.nanoTime())
                .build()
                .fit(rows);
        return (ends[epochs - 1] - ends[0]) / 1e9 / (epochs - 1);
    }

    private DoubleSupplier rowSeconds(SoftmaxModel model) {
        if (type == ElementType.FLOAT32) {
            float[] row = new float[shape.features()];
            return () -> BenchPath.time(() -> repeat(() -> model.predict(row))) / CALLS;
        }
        double[] row = new double[shape.features()];
        return () -> BenchPath.time(() -> repeat(() -> model.predict(row))) / CALLS;
    }

    private static void repeat(Runnable call) {
        for (int i = 0; i < CALLS; i++) {
            call.run();
        }
    }

    @Override
    public void close() {
        data.close();
        batch.close();
    }
}
