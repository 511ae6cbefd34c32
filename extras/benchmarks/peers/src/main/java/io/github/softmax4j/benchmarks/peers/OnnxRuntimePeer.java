package io.github.softmax4j.benchmarks.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Optional;

/** ONNX Runtime: Gemm and Softmax, input and output in tensors that stay. */
final class OnnxRuntimePeer implements Peer {

    @Override
    public String version() {
        return Peer.jarOf(OrtEnvironment.class);
    }

    @Override
    public Optional<Task> prepare(Work work, Data data, int threads) throws OrtException {
        return switch (work.kind()) {
            case PROBABILITIES -> Optional.of(
                    batch(work, new Pinned(OnnxModel.linearSoftmax(work, data), threads, data.x(), work)));
            case SOFTMAX -> Optional.of(batch(work, new Pinned(OnnxModel.softmax(), threads, data.x(), work)));
            case PREDICT_ROW -> {
                FloatBuffer row = Data.direct(work.features() * Float.BYTES).asFloatBuffer();
                Pinned pinned = new Pinned(OnnxModel.linearSoftmax(work, data), threads, row, work);
                yield Optional.of(Timing.rows(work, data, (values, p) -> {
                    row.put(0, values);
                    pinned.run();
                    pinned.result.get(0, p);
                }));
            }
            default -> Optional.empty();
        };
    }

    private static Task batch(Work work, Pinned pinned) {
        return Timing.whole(pinned::run, () -> {
            pinned.run();
            float[] p = new float[pinned.result.capacity()];
            pinned.result.get(0, p);
            return Timing.sums(p, work.classes());
        });
    }

    /** A session with its input and output. */
    private static final class Pinned {
        private final OrtSession session;
        private final FloatBuffer result;
        private final Map<String, OnnxTensor> in;
        private final Map<String, OnnxTensor> out;

        Pinned(byte[] model, int threads, FloatBuffer x, Work work) throws OrtException {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            options.setIntraOpNumThreads(threads);
            session = environment.createSession(model, options);
            long rows = x.capacity() / work.columns();
            result = Data.direct(Math.toIntExact(rows * work.classes() * Float.BYTES))
                    .asFloatBuffer();
            in = Map.of(OnnxModel.INPUT, OnnxTensor.createTensor(environment, x, new long[] {rows, work.columns()}));
            out = Map.of(
                    OnnxModel.OUTPUT, OnnxTensor.createTensor(environment, result, new long[] {rows, work.classes()}));
        }

        void run() throws OrtException {
            session.run(in, out).close();
        }
    }
}
