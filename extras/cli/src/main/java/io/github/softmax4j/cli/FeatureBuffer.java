package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.ElementType;
import java.util.Arrays;

/** A growing array of feature values of one element type. */
final class FeatureBuffer {

    /** The longest array that every JVM grants. */
    static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    private float[] floats;
    private double[] doubles;
    private int size;

    FeatureBuffer(ElementType type, int capacity) {
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

    Dataset.Builder toDataset(int rows, int features) {
        if (floats != null) {
            float[] exact = size == floats.length ? floats : Arrays.copyOf(floats, size);
            return Dataset.builder().features(exact, rows, features);
        }
        double[] exact = size == doubles.length ? doubles : Arrays.copyOf(doubles, size);
        return Dataset.builder().features(exact, rows, features);
    }

    private int capacity() {
        return floats != null ? floats.length : doubles.length;
    }

    private void grow() {
        int larger = (int) Math.min(MOST_VALUES, size + size / 2 + 1024L);
        if (floats != null) {
            floats = Arrays.copyOf(floats, larger);
        } else {
            doubles = Arrays.copyOf(doubles, larger);
        }
    }
}
