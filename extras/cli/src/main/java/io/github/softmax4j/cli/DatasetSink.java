package io.github.softmax4j.cli;

import io.github.softmax4j.DatasetWriter;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Writes rows as a dataset file while they are read, with labels of any kind. */
final class DatasetSink implements RowSink, AutoCloseable {

    private static final long RESERVE = 1L << 30;

    private final Path file;
    /** The labels so far, with their places in the order in which they were met. */
    private final Map<String, Integer> places = new LinkedHashMap<>();

    private boolean texts;

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
        requireSpace(block);
        try {
            if (writer == null) {
                writer = block.writer(file);
                source = block.source();
                features = block.features();
            }
            block.appendTo(writer, this::placeOf);
        } catch (IOException e) {
            throw UserException.unwritable(file, e);
        }
    }

    /** Numbers may turn out to be texts, when one comes with leading zeros. */
    private int placeOf(Object label) {
        texts |= label instanceof String;
        return places.computeIfAbsent(label.toString(), unseen -> places.size());
    }

    /** A disk that is full stops other programs too: a twentieth of it, or 1 GiB, stays free. */
    private void requireSpace(Table block) {
        try {
            FileStore disk = Files.getFileStore(file.getParent());
            long free = disk.getUsableSpace();
            // Labels are in a file of their own until the end, and written twice.
            long labels = 2L * Integer.BYTES * (block.rows() + (writer == null ? 0 : writer.rows()));
            long needed = block.rows() * block.features() * Double.BYTES + labels;
            long reserve = Math.min(RESERVE, disk.getTotalSpace() / 20);
            if (free < needed + reserve) {
                throw new UserException(file + ": cannot be written: its disk has " + free + " bytes left, of which "
                        + reserve + " stay free; nothing was written");
            }
        } catch (IOException e) {
            // It does not say; then writing says it.
        }
    }

    /** Ends the file. */
    void finish() {
        Set<String> labels = places.keySet();
        try {
            if (labels.isEmpty()) {
                writer.finish();
            } else if (texts) {
                writer.finish(labels.toArray(String[]::new));
            } else {
                writer.finish(labels.stream().mapToInt(Integer::parseInt).toArray());
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
