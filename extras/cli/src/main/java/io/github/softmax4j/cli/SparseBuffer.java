package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.DatasetWriter;
import io.github.softmax4j.ElementType;
import java.nio.file.Path;
import java.util.Arrays;

/** Growing sparse rows. */
final class SparseBuffer implements Features {

    private final ElementType type;
    private final FeatureBuffer values;
    private int[] indices = new int[1024];
    private long[] offsets = new long[1024];
    private int rows;

    SparseBuffer(ElementType type) {
        this.type = type;
        this.values = new FeatureBuffer(type, indices.length);
    }

    /** Adds an entry to the row that {@link #endRow} will end. */
    void add(int index, double value) {
        if (values.size() == indices.length) {
            indices = Arrays.copyOf(indices, FeatureBuffer.larger(indices.length));
        }
        indices[values.size()] = index;
        values.add(value);
    }

    void endRow() {
        if (++rows == offsets.length) {
            offsets = Arrays.copyOf(offsets, FeatureBuffer.larger(rows));
        }
        offsets[rows] = values.size();
    }

    int rows() {
        return rows;
    }

    /** Those that are stored. */
    long values() {
        return values.size();
    }

    /** Whether the last value lies within the range of the element type. */
    boolean lastIsFinite() {
        return values.lastIsFinite();
    }

    boolean isFull() {
        return values.isFull() || rows == FeatureBuffer.MOST_VALUES - 1;
    }

    /** Counts columns from 0 where they were counted from 1. */
    void shiftToZero() {
        for (int k = 0; k < values.size(); k++) {
            indices[k]--;
        }
    }

    /** Leaves out the entries of columns from {@code columns} on; returns how many those were. */
    int dropFrom(int columns) {
        int end = 0;
        int start = 0;
        for (int i = 0; i < rows; i++) {
            int stop = (int) offsets[i + 1];
            int count = 0; // columns ascend
            while (start + count < stop && indices[start + count] < columns) {
                count++;
            }
            move(start, end, count);
            end += count;
            start = stop;
            offsets[i + 1] = end;
        }
        int dropped = values.size() - end;
        values.truncate(end);
        return dropped;
    }

    private void move(int from, int to, int count) {
        System.arraycopy(indices, from, indices, to, count);
        values.move(from, to, count);
    }

    @Override
    public SparseBuffer keep(boolean[] kept, int features) {
        int end = 0;
        int count = 0;
        for (int i = 0; i < kept.length; i++) {
            int start = (int) offsets[i];
            int length = (int) offsets[i + 1] - start;
            if (kept[i]) {
                // offsets[i] has been read, and count is at most i.
                move(start, end, length);
                end += length;
                offsets[++count] = end;
            }
        }
        rows = count;
        values.truncate(end);
        return this;
    }

    @Override
    public Dataset.Builder toDataset(int count, int features) {
        return values.toSparseDataset(
                Arrays.copyOf(offsets, rows + 1), Arrays.copyOf(indices, values.size()), features);
    }

    @Override
    public DatasetWriter writer(Path file, int features) {
        throw new UserException(
                "sparse rows cannot be written as a dataset file, which holds all values; NumPy, CSV and IDX files can");
    }

    @Override
    public void appendTo(DatasetWriter writer, int[] labels) {
        throw new IllegalStateException("there is no writer of sparse rows");
    }

    @Override
    public SparseBuffer normalized(int count, int features) {
        for (int i = 0; i < rows; i++) {
            values.normalizeRow((int) offsets[i], (int) offsets[i + 1]);
        }
        return this;
    }

    @Override
    public FeatureBuffer dense(int count, int features) {
        if ((long) rows * features > FeatureBuffer.MOST_VALUES) {
            throw new UserException("--dense: " + rows + " rows of " + features + " features do not fit one array of "
                    + FeatureBuffer.MOST_VALUES + " values; leave it out");
        }
        FeatureBuffer dense = new FeatureBuffer(type, rows * features);
        for (int i = 0; i < rows; i++) {
            int k = (int) offsets[i];
            for (int d = 0; d < features; d++) {
                dense.add(k < offsets[i + 1] && indices[k] == d ? values.get(k++) : 0);
            }
        }
        return dense;
    }

    @Override
    public SparseBuffer sparse(int count, int features) {
        return this;
    }
}
