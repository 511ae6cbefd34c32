package io.github.softmax4j.cli;

import io.github.softmax4j.DatasetWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Writes rows as a dataset file while they are read, with labels of any kind. */
final class DatasetSink implements RowSink, AutoCloseable {

    private final Path file;
    /** The labels so far: whole numbers or texts, with their places in the order in which they were met. */
    private final Map<Object, Integer> places = new LinkedHashMap<>();

    private DatasetWriter writer;
    private String source;
    private int features;

    DatasetSink(Path file) {
        this.file = file;
    }

    @Override
    public long mostValues() {
        return 1L << 59;
    }

    @Override
    public int blockValues() {
        return 1 << 18;
    }

    @Override
    public void take(Table block) {
        try {
            if (writer == null) {
                writer = block.writer(file);
                source = block.source();
                features = block.features();
            }
            block.appendTo(writer, label -> places.computeIfAbsent(label, unseen -> places.size()));
        } catch (IOException e) {
            throw UserException.unwritable(file, e);
        }
    }

    /** Ends the file. */
    void finish() {
        Set<Object> labels = places.keySet();
        try {
            if (labels.isEmpty()) {
                writer.finish();
            } else if (labels.iterator().next() instanceof String) {
                writer.finish(labels.toArray(String[]::new));
            } else {
                writer.finish(labels.stream().mapToInt(Integer.class::cast).toArray());
            }
        } catch (IOException e) {
            throw UserException.unwritable(file, e);
        }
    }

    /** What was written, in words. */
    String summary() {
        return source + ": " + writer.rows() + " rows, " + features + " features";
    }

    @Override
    public void close() {
        if (writer != null) {
            writer.close();
        }
    }
}
