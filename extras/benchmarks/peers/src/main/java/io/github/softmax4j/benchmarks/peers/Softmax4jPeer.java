package io.github.softmax4j.benchmarks.peers;

import io.github.softmax4j.Adam;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.Softmax4j;
import io.github.softmax4j.SoftmaxFunctions;
import io.github.softmax4j.SoftmaxLoss;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Optional;

/** softmax4j itself, and the reference: the same computed by it in double precision. */
final class Softmax4jPeer implements Peer {

    /** How often a batch stands in the data of timed steps, one epoch of which is as many of them. */
    private static final int STEPS = 16;

    private static final int EPOCHS_OF_STEPS = 20;

    @Override
    public String version() {
        return "softmax4j " + Softmax4j.version() + ", kernels " + Softmax4j.kernels();
    }

    @Override
    public Optional<Task> prepare(Work work, Data data, int threads) {
        return switch (work.kind()) {
            case LOSS_GRADIENT -> Optional.of(lossGradient(work, data, threads));
            case ADAM_STEP -> Optional.of(steps(work, data, threads));
            case EPOCH -> Optional.of(epoch(work, data, threads));
            case PROBABILITIES -> Optional.of(probabilities(work, data));
            case PREDICT_ROW -> Optional.of(Timing.rows(work, data, model(work, data)::predictProbabilities));
            case SOFTMAX -> Optional.of(softmax(work, data));
        };
    }

    /** What all systems must find, to the tolerance of the work. */
    static double[] reference(Work work, Data data, int threads) throws Exception {
        if (work.kind() == Work.Kind.SOFTMAX) {
            return plainSoftmax(work, data);
        }
        Work wide = new Work(work.name(), work.kind(), work.rows(), work.features(), work.classes(), true);
        Peer peer = new Softmax4jPeer();
        try (Dataset rows = dataset(wide, data)) {
            return switch (work.kind()) {
                case PROBABILITIES, PREDICT_ROW -> sums(model(work, data).predictProbabilities(rows), work.classes());
                default -> peer.prepare(wide, data, threads).orElseThrow().check();
            };
        }
    }

    private static double[] plainSoftmax(Work work, Data data) {
        double[] total = new double[2];
        for (float[] scores : data.rows()) {
            double[] p = new double[scores.length];
            for (int c = 0; c < p.length; c++) {
                p[c] = scores[c];
            }
            Timing.softmax(p);
            double[] sums = sums(p, work.classes());
            total[0] += sums[0];
            total[1] += sums[1];
        }
        return total;
    }

    private static double[] sums(double[] probabilities, int classes) {
        double[] sums = new double[2];
        for (int i = 0; i < probabilities.length; i++) {
            sums[0] += probabilities[i] * probabilities[i];
            sums[1] += i % classes == 0 ? probabilities[i] : 0;
        }
        return sums;
    }

    private static Dataset dataset(Work work, Data data) {
        Dataset.Builder builder = Dataset.builder();
        if (work.isDouble()) {
            builder.features(data.wideX(), work.rows(), work.features());
        } else {
            builder.features(data.x(), work.rows(), work.features());
        }
        return builder.labels(data.labels()).classes(work.classes()).build();
    }

    private static SoftmaxModel model(Work work, Data data) {
        return SoftmaxModel.of(work.features(), work.classes(), data.weights(), data.intercept());
    }

    private static Task lossGradient(Work work, Data data, int threads) {
        Dataset rows = dataset(work, data);
        SoftmaxLoss loss = SoftmaxLoss.builder().threads(threads).build();
        int size = work.isDouble() ? Double.BYTES : Float.BYTES;
        ByteBuffer w = Data.direct(work.parameters() * size);
        ByteBuffer gradient = Data.direct(w.capacity());
        float[] weights = data.weights();
        float[] intercept = data.intercept();
        for (int i = 0; i < work.parameters(); i++) {
            float value = i < weights.length ? weights[i] : intercept[i - weights.length];
            if (work.isDouble()) {
                w.putDouble(i * size, value);
            } else {
                w.putFloat(i * size, value);
            }
        }
        Timing.Check run = work.isDouble()
                ? () -> new double[] {loss.lossAndGradient(rows, w.asDoubleBuffer(), gradient.asDoubleBuffer())}
                : () -> new double[] {loss.lossAndGradient(rows, w.asFloatBuffer(), gradient.asFloatBuffer())};
        return Timing.whole(run::run, () -> {
            double value = run.run()[0];
            double squares = 0;
            for (int i = 0; i < work.parameters(); i++) {
                double g = work.isDouble() ? gradient.getDouble(i * size) : gradient.getFloat(i * size);
                squares += g * g;
            }
            return new double[] {value, Math.sqrt(squares)};
        });
    }

    private static SoftmaxTrainer.Builder trainer(int threads, int batch, int epochs) {
        return SoftmaxTrainer.builder()
                .optimizer(new Adam(Work.LEARNING_RATE))
                .threads(threads)
                .batchSize(batch)
                .epochs(epochs);
    }

    private static Task epoch(Work work, Data data, int threads) {
        Dataset rows = dataset(work, data);
        SoftmaxTrainer judged = trainer(threads, Work.BATCH, 1).build();
        return Timing.task(() -> epochSeconds(trainer(threads, Work.BATCH, 2), 2, rows), () ->
                new double[] {judged.fit(rows).evaluate(rows).loss()});
    }

    private static Task steps(Work work, Data data, int threads) {
        Dataset batch = dataset(work, data);
        Dataset repeated = repeated(work, data);
        SoftmaxTrainer judged =
                trainer(threads, work.rows(), Work.CHECKED_STEPS).shuffle(false).build();
        return Timing.task(
                () -> epochSeconds(
                                trainer(threads, work.rows(), EPOCHS_OF_STEPS).shuffle(false),
                                EPOCHS_OF_STEPS,
                                repeated)
                        / STEPS,
                () -> new double[] {judged.fit(batch).evaluate(batch).loss()});
    }

    /** The mean seconds of an epoch, the first left out: it pays for the set-up of the fit. */
    private static double epochSeconds(SoftmaxTrainer.Builder trainer, int epochs, Dataset rows) {
        long[] ends = new long[epochs];
        trainer.listener(p -> ends[p.epoch() - 1] = System.nanoTime()).build().fit(rows);
        return (ends[epochs - 1] - ends[0]) / 1e9 / (epochs - 1);
    }

    private static Dataset repeated(Work work, Data data) {
        int count = work.rows() * work.features();
        FloatBuffer x = floats(STEPS * count);
        int[] labels = new int[STEPS * work.rows()];
        for (int i = 0; i < STEPS; i++) {
            x.put(i * count, data.x(), 0, count);
            System.arraycopy(data.labels(), 0, labels, i * work.rows(), work.rows());
        }
        return Dataset.builder()
                .features(x, labels.length, work.features())
                .labels(labels)
                .classes(work.classes())
                .build();
    }

    private static Task probabilities(Work work, Data data) {
        Dataset rows = dataset(work, data);
        SoftmaxModel model = model(work, data);
        FloatBuffer out = floats(work.rows() * work.classes());
        return Timing.whole(() -> model.predictProbabilities(rows, out), () -> {
            model.predictProbabilities(rows, out);
            return sums(out, work.classes());
        });
    }

    private static Task softmax(Work work, Data data) {
        FloatBuffer scores = data.x();
        FloatBuffer out = floats(work.rows() * work.classes());
        return Timing.whole(() -> SoftmaxFunctions.softmax(scores, out, work.classes()), () -> {
            SoftmaxFunctions.softmax(scores, out, work.classes());
            return sums(out, work.classes());
        });
    }

    private static FloatBuffer floats(int count) {
        return Data.direct(Math.multiplyExact(count, Float.BYTES)).asFloatBuffer();
    }

    private static double[] sums(FloatBuffer probabilities, int classes) {
        double[] all = new double[probabilities.remaining()];
        for (int i = 0; i < all.length; i++) {
            all[i] = probabilities.get(i);
        }
        return sums(all, classes);
    }
}
