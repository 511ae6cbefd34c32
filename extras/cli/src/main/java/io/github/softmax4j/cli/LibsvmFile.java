package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.softmax4j.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Reads the text format of LIBSVM and SVMlight: a line for each row, {@code label index:value index:value ...}, separated by blanks or
 * tabs, indices ascending. From a {@code #} on a line is a comment; lines without anything else are skipped; {@code qid:} after the
 * label is ignored. Indices count from 1, or from 0: the model or the training data says it, or the prefix of the path, or whether an index of the
 * file is 0.
 */
final class LibsvmFile {

    private static final Pattern NAMES = Pattern.compile(".*\\.(svm|libsvm|svmlight|scale|t|tr|val)(\\.gz)?");
    private static final Pattern PREFIX = Pattern.compile("libsvm[01]?:.*", Pattern.DOTALL);

    /** The note of a model: what the indices of its training file count from. */
    static final String BASE_NOTE = "libsvm_index_base";

    /** The highest index of a file says how many features a model has, and so its memory: a typing error must not take all there is. */
    private static final long ALWAYS_ACCEPTED = 1 << 20;

    private static final long FEATURES_PER_VALUE = 64;

    private final Path file;
    private final Demand demand;
    private final SparseBuffer rows;
    private final FileLabels labels;
    /** 0 or 1; -1 where an index of 0 decides. */
    private int base;

    private byte[] bytes;
    private int at;
    private int end;
    private long line;
    private int highest = -1;
    private long highestLine;

    private LibsvmFile(Path file, int base, ElementType type, Demand demand, InputOptions input) {
        this.file = file;
        this.base = base;
        this.demand = demand;
        this.rows = new SparseBuffer(type);
        this.labels = demand.ignoresLabels() ? null : new FileLabels(demand, input.labelKind());
    }

    /** Whether a path says that it names such a file. */
    static boolean hasPrefix(String path) {
        return PREFIX.matcher(path).matches();
    }

    static String withoutPrefix(String path) {
        return path.substring(path.indexOf(':') + 1);
    }

    /** Whether a name, in lower case, is one that such files have. */
    static boolean isNamed(String name) {
        return NAMES.matcher(name).matches();
    }

    /** Reads a file; {@code path} is what named it, with its prefix if it has one. */
    static Table read(Path file, String path, ElementType type, Demand demand, InputOptions input) {
        if (!Files.isRegularFile(file)) {
            throw new UserException(file + ": is not a regular file; a LIBSVM file is expected");
        }
        int stated = path.startsWith("libsvm0:") ? 0 : path.startsWith("libsvm1:") ? 1 : Demand.ANY_BASE;
        int known = demand.base();
        if (stated != Demand.ANY_BASE && known != Demand.ANY_BASE && stated != known) {
            throw new UserException(
                    "'" + path + "': indices count from " + stated + ", those of " + demand.owner() + " from " + known);
        }
        return new LibsvmFile(file, Math.max(stated, known), type, demand, input).read();
    }

    private Table read() {
        try (InputStream in = DataFiles.open(file)) {
            ByteLines lines = new ByteLines(in);
            while (lines.next()) {
                bytes = lines.bytes();
                at = lines.start();
                end = lines.end();
                line++;
                row();
            }
        } catch (IOException e) {
            throw UserException.unreadable(file, e);
        }
        if (rows.rows() == 0) {
            throw new UserException(file + ": has no rows; lines 'label index:value index:value ...' are expected");
        }
        if (base != 0) {
            base = 1;
            rows.shiftToZero();
        }
        int features = features();
        int dropped = demand.ignoresUnseen() ? rows.dropFrom(features) : 0;
        String source = file + " (indices from " + base
                + (dropped == 0 ? ")" : ", " + dropped + " values of unseen features left out)");
        return new Table(source, rows, rows.rows(), features, labels, base);
    }

    /** As many as are demanded, or as the highest index says. */
    private int features() {
        int count = highest + (base == 0 ? 1 : 0);
        if (demand.features() != 0) {
            if (count > demand.features() && !demand.ignoresUnseen()) {
                throw new UserException(file + ":" + highestLine + ": index " + highest + " is not accepted: "
                        + demand.width()
                        + (demand.classes() == 0
                                ? ""
                                : "; --ignore-unseen leaves such indices out, and train --features"
                                        + " makes room for them"));
            }
            return demand.features();
        }
        if (count < 1) {
            throw new UserException(file + ": has no features; lines 'label index:value ...' are expected");
        }
        long most = Math.max(ALWAYS_ACCEPTED, FEATURES_PER_VALUE * rows.values());
        if (count > most) {
            throw new UserException(file + ":" + highestLine + ": index " + highest + " makes " + count
                    + " features, more than the " + most + " that are accepted of a file with " + rows.values()
                    + " values; --features " + count + " accepts them");
        }
        return count;
    }

    private void row() {
        for (int i = at; i < end; i++) {
            if (bytes[i] == '#') {
                end = i;
            }
        }
        skipBlanks();
        if (at == end) {
            return;
        }
        label();
        int previous = -1;
        for (boolean first = true; at < end; first = false) {
            previous = pair(previous, first);
        }
        if (previous > highest) {
            highest = previous;
            highestLine = line;
        }
        rows.endRow();
    }

    private void label() {
        int start = at;
        String label = token();
        if (labels == null) {
            if (label.indexOf(':') >= 0) {
                at = start; // there is none
            }
            return;
        }
        if (label.indexOf(':') >= 0) {
            throw refused("begins with '" + label + "', a label is expected before the pairs index:value");
        }
        if (label.indexOf(',') >= 0 && !labels.takesTexts()) {
            throw refused("label '" + label + "' names several classes; rows of one class each are accepted");
        }
        double number = CsvFile.number(label);
        if (Double.isNaN(number) && !labels.takesTexts()) {
            throw refused("label '" + label + "' is not a number; --labels text takes labels as texts");
        }
        labels.add(file + ":" + line, label, number);
    }

    /** Reads one pair, and returns its index. */
    private int pair(int previous, boolean first) {
        int start = at;
        long index = 0;
        while (at < end && isDigit(bytes[at]) && index < Integer.MAX_VALUE) {
            index = 10 * index + bytes[at++] - '0';
        }
        if (at == start || at == end || bytes[at] != ':') {
            at = start;
            String token = token();
            if (first && token.startsWith("qid:")) {
                return previous;
            }
            throw refused("'" + token + "' is not a pair index:value with a whole number in 0.."
                    + (Integer.MAX_VALUE - 1) + " and a finite number");
        }
        if ((index == 0 && base == 1) || index >= Integer.MAX_VALUE) {
            throw refused("index " + index + " is not accepted: "
                    + (index == 0 && demand.base() == 1
                            ? demand.owner() + " counts indices from 1"
                            : "indices are in " + Math.max(base, 0) + ".." + (Integer.MAX_VALUE - 1)));
        }
        if (index <= previous) {
            throw refused("index " + index + " after " + previous + ": indices must ascend, each at most once");
        }
        if (index == 0) {
            base = 0;
        }
        if (rows.isFull()) {
            throw refused("more than " + FeatureBuffer.MOST_VALUES + " values are not accepted");
        }
        at++;
        skipBlanks(); // as LIBSVM does
        int from = at;
        rows.add((int) index, value(index));
        if (!rows.lastIsFinite()) {
            at = from;
            throw refused("'" + index + ":" + token() + "': the value is not a finite number of the chosen precision");
        }
        return (int) index;
    }

    /** Reads the value at an index, with the blanks behind it; NaN for what is not a number. */
    private double value(long index) {
        int from = at;
        boolean negative = at < end && bytes[at] == '-';
        if (negative || (at < end && bytes[at] == '+')) {
            at++;
        }
        long digits = 0;
        int count = 0;
        int point = -1;
        for (; at < end; at++) {
            byte b = bytes[at];
            if (isDigit(b)) {
                digits = 10 * digits + b - '0';
                count++;
            } else if (b == '.' && point < 0) {
                point = count;
            } else {
                break;
            }
            if (count > MOST_DIGITS) {
                break;
            }
        }
        int decimals = point < 0 ? 0 : count - point;
        if (count > 0 && count <= MOST_DIGITS && (at == end || isBlank(bytes[at]))) {
            skipBlanks();
            // One rounding: both are exact.
            double value = digits / POWERS[decimals];
            return negative ? -value : value;
        }
        at = from;
        String text = token();
        for (int i = 0; i < text.length(); i++) {
            if ("0123456789+-.eE".indexOf(text.charAt(i)) < 0) {
                throw refused("'" + index + ":" + text + "' is not a pair index:value with a finite number");
            }
        }
        return CsvFile.number(text);
    }

    /** With so many digits a whole number is exact in a double, and so is the power of ten that it is divided by. */
    private static final int MOST_DIGITS = 15;

    private static final double[] POWERS = {
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };

    /** What stands before the next blank; goes on behind the blanks. */
    private String token() {
        int start = at;
        while (at < end && !isBlank(bytes[at])) {
            at++;
        }
        String token = new String(bytes, start, at - start, UTF_8);
        skipBlanks();
        return token;
    }

    private void skipBlanks() {
        while (at < end && isBlank(bytes[at])) {
            at++;
        }
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t' || b == '\r';
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private UserException refused(String reason) {
        return new UserException(file + ":" + line + ": " + reason);
    }
}
