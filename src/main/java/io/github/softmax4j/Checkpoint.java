package io.github.softmax4j;

import io.github.softmax4j.internal.Safetensors;
import io.github.softmax4j.internal.Safetensors.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A file that a training goes on from: a sealed safetensors file whose metadata name the training - see {@link TrainingIdentity} - and the place in
 * it, with the state of the native object as the tensor {@code state}, and {@code best}, the parameters of the best model, where a
 * stop rule keeps one.
 */
final class Checkpoint {

    /** What a training is doing: the values of {@code phase}. */
    static final String EPOCHS = "epochs";

    static final String SOLVER = "solver";
    /** With rows that are dense, or sparse, or of a kind that is not known before the first of them. */
    static final String INCREMENTAL = "incremental";

    static final String INCREMENTAL_DENSE = "incremental-dense";
    static final String INCREMENTAL_SPARSE = "incremental-sparse";

    private static final String FORMAT = "softmax4j-checkpoint";
    private static final String FORMAT_VERSION = "2";
    private static final String STATE = "state";
    private static final String BEST = "best";
    private static final String PHASE = "phase";
    /** The name of the format is among so many first bytes. */
    private static final int HEAD = 256;

    private final Path file;
    private final Map<String, String> metadata;
    private final Map<String, Tensor> tensors;

    private Checkpoint(Path file, Safetensors content) {
        this.file = file;
        metadata = content.metadata();
        tensors = content.tensors();
    }

    /** What one will have beside the training's identity. */
    static final class Content {
        private final String phase;
        private final NativeState state;
        private final Map<String, String> position = new LinkedHashMap<>();
        private Tensor best;

        Content(String phase, NativeState state) {
            this.phase = phase;
            this.state = state;
        }

        void put(String name, long value) {
            position.put(name, Long.toString(value));
        }

        void put(String name, double value) {
            position.put(name, Double.toString(value));
        }

        /** Where there are any. */
        void putClassLabels(ClassLabels labels) {
            if (labels != null) {
                ModelFile.putClassLabels(position, labels);
            }
        }

        /** The best model, with its parameters as they are trained. */
        void putBest(SoftmaxModel model) {
            best = new Tensor(new long[] {Array.getLength(model.parameterArray())}, model.parameterArray());
        }
    }

    /** Throws where a checkpoint would take the place of something else: of a file that is neither empty nor a checkpoint. */
    static void requireReplaceable(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return; // what is none and is no new file is refused when it is written
        }
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD);
        }
        if (head.length > 0 && !new String(head, StandardCharsets.ISO_8859_1).contains(FORMAT)) {
            throw new FileAlreadyExistsException(
                    file + " is no checkpoint of softmax4j, and none takes its place; remove it, or name another file");
        }
    }

    static void write(Path file, Map<String, String> identity, Content content) throws IOException {
        Safetensors tensors = new Safetensors();
        Map<String, String> metadata = tensors.metadata();
        metadata.put("format", FORMAT);
        metadata.put("format_version", FORMAT_VERSION);
        metadata.putAll(identity);
        metadata.put(PHASE, content.phase);
        metadata.putAll(content.position);
        if (content.best != null) {
            tensors.tensors().put(BEST, content.best);
        }
        tensors.tensors().put(STATE, new Tensor(new long[] {content.state.count()}, content.state));
        tensors.writeSealed(file);
    }

    /** What a training in a checkpoint was doing. */
    static String phase(Path file) throws IOException {
        String[] phase = new String[1];
        read(file, (metadata, name) -> {
            phase[0] = metadata.get(PHASE);
            return (first, bytes, count, size) -> {};
        });
        return phase[0];
    }

    /**
     * Reads one into the state of a native object, once its metadata have shown that it is of the training.
     *
     * @throws IOException if it cannot be read, or is none
     * @throws IllegalArgumentException if it is of another training
     */
    static Checkpoint read(Path file, Map<String, String> identity, String phase, NativeState state)
            throws IOException {
        boolean[] complete = new boolean[1];
        Checkpoint checkpoint = read(file, (metadata, name) -> {
            requireSameKind(file, metadata, phase);
            TrainingIdentity.requireSame(file, metadata, identity);
            if (!phase.equals(metadata.get(PHASE))) {
                throw new IllegalArgumentException("checkpoint " + file + " was written by a training in its phase '"
                        + metadata.get(PHASE) + "', this is '" + phase + "'");
            }
            return (first, bytes, count, size) -> {
                complete[0] = first + count == size;
                try {
                    state.put(first, bytes, count, size);
                } catch (IllegalArgumentException e) {
                    throw new IOException("it is not a checkpoint of softmax4j: " + e.getMessage(), e);
                }
            };
        });
        if (!complete[0]) {
            throw checkpoint.damaged("it has no tensor '" + STATE + "'");
        }
        return checkpoint;
    }

    private static void requireSameKind(Path file, Map<String, String> metadata, String phase) {
        boolean incremental = metadata.getOrDefault(PHASE, "").startsWith(INCREMENTAL);
        if (incremental != phase.startsWith(INCREMENTAL)) {
            throw new IllegalArgumentException("checkpoint " + file + " is of "
                    + (incremental ? "an incremental training: resumeIncremental" : "a fit: resume")
                    + " goes on with it");
        }
    }

    /** Opens the sink of the state, once the metadata are known. */
    @FunctionalInterface
    private interface Receiver {
        Safetensors.Sink open(Map<String, String> metadata, String name) throws IOException;
    }

    private static Checkpoint read(Path file, Receiver receiver) throws IOException {
        return new Checkpoint(file, Safetensors.read(file, (metadata, name) -> {
            String format = metadata.get("format");
            String version = metadata.get("format_version");
            if (!FORMAT.equals(format) || !FORMAT_VERSION.equals(version) || !name.equals(STATE)) {
                throw new IOException("it is not a checkpoint of softmax4j: its format is " + format + ", version "
                        + version + ", this library reads " + FORMAT + ", " + FORMAT_VERSION);
            }
            return receiver.open(metadata, name);
        }));
    }

    /** A whole number of the position, within bounds. */
    long number(String name, long least, long most) throws IOException {
        try {
            long value = Long.parseLong(text(name));
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw damaged("its '" + name + "' is " + text(name) + ", must be in " + least + ".." + most);
    }

    /** A number of the position. */
    double real(String name) throws IOException {
        try {
            return Double.parseDouble(text(name));
        } catch (NumberFormatException e) {
            throw damaged("its '" + name + "' is " + text(name));
        }
    }

    /** The class labels of the position, so many; null where it has none. */
    ClassLabels classLabels(int classes) throws IOException {
        try {
            ClassLabels labels = ModelFile.classLabels(metadata);
            if (labels == null || labels.size() == classes) {
                return labels;
            }
        } catch (IllegalArgumentException e) {
            throw damaged(e.getMessage());
        }
        throw damaged("its class labels are not " + classes);
    }

    private String text(String name) throws IOException {
        String value = metadata.get(name);
        if (value == null) {
            throw damaged("it has no '" + name + "'");
        }
        return value;
    }

    /** The best model of the training, of these; null where there is none. */
    SoftmaxModel best(ElementType type, int features, int classes, boolean intercept) throws IOException {
        Tensor tensor = tensors.get(BEST);
        if (tensor == null) {
            return null;
        }
        int count = (features + (intercept ? 1 : 0)) * classes;
        float[] floats = type == ElementType.FLOAT32 && tensor.values() instanceof float[] f ? f : null;
        double[] doubles = type == ElementType.FLOAT64 && tensor.values() instanceof double[] d ? d : null;
        if ((floats == null || floats.length != count) && (doubles == null || doubles.length != count)) {
            throw damaged("its tensor '" + BEST + "' has not " + count + " values of " + type);
        }
        return new SoftmaxModel(features, classes, intercept, floats, doubles, null);
    }

    private IOException damaged(String what) {
        return new IOException(file + " is not a checkpoint of softmax4j: " + what);
    }
}
