package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.zip.CRC32C;

/**
 * What decides the bits that a training ends with, by name: settings, data, and the machine's kernels. Threads are not among it, nor is the
 * most iterations, which can be raised.
 */
final class TrainingIdentity {

    private static final int RATES = 16;

    private TrainingIdentity() {}

    /** Of a fit. initial: the parameters before the first step. */
    static Map<String, String> of(SoftmaxTrainer settings, Dataset data, NativeArray initial, int threads) {
        long batch = Math.min(settings.batchSize, data.rows());
        int epochs = settings.solver == null ? settings.epochs : settings.stochasticEpochs;
        Map<String, String> identity = new LinkedHashMap<>();
        identity.put("rows", Long.toString(data.rows()));
        identity.put("batch_size", Integer.toString(settings.batchSize));
        identity.put("stochastic_epochs", Integer.toString(settings.stochasticEpochs));
        // After what its schedule depends on.
        putSteps(
                identity,
                settings,
                data.features(),
                data.classes(),
                data.elementType(),
                epochs,
                (data.rows() + batch - 1) / batch);
        identity.put("standardize", Boolean.toString(settings.standardize));
        identity.put("centering", Boolean.toString(settings.centering));
        identity.put("shuffle", Boolean.toString(settings.shuffle));
        identity.put("stop_when_no_improvement", Integer.toString(settings.patience));
        identity.put("stop_when_relative_change_below", Double.toString(settings.relativeChange));
        identity.put(
                "memory_limit",
                settings.memoryLimit == NativeApi.NO_LIMIT ? "none" : Long.toString(settings.memoryLimit));
        identity.put("solver", settings.solver == null ? "none" : settings.solver.toString());
        identity.put("gap", Double.toString(settings.gap));
        identity.put("gradient_tolerance", Double.toString(settings.gradientTolerance));
        identity.put("data_hash", hash(data, threads));
        identity.put(
                "class_labels", data.classLabels().map(TrainingIdentity::text).orElse("none"));
        identity.put("validation_hash", settings.validation == null ? "none" : hash(settings.validation, threads));
        identity.put("initial_weights_hash", hash(initial));
        return identity;
    }

    /** Of an incremental training, which has no data of its own: initial as above. */
    static Map<String, String> of(
            SoftmaxTrainer settings,
            int features,
            int classes,
            ElementType type,
            long stepsPerEpoch,
            NativeArray initial) {
        Map<String, String> identity = new LinkedHashMap<>();
        identity.put("steps_per_epoch", Long.toString(stepsPerEpoch));
        putSteps(identity, settings, features, classes, type, settings.epochs, stepsPerEpoch);
        identity.put("initial_weights_hash", hash(initial));
        return identity;
    }

    /** What steps of an optimizer depend on, whoever makes them. */
    private static void putSteps(
            Map<String, String> identity,
            SoftmaxTrainer s,
            int features,
            int classes,
            ElementType type,
            int epochs,
            long stepsPerEpoch) {
        identity.put("softmax4j_version", Softmax4j.version());
        identity.put("kernels", Softmax4j.kernels());
        identity.put("openblas_core", Softmax4j.openBlasCore());
        identity.put("features", Integer.toString(features));
        identity.put("classes", Integer.toString(classes));
        identity.put("element_type", type.toString());
        identity.put("optimizer", s.optimizer.toString());
        identity.put("epochs", Integer.toString(s.epochs));
        identity.put("schedule", rates(s.schedule, epochs, stepsPerEpoch));
        identity.put("loss", s.terms.toString());
        identity.put("l1", Double.toString(s.l1));
        identity.put("l2", Double.toString(s.l2));
        identity.put("weight_decay", Double.toString(s.weightDecay));
        identity.put("bounds", s.lower + ".." + s.upper);
        identity.put("clip_gradient_norm", Double.toString(s.clipNorm));
        identity.put("clip_gradient_value", Double.toString(s.clipValue));
        identity.put("intercept", Boolean.toString(s.intercept));
        identity.put("seed", Long.toString(s.seed));
    }

    /** A schedule is any function: what it says at some steps stands for it. */
    private static String rates(LearningRateSchedule schedule, int epochs, long stepsPerEpoch) {
        long total = stepsPerEpoch * epochs;
        StringJoiner rates = new StringJoiner(" ");
        for (int i = 0; i < Math.min(RATES, total); i++) {
            long step = (long) ((total - 1.0) / RATES * i);
            rates.add(Float.toString((float) schedule.factor(step, stepsPerEpoch, total)));
        }
        return rates.toString();
    }

    private static String hash(Dataset data, int threads) {
        try (DatasetMemory.Lease lease = data.acquire()) {
            return Long.toHexString(NativeApi.s4j_data_hash(lease.data(), threads));
        }
    }

    private static String hash(NativeArray parameters) {
        CRC32C sum = new CRC32C();
        double[] chunk = new double[(int) Math.min(parameters.count(), 1 << 13)];
        byte[] bytes = new byte[chunk.length * Double.BYTES];
        for (long at = 0; at < parameters.count(); at += chunk.length) {
            int count = (int) Math.min(chunk.length, parameters.count() - at);
            parameters.getWidened(at, chunk, count);
            ByteBuffer.wrap(bytes).asDoubleBuffer().put(chunk, 0, count);
            sum.update(bytes, 0, count * Double.BYTES);
        }
        return Long.toHexString(sum.getValue());
    }

    private static String text(ClassLabels labels) {
        return Integer.toHexString(labels.hashCode());
    }

    /** Refuses a checkpoint of another training by the first name that differs. */
    static void requireSame(Path file, Map<String, String> written, Map<String, String> identity) {
        identity.forEach((name, value) -> {
            String other = written.get(name);
            if (!value.equals(other)) {
                throw new IllegalArgumentException("checkpoint " + file + " is of another training: its " + name
                        + " is " + (other == null ? "not there" : other) + ", here it is " + value);
            }
        });
    }
}
