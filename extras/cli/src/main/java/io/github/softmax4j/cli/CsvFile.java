package io.github.softmax4j.cli;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.github.softmax4j.ElementType;
import io.github.softmax4j.cli.InputOptions.Header;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Reads numbers separated by commas, the label in the last column: a whole number or a text; {@link InputOptions} say what is otherwise.
 * For a demand that needs no labels, a file of features alone is accepted.
 */
final class CsvFile {

    /** Other delimiters, in a cell that begins with a number. */
    private static final Pattern OTHER_DELIMITER = Pattern.compile("([^;\t|]*)[;\t|].*", Pattern.DOTALL);

    private static final String ASK_DELIMITER =
            "; --delimiter names what separates columns, --decimal the decimal point";

    private final Path file;
    private final Demand demand;
    private final InputOptions input;
    private final FeatureBuffer values;
    private final FileLabels labels;
    private final RowSink sink;
    private TextReader text;
    /** Those that have not been handed over. */
    private int rows;

    /** Of the header; null where there is none. */
    private List<String> names;

    /** What to doubt while there are rows; null where the user says whether there is a header. */
    private CsvHeader judged;

    /** Where the label of a row that was taken for a header may be met again; null where not. */
    private String headerLabel;

    private boolean measured;
    private boolean firstRow = true;
    private int columns;
    /** The columns of features, and that of labels; -1 where there is none. */
    private int[] features;

    private int label;

    private CsvFile(Path file, ElementType type, Demand demand, InputOptions input, RowSink sink) {
        this.file = file;
        this.demand = demand;
        this.input = input;
        this.values = new FeatureBuffer(type, 1024);
        this.labels = new FileLabels(demand, input.labelKind());
        this.sink = sink;
    }

    static void read(Path file, ElementType type, Demand demand, InputOptions input, RowSink sink) {
        if (!Files.isRegularFile(file)) {
            throw new UserException(file + ": is not a regular file; a CSV file is expected");
        }
        new CsvFile(file, type, demand, input, sink).read();
    }

    private void read() {
        try (TextReader in = new TextReader(DataFiles.open(file), input.encoding());
                CsvReader<CsvRecord> reader = CsvReader.builder()
                        .fieldSeparator(input.delimiter())
                        // Counted here: the error has to name the line.
                        .allowExtraFields(true)
                        .allowMissingFields(true)
                        .ofCsvRecord(in)) {
            text = in;
            Iterator<CsvRecord> lines = reader.iterator();
            if (lines.hasNext()) {
                CsvRecord first = lines.next();
                begin(first, lines.hasNext() ? lines.next() : null);
            }
            lines.forEachRemaining(this::row);
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
        if (judged != null && names == null) {
            judged.checkEnd();
        }
        if (rows > 0) {
            handOver();
        }
    }

    /** Takes the first line for a header or a row, and reads the second. */
    private void begin(CsvRecord first, CsvRecord second) {
        checkEncoding(first);
        if (isHeader(first, second)) {
            names = first.getFields().stream().map(String::strip).toList();
        } else {
            row(first);
        }
        if (second != null) {
            if (judged != null && names == null && !demand.ignoresLabels() && !labels.takesTexts()) {
                judged.checkKind(at(second), second);
            }
            row(second);
        }
    }

    private boolean isHeader(CsvRecord first, CsvRecord second) {
        if (input.header() != Header.AUTO) {
            return input.header() == Header.YES;
        }
        List<String> cells = first.getFields().stream().map(String::strip).toList();
        if (namedColumns().anyMatch(cells::contains)) {
            return true;
        }
        layOut(first, first.getFieldCount());
        judged = new CsvHeader(at(first), first, label, features, this::numberOf);
        boolean header = judged.isHeader(second);
        boolean alike = second != null && second.getFieldCount() == cells.size();
        headerLabel = header && alike && label >= 0 ? cells.get(label) : null;
        return header;
    }

    /** The columns that options call by name. */
    private Stream<String> namedColumns() {
        return Stream.concat(Stream.ofNullable(input.label()), input.ignored().stream())
                .filter(column -> !isNumber(column));
    }

    private static boolean isNumber(String column) {
        return column.matches("\\d+");
    }

    private void handOver() {
        int count = features.length;
        sink.take(new Table(source(), values, rows, count, label < 0 || demand.ignoresLabels() ? null : labels));
    }

    /** The file, and what there is to say about its header. */
    private String source() {
        if (names == null) {
            return file.toString();
        }
        int first = features[0];
        boolean index = names.size() == columns && CsvHeader.isIndex(names.get(first));
        return file + " (after a header"
                + (index ? "; column " + (first + 1) + ", '" + names.get(first) + "', counts as a feature" : "") + ")";
    }

    private static String cause(CsvParseException e) {
        return e.getCause() == null ? "" : " (" + e.getCause().getMessage() + ")";
    }

    private void row(CsvRecord line) {
        checkEncoding(line);
        if (!measured) {
            measure(line);
            measured = true;
        } else if (line.getFieldCount() != columns) {
            throw new UserException(
                    at(line) + ": has " + line.getFieldCount() + " columns, the rows before it have " + columns);
        }
        for (int column : features) {
            feature(line, column);
        }
        if (label >= 0) {
            label(line);
        }
        rows++;
        firstRow = false;
        if (values.size() >= sink.blockValues()) {
            handOver();
            values.truncate(0);
            labels.clear();
            rows = 0;
        }
    }

    /** Refuses what is not of the encoding. */
    private void checkEncoding(CsvRecord line) {
        for (int i = 0; text.isMarked() && i < line.getFieldCount(); i++) {
            int value = TextReader.markedByte(line.getField(i));
            if (value >= 0) {
                throw new UserException(String.format(
                        "%s, column %d: byte 0x%02X is not %s; --encoding names the encoding of the file, windows-1252"
                                + " or UTF-16, say",
                        at(line), i + 1, value, text.charset()));
            }
        }
    }

    private void label(CsvRecord line) {
        String where = at(line) + ", column " + (label + 1);
        String raw = line.getField(label);
        // A quote that nobody closed takes in what follows.
        if (raw.indexOf('\n') >= 0 || raw.indexOf('\r') >= 0) {
            throw new UserException(where + ": the label has more than one line; is a quote open?");
        }
        String cell = raw.strip();
        if (!input.hasDelimiter() && looksSeparated(cell)) {
            throw new UserException(where + ": the label '" + cell + "' may be several columns" + ASK_DELIMITER);
        }
        if (cell.equals(headerLabel)) {
            throw new UserException(where + ": the label '" + cell
                    + "' is that of line 1, too, which was taken for a header" + CsvHeader.ASK);
        }
        if (judged != null && names == null) {
            judged.met(cell);
        }
        if (!demand.ignoresLabels()) {
            labels.add(where, cell, numberOf(cell));
        }
    }

    /** Whether a number with other delimiters behind it, or several numbers with blanks between them. */
    private boolean looksSeparated(String cell) {
        Matcher other = OTHER_DELIMITER.matcher(cell);
        if (other.matches()) {
            return !Double.isNaN(numberOf(other.group(1).strip()));
        }
        String[] words = cell.split(" +");
        return words.length > 1 && Arrays.stream(words).noneMatch(word -> Double.isNaN(numberOf(word)));
    }

    private void measure(CsvRecord line) {
        columns = line.getFieldCount();
        layOut(line, columns);
        if (features.length == 0) {
            throw new UserException(at(line) + ": has " + (columns == 1 ? "one column" : columns + " columns")
                    + "; at least one feature and the label are expected, separated by '" + input.delimiter() + "'"
                    + (input.hasDelimiter() ? "" : ASK_DELIMITER));
        }
        if (names != null && label >= 0 && input.label() == null && names.size() == columns) {
            CsvHeader.checkNames(file + ":1", names, label, features);
        }
        demand.checkFeatures(at(line), features.length);
    }

    /** Says which columns are which, of so many. */
    private void layOut(CsvRecord line, int count) {
        boolean[] taken = new boolean[count];
        for (String column : input.ignored()) {
            int index = find(line, "--ignore", column, count);
            if (index < 0) {
                throw unknown(line, "--ignore", column);
            }
            taken[index] = true;
        }
        int left = (int) IntStream.range(0, count).filter(i -> !taken[i]).count();
        boolean bare = !demand.labelled() && left == demand.features();
        label = input.label() == null ? count - 1 : find(line, "--label", input.label(), count);
        if (bare && (input.label() == null || isNumber(input.label()))) {
            label = -1;
        } else if (label < 0 && !bare) {
            throw unknown(line, "--label", input.label());
        }
        if (label >= 0 && taken[label]) {
            throw new UserException(
                    at(line) + ": column " + (label + 1) + " is that of the labels, --ignore leaves it out"
                            + (input.label() == null ? "; --label names another one" : ""));
        }
        features =
                IntStream.range(0, count).filter(i -> !taken[i] && i != label).toArray();
    }

    /** The column that an option names; -1 where no column is called so. */
    private int find(CsvRecord line, String option, String column, int count) {
        if (isNumber(column)) {
            int number = column.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(column);
            if (number < 1 || number > count) {
                throw new UserException(at(line) + ": " + option + " " + column + ": the columns are 1.." + count);
            }
            return number - 1;
        }
        if (names == null) {
            return -1;
        }
        int index = names.indexOf(column);
        if (index != names.lastIndexOf(column)) {
            throw new UserException(file + ":1: " + option + " " + column + ": several columns are called so");
        }
        return index < count ? index : -1;
    }

    private UserException unknown(CsvRecord line, String option, String column) {
        return names == null
                ? new UserException(at(line) + ": " + option + " " + column
                        + ": no column is called so; the first line has no such cell, and there is no header")
                : new UserException(file + ":1: " + option + " " + column + ": no column is called so; the columns are "
                        + String.join(", ", names.subList(0, Math.min(names.size(), 20)))
                        + (names.size() > 20 ? ", ..." : ""));
    }

    private void feature(CsvRecord line, int column) {
        if (values.isFull()) {
            throw new UserException(at(line) + ": more than " + FeatureBuffer.MOST_VALUES + " values are not accepted");
        }
        String cell = line.getField(column).strip();
        values.add(numberOf(cell));
        if (!values.lastIsFinite()) {
            boolean word = CsvHeader.isText(cell, numberOf(cell));
            throw new UserException(at(line) + ", column " + (column + 1) + ": '" + cell + "' is not a "
                    + (word ? "number" : "finite number of the chosen precision")
                    + (word
                                    && !input.hasDelimiter()
                                    && OTHER_DELIMITER.matcher(cell).matches()
                            ? ASK_DELIMITER
                            : "")
                    + (word && firstRow && judged != null && names == null ? CsvHeader.ASK : ""));
        }
    }

    /** What a cell is as a number; NaN for what is none. */
    private double numberOf(String cell) {
        char point = input.decimalPoint();
        return point == '.' ? number(cell) : cell.indexOf('.') >= 0 ? Double.NaN : number(cell.replace(point, '.'));
    }

    /** NaN for what is not a number in decimal. */
    static double number(String cell) {
        for (int i = 0; i < cell.length(); i++) {
            // Java reads 1d, 0x1p3 and blanks, too.
            if ("0123456789+-.eE".indexOf(cell.charAt(i)) < 0) {
                return Double.NaN;
            }
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
