package io.github.softmax4j.cli;

import io.github.softmax4j.ClassLabels;
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
    private final int base;

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
        this(source, values, rows, features, labels, Demand.ANY_BASE);
    }

    /** Takes rows of a file whose indices count from {@code base}. */
    Table(String source, Features values, int rows, int features, FileLabels labels, int base) {
        this.source = source;
        this.values = values;
        this.opened = null;
        this.rows = rows;
        this.features = features;
        this.labels = labels;
        this.base = base;
    }

    /** Takes an open dataset, which is handed on to be closed. */
    Table(String source, Dataset opened) {
        this.source = source;
        this.values = null;
        this.opened = opened;
        this.rows = opened.rows();
        this.features = opened.features();
        this.labels = null;
        this.base = Demand.ANY_BASE;
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

    /** What the indices of the file count from; {@link Demand#ANY_BASE} where it has none. */
    int base() {
        return base;
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
        return new Table(source, other, (int) rows, features, labels, base);
    }

    private Features read() {
        if (opened != null) {
            opened.close();
            throw new UserException(source + ": a dataset file is used as it is: change its rows before convert");
        }
        return values;
    }

    /**
     * The rows off the heap, for training: their labels say what the classes are.
     *
     * @param masked what rows of some classes are left out for
     */
    Dataset toTrainingData(MaskedClasses masked) {
        if (opened != null) {
            masked.check(source, opened);
            return opened;
        }
        ClassLabels names = labels.classLabels();
        int classes = names == null ? labels.classes() : names.size();
        masked.check(names, classes);
        return build(masked, names, classes);
    }

    /** The rows off the heap, with the classes of the demand that they were read for. */
    Dataset toDataset(Demand demand, MaskedClasses masked) {
        if (opened != null) {
            masked.check(source, opened);
            return opened;
        }
        return build(masked, demand.labels(), demand.classes());
    }

    private Dataset build(MaskedClasses masked, ClassLabels names, int classes) {
        if (labels == null) {
            return values.toDataset((int) rows, features).build();
        }
        Features kept = values;
        int count = (int) rows;
        if (!masked.isEmpty()) {
            boolean[] rest = labels.except(masked::contains);
            labels.keep(rest);
            kept = values.keep(rest, features);
            count = labels.size();
            if (count == 0) {
                throw new UserException(source + ": all " + rows + " rows are of the masked classes");
            }
        }
        Dataset.Builder builder = kept.toDataset(count, features);
        labels.addTo(builder, names, classes);
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
