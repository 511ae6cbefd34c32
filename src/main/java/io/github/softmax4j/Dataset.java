package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Rows of features, with class labels and row weights where given, off the heap: checked and filled once, used for many fits
 * and predictions. N rows, D features, C classes; a row-major N x D matrix of one {@link ElementType}, or {@link Builder#sparse
 * sparse rows}.
 *
 * <p>Immutable and safe for any number of threads. {@link #close()} frees the memory once no call uses it any more; closing twice
 * is fine, using it after that is an {@link IllegalStateException}. A dataset nobody closed is freed some time after it has become
 * unreachable.
 */
public final class Dataset implements AutoCloseable {

    private static final Cleaner CLEANER = Cleaner.create();

    private final long rows;
    private final int features;
    private final int classes;
    private final ClassLabels classLabels;
    private final boolean labelled;
    /** Of the targets: -1 where each row sums to 1, or there are none. */
    private final long noDistribution;

    private final ElementType elementType;
    private final boolean weighted;
    private final boolean sparse;
    private final long nonZeros;
    private final Storage storage;
    private final DatasetMemory memory;
    private final Cleaner.Cleanable cleanable;

    Dataset(
            long rows,
            int features,
            int classes,
            ClassLabels classLabels,
            ElementType elementType,
            Storage storage,
            long nonZeros,
            DatasetMemory memory) {
        this.rows = rows;
        this.features = features;
        this.classes = classes;
        this.classLabels = classLabels;
        this.labelled = memory.labels != null;
        this.noDistribution = memory.targets == null
                ? -1
                : NativeApi.s4j_first_bad_target(elementType.code(), memory.targets.address(), rows, classes, 1);
        this.elementType = elementType;
        this.weighted = memory.weights != null;
        this.sparse = memory.offsets != null;
        this.nonZeros = nonZeros;
        this.storage = storage;
        this.memory = memory;
        this.cleanable = CLEANER.register(this, memory::close);
    }

    /**
     * Labelled rows from one array.
     *
     * @param x features, row-major: rows x features values, copied
     * @param rows N, at least 1
     * @param features D, at least 1
     * @param labels N classes from 0
     * @return the dataset
     */
    public static Dataset ofFloats(float[] x, int rows, int features, int[] labels) {
        return builder().features(x, rows, features).labels(labels).build();
    }

    /**
     * Labelled rows from an array of rows of one length.
     *
     * @param x the rows, copied
     * @param labels one class from 0 for each
     * @return the dataset
     */
    public static Dataset ofFloats(float[][] x, int[] labels) {
        return builder().features(x).labels(labels).build();
    }

    /**
     * Labelled rows from one array.
     *
     * @param x features, row-major: rows x features values, copied
     * @param rows N, at least 1
     * @param features D, at least 1
     * @param labels N classes from 0
     * @return the dataset
     */
    public static Dataset ofDoubles(double[] x, int rows, int features, int[] labels) {
        return builder().features(x, rows, features).labels(labels).build();
    }

    /**
     * Labelled rows from an array of rows of one length.
     *
     * @param x the rows, copied
     * @param labels one class from 0 for each
     * @return the dataset
     */
    public static Dataset ofDoubles(double[][] x, int[] labels) {
        return builder().features(x).labels(labels).build();
    }

    /**
     * A dataset in a file that a {@link DatasetWriter} has written, without reading it into memory: the operating system brings in
     * what is used and drops what it needs the room for, so the data may be larger than memory. Checked are the header, every size
     * against the length of the file, the labels and the weights; features were checked when they were written.
     *
     * <p>As long as the dataset is open the file must not be changed and not get shorter: touching what is no longer there ends the
     * process. Replacing it by another file under the same name is harmless.
     *
     * @param file on the default file system
     * @return the dataset
     * @throws IOException if it cannot be read or is not such a file; the message names the file and what is wrong
     */
    public static Dataset open(Path file) throws IOException {
        Core.require();
        return DatasetFile.open(Checks.notNull("file", file));
    }

    /**
     * For everything else: rows without labels, row weights, a given number of classes, features in direct buffers.
     *
     * @return an empty builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * N.
     *
     * @return at least 1
     */
    public long rows() {
        return rows;
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
     * Whether only the values that are not zero are stored.
     *
     * @return true where the rows were given as {@link Builder#sparse}
     */
    public boolean isSparse() {
        return sparse;
    }

    /**
     * How many values are stored.
     *
     * @return the entries of sparse rows, those that are zero included; N x D otherwise
     */
    public long nonZeros() {
        return nonZeros;
    }

    /**
     * C: as given, or one more than the highest label.
     *
     * @return 0 where there are neither labels nor targets
     */
    public int classes() {
        return classes;
    }

    /**
     * The type of the features as numbers, which is that of all arithmetic on them: FLOAT32 for those that are stored as unsigned bytes or
     * bfloat16.
     *
     * @return never null
     */
    public ElementType elementType() {
        return elementType;
    }

    /**
     * Whether each row has a class.
     *
     * @return true where labels were given
     */
    public boolean hasLabels() {
        return labelled;
    }

    /**
     * Whether each row has targets, one for each class.
     *
     * @return true where targets were given
     */
    public boolean hasTargets() {
        return memory.targets != null;
    }

    /**
     * The names of the classes.
     *
     * @return empty where labels are the classes themselves, or there are none
     */
    public Optional<ClassLabels> classLabels() {
        return Optional.ofNullable(classLabels);
    }

    /**
     * The class of each row.
     *
     * @return a copy, in 0..C-1; 0 for rows whose label is ignored
     * @throws IllegalStateException if there are none, or this is closed
     */
    public int[] labels() {
        if (!hasLabels()) {
            throw new IllegalStateException("the dataset has no labels");
        }
        try (DatasetMemory.Lease lease = acquire()) {
            int[] labels = new int[Math.toIntExact(rows)];
            lease.copyLabels(labels);
            return labels;
        }
    }

    boolean hasWeights() {
        return weighted;
    }

    /** The row weights as they are used; null where all are 1. */
    double[] weights() {
        try (DatasetMemory.Lease lease = acquire()) {
            return lease.copyWeights();
        }
    }

    /** Frees the memory as soon as no call uses it. */
    @Override
    public void close() {
        cleanable.clean();
    }

    void requireLabels() {
        if (!hasLabels()) {
            throw new IllegalArgumentException("the dataset has no labels; give them to its builder");
        }
    }

    /** Refuses other class labels than those, where both have some. */
    void requireSameLabels(String name, ClassLabels others, String owner) {
        if (classLabels != null && others != null && !classLabels.equals(others)) {
            throw new IllegalArgumentException(name + " has the class labels " + classLabels + ", " + owner + " "
                    + others + "; give the builder of the dataset those of " + owner);
        }
    }

    Storage storage() {
        return storage;
    }

    void requireLabelsOrTargets() {
        if (!hasTargets()) {
            requireLabels();
        }
    }

    /** -1 where the targets of each row sum to 1. */
    long firstRowThatIsNoDistribution() {
        return noDistribution < 0 ? -1 : noDistribution / classes;
    }

    /** Refuses memory to write to that overlaps a buffer which the features were taken from without a copy. */
    void requireApart(String name, long address, long bytes) {
        long from = memory.borrowedAddress;
        long length = rows * features * storage.elementBytes(elementType);
        if (from != 0 && address < from + length && from < address + bytes) {
            throw new IllegalArgumentException(name + " must not overlap the features of the dataset");
        }
    }

    /** Keeps the memory in place until the lease is closed. */
    DatasetMemory.Lease acquire() {
        return memory.acquire();
    }

    /** Collects what a dataset is made of. Arrays are copied by {@link #build()}, direct buffers are not. */
    public static final class Builder {
        private FeatureSource source;
        private LabelColumn labels;
        private Integer ignoredLabel;
        private boolean ignoreUnknown;
        private SoftTargets targets;
        private double[] weights;
        private int classes;
        private boolean sumDuplicates;

        private Builder() {}

        /**
         * Features from one array.
         *
         * @param x rows x features values, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @return this
         */
        public Builder features(float[] x, int rows, int features) {
            Checks.notNull("x", x);
            Checks.length("x", x.length, "rows x features is", shape(rows, features));
            return set(x, rows, features, ElementType.FLOAT32);
        }

        /**
         * Features from one array.
         *
         * @param x rows x features values, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @return this
         */
        public Builder features(double[] x, int rows, int features) {
            Checks.notNull("x", x);
            Checks.length("x", x.length, "rows x features is", shape(rows, features));
            return set(x, rows, features, ElementType.FLOAT64);
        }

        /**
         * Features from rows of one length.
         *
         * @param x the rows
         * @return this
         */
        public Builder features(float[][] x) {
            Checks.notNull("x", x);
            Checks.atLeast("rows", x.length, 1);
            int width = Checks.notNull("row 0", x[0]).length;
            Checks.atLeast("features", width, 1);
            for (int i = 1; i < x.length; i++) {
                FeatureSource.row(i, x[i], width);
            }
            return set(x, x.length, width, ElementType.FLOAT32);
        }

        /**
         * Features from rows of one length.
         *
         * @param x the rows
         * @return this
         */
        public Builder features(double[][] x) {
            Checks.notNull("x", x);
            Checks.atLeast("rows", x.length, 1);
            int width = Checks.notNull("row 0", x[0]).length;
            Checks.atLeast("features", width, 1);
            for (int i = 1; i < x.length; i++) {
                FeatureSource.row(i, x[i], width);
            }
            return set(x, x.length, width, ElementType.FLOAT64);
        }

        /**
         * Features where they lie: no copy. The buffer's content must not change as long as the dataset is used.
         *
         * @param x direct, in native byte order, with exactly rows x features elements remaining, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @return this
         */
        public Builder features(FloatBuffer x, int rows, int features) {
            Checks.notNull("x", x);
            direct(x, x.order(), shape(rows, features));
            return set(x.slice(), rows, features, ElementType.FLOAT32);
        }

        /**
         * Features where they lie: no copy. The buffer's content must not change as long as the dataset is used.
         *
         * @param x direct, in native byte order, with exactly rows x features elements remaining, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @return this
         */
        public Builder features(DoubleBuffer x, int rows, int features) {
            Checks.notNull("x", x);
            direct(x, x.order(), shape(rows, features));
            return set(x.slice(), rows, features, ElementType.FLOAT64);
        }

        /**
         * Sparse rows (CSR): row i has the entries {@code offsets[i]} up to {@code offsets[i + 1]}, entry k being {@code values[k]} in
         * column {@code indices[k]}; all else is zero. Rows without entries and entries of value 0 are fine. Labelled rows are kept
         * twice, by row and by column, which makes gradients fast: 2 x (4 + 4 or 8) bytes for each entry and up to 12 for each
         * column of 16,384 rows.
         *
         * @param offsets N + 1 numbers: 0 first, none below the one before it, the length of indices last
         * @param indices columns in 0..D-1, ascending within a row, unless {@link #sumDuplicates}
         * @param values as many, finite
         * @param features D, at least 1
         * @return this
         */
        public Builder sparse(long[] offsets, int[] indices, float[] values, int features) {
            SparseRows rows = SparseRows.of(offsets, indices, values, features);
            return set(rows, rows.rows(), features, ElementType.FLOAT32);
        }

        /**
         * Sparse rows, as {@link #sparse(long[], int[], float[], int)}.
         *
         * @param offsets N + 1 numbers
         * @param indices columns in 0..D-1
         * @param values as many, finite
         * @param features D, at least 1
         * @return this
         */
        public Builder sparse(long[] offsets, int[] indices, double[] values, int features) {
            SparseRows rows = SparseRows.of(offsets, indices, values, features);
            return set(rows, rows.rows(), features, ElementType.FLOAT64);
        }

        /**
         * Sparse rows, as {@link #sparse(long[], int[], float[], int)}.
         *
         * @param offsets N + 1 numbers
         * @param indices columns in 0..D-1
         * @param values as many, finite
         * @param features D, at least 1
         * @return this
         */
        public Builder sparse(int[] offsets, int[] indices, float[] values, int features) {
            return sparse(SparseRows.widened(offsets), indices, values, features);
        }

        /**
         * Sparse rows, as {@link #sparse(long[], int[], float[], int)}.
         *
         * @param offsets N + 1 numbers
         * @param indices columns in 0..D-1
         * @param values as many, finite
         * @param features D, at least 1
         * @return this
         */
        public Builder sparse(int[] offsets, int[] indices, double[] values, int features) {
            return sparse(SparseRows.widened(offsets), indices, values, features);
        }

        /**
         * Takes the entries of a sparse row in any order, and adds up those of one column; otherwise both are refused.
         *
         * @return this
         */
        public Builder sumDuplicates() {
            this.sumDuplicates = true;
            return this;
        }

        /**
         * Features as unsigned bytes, such as pixels: a quarter of the memory of floats, and of the time to read it. Their values, of type
         * FLOAT32, are {@code (float) ((x & 0xff) * scale + offset)}, computed block by block as they are used; results have the same bits
         * as with these values given as floats.
         *
         * @param x rows x features bytes, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @param scale such that every byte has a finite value; 1 / 255.0 for pixels in 0..1
         * @param offset the value of byte 0
         * @return this
         */
        public Builder features(byte[] x, int rows, int features, double scale, double offset) {
            return features(x, rows, features, new double[] {scale}, new double[] {offset});
        }

        /**
         * Features as unsigned bytes, each feature with a scale and offset of its own.
         *
         * @param x rows x features bytes, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @param scale D numbers such that every byte has a finite value
         * @param offset D numbers
         * @return this
         */
        public Builder features(byte[] x, int rows, int features, double[] scale, double[] offset) {
            Checks.notNull("x", x);
            Checks.length("x", x.length, "rows x features is", shape(rows, features));
            return set(x, rows, features, bytes(features, scale, offset));
        }

        /**
         * Features as unsigned bytes where they lie: no copy. The buffer's content must not change as long as the dataset is used.
         *
         * @param x direct, with exactly rows x features bytes remaining, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @param scale such that every byte has a finite value
         * @param offset the value of byte 0
         * @return this
         */
        public Builder features(ByteBuffer x, int rows, int features, double scale, double offset) {
            return features(x, rows, features, new double[] {scale}, new double[] {offset});
        }

        /**
         * Features as unsigned bytes where they lie, each feature with a scale and offset of its own.
         *
         * @param x direct, with exactly rows x features bytes remaining, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @param scale D numbers such that every byte has a finite value
         * @param offset D numbers
         * @return this
         */
        public Builder features(ByteBuffer x, int rows, int features, double[] scale, double[] offset) {
            Checks.notNull("x", x);
            direct(x, ByteOrder.nativeOrder(), shape(rows, features));
            return set(x.slice(), rows, features, bytes(features, scale, offset));
        }

        /**
         * Features as bfloat16: the upper halves of 32-bit floats. Their values, of type FLOAT32, are exact.
         *
         * @param x rows x features values, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @return this
         */
        public Builder bfloat16(short[] x, int rows, int features) {
            Checks.notNull("x", x);
            Checks.length("x", x.length, "rows x features is", shape(rows, features));
            return set(x, rows, features, Storage.BFLOAT16);
        }

        /**
         * Features as bfloat16 where they lie: no copy. The buffer's content must not change as long as the dataset is used.
         *
         * @param x direct, in native byte order, with exactly rows x features elements remaining, row-major
         * @param rows N, at least 1
         * @param features D, at least 1
         * @return this
         */
        public Builder bfloat16(ShortBuffer x, int rows, int features) {
            Checks.notNull("x", x);
            direct(x, x.order(), shape(rows, features));
            return set(x.slice(), rows, features, Storage.BFLOAT16);
        }

        /**
         * The class of each row.
         *
         * @param labels N classes from 0
         * @return this
         */
        public Builder labels(int[] labels) {
            this.labels = new LabelColumn(Checks.notNull("labels", labels), null);
            return this;
        }

        /**
         * The label of each row, a whole number of any kind, and the classes it stands for: {@link ClassLabels#of(int...)} of the
         * labels of training data, {@link SoftmaxModel#classLabels()} for data that a model is to judge.
         *
         * @param labels N numbers
         * @param classLabels the classes
         * @return this
         */
        public Builder labels(int[] labels, ClassLabels classLabels) {
            this.labels = new LabelColumn(Checks.notNull("labels", labels), Checks.notNull("classLabels", classLabels));
            return this;
        }

        /**
         * The label of each row, a text; the classes are {@link ClassLabels#of(String...)} of them.
         *
         * @param labels N texts
         * @return this
         */
        public Builder labels(String[] labels) {
            return labels(labels, ClassLabels.of(labels));
        }

        /**
         * The label of each row, a text, and the classes it stands for, as those of a model.
         *
         * @param labels N texts
         * @param classLabels the classes
         * @return this
         */
        public Builder labels(String[] labels, ClassLabels classLabels) {
            this.labels = new LabelColumn(Checks.notNull("labels", labels), Checks.notNull("classLabels", classLabels));
            return this;
        }

        /**
         * A label that says that a row has none: rows with it count in no loss, gradient or metric, as if their weight were 0. They
         * still count as rows of a batch.
         *
         * @param label any number; it need not be a class
         * @return this
         */
        public Builder ignoreLabel(int label) {
            this.ignoredLabel = label;
            return this;
        }

        /**
         * Rows whose label is not among the class labels, or is not in 0..C-1, are ignored as by {@link #ignoreLabel}; otherwise
         * they are refused.
         *
         * @return this
         */
        public Builder ignoreUnknownLabels() {
            this.ignoreUnknown = true;
            return this;
        }

        /**
         * Targets of each row, one for each class: its share of the row for {@link CrossEntropy} (soft labels; each row sums to 1
         * within 1e-5), whether the class applies to it for {@link SigmoidCrossEntropy}. They count instead of labels where
         * the loss takes them; labels may be given beside them, for evaluation.
         *
         * @param targets N x C values in 0..1, row-major, copied
         * @param classes C, at least 1
         * @return this
         */
        public Builder targets(float[] targets, int classes) {
            return setTargets(Checks.notNull("targets", targets), classes);
        }

        /**
         * Targets of each row, one for each class, rounded to the type of the features; as {@link #targets(float[], int)}.
         *
         * @param targets N x C values in 0..1, row-major, copied
         * @param classes C, at least 1
         * @return this
         */
        public Builder targets(double[] targets, int classes) {
            return setTargets(Checks.notNull("targets", targets), classes);
        }

        private Builder setTargets(Object values, int count) {
            Checks.atLeast("classes", count, 1);
            this.targets = new SoftTargets(values, count);
            return this;
        }

        /**
         * The weight of each row in loss and gradient: a row of weight 2 counts as two rows, one of weight 0 as none.
         *
         * @param weights N numbers, finite in the type of the features, none negative, with a sum in 1e-300..1e300
         * @return this
         */
        public Builder weights(double[] weights) {
            this.weights = Checks.notNull("weights", weights);
            return this;
        }

        /**
         * The number of classes, where it is not one more than the highest label.
         *
         * @param classes C, at least 1
         * @return this
         */
        public Builder classes(int classes) {
            Checks.atLeast("classes", classes, 1);
            this.classes = classes;
            return this;
        }

        /**
         * Copies and checks.
         *
         * @return the dataset
         * @throws IllegalArgumentException if there are no features, lengths disagree, a label is out of range or unknown, all of
         *     them are ignored, or a value is not finite; the message names the place
         * @throws OutOfMemoryError if there is no memory; nothing is kept
         */
        public Dataset build() {
            Core.require();
            if (source == null) {
                throw new IllegalArgumentException("features must be given");
            }
            if (targets != null) {
                if (classes != 0 && classes != targets.classes()) {
                    throw new IllegalArgumentException("classes is " + classes + ", targets have " + targets.classes());
                }
                classes = targets.classes();
            }
            int[] indices = classOfRows();
            int count = countClasses(indices);
            double[] counting = RowWeights.withoutIgnored(weights, indices, source.rows());
            ElementType type = source.type();
            DatasetMemory memory = new DatasetMemory();
            try {
                long stored = source.fill(memory, sumDuplicates);
                if (indices != null) {
                    memory.labels = NativeArray.ofInts(indices.length);
                    memory.labels.put(indices);
                }
                RowWeights.fill(memory, type, counting);
                source.create(memory);
                if (targets != null) {
                    targets.fill(memory, type, source.rows());
                }
                ClassLabels names = labels == null ? null : labels.names;
                return new Dataset(
                        source.rows(), source.features(), count, names, type, source.storage(), stored, memory);
            } catch (RuntimeException | Error e) {
                memory.close();
                throw e;
            }
        }

        private int[] classOfRows() {
            if (labels == null) {
                if (classes != 0 && targets == null) {
                    throw new IllegalArgumentException("classes is " + classes + " but there are no labels");
                }
                return null;
            }
            return labels.indices(source.rows(), classes, ignoredLabel, ignoreUnknown);
        }

        private int countClasses(int[] indices) {
            if (indices == null || classes != 0) {
                return classes;
            }
            return labels.names != null
                    ? labels.names.size()
                    : 1 + Arrays.stream(indices).max().orElseThrow();
        }

        private static Storage bytes(int features, double[] scale, double[] offset) {
            return Storage.bytes(
                    features,
                    Checks.notNull("scale", scale).clone(),
                    Checks.notNull("offset", offset).clone());
        }

        private static long shape(int rows, int features) {
            Checks.atLeast("rows", rows, 1);
            Checks.atLeast("features", features, 1);
            return (long) rows * features;
        }

        private static void direct(Buffer x, ByteOrder order, long expected) {
            Checks.direct("x", x, order, false);
            Checks.length("x", x.remaining(), "rows x features is", expected);
        }

        private Builder set(Object x, long rows, int features, Storage storage) {
            source = new FeatureSource(x, rows, features, ElementType.FLOAT32, storage);
            return this;
        }

        private Builder set(Object x, long rows, int features, ElementType type) {
            source = new FeatureSource(x, rows, features, type, Storage.PLAIN);
            return this;
        }
    }
}
