package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.DatasetWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.ToIntFunction;

/** Rows read from files, or a dataset file that was opened. */
final class Table {

    private final String source;
    /** Null where the rows are a dataset already. */
    private final Features values;

    private final Dataset opened;
    private final long rows;
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
        this.opened = null;
        this.rows = rows;
        this.features = features;
        this.labels = labels;
    }

    /** Takes an open dataset, which is handed on to be closed. */
    Table(String source, Dataset opened) {
        this.source = source;
        this.values = null;
        this.opened = opened;
        this.rows = opened.rows();
        this.features = opened.features();
        this.labels = null;
    }

    String source() {
        return source;
    }

    long rows() {
        return rows;
    }

    int features() {
        return features;
    }

    Table dense() {
        return with(read().dense((int) rows, features));
    }

    Table sparse() {
        return with(read().sparse((int) rows, features));
    }

    /** Each row scaled to length 1. */
    Table normalized() {
        return with(read().normalized((int) rows, features));
    }

    private Table with(Features other) {
        return new Table(source, other, (int) rows, features, labels);
    }

    private Features read() {
        if (opened != null) {
            opened.close();
            throw new UserException(source + ": a dataset file is used as it is: change its rows before convert");
        }
        return values;
    }

    /** The rows off the heap, for training: their labels say what the classes are. */
    Dataset toTrainingData() {
        if (opened != null) {
            return opened;
        }
        Dataset.Builder builder = values.toDataset((int) rows, features);
        labels.addTo(builder);
        return builder.build();
    }

    /** The rows off the heap, with the classes of the demand that they were read for. */
    Dataset toDataset(Demand demand) {
        if (opened != null) {
            return opened;
        }
        Dataset.Builder builder = values.toDataset((int) rows, features);
        if (labels != null) {
            labels.addTo(builder, demand);
        }
        return builder.build();
    }

    /** Begins a dataset file of such rows. */
    DatasetWriter writer(Path file) throws IOException {
        return read().writer(file, features);
    }

    /** Writes the rows behind those before them; {@code placeOf} is told each label, an Integer or a String. */
    void appendTo(DatasetWriter writer, ToIntFunction<Object> placeOf) throws IOException {
        values.appendTo(writer, labels == null ? null : labels.places((int) rows, placeOf));
    }
}
