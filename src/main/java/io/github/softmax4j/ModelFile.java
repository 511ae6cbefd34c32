package io.github.softmax4j;

import io.github.softmax4j.internal.Json;
import io.github.softmax4j.internal.Safetensors;
import io.github.softmax4j.internal.Safetensors.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Models as safetensors files; see {@link SoftmaxModel#save}. */
final class ModelFile {

    private static final String FORMAT = "softmax4j-model";
    private static final String FORMAT_VERSION = "1";
    private static final String NUMBERS = "integer";
    private static final String TEXTS = "text";
    /** Before the names of notes, which so are never taken for what this class writes. */
    private static final String NOTE = "note.";

    private static final String MEAN = "standardization.mean";
    private static final String DEVIATION = "standardization.deviation";
    /** Of models that a reader of version 1 would take for others: their scores or probabilities are not the plain ones. */
    private static final String FORM_VERSION = "2";

    private ModelFile() {}

    static void write(SoftmaxModel model, float[] floats, double[] doubles, Path file) throws IOException {
        Safetensors tensors = new Safetensors();
        Map<String, String> metadata = tensors.metadata();
        metadata.put("format", FORMAT);
        boolean plain = model.form().equals(ModelForm.SOFTMAX) && !hasMask(model);
        metadata.put("format_version", plain ? FORMAT_VERSION : FORM_VERSION);
        if (!plain) {
            metadata.put("probabilities", model.predictsSigmoids() ? "sigmoid" : "softmax");
            metadata.put("scores", model.dividesRowsByLength() ? "cosine" : "linear");
        }
        metadata.put("softmax4j_version", Softmax4j.version());
        metadata.put("features", Integer.toString(model.features()));
        metadata.put("classes", Integer.toString(model.classes()));
        model.summary().ifPresent(s -> {
            metadata.put("optimizer", s.optimizer());
            metadata.put("l1", Double.toString(s.l1()));
            metadata.put("l2", Double.toString(s.l2()));
            metadata.put("epochs", Integer.toString(s.epochs()));
            metadata.put("steps", Long.toString(s.steps()));
            metadata.put("batch_size", Long.toString(s.batchSize()));
            metadata.put("seed", Long.toString(s.seed()));
            metadata.put("rows", Long.toString(s.rows()));
            metadata.put("objective", Double.toString(s.objective()));
            metadata.put("stop_reason", s.stopReason().name());
            s.bound().ifPresent(bound -> metadata.put("bound", Double.toString(bound)));
        });
        model.classLabels().ifPresent(labels -> putClassLabels(metadata, labels));
        model.metadata().forEach((name, text) -> metadata.put(NOTE + name, text));
        int weights = model.features() * model.classes();
        int intercept = model.hasIntercept() ? model.classes() : 0;
        tensors.tensors()
                .put(
                        "weights",
                        new Tensor(new long[] {model.features(), model.classes()}, slice(floats, doubles, 0, weights)));
        if (intercept > 0) {
            tensors.tensors()
                    .put("intercept", new Tensor(new long[] {intercept}, slice(floats, doubles, weights, intercept)));
        }
        model.standardization().ifPresent(s -> {
            tensors.tensors().put(MEAN, new Tensor(new long[] {model.features()}, s.mean()));
            tensors.tensors().put(DEVIATION, new Tensor(new long[] {model.features()}, s.deviation()));
        });
        tensors.write(file);
    }

    /** For {@link #classLabels}. */
    static void putClassLabels(Map<String, String> metadata, ClassLabels labels) {
        metadata.put("class_label_type", labels.areNumbers() ? NUMBERS : TEXTS);
        metadata.put(
                "class_labels",
                Json.strings(IntStream.range(0, labels.size())
                        .mapToObj(labels::label)
                        .toList()));
    }

    private static boolean hasMask(SoftmaxModel model) {
        return Arrays.stream(model.intercept()).anyMatch(Double::isInfinite);
    }

    private static Object slice(float[] floats, double[] doubles, int from, int count) {
        if (floats != null) {
            float[] part = new float[count];
            System.arraycopy(floats, from, part, 0, count);
            return part;
        }
        double[] part = new double[count];
        System.arraycopy(doubles, from, part, 0, count);
        return part;
    }

    static SoftmaxModel read(Path file) throws IOException {
        Safetensors tensors = Safetensors.read(file);
        Map<String, String> metadata = tensors.metadata();
        try {
            require(
                    FORMAT.equals(metadata.get("format")),
                    "its format is " + metadata.get("format") + ", not " + FORMAT);
            require(
                    FORMAT_VERSION.equals(metadata.get("format_version"))
                            || FORM_VERSION.equals(metadata.get("format_version")),
                    "its format version is " + metadata.get("format_version") + ", this library reads " + FORMAT_VERSION
                            + " and " + FORM_VERSION);
            return model(tensors.tensors(), metadata);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IOException(file + " is not a model of softmax4j: " + e.getMessage(), e);
        }
    }

    private static SoftmaxModel model(Map<String, Tensor> tensors, Map<String, String> metadata) {
        Tensor weights = tensors.get("weights");
        Tensor intercept = tensors.get("intercept");
        require(weights != null && weights.shape().length == 2, "it has no two-dimensional tensor 'weights'");
        Tensor mean = tensors.get(MEAN);
        Tensor deviation = tensors.get(DEVIATION);
        int known = 1 + (intercept == null ? 0 : 1) + (mean == null ? 0 : 1) + (deviation == null ? 0 : 1);
        require(
                tensors.size() == known,
                "it has tensors other than 'weights' and 'intercept', '" + MEAN + "' and '" + DEVIATION + "'");
        int features = Math.toIntExact(weights.shape()[0]);
        int classes = Math.toIntExact(weights.shape()[1]);
        require(
                number(metadata, "features") == features && number(metadata, "classes") == classes,
                "its metadata disagrees with the shape of its weights");
        SoftmaxModel plain;
        if (weights.values() instanceof float[] w) {
            require(intercept == null || intercept.values() instanceof float[], "its tensors have different types");
            plain = SoftmaxModel.of(
                    features, classes, w, intercept == null ? new float[0] : (float[]) intercept.values());
        } else {
            require(intercept == null || intercept.values() instanceof double[], "its tensors have different types");
            plain = SoftmaxModel.of(
                    features,
                    classes,
                    (double[]) weights.values(),
                    intercept == null ? new double[0] : (double[]) intercept.values());
        }
        boolean formed = FORM_VERSION.equals(metadata.get("format_version"));
        if (!formed) {
            double[] values = plain.intercept();
            for (int c = 0; c < values.length; c++) {
                require(Double.isFinite(values[c]), "weights must be finite, intercept " + c + " was " + values[c]);
            }
        } else {
            plain = plain.withForm(new ModelForm(
                    choice(metadata, "probabilities", "softmax", "sigmoid"),
                    choice(metadata, "scores", "linear", "cosine")));
        }
        SoftmaxModel named = plain.withClassLabels(classLabels(metadata));
        if (mean != null || deviation != null) {
            named = named.withStandardization(standardization(mean, deviation, features));
        }
        named = named.withMetadata(notes(metadata));
        return metadata.containsKey("optimizer") ? named.withSummary(summary(metadata)) : named;
    }

    private static Map<String, String> notes(Map<String, String> metadata) {
        return metadata.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(NOTE))
                .collect(Collectors.toMap(entry -> entry.getKey().substring(NOTE.length()), Map.Entry::getValue));
    }

    /** Null where there are none. */
    static ClassLabels classLabels(Map<String, String> m) {
        if (!m.containsKey("class_labels")) {
            return null;
        }
        List<String> texts = Json.strings(text(m, "class_labels"));
        String type = text(m, "class_label_type");
        require(type.equals(NUMBERS) || type.equals(TEXTS), "its class_label_type is " + type);
        require(!texts.isEmpty(), "it has no class labels");
        ClassLabels labels = type.equals(NUMBERS)
                ? ClassLabels.of(texts.stream().mapToInt(Integer::parseInt).toArray())
                : ClassLabels.of(texts.toArray(new String[0]));
        require(
                IntStream.range(0, labels.size())
                        .mapToObj(labels::label)
                        .toList()
                        .equals(texts),
                "its class labels are not in order, or one is there twice");
        return labels;
    }

    private static Standardization standardization(Tensor mean, Tensor deviation, int features) {
        require(
                mean != null
                        && deviation != null
                        && mean.values() instanceof double[] m
                        && deviation.values() instanceof double[] d
                        && m.length == features
                        && d.length == features,
                "its tensors '" + MEAN + "' and '" + DEVIATION
                        + "' must both be there, F64, one value for each feature");
        return Standardization.of((double[]) mean.values(), (double[]) deviation.values());
    }

    private static TrainingSummary summary(Map<String, String> m) {
        return new TrainingSummary(
                text(m, "optimizer"),
                m.containsKey("l1") ? Double.parseDouble(text(m, "l1")) : 0,
                Double.parseDouble(text(m, "l2")),
                Math.toIntExact(number(m, "epochs")),
                number(m, "steps"),
                number(m, "batch_size"),
                number(m, "seed"),
                number(m, "rows"),
                Double.parseDouble(text(m, "objective")),
                TrainingSummary.StopReason.valueOf(text(m, "stop_reason")),
                m.containsKey("bound")
                        ? OptionalDouble.of(Double.parseDouble(text(m, "bound")))
                        : OptionalDouble.empty());
    }

    private static String text(Map<String, String> metadata, String name) {
        String value = metadata.get(name);
        require(value != null, "its metadata has no '" + name + "'");
        return value;
    }

    /** Whether it is the second. */
    private static boolean choice(Map<String, String> metadata, String name, String first, String second) {
        String value = text(metadata, name);
        require(value.equals(first) || value.equals(second), "its " + name + " are '" + value + "'");
        return value.equals(second);
    }

    private static long number(Map<String, String> metadata, String name) {
        return Long.parseLong(text(metadata, name));
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
