package io.github.softmax4j;

import io.github.softmax4j.internal.AtomicFile;
import io.github.softmax4j.internal.NativeApi;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a dataset to a file row by row or block by block, however many there are, for {@link Dataset#open}. The file appears whole,
 * by {@link #finish()}, or not at all; until then the rows are in files beside it, and {@link #close()} removes them, or the next
 * writer of this file where the process was killed. It is written as {@link SoftmaxModel#save} writes.
 *
 * <p>All blocks have labels or none has, and so with weights. For one thread at a time.
 */
public final class DatasetWriter implements AutoCloseable {

    private static final int BUFFER = 1 << 20;

    private final ElementType type;
    private final Storage storage;
    private final int features;
    private final long featuresAt;
    private final List<Section> sections = new ArrayList<>();
    private final Section x;
    private Section labels;
    private Section weights;
    private long rows;
    private int highestLabel = -1;
    private double totalWeight;
    private boolean open = true;

    private DatasetWriter(Path file, ElementType type, Storage storage, int features) throws IOException {
        Checks.atLeast("features", features, 1);
        Checks.notNull("file", file);
        this.type = type;
        this.storage = storage;
        this.features = features;
        int affine = storage.scale().length;
        featuresAt = aligned(DatasetFile.HEADER_BYTES + 2L * affine * Double.BYTES);
        x = new Section(AtomicFile.create(file));
        x.buffer.put(new byte[DatasetFile.HEADER_BYTES]);
        for (double[] values : new double[][] {storage.scale(), storage.offset()}) {
            for (double value : values) {
                x.room(Double.BYTES).putDouble(value);
            }
        }
        x.align();
    }

    /**
     * For features of type FLOAT32.
     *
     * @param file where to; replaced if it exists
     * @param features D, at least 1
     * @return the writer
     * @throws IOException if it cannot be written
     */
    public static DatasetWriter ofFloats(Path file, int features) throws IOException {
        return new DatasetWriter(file, ElementType.FLOAT32, Storage.PLAIN, features);
    }

    /**
     * For features of type FLOAT64.
     *
     * @param file where to; replaced if it exists
     * @param features D, at least 1
     * @return the writer
     * @throws IOException if it cannot be written
     */
    public static DatasetWriter ofDoubles(Path file, int features) throws IOException {
        return new DatasetWriter(file, ElementType.FLOAT64, Storage.PLAIN, features);
    }

    /**
     * For features as unsigned bytes, of the values {@code (float) (byte * scale + offset)}.
     *
     * @param file where to; replaced if it exists
     * @param features D, at least 1
     * @param scale such that every byte has a finite value
     * @param offset the value of byte 0
     * @return the writer
     * @throws IOException if it cannot be written
     */
    public static DatasetWriter ofBytes(Path file, int features, double scale, double offset) throws IOException {
        return ofBytes(file, features, new double[] {scale}, new double[] {offset});
    }

    /**
     * For features as unsigned bytes, each feature with a scale and offset of its own.
     *
     * @param file where to; replaced if it exists
     * @param features D, at least 1
     * @param scale D numbers such that every byte has a finite value
     * @param offset D numbers
     * @return the writer
     * @throws IOException if it cannot be written
     */
    public static DatasetWriter ofBytes(Path file, int features, double[] scale, double[] offset) throws IOException {
        double[] scales = Checks.notNull("scale", scale).clone();
        double[] offsets = Checks.notNull("offset", offset).clone();
        return new DatasetWriter(file, ElementType.FLOAT32, Storage.bytes(features, scales, offsets), features);
    }

    /**
     * For features as bfloat16, the upper halves of 32-bit floats.
     *
     * @param file where to; replaced if it exists
     * @param features D, at least 1
     * @return the writer
     * @throws IOException if it cannot be written
     */
    public static DatasetWriter ofBfloat16(Path file, int features) throws IOException {
        return new DatasetWriter(file, ElementType.FLOAT32, Storage.BFLOAT16, features);
    }

    /**
     * Adds a labelled row.
     *
     * @param row D finite values
     * @param label its class, from 0
     * @return this
     * @throws IOException if it cannot be written
     */
    public DatasetWriter append(float[] row, int label) throws IOException {
        return append(row, new int[] {label}, null);
    }

    /**
     * Adds a labelled row.
     *
     * @param row D finite values
     * @param label its class, from 0
     * @return this
     * @throws IOException if it cannot be written
     */
    public DatasetWriter append(double[] row, int label) throws IOException {
        return append(row, new int[] {label}, null);
    }

    /**
     * Adds a labelled row.
     *
     * @param row D unsigned bytes
     * @param label its class, from 0
     * @return this
     * @throws IOException if it cannot be written
     */
    public DatasetWriter append(byte[] row, int label) throws IOException {
        return append(row, new int[] {label}, null);
    }

    /**
     * Adds a block of rows to a file of type FLOAT32.
     *
     * @param block rows x D finite values, row-major
     * @param labels the class of each row, from 0; null for none
     * @param weights the weight of each row, finite and not negative; null for none
     * @return this
     * @throws IOException if it cannot be written
     */
    public DatasetWriter append(float[] block, int[] labels, double[] weights) throws IOException {
        int n = check(
                Checks.notNull("block", block).length, type == ElementType.FLOAT32, NativeApi.REAL, labels, weights);
        for (int i = 0; i < block.length; i++) {
            checkFinite(Float.isFinite(block[i]), i, block[i]);
        }
        for (float value : block) {
            x.room(Float.BYTES).putFloat(value);
        }
        return added(n, labels, weights);
    }

    /**
     * Adds a block of rows to a file of type FLOAT64.
     *
     * @param block rows x D finite values, row-major
     * @param labels the class of each row, from 0; null for none
     * @param weights the weight of each row, finite and not negative; null for none
     * @return this
     * @throws IOException if it cannot be written
     */
    public DatasetWriter append(double[] block, int[] labels, double[] weights) throws IOException {
        int n = check(
                Checks.notNull("block", block).length, type == ElementType.FLOAT64, NativeApi.REAL, labels, weights);
        for (int i = 0; i < block.length; i++) {
            checkFinite(Double.isFinite(block[i]), i, block[i]);
        }
        for (double value : block) {
            x.room(Double.BYTES).putDouble(value);
        }
        return added(n, labels, weights);
    }

    /**
     * Adds a block of rows to a file of unsigned bytes.
     *
     * @param block rows x D bytes, row-major
     * @param labels the class of each row, from 0; null for none
     * @param weights the weight of each row, finite and not negative; null for none
     * @return this
     * @throws IOException if it cannot be written
     */
    public DatasetWriter append(byte[] block, int[] labels, double[] weights) throws IOException {
        int n = check(Checks.notNull("block", block).length, true, NativeApi.UINT8, labels, weights);
        for (int i = 0; i < block.length; i += BUFFER) {
            int count = Math.min(BUFFER, block.length - i);
            x.room(count).put(block, i, count);
        }
        return added(n, labels, weights);
    }

    /**
     * Adds a block of rows to a file of bfloat16.
     *
     * @param block rows x D finite values, row-major
     * @param labels the class of each row, from 0; null for none
     * @param weights the weight of each row, finite and not negative; null for none
     * @return this
     * @throws IOException if it cannot be written
     */
    public DatasetWriter append(short[] block, int[] labels, double[] weights) throws IOException {
        int n = check(Checks.notNull("block", block).length, true, NativeApi.BFLOAT16, labels, weights);
        for (int i = 0; i < block.length; i++) {
            float value = Float.intBitsToFloat(block[i] << 16);
            checkFinite(Float.isFinite(value), i, value);
        }
        for (short value : block) {
            x.room(Short.BYTES).putShort(value);
        }
        return added(n, labels, weights);
    }

    /**
     * The rows so far.
     *
     * @return at least 0
     */
    public long rows() {
        return rows;
    }

    /**
     * Makes the file appear, with one class more than the highest label.
     *
     * @throws IOException if it cannot be written; nothing is left behind then
     * @throws IllegalStateException if there are no rows, or this is finished or closed
     */
    public void finish() throws IOException {
        finish(highestLabel + 1);
    }

    /**
     * Makes the file appear.
     *
     * @param classes C, above the highest label; 0 where there are no labels
     * @throws IOException if it cannot be written; nothing is left behind then
     * @throws IllegalStateException if there are no rows, or this is finished or closed
     */
    public void finish(int classes) throws IOException {
        requireClasses("classes", classes);
        finish(classes, null, null);
    }

    /**
     * Makes the file appear with names for its labels: rows that were appended with label i have the label {@code names[i]}. Its classes
     * are the names in the order that {@link ClassLabels} has.
     *
     * @param names C distinct texts, more than the highest label
     * @throws IOException if it cannot be written; nothing is left behind then
     * @throws IllegalStateException if there are no rows, or this is finished or closed
     */
    public void finish(String[] names) throws IOException {
        ClassLabels classLabels = ClassLabels.of(names);
        finish(classLabels, Arrays.stream(names).mapToInt(classLabels::index).toArray());
    }

    /**
     * Makes the file appear with whole numbers of any kind for labels: rows that were appended with label i have the label
     * {@code numbers[i]}. Its classes are the numbers in ascending order; where these are 0..C-1 they are the classes themselves.
     *
     * @param numbers C distinct numbers, more than the highest label
     * @throws IOException if it cannot be written; nothing is left behind then
     * @throws IllegalStateException if there are no rows, or this is finished or closed
     */
    public void finish(int[] numbers) throws IOException {
        ClassLabels classLabels = ClassLabels.of(numbers);
        int[] classOf = Arrays.stream(numbers).map(classLabels::index).toArray();
        boolean classes =
                classLabels.number(0) == 0 && classLabels.number(classLabels.size() - 1) == numbers.length - 1;
        finish(classes ? null : classLabels, classOf);
    }

    private void finish(ClassLabels classLabels, int[] classOf) throws IOException {
        requireClasses("the number of labels", classOf.length);
        if (Arrays.stream(classOf).distinct().count() < classOf.length) {
            throw new IllegalArgumentException("labels must be distinct, some are there twice");
        }
        finish(classOf.length, classLabels, classOf);
    }

    private void requireClasses(String name, int classes) {
        if (labels == null ? classes != 0 : classes <= highestLabel) {
            throw new IllegalArgumentException(name + " must be "
                    + (labels == null ? "0 without labels" : "above the highest label, " + highestLabel) + ", was "
                    + classes);
        }
    }

    /** classOf: the class of each label that was appended, or null where they are the classes. */
    private void finish(int classes, ClassLabels classLabels, int[] classOf) throws IOException {
        requireOpen();
        if (rows == 0) {
            throw new IllegalStateException("a dataset needs at least one row");
        }
        if (weights != null && !(totalWeight >= 1e-300 && totalWeight <= 1e300)) {
            throw new IllegalArgumentException("the sum of weights must be in 1e-300..1e300, was " + totalWeight);
        }
        try {
            finishSections(classes, classLabels, classOf);
        } finally {
            close();
        }
    }

    private void finishSections(int classes, ClassLabels classLabels, int[] classOf) throws IOException {
        if (classOf != null) {
            labels = labels.mapped(classOf);
        }
        long labelsAt = x.append(labels);
        long weightsAt = x.append(weights);
        Section names =
                classLabels == null ? null : new Section(x.file.another()).put(DatasetFile.bytesOf(classLabels));
        long classLabelsAt = x.append(names);
        x.flush();
        byte[] header = new DatasetFile.Header(
                        storage.format(),
                        type,
                        rows,
                        features,
                        classes,
                        classLabels == null ? DatasetFile.NO_NAMES : DatasetFile.kindOf(classLabels),
                        storage.scale().length,
                        featuresAt,
                        storage.scale().length == 0 ? 0 : DatasetFile.HEADER_BYTES,
                        labelsAt,
                        weightsAt,
                        x.position,
                        classLabelsAt)
                .toBytes();
        x.file.overwrite(0, header);
        x.file.commit();
    }

    /** Removes what is not finished; does nothing after {@link #finish()}. */
    @Override
    public void close() {
        open = false;
        sections.forEach(section -> section.file.close());
        sections.clear();
    }

    private void requireOpen() {
        if (!open) {
            throw new IllegalStateException("the writer is finished or closed");
        }
    }

    /** Checks a block before any of it is written; returns its rows. */
    private int check(int length, boolean typeFits, int format, int[] y, double[] w) {
        requireOpen();
        if (!typeFits || storage.format() != format) {
            throw new IllegalArgumentException("block must have the type that the writer was made for");
        }
        if (length == 0 || length % features != 0) {
            throw new IllegalArgumentException("block has length " + length + ", whole rows of " + features
                    + " values are accepted, at least one");
        }
        int n = length / features;
        checkAll("labels", rows == 0 ? y != null : labels != null, y != null, y == null ? n : y.length, n);
        checkAll("weights", rows == 0 ? w != null : weights != null, w != null, w == null ? n : w.length, n);
        for (int i = 0; y != null && i < n; i++) {
            if (y[i] < 0 || y[i] == Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "labels[" + i + "] must be in 0.." + (Integer.MAX_VALUE - 1) + ", was " + y[i]);
            }
        }
        for (int i = 0; w != null && i < n; i++) {
            double stored = type == ElementType.FLOAT32 ? (float) w[i] : w[i];
            if (!(stored >= 0) || Double.isInfinite(stored)) {
                throw new IllegalArgumentException(
                        "weights[" + i + "] must be finite in " + type + " and not negative, was " + w[i]);
            }
        }
        return n;
    }

    private static void checkAll(String name, boolean expected, boolean given, int length, int n) {
        if (expected != given) {
            throw new IllegalArgumentException(name + " must be given for all blocks or for none");
        }
        Checks.length(name, length, "block has rows:", n);
    }

    private void checkFinite(boolean finite, int i, double value) {
        if (!finite) {
            throw new IllegalArgumentException(
                    "block must be finite, row " + i / features + ", column " + i % features + " was " + value);
        }
    }

    private DatasetWriter added(int n, int[] y, double[] w) throws IOException {
        if (y != null) {
            labels = labels == null ? new Section(x.file.another()) : labels;
            for (int label : y) {
                labels.room(Integer.BYTES).putInt(label);
                highestLabel = Math.max(highestLabel, label);
            }
        }
        if (w != null) {
            weights = weights == null ? new Section(x.file.another()) : weights;
            for (double weight : w) {
                if (type == ElementType.FLOAT32) {
                    weights.room(Float.BYTES).putFloat((float) weight);
                    totalWeight += (float) weight;
                } else {
                    weights.room(Double.BYTES).putDouble(weight);
                    totalWeight += weight;
                }
            }
        }
        rows += n;
        return this;
    }

    private static long aligned(long position) {
        return (position + DatasetFile.ALIGNMENT - 1) / DatasetFile.ALIGNMENT * DatasetFile.ALIGNMENT;
    }

    /** A temporary that is being written, and what has not reached it yet. Any failure ends the writer. */
    private final class Section {
        private final AtomicFile file;
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
        private long position;

        Section(AtomicFile file) {
            this.file = file;
            sections.add(this);
        }

        /** The buffer, with room for so many bytes. */
        ByteBuffer room(int bytes) throws IOException {
            if (buffer.remaining() < bytes) {
                flush();
            }
            return buffer;
        }

        void flush() throws IOException {
            write(buffer.array(), buffer.position());
            buffer.clear();
        }

        private void write(byte[] bytes, int count) throws IOException {
            try {
                file.write(bytes, 0, count);
            } catch (IOException e) {
                DatasetWriter.this.close();
                throw e;
            }
            position += count;
        }

        void align() throws IOException {
            long end = position + buffer.position();
            int padding = (int) (aligned(end) - end);
            room(padding).put(new byte[padding]);
        }

        /** Adds another section's content behind this; returns where it starts, or 0 where there is none. */
        long append(Section other) throws IOException {
            if (other == null) {
                return 0;
            }
            align();
            flush();
            other.flush();
            long start = position;
            byte[] block = new byte[BUFFER];
            for (long done = 0; done < other.position; ) {
                int count = (int) Math.min(BUFFER, other.position - done);
                other.file.read(done, block, count);
                write(block, count);
                done += count;
            }
            return start;
        }

        Section put(byte[] content) throws IOException {
            for (int i = 0; i < content.length; i += BUFFER) {
                int count = Math.min(BUFFER, content.length - i);
                room(count).put(content, i, count);
            }
            return this;
        }

        /** Labels become what stands for them; in a file of its own, so that one that failed is as it was. */
        Section mapped(int[] classOf) throws IOException {
            flush();
            Section mapped = new Section(file.another());
            ByteBuffer block = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
            for (long done = 0; done < position; done += block.limit()) {
                block.clear().limit((int) Math.min(BUFFER, position - done));
                file.read(done, block.array(), block.limit());
                while (block.hasRemaining()) {
                    mapped.room(Integer.BYTES).putInt(classOf[block.getInt()]);
                }
            }
            return mapped;
        }
    }
}
