package io.github.softmax4j.benchmarks.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.nio.Buffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** PyTorch's official build for CPUs, through DJL: autograd of linear, log-softmax and the mean of the picked classes. */
final class PyTorchPeer implements Peer {

    private static final int STEPS = 200;

    @Override
    public String version() {
        return "PyTorch " + Engine.getEngine("PyTorch").getVersion() + " (MKL), " + Peer.jarOf(Engine.class);
    }

    @Override
    public Optional<Task> prepare(Work work, Data data, int threads) {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("ai.djl.pytorch.num_threads", "" + threads);
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        Model model = new Model(work, data);
        return Optional.of(
                switch (work.kind()) {
                    case LOSS_GRADIENT -> Timing.whole(
                            () -> model.lossAndGradient(false), () -> model.lossAndGradient(true));
                    case ADAM_STEP -> Timing.task(() -> Timing.time(() -> model.steps(STEPS)) / STEPS, () -> {
                        model.reset();
                        model.steps(Work.CHECKED_STEPS);
                        return model.loss();
                    });
                    case EPOCH -> Timing.whole(model::epoch, () -> {
                        model.reset();
                        model.epoch();
                        return model.loss();
                    });
                    case PROBABILITIES -> Timing.whole(
                            model::probabilities, () -> Timing.sums(model.probabilities(), work.classes()));
                    case SOFTMAX -> Timing.whole(model::softmax, model::softmaxSums);
                    case PREDICT_ROW -> Timing.rows(work, data, model::predict);
                });
    }

    /** Data and weights, classes x features, as torch's linear takes them. */
    private static final class Model {

        private final NDManager manager = NDManager.newBaseManager("PyTorch");
        private final int rows;
        private final NDArray x;
        private final NDArray labels;
        private final NDArray weights;
        private final NDArray intercept;
        private final NDArray row;
        private final Map<Long, NDArray> averaging = new HashMap<>();
        private Optimizer adam = newAdam();

        Model(Work work, Data data) {
            rows = work.rows();
            Buffer values = work.isDouble() ? data.wideX() : data.x();
            x = manager.create(values, new Shape(rows, work.columns()));
            labels = manager.create(data.labels()).toType(DataType.INT64, false).expandDims(1);
            weights = manager.create(data.weightsByClass(), new Shape(work.classes(), work.features()))
                    .toType(x.getDataType(), false);
            intercept = manager.create(data.intercept()).toType(x.getDataType(), false);
            row = manager.zeros(new Shape(1, work.columns()));
        }

        private static Optimizer newAdam() {
            return Adam.builder()
                    .optLearningRateTracker(Tracker.fixed((float) Work.LEARNING_RATE))
                    .build();
        }

        void reset() {
            weights.muli(0);
            intercept.muli(0);
            adam = newAdam();
        }

        /** The mean as a product with -1/N: one operation fewer than a mean and its negation, forth and back. */
        private NDArray loss(NDArray rows, NDArray y, NDArray w, NDArray b) {
            NDArray picked =
                    Linear.linear(rows, w, b).singletonOrThrow().logSoftmax(1).gather(y, 1);
            NDArray loss = averaging
                    .computeIfAbsent(y.size(), n -> manager.full(new Shape(1, n), -1f / n, x.getDataType()))
                    .matMul(picked);
            loss.attach(rows.getManager());
            return loss;
        }

        /** Leaves of the graph that share their memory with the weights and start without a gradient. */
        private static NDArray leaf(NDArray parameter) {
            NDArray leaf = parameter.stopGradient();
            leaf.setRequiresGradient(true);
            return leaf;
        }

        /** Runs with a scope to which all that is computed from the arrays belongs, and frees it. */
        private <T> T scoped(Supplier<T> body) {
            try (NDManager scope = manager.newSubManager()) {
                try {
                    attach(scope);
                    return body.get();
                } finally {
                    attach(manager);
                }
            }
        }

        private void attach(NDManager scope) {
            for (NDArray array : new NDArray[] {x, labels, weights, intercept}) {
                array.attach(scope);
            }
        }

        double[] lossAndGradient(boolean withNorm) {
            return scoped(() -> {
                NDArray w = leaf(weights);
                NDArray b = leaf(intercept);
                double loss;
                try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                    NDArray value = loss(x, labels, w, b);
                    collector.backward(value);
                    loss = number(value);
                }
                double norm = withNorm ? Math.sqrt(squares(w.getGradient()) + squares(b.getGradient())) : 0;
                return new double[] {loss, norm};
            });
        }

        private static double number(NDArray value) {
            return value.toType(DataType.FLOAT64, false).getDouble();
        }

        private static double squares(NDArray array) {
            return array.toType(DataType.FLOAT64, false).square().sum().getDouble();
        }

        private Void step(NDArray batch, NDArray y) {
            NDArray w = leaf(weights);
            NDArray b = leaf(intercept);
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                collector.backward(loss(batch, y, w, b));
            }
            adam.update("weights", weights, w.getGradient());
            adam.update("intercept", intercept, b.getGradient());
            return null;
        }

        void steps(int count) {
            for (int i = 0; i < count; i++) {
                scoped(() -> step(x, labels));
            }
        }

        void epoch() {
            try (NDArray order = manager.randomPermutation(rows)) {
                for (int first = 0; first < rows; first += Work.BATCH) {
                    NDIndex range = new NDIndex().addSliceDim(first, Math.min(rows, first + Work.BATCH));
                    scoped(() -> {
                        try (NDArray batch = order.get(range)) {
                            return step(x.get(batch), labels.get(batch));
                        }
                    });
                }
            }
        }

        double[] loss() {
            return scoped(() -> new double[] {number(loss(x, labels, weights, intercept))});
        }

        float[] probabilities() {
            return scoped(() -> Linear.linear(x, weights, intercept)
                    .singletonOrThrow()
                    .softmax(1)
                    .toFloatArray());
        }

        void softmax() {
            x.softmax(1).close();
        }

        double[] softmaxSums() {
            try (NDArray p = x.softmax(1)) {
                return Timing.sums(p.toFloatArray(), (int) p.getShape().get(1));
            }
        }

        void predict(float[] values, float[] probabilities) {
            row.set(FloatBuffer.wrap(values));
            try (NDArray scores = Linear.linear(row, weights, intercept).singletonOrThrow();
                    NDArray p = scores.softmax(1)) {
                System.arraycopy(p.toFloatArray(), 0, probabilities, 0, probabilities.length);
            }
        }
    }
}
