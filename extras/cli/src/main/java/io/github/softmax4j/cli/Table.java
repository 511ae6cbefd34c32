package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;

/** Rows read from files. */
final class Table {

    private final String source;
    private final Features values;
    private final int rows;
    private final int features;
    private final FileLabels labels;

    /**
     * Takes rows as they were read.
     *
     * @param source where they come from, for messages
     * @param values of the rows
     * @param rows at least 1
     * @param features at least 1
     * @param labels one for each row; null where there are none
     */
    Table(String source, Features values, int rows, int features, FileLabels labels) {
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

    Table dense() {
        return new Table(source, values.dense(rows, features), rows, features, labels);
    }

    Table sparse() {
        return new Table(source, values.sparse(rows, features), rows, features, labels);
    }

    /** Scales each row to length 1. */
    void normalize() {
        values.normalize(rows, features);
    }

    /** The rows off the heap, for training: their labels say what the classes are. */
    Dataset toTrainingData() {
        Dataset.Builder builder = values.toDataset(rows, features);
        labels.addTo(builder);
        return builder.build();
    }

    /** The rows off the heap, with the classes of the demand that they were read for. */
    Dataset toDataset(Demand demand) {
        Dataset.Builder builder = values.toDataset(rows, features);
        if (labels != null) {
            labels.addTo(builder, demand);
        }
        return builder.build();
    }
}
