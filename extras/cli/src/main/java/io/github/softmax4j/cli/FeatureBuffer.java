package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.DatasetWriter;
import io.github.softmax4j.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** A growing array of feature values of one element type. */
final class FeatureBuffer implements Features {

    /** The longest array that every JVM grants. */
    static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    private float[] floats;
    private double[] doubles;
    private int size;
    private final ElementType type;

    FeatureBuffer(ElementType type, int capacity) {
        this.type = type;
        if (type == ElementType.FLOAT32) {
            floats = new float[capacity];
        } else {
            doubles = new double[capacity];
        }
    }

    void add(double value) {
        if (size == capacity()) {
            grow();
        }
        if (floats != null) {
            floats[size++] = (float) value;
        } else {
            doubles[size++] = value;
        }
    }

    /** Whether the last value lies within the range of the element type. */
    boolean lastIsFinite() {
        return floats != null ? Float.isFinite(floats[size - 1]) : Double.isFinite(doubles[size - 1]);
    }

    boolean isFull() {
        return size == MOST_VALUES;
    }

    int size() {
        return size;
    }

    double get(int index) {
        return floats != null ? floats[index] : doubles[index];
    }

    /** Scales the values [from, to) to length 1, unless all of them are 0. */
    void normalizeRow(int from, int to) {
        double largest = 0;
        for (int i = from; i < to; i++) {
            largest = Math.max(largest, Math.abs(get(i)));
        }
        if (largest == 0) {
            return;
        }
        // Relative to the largest value no square overflows.
        double squares = 0;
        for (int i = from; i < to; i++) {
            squares += (get(i) / largest) * (get(i) / largest);
        }
        double norm = Math.sqrt(squares);
        for (int i = from; i < to; i++) {
            double scaled = get(i) / largest / norm;
            if (floats != null) {
                floats[i] = (float) scaled;
            } else {
                doubles[i] = scaled;
            }
        }
    }

    @Override
    public FeatureBuffer normalized(int rows, int features) {
        for (int i = 0; i < rows; i++) {
            normalizeRow(i * features, (i + 1) * features);
        }
        return this;
    }

    @Override
    public FeatureBuffer keep(boolean[] kept, int features) {
        int end = 0;
        for (int i = 0; i < kept.length; i++) {
            if (kept[i]) {
                move(i * features, end, features);
                end += features;
            }
        }
        truncate(end);
        return this;
    }

    /** Copies values to an earlier place. */
    void move(int from, int to, int count) {
        Object all = floats != null ? floats : doubles;
        System.arraycopy(all, from, all, to, count);
    }

    /** Forgets the values behind the first. */
    void truncate(int count) {
        size = count;
    }

    @Override
    public FeatureBuffer dense(int rows, int features) {
        return this;
    }

    @Override
    public SparseBuffer sparse(int rows, int features) {
        SparseBuffer sparse = new SparseBuffer(type);
        for (int i = 0, at = 0; i < rows; i++) {
            for (int d = 0; d < features; d++, at++) {
                if (get(at) != 0) {
                    sparse.add(d, get(at));
                }
            }
            sparse.endRow();
        }
        return sparse;
    }

    /** Sparse rows with these values. */
    Dataset.Builder toSparseDataset(long[] offsets, int[] indices, int features) {
        return floats != null
                ? Dataset.builder().sparse(offsets, indices, exactFloats(), features)
                : Dataset.builder().sparse(offsets, indices, exactDoubles(), features);
    }

    @Override
    public Dataset.Builder toDataset(int rows, int features) {
        return floats != null
                ? Dataset.builder().features(exactFloats(), rows, features)
                : Dataset.builder().features(exactDoubles(), rows, features);
    }

    @Override
    public DatasetWriter writer(Path file, int features) throws IOException {
        return floats != null ? DatasetWriter.ofFloats(file, features) : DatasetWriter.ofDoubles(file, features);
    }

    @Override
    public void appendTo(DatasetWriter writer, int[] labels) throws IOException {
        if (floats != null) {
            writer.append(exactFloats(), labels, null);
        } else {
            writer.append(exactDoubles(), labels, null);
        }
    }

    private float[] exactFloats() {
        return size == floats.length ? floats : Arrays.copyOf(floats, size);
    }

    private double[] exactDoubles() {
        return size == doubles.length ? doubles : Arrays.copyOf(doubles, size);
    }

    private int capacity() {
        return floats != null ? floats.length : doubles.length;
    }

    /** The length to which a full array grows. */
    static int larger(int length) {
        return (int) Math.min(MOST_VALUES, length + length / 2 + 1024L);
    }

    private void grow() {
        int larger = larger(size);
        if (floats != null) {
            floats = Arrays.copyOf(floats, larger);
        } else {
            doubles = Arrays.copyOf(doubles, larger);
        }
    }
}
