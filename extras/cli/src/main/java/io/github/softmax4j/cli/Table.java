package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import java.util.Arrays;
import java.util.BitSet;

/** Rows read from files. */
final class Table {

    private final String source;
    private final FeatureBuffer values;
    private final int rows;
    private final int features;
    private final int[] labels;

    /**
     * Takes rows as they were read.
     *
     * @param source where they come from, for messages
     * @param values rows x features values
     * @param rows at least 1
     * @param features at least 1
     * @param labels one for each row, none negative; null where there are none
     */
    Table(String source, FeatureBuffer values, int rows, int features, int[] labels) {
        this.source = source;
        this.values = values;
        this.rows = rows;
        this.features = features;
        this.labels = labels;
    }

    String source() {
        return source;
    }

    int rows() {
        return rows;
    }

    int features() {
        return features;
    }

    /** The rows off the heap; {@code classes} as given, or as the labels say where it is 0. */
    Dataset toDataset(int classes) {
        Dataset.Builder builder = values.toDataset(rows, features);
        if (labels != null) {
            builder.labels(labels);
            if (classes > 0) {
                builder.classes(classes);
            }
        }
        return builder.build();
    }

    /** The number of classes of training data: refuses labels that leave a class without a row. */
    int requireEveryClass() {
        int classes = 1 + Arrays.stream(labels).max().orElseThrow();
        BitSet seen = new BitSet();
        for (int label : labels) {
            seen.set(label);
        }
        int missing = seen.nextClearBit(0);
        if (missing < classes) {
            throw new UserException(source + ": no row has label " + missing + ", the highest is " + (classes - 1)
                    + "; labels are whole numbers 0..C-1 without gaps");
        }
        return classes;
    }
}
