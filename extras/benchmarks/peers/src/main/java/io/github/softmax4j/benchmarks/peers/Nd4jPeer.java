package io.github.softmax4j.benchmarks.peers;

import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J: two GEMMs and its softmax over arrays that are made once. */
final class Nd4jPeer implements Peer {

    @Override
    public String version() {
        return Peer.jarOf(Nd4j.class);
    }

    @Override
    public Optional<Task> prepare(Work work, Data data, int threads) {
        return switch (work.kind()) {
            case LOSS_GRADIENT -> {
                Model model = new Model(work, data);
                yield Optional.of(Timing.whole(model::lossAndGradient, model::check));
            }
            case SOFTMAX -> Optional.of(softmax(work, data));
            default -> Optional.empty();
        };
    }

    private static Task softmax(Work work, Data data) {
        INDArray x = array(flat(data, work), work.rows(), work.columns(), DataType.FLOAT);
        INDArray p = Nd4j.createUninitialized(DataType.FLOAT, work.rows(), work.columns());
        return Timing.whole(() -> Nd4j.exec(new SoftMax(x, p, 1)), () -> {
            Nd4j.exec(new SoftMax(x, p, 1));
            return Timing.sums(p.data().asFloat(), work.classes());
        });
    }

    private static float[] flat(Data data, Work work) {
        float[] values = new float[work.rows() * work.columns()];
        data.x().get(values);
        return values;
    }

    private static INDArray array(float[] values, int rows, int columns, DataType type) {
        return Nd4j.create(values, new long[] {rows, columns}, 'c').castTo(type);
    }

    /** GEMM's result is column-major in ND4J: scores and gradient are computed as C x N and C x D, and seen as their transposes. */
    private static final class Model {

        private final Work work;
        private final int[] labels;
        private final INDArray x;
        private final INDArray weights;
        private final INDArray intercept;
        private final INDArray scoresByClass;
        private final INDArray scores;
        private final INDArray gradientByClass;
        private INDArray interceptGradient;

        Model(Work work, Data data) {
            this.work = work;
            DataType type = work.isDouble() ? DataType.DOUBLE : DataType.FLOAT;
            labels = data.labels();
            x = array(flat(data, work), work.rows(), work.features(), type);
            weights = array(data.weights(), work.features(), work.classes(), type);
            intercept = array(data.intercept(), 1, work.classes(), type);
            scoresByClass = Nd4j.createUninitialized(type, new long[] {work.classes(), work.rows()}, 'f');
            scores = scoresByClass.transpose();
            gradientByClass = Nd4j.createUninitialized(type, new long[] {work.classes(), work.features()}, 'f');
        }

        double lossAndGradient() {
            Nd4j.gemm(weights, x, scoresByClass, true, true, 1, 0);
            scores.addiRowVector(intercept);
            Nd4j.exec(new SoftMax(scores, scores, 1));
            DataBuffer p = scores.data();
            double loss = 0;
            for (int i = 0; i < labels.length; i++) {
                long at = (long) i * work.classes() + labels[i];
                double picked = p.getDouble(at);
                loss -= Math.log(picked);
                p.put(at, picked - 1);
            }
            Nd4j.gemm(scores, x, gradientByClass, true, false, 1.0 / labels.length, 0);
            interceptGradient = scores.sum(0).divi(labels.length);
            return loss / labels.length;
        }

        double[] check() {
            double loss = lossAndGradient();
            return new double[] {
                loss,
                Math.hypot(
                        gradientByClass.norm2Number().doubleValue(),
                        interceptGradient.norm2Number().doubleValue())
            };
        }
    }
}
