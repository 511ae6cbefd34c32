package io.github.softmax4j.cli;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.github.softmax4j.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Reads numbers separated by commas, the label in the last column: a whole number or a text. A first line is a header, and is skipped
 * however many cells it has, if its last cell is a text and no label: there are more texts, or no other cells. For a demand that needs
 * no labels, a file of features alone is accepted.
 */
final class CsvFile {

    private static final Pattern NON_FINITE = Pattern.compile("(?i)[+-]?(nan|inf|infinity)");

    private final Path file;
    private final Demand demand;
    private final FeatureBuffer values;
    private final FileLabels labels;
    private final RowSink sink;
    /** Those that have not been handed over. */
    private int rows;

    private boolean skipped;
    private boolean measured;
    private int columns;
    private int features;

    private CsvFile(Path file, ElementType type, Demand demand, RowSink sink) {
        this.file = file;
        this.demand = demand;
        this.values = new FeatureBuffer(type, 1024);
        this.labels = new FileLabels(demand);
        this.sink = sink;
    }

    static void read(Path file, ElementType type, Demand demand, RowSink sink) {
        if (!Files.isRegularFile(file)) {
            throw new UserException(file + ": is not a regular file; a CSV file is expected");
        }
        new CsvFile(file, type, demand, sink).read();
    }

    private void read() {
        try (InputStream in = DataFiles.open(file);
                CsvReader<CsvRecord> reader = CsvReader.builder()
                        .detectBomHeader(true)
                        // Counted here: the error has to name the line.
                        .allowExtraFields(true)
                        .allowMissingFields(true)
                        .ofCsvRecord(in)) {
            boolean first = true;
            for (CsvRecord line : reader) {
                if (first && isHeader(line)) {
                    skipped = true;
                } else {
                    row(line);
                }
                first = false;
            }
        } catch (CsvParseException e) {
            throw new UserException(file + ": is not CSV: " + e.getMessage() + cause(e));
        } catch (UncheckedIOException e) {
            throw UserException.unreadable(file, e.getCause());
        } catch (IOException e) {
            throw UserException.unreadable(file, e);
        }
        if (!measured) {
            throw new UserException(
                    file + ": has no rows; lines of numbers with the label in the last column are expected");
        }
        if (rows > 0) {
            handOver();
        }
    }

    private void handOver() {
        String source = skipped ? file + " (after a header)" : file.toString();
        sink.take(new Table(source, values, rows, features, features == columns ? null : labels));
    }

    private static String cause(CsvParseException e) {
        return e.getCause() == null ? "" : " (" + e.getCause().getMessage() + ")";
    }

    private static boolean isHeader(CsvRecord line) {
        int last = line.getFieldCount() - 1;
        return isText(line.getField(last))
                && (last == 0 || IntStream.range(0, last).anyMatch(i -> isText(line.getField(i))));
    }

    private static boolean isText(String cell) {
        String stripped = cell.strip();
        return Double.isNaN(number(stripped)) && !NON_FINITE.matcher(stripped).matches();
    }

    private void row(CsvRecord line) {
        if (!measured) {
            measure(line);
            measured = true;
        } else if (line.getFieldCount() != columns) {
            throw new UserException(
                    at(line) + ": has " + line.getFieldCount() + " columns, the rows before it have " + columns);
        }
        for (int i = 0; i < features; i++) {
            feature(line, i);
        }
        if (features < columns) {
            label(line);
        }
        rows++;
        if (values.size() >= sink.blockValues()) {
            handOver();
            values.clear();
            labels.clear();
            rows = 0;
        }
    }

    private void label(CsvRecord line) {
        String where = at(line) + ", column " + columns;
        String cell = line.getField(columns - 1);
        // A quote that nobody closed takes in what follows.
        if (cell.indexOf('\n') >= 0 || cell.indexOf('\r') >= 0) {
            throw new UserException(where + ": the label has more than one line; is a quote open?");
        }
        labels.add(where, cell.strip());
    }

    private void measure(CsvRecord line) {
        columns = line.getFieldCount();
        boolean unlabelled = !demand.labelled() && columns == demand.features();
        features = unlabelled ? columns : columns - 1;
        if (features == 0) {
            throw new UserException(at(line) + ": has one column; at least one feature and the label are expected,"
                    + " separated by commas");
        }
        demand.checkFeatures(at(line), features);
    }

    private void feature(CsvRecord line, int column) {
        if (values.isFull()) {
            throw new UserException(at(line) + ": more than " + FeatureBuffer.MOST_VALUES + " values are not accepted");
        }
        String cell = line.getField(column).strip();
        values.add(number(cell));
        if (!values.lastIsFinite()) {
            throw new UserException(at(line) + ", column " + (column + 1) + ": '" + cell + "' is not a "
                    + (isText(cell) ? "number" : "finite number of the chosen precision"));
        }
    }

    /** NaN for what is not a number. */
    static double number(String cell) {
        // Java reads 1d and 1f as numbers.
        if (cell.isEmpty() || Character.isLetter(cell.charAt(cell.length() - 1))) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(cell);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private String at(CsvRecord line) {
        return file + ":" + line.getStartingLineNumber();
    }
}
