package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A linear softmax classifier: weights W (features x classes), an intercept b where it has one, and how it was trained. The scores
 * of a row x are {@code x W + b} (of x / |x| where {@link #dividesRowsByLength()}), its probabilities their softmax (or each one's sigmoid
 * where {@link #predictsSigmoids()}), its class the one with the highest score, the lowest of equals.
 *
 * <p>An immutable value: nothing to close, safe for any number of threads.
 */
public final class SoftmaxModel {

    private final int features;
    private final int classes;
    private final boolean intercept;
    /** W row-major, then b; exactly one of the two is there. */
    private final float[] floats;

    private final double[] doubles;
    private final TrainingSummary summary;
    /** Null: classes have no other names. */
    private final ClassLabels classLabels;
    /** Null: the features were not standardised. */
    private final Standardization standardization;

    private final ModelForm form;
    private final Map<String, String> metadata;

    SoftmaxModel(
            int features, int classes, boolean intercept, float[] floats, double[] doubles, TrainingSummary summary) {
        this(features, classes, intercept, floats, doubles, summary, null, null, ModelForm.SOFTMAX, Map.of());
    }

    private SoftmaxModel(
            int features,
            int classes,
            boolean intercept,
            float[] floats,
            double[] doubles,
            TrainingSummary summary,
            ClassLabels classLabels,
            Standardization standardization,
            ModelForm form,
            Map<String, String> metadata) {
        this.features = features;
        this.classes = classes;
        this.intercept = intercept;
        this.floats = floats;
        this.doubles = doubles;
        this.summary = summary;
        this.classLabels = classLabels;
        this.standardization = standardization;
        this.form = form;
        this.metadata = metadata;
    }

    /**
     * A model from weights that were found elsewhere, in single precision.
     *
     * @param features D, at least 1
     * @param classes C, at least 1
     * @param weights W, D x C row-major, finite
     * @param intercept b, C values, finite or -infinity for classes whose probability is always 0; empty for none
     * @return the model
     */
    public static SoftmaxModel of(int features, int classes, float[] weights, float[] intercept) {
        Checks.notNull("weights", weights);
        Checks.notNull("intercept", intercept);
        float[] all = Arrays.copyOf(weights, checkedCount(features, classes, weights.length, intercept.length));
        System.arraycopy(intercept, 0, all, weights.length, intercept.length);
        for (int i = 0; i < all.length; i++) {
            checkFinite(all[i], i, features, classes);
        }
        return new SoftmaxModel(features, classes, intercept.length > 0, all, null, null);
    }

    /**
     * A model from weights that were found elsewhere, in double precision.
     *
     * @param features D, at least 1
     * @param classes C, at least 1
     * @param weights W, D x C row-major, finite
     * @param intercept b, C values, finite or -infinity for classes whose probability is always 0; empty for none
     * @return the model
     */
    public static SoftmaxModel of(int features, int classes, double[] weights, double[] intercept) {
        Checks.notNull("weights", weights);
        Checks.notNull("intercept", intercept);
        double[] all = Arrays.copyOf(weights, checkedCount(features, classes, weights.length, intercept.length));
        System.arraycopy(intercept, 0, all, weights.length, intercept.length);
        for (int i = 0; i < all.length; i++) {
            checkFinite(all[i], i, features, classes);
        }
        return new SoftmaxModel(features, classes, intercept.length > 0, null, all, null);
    }

    private static int checkedCount(int features, int classes, int weights, int intercept) {
        int count = Checks.parameterCount(features, classes, intercept > 0);
        Checks.length("weights", weights, "features x classes is", (long) features * classes);
        if (intercept > 0) {
            Checks.length("intercept", intercept, "classes is", classes);
        }
        return count;
    }

    private static void checkFinite(double value, int index, int features, int classes) {
        boolean masks = value == Double.NEGATIVE_INFINITY && index >= (long) features * classes;
        if (!Double.isFinite(value) && !masks) {
            throw new IllegalArgumentException(
                    "weights must be finite, " + SoftmaxLoss.place(index, features, classes) + " was " + value);
        }
    }

    /**
     * D.
     *
     * @return at least 1
     */
    public int features() {
        return features;
    }

    /**
     * C.
     *
     * @return at least 1
     */
    public int classes() {
        return classes;
    }

    /**
     * Whether the scores have an intercept.
     *
     * @return true where they do
     */
    public boolean hasIntercept() {
        return intercept;
    }

    /**
     * Whether the probabilities are the sigmoid of each score, as after training with {@link SigmoidCrossEntropy}: several classes may
     * then be likely at once, and they do not sum to 1.
     *
     * @return false where they are the softmax of all scores
     */
    public boolean predictsSigmoids() {
        return form.sigmoids();
    }

    /**
     * Whether rows are divided by their length before they are scored, as after training with {@link MarginSoftmax}: the scores
     * are then cosines times its scale.
     *
     * @return false where rows are taken as they are
     */
    public boolean dividesRowsByLength() {
        return form.unitRows();
    }

    /**
     * The type of the weights: that of the training data.
     *
     * @return never null
     */
    public ElementType elementType() {
        return floats != null ? ElementType.FLOAT32 : ElementType.FLOAT64;
    }

    /**
     * W.
     *
     * @return a copy, D x C, row-major
     */
    public double[] weights() {
        return slice(0, features * classes);
    }

    /**
     * b.
     *
     * @return a copy, C values; empty where there is no intercept
     */
    public double[] intercept() {
        return intercept ? slice(features * classes, classes) : new double[0];
    }

    private double[] slice(int from, int count) {
        if (doubles != null) {
            return Arrays.copyOfRange(doubles, from, from + count);
        }
        double[] copy = new double[count];
        for (int i = 0; i < count; i++) {
            copy[i] = floats[from + i];
        }
        return copy;
    }

    /**
     * How the model was trained.
     *
     * @return empty where it was made from given weights
     */
    public Optional<TrainingSummary> summary() {
        return Optional.ofNullable(summary);
    }

    /**
     * The names of the classes: those of the training data.
     *
     * @return empty where classes have no names but 0..C-1
     */
    public Optional<ClassLabels> classLabels() {
        return Optional.ofNullable(classLabels);
    }

    /**
     * What was noted about the model with {@link #withMetadata}.
     *
     * @return immutable; empty where nothing was
     */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * The same model with notes of any kind, which its file keeps: where its data came from, say. Nothing here depends on them.
     *
     * @param notes Unicode texts by name, none of them null; they replace those that the model has
     * @return another model
     */
    public SoftmaxModel withMetadata(Map<String, String> notes) {
        Checks.notNull("notes", notes).forEach((name, text) -> {
            checkUnicode("the name of a note", name);
            checkUnicode("the note '" + name + "'", text);
        });
        return new SoftmaxModel(
                features,
                classes,
                intercept,
                floats,
                doubles,
                summary,
                classLabels,
                standardization,
                form,
                Collections.unmodifiableMap(new TreeMap<>(notes)));
    }

    private static void checkUnicode(String what, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(Checks.notNull(what, text))) {
            throw new IllegalArgumentException(what + " must be Unicode, has half of a surrogate pair");
        }
    }

    /**
     * The same model with names for its classes.
     *
     * @param labels C of them; null for none
     * @return another model
     */
    public SoftmaxModel withClassLabels(ClassLabels labels) {
        if (labels != null) {
            Checks.length("labels", labels.size(), "the model has classes:", classes);
        }
        return with(floats, doubles, summary, labels, standardization, form);
    }

    /**
     * The label of the class of one row.
     *
     * @param row D finite values
     * @return its name of {@link #classLabels()}, or the number of the class where there are none
     */
    public String predictLabel(float[] row) {
        return label(predict(row));
    }

    /**
     * The label of the class of one row. Rounded to single precision where the model is.
     *
     * @param row D finite values
     * @return its name of {@link #classLabels()}, or the number of the class where there are none
     */
    public String predictLabel(double[] row) {
        return label(predict(row));
    }

    private String label(int index) {
        return classLabels == null ? Integer.toString(index) : classLabels.label(index);
    }

    /**
     * How the features were standardised in training. The model takes them as they are all the same: {@link #weights()} and
     * {@link #intercept()} have it in them.
     *
     * @return empty where they were not
     */
    public Optional<Standardization> standardization() {
        return Optional.ofNullable(standardization);
    }

    /**
     * The class of one row.
     *
     * @param row D finite values
     * @return in 0..C-1
     */
    public int predict(float[] row) {
        checkRow(Checks.notNull("row", row).length);
        return doubles != null ? predict(widened(row)) : checked(rowOf(row, null), row);
    }

    /**
     * The class of one row. Rounded to single precision where the model is.
     *
     * @param row D finite values
     * @return in 0..C-1
     */
    public int predict(double[] row) {
        checkRow(Checks.notNull("row", row).length);
        return floats != null ? predict(narrowed(row)) : checked(rowOf(row, null), row);
    }

    /**
     * The probabilities of one row.
     *
     * @param row D finite values
     * @return C values, which sum to 1 unless they are sigmoids
     */
    public float[] predictProbabilities(float[] row) {
        float[] probabilities = new float[classes];
        predictProbabilities(row, probabilities);
        return probabilities;
    }

    /**
     * The probabilities and the class of one row, without any allocation where the model is of type FLOAT32.
     *
     * @param row D finite values
     * @param probabilities receives C values; another array than row
     * @return the class
     */
    public int predictProbabilities(float[] row, float[] probabilities) {
        checkRow(Checks.notNull("row", row).length);
        Checks.length("probabilities", Checks.notNull("probabilities", probabilities).length, "classes is", classes);
        checkDistinct(row == probabilities);
        if (floats != null) {
            return checked(rowOf(row, probabilities), row);
        }
        double[] wide = new double[classes];
        int label = predictProbabilities(widened(row), wide);
        System.arraycopy(narrowed(wide), 0, probabilities, 0, classes);
        return label;
    }

    /**
     * The probabilities of one row. Computed in single precision where the model is of that type.
     *
     * @param row D finite values
     * @return C values, which sum to 1 unless they are sigmoids
     */
    public double[] predictProbabilities(double[] row) {
        double[] probabilities = new double[classes];
        predictProbabilities(row, probabilities);
        return probabilities;
    }

    /**
     * The probabilities and the class of one row, without any allocation where the model is of type FLOAT64.
     *
     * @param row D finite values
     * @param probabilities receives C values; another array than row
     * @return the class
     */
    public int predictProbabilities(double[] row, double[] probabilities) {
        checkRow(Checks.notNull("row", row).length);
        Checks.length("probabilities", Checks.notNull("probabilities", probabilities).length, "classes is", classes);
        checkDistinct(row == probabilities);
        if (doubles != null) {
            return checked(rowOf(row, probabilities), row);
        }
        float[] narrow = new float[classes];
        int label = predictProbabilities(narrowed(row), narrow);
        System.arraycopy(widened(narrow), 0, probabilities, 0, classes);
        return label;
    }

    /**
     * The class of one sparse row.
     *
     * @param indices columns in 0..D-1, ascending
     * @param values as many, finite; all other features are zero
     * @return in 0..C-1
     */
    public int predict(int[] indices, float[] values) {
        return classOf(indices, values, null);
    }

    /**
     * The class of one sparse row. Rounded to single precision where the model is.
     *
     * @param indices columns in 0..D-1, ascending
     * @param values as many, finite; all other features are zero
     * @return in 0..C-1
     */
    public int predict(int[] indices, double[] values) {
        return classOf(indices, values, null);
    }

    /**
     * The probabilities and the class of one sparse row, without any allocation where the model is of type FLOAT32.
     *
     * @param indices columns in 0..D-1, ascending
     * @param values as many, finite; all other features are zero
     * @param probabilities receives C values that sum to 1; another array than values
     * @return the class
     */
    public int predictProbabilities(int[] indices, float[] values, float[] probabilities) {
        Checks.length("probabilities", Checks.notNull("probabilities", probabilities).length, "classes is", classes);
        checkDistinct(values == probabilities);
        return classOf(indices, values, probabilities);
    }

    /**
     * The probabilities and the class of one sparse row, without any allocation where the model is of type FLOAT64.
     *
     * @param indices columns in 0..D-1, ascending
     * @param values as many, finite; all other features are zero
     * @param probabilities receives C values that sum to 1; another array than values
     * @return the class
     */
    public int predictProbabilities(int[] indices, double[] values, double[] probabilities) {
        Checks.length("probabilities", Checks.notNull("probabilities", probabilities).length, "classes is", classes);
        checkDistinct(values == probabilities);
        return classOf(indices, values, probabilities);
    }

    private int classOf(int[] indices, float[] values, float[] probabilities) {
        checkSparse(indices, Checks.notNull("values", values).length);
        if (doubles != null) {
            double[] wide = probabilities == null ? null : new double[classes];
            int label = classOf(indices, widened(values), wide);
            if (wide != null) {
                System.arraycopy(narrowed(wide), 0, probabilities, 0, classes);
            }
            return label;
        }
        int label = NativeApi.s4j_predict_sparse_row_f32(
                floats,
                features,
                classes,
                intercept ? 1 : 0,
                form.code(),
                indices,
                values,
                indices.length,
                probabilities);
        return label >= 0 ? label : refused(label, indices, label == Integer.MIN_VALUE ? 0 : values[-1 - label]);
    }

    private int classOf(int[] indices, double[] values, double[] probabilities) {
        checkSparse(indices, Checks.notNull("values", values).length);
        if (floats != null) {
            float[] narrow = probabilities == null ? null : new float[classes];
            int label = classOf(indices, narrowed(values), narrow);
            if (narrow != null) {
                System.arraycopy(widened(narrow), 0, probabilities, 0, classes);
            }
            return label;
        }
        int label = NativeApi.s4j_predict_sparse_row_f64(
                doubles,
                features,
                classes,
                intercept ? 1 : 0,
                form.code(),
                indices,
                values,
                indices.length,
                probabilities);
        return label >= 0 ? label : refused(label, indices, label == Integer.MIN_VALUE ? 0 : values[-1 - label]);
    }

    private static void checkSparse(int[] indices, int values) {
        Core.require();
        Checks.length("values", values, "indices has", Checks.notNull("indices", indices).length);
    }

    private int refused(int label, int[] indices, double value) {
        int entry = label == Integer.MIN_VALUE ? 0 : -1 - label;
        if (label != Integer.MIN_VALUE && Double.isFinite(value)) {
            throw new IllegalArgumentException("indices must ascend in 0.." + (features - 1) + ", indices[" + entry
                    + "] was " + indices[entry] + (entry == 0 ? "" : " after " + indices[entry - 1]));
        }
        return refused(label == Integer.MIN_VALUE ? label : -1 - indices[entry], value);
    }

    private int rowOf(float[] row, float[] probabilities) {
        Core.require();
        return NativeApi.s4j_predict_row_f32(
                floats, features, classes, intercept ? 1 : 0, form.code(), row, probabilities);
    }

    private int rowOf(double[] row, double[] probabilities) {
        Core.require();
        return NativeApi.s4j_predict_row_f64(
                doubles, features, classes, intercept ? 1 : 0, form.code(), row, probabilities);
    }

    private static void checkDistinct(boolean same) {
        if (same) {
            throw new IllegalArgumentException("probabilities must be another array than row");
        }
    }

    private void checkRow(int length) {
        Checks.length("row", length, "the model has features:", features);
    }

    private static int checked(int label, float[] row) {
        return label >= 0 ? label : refused(label, label == Integer.MIN_VALUE ? 0 : row[-1 - label]);
    }

    private static int checked(int label, double[] row) {
        return label >= 0 ? label : refused(label, label == Integer.MIN_VALUE ? 0 : row[-1 - label]);
    }

    private static int refused(int label, double value) {
        if (label == Integer.MIN_VALUE) {
            throw new OutOfMemoryError("no native memory for the scores of a row");
        }
        throw new IllegalArgumentException("row must be finite, column " + (-1 - label) + " was " + value);
    }

    private static double[] widened(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private static float[] narrowed(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    /**
     * The classes of many rows, on the default number of threads. Weights are converted to the data's type.
     *
     * @param data with D features
     * @return N classes
     */
    public int[] predict(Dataset data) {
        int rows = checkData(data, 1);
        try (NativeArray labels = NativeArray.ofInts(rows)) {
            call(data, labels.address(), 0, null);
            int[] result = new int[rows];
            labels.get(result);
            return result;
        }
    }

    /**
     * The probabilities of many rows, on the default number of threads. Weights are converted to the data's type.
     *
     * @param data with D features; N x C must fit one array
     * @return N x C values, row-major
     */
    public double[] predictProbabilities(Dataset data) {
        int count = checkData(data, classes);
        try (NativeArray probabilities = NativeArray.ofReals(data.elementType().code(), count)) {
            call(data, 0, probabilities.address(), null);
            if (data.elementType() == ElementType.FLOAT64) {
                double[] result = new double[count];
                probabilities.get(0, result);
                return result;
            }
            float[] narrow = new float[count];
            probabilities.get(0, narrow);
            return widened(narrow);
        }
    }

    /**
     * The probabilities of many rows, written where the caller wants them, on the default number of threads: nothing of the size of
     * the result is allocated or copied. Weights are converted to the data's type.
     *
     * @param data with D features, of type FLOAT32
     * @param probabilities receives N x C values, row-major, which must be exactly what remains: direct, in native byte order; its
     *     position stays
     */
    public void predictProbabilities(Dataset data, FloatBuffer probabilities) {
        Checks.direct(
                "probabilities",
                probabilities,
                Checks.notNull("probabilities", probabilities).order(),
                true);
        predictInto(data, ElementType.FLOAT32, probabilities);
    }

    /**
     * The probabilities of many rows, written where the caller wants them, on the default number of threads: nothing of the size of
     * the result is allocated or copied. Weights are converted to the data's type.
     *
     * @param data with D features, of type FLOAT64
     * @param probabilities receives N x C values, row-major, which must be exactly what remains: direct, in native byte order; its
     *     position stays
     */
    public void predictProbabilities(Dataset data, DoubleBuffer probabilities) {
        Checks.direct(
                "probabilities",
                probabilities,
                Checks.notNull("probabilities", probabilities).order(),
                true);
        predictInto(data, ElementType.FLOAT64, probabilities);
    }

    private void predictInto(Dataset data, ElementType type, Buffer probabilities) {
        SoftmaxLoss.requireType(data, type);
        int count = checkData(data, classes);
        Checks.length("probabilities", probabilities.remaining(), "rows x classes is", count);
        try {
            long address = NativeArray.addressOf(probabilities);
            data.requireApart("probabilities", address, (long) count * type.bytes());
            call(data, 0, address, null);
        } finally {
            // The caller may have no other use for it: it must not be collected under the native code.
            Reference.reachabilityFence(probabilities);
        }
    }

    /**
     * How well the model does, on the default number of threads.
     *
     * @param data labelled, with D features and at most C classes; where both have class labels, with those of the model
     * @return loss and accuracy
     */
    public Evaluation evaluate(Dataset data) {
        return evaluate(data, Core.defaultThreads());
    }

    Evaluation evaluate(Dataset data, int threads) {
        checkLabelled(data);
        int rows = checkData(data, 1);
        double[] loss = new double[1];
        try (NativeArray labels = NativeArray.ofInts(rows)) {
            call(data, labels.address(), 0, loss, threads);
            int[] predicted = new int[rows];
            labels.get(predicted);
            return new Evaluation(data.labels(), predicted, data.weights(), loss[0]);
        }
    }

    /** Checks that the data has labels that are classes of the model, and its features. */
    void checkLabelled(Dataset data) {
        Checks.notNull("data", data).requireLabels();
        checkFeatures(data);
        if (data.classes() > classes) {
            throw new IllegalArgumentException("data has " + data.classes() + " classes, the model " + classes);
        }
        data.requireSameLabels("data", classLabels, "the model");
    }

    private void checkFeatures(Dataset data) {
        if (Checks.notNull("data", data).features() != features) {
            throw new IllegalArgumentException("data has " + data.features() + " features, the model " + features);
        }
    }

    /** Checks that the model can take the data and that values per row fit an array; returns how many those are. */
    private int checkData(Dataset data, int perRow) {
        checkFeatures(data);
        if (data.rows() > (Integer.MAX_VALUE - 8) / perRow) {
            throw new IllegalArgumentException(
                    "rows x " + perRow + " values do not fit one array, rows is " + data.rows());
        }
        return (int) data.rows() * perRow;
    }

    private void call(Dataset data, long labels, long probabilities, double[] loss) {
        call(data, labels, probabilities, loss, Core.defaultThreads());
    }

    private void call(Dataset data, long labels, long probabilities, double[] loss, int threads) {
        try (DatasetMemory.Lease lease = data.acquire();
                NativeArray parameters = toNative(data.elementType())) {
            Core.check(NativeApi.s4j_predict(
                    lease.data(),
                    classes,
                    intercept ? 1 : 0,
                    form.code(),
                    parameters.address(),
                    labels,
                    0,
                    probabilities,
                    threads,
                    loss));
        }
    }

    SoftmaxModel withSummary(TrainingSummary other) {
        return with(floats, doubles, other, classLabels, standardization, form);
    }

    SoftmaxModel withStandardization(Standardization other) {
        return with(floats, doubles, summary, classLabels, other, form);
    }

    SoftmaxModel withForm(ModelForm other) {
        return with(floats, doubles, summary, classLabels, standardization, other);
    }

    private SoftmaxModel with(
            float[] single,
            double[] wide,
            TrainingSummary about,
            ClassLabels labels,
            Standardization standardized,
            ModelForm kind) {
        return new SoftmaxModel(
                features, classes, intercept, single, wide, about, labels, standardized, kind, metadata);
    }

    ModelForm form() {
        return form;
    }

    /** The model to predict with, of parameters that were trained with a loss. */
    SoftmaxModel asTrainedWith(LossTerms terms) {
        if (!terms.changesModels()) {
            return withForm(terms.form());
        }
        double[] all = terms.toModel(floats != null ? widened(floats) : doubles, features, classes, intercept);
        boolean single = floats != null;
        return new SoftmaxModel(
                features,
                classes,
                all.length > features * classes,
                single ? narrowed(all) : null,
                single ? null : all,
                summary,
                classLabels,
                standardization,
                terms.form(),
                metadata);
    }

    /** The model whose scores are those of this one times a factor. */
    SoftmaxModel scaled(double factor) {
        float[] narrow = floats == null ? null : floats.clone();
        double[] wide = doubles == null ? null : doubles.clone();
        for (int i = 0; narrow != null && i < narrow.length; i++) {
            narrow[i] = (float) (narrow[i] * factor);
        }
        for (int i = 0; wide != null && i < wide.length; i++) {
            wide[i] *= factor;
        }
        return with(narrow, wide, summary, classLabels, standardization, form);
    }

    /** W, then b, off the heap. */
    NativeArray toNative(ElementType type) {
        NativeArray array = NativeArray.ofReals(type.code(), floats != null ? floats.length : doubles.length);
        copyTo(array);
        return array;
    }

    void copyTo(NativeArray array) {
        if (floats != null) {
            array.put(0, floats);
        } else {
            array.put(0, doubles);
        }
    }

    /** W and b, {@code float[]} or {@code double[]}; not to be changed. */
    Object parameterArray() {
        return floats != null ? floats : doubles;
    }

    /**
     * Writes the model in the safetensors format: the tensors {@code weights} (D x C) and {@code intercept} (C), and the training
     *      * summary, the class labels and {@link #metadata()} as metadata; where the features were standardised also
     * {@code standardization.mean} and {@code standardization.deviation} (D each), which the weights have in them. The same fit gives
     * the same bytes.
     *
     * <p>The file appears whole or not at all, and is on disk when this returns: see {@link OutputFile}. An interrupt of the calling
     * thread does not end it, and stays set.
     *
     * @param file where to; replaced if it exists
     * @throws IOException if it cannot be written; nothing is left behind then
     */
    public void save(Path file) throws IOException {
        ModelFile.write(this, floats, doubles, Checks.notNull("file", file));
    }

    /**
     * Reads a model that {@link #save} has written.
     *
     * @param file where from
     * @return the model
     * @throws IOException if it cannot be read, or is not such a file; the message names the file and what is wrong
     */
    public static SoftmaxModel load(Path file) throws IOException {
        return ModelFile.read(Checks.notNull("file", file));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SoftmaxModel m
                && features == m.features
                && classes == m.classes
                && intercept == m.intercept
                && Arrays.equals(floats, m.floats)
                && Arrays.equals(doubles, m.doubles)
                && Objects.equals(summary, m.summary)
                && Objects.equals(classLabels, m.classLabels)
                && Objects.equals(standardization, m.standardization)
                && form.equals(m.form)
                && metadata.equals(m.metadata);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                features,
                classes,
                intercept,
                Arrays.hashCode(floats),
                Arrays.hashCode(doubles),
                summary,
                classLabels,
                standardization,
                form,
                metadata);
    }

    @Override
    public String toString() {
        return "SoftmaxModel[features=" + features + ", classes=" + classes + ", intercept=" + intercept + ", "
                + elementType() + "]";
    }
}
