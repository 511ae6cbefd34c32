package io.github.softmax4j.cli;

import de.siegmar.fastcsv.reader.CsvRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/**
 * Tells whether the first line of a CSV file is a header where nobody says it. It is one where it names columns: all cells are different
 * texts. It is none where it has numbers as rows have them. What may be one or the other is refused.
 */
final class CsvHeader {

    static final String ASK = "; --header yes or no says whether the first line is a header";

    /** What columns of labels are called. */
    private static final Set<String> LABELS = Set.of("label", "labels", "target", "class", "y");

    /** What columns are called that number the rows. */
    private static final Set<String> INDICES = Set.of("", "unnamed: 0", "index", "id");

    private static final Pattern MISSING =
            Pattern.compile("(?i)|[?.-]+|n/?a|#n/?a|<na>|nan|null|none|nil|missing|unknown");

    private static final Pattern NON_FINITE = Pattern.compile("(?i)[+-]?(nan|inf|infinity)");

    private final String where;
    private final CsvRecord first;
    /** The column of labels, from 0; -1 where there is none. */
    private final int label;

    private final int[] features;
    private final ToDoubleFunction<String> numbers;
    /** How often each label was met; null where the first line is no header for sure. */
    private Map<String, Integer> counts;

    /**
     * Judges the first line.
     *
     * @param label the column of labels; -1 where there is none
     * @param features the other columns, but for those that are left out
     * @param numbers what a cell is as a number; NaN for what is none
     */
    CsvHeader(String where, CsvRecord first, int label, int[] features, ToDoubleFunction<String> numbers) {
        this.where = where;
        this.first = first;
        this.label = label;
        this.features = features;
        this.numbers = numbers;
    }

    /** Whether a cell is neither a number nor what stands for one that is not finite. */
    static boolean isText(String cell, double number) {
        return Double.isNaN(number) && !NON_FINITE.matcher(cell).matches();
    }

    /** Whether the first line is a header; {@code second} is the line behind it, or null. */
    boolean isHeader(CsvRecord second) {
        int plain = 0;
        int texts = 0;
        for (int column : features) {
            String cell = cell(first, column);
            boolean index = column == 0 && cell.isEmpty() && features.length > 1; // as pandas names it
            plain += isNumber(cell) ? 1 : 0;
            texts += !isNumber(cell) && (index || !MISSING.matcher(cell).matches()) ? 1 : 0;
        }
        boolean named = label < 0 || !isNumber(cell(first, label));
        if (plain == features.length && plain > 0) {
            checkNumbers(named);
            return false;
        }
        if (!named || plain + texts < features.length || repeats()) {
            return false;
        }
        return plain == 0 || isOfAnotherKind(second);
    }

    private boolean repeats() {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < first.getFieldCount(); i++) {
            if (!isNumber(cell(first, i)) && !names.add(cell(first, i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether names and numbers stand over rows that are longer or shorter, or have numbers for labels. */
    private boolean isOfAnotherKind(CsvRecord second) {
        return second != null
                && (second.getFieldCount() != first.getFieldCount() || (label >= 0 && isNumber(cell(second, label))));
    }

    /** Refuses numbers that may be names: those that pandas gives, or any before a word that labels are called by. */
    private void checkNumbers(boolean named) {
        boolean counted = features.length > 1;
        double last = Double.NEGATIVE_INFINITY;
        boolean ascending = true;
        for (int i = 0; i < features.length; i++) {
            String cell = cell(first, features[i]);
            counted &= cell.equals(Integer.toString(i));
            ascending &= numbers.applyAsDouble(cell) > last;
            last = numbers.applyAsDouble(cell);
        }
        String name = label < 0 ? "" : cell(first, label);
        boolean next = label < 0 || named || name.equals(Integer.toString(features.length));
        if ((counted && next) || (label >= 0 && LABELS.contains(name.toLowerCase(Locale.ROOT)))) {
            throw new UserException(where + ": may be a header of numbers, or a row" + ASK);
        }
        counts = ascending && label >= 0 ? new HashMap<>() : null;
    }

    /** Takes notice of the label of a row, the first line among them if it was no header. */
    void met(String cell) {
        if (counts != null && counts.merge(cell, 1, Integer::sum) > 1 && cell.equals(cell(first, label))) {
            counts = null;
        }
    }

    /** Refuses a first line of ascending numbers whose label is its own, where there are others and each is met again. */
    void checkEnd() {
        if (counts != null
                && counts.size() > 2
                && counts.values().stream().filter(count -> count == 1).count() == 1) {
            throw new UserException(where + ": its label '" + cell(first, label)
                    + "' is that of no other row; it may be a header of numbers" + ASK);
        }
    }

    /** Refuses a label of another kind behind a first line that was no header: it may be one. */
    void checkKind(String at, CsvRecord second) {
        if (label >= 0 && !isNumber(cell(first, label)) && isNumber(cell(second, label))) {
            throw new UserException(at + ", column " + (label + 1) + ": label '" + cell(second, label)
                    + "' is not accepted: the other labels are texts" + ASK
                    + ", --labels text takes all labels as texts");
        }
    }

    /** Refuses a header that calls another column than that of the labels so. */
    static void checkNames(String where, List<String> names, int label, int[] features) {
        if (LABELS.contains(names.get(label).toLowerCase(Locale.ROOT))) {
            return;
        }
        for (int feature : features) {
            String name = names.get(feature);
            if (LABELS.contains(name.toLowerCase(Locale.ROOT))) {
                throw new UserException(where + ": the label would be the last column, '" + names.get(label)
                        + "', but there is one called '" + name + "'; --label " + name + " or --label "
                        + names.get(label) + " says which it is");
            }
        }
    }

    /** Whether a column seems to number the rows. */
    static boolean isIndex(String name) {
        return INDICES.contains(name.toLowerCase(Locale.ROOT));
    }

    private boolean isNumber(String cell) {
        return !isText(cell, numbers.applyAsDouble(cell));
    }

    private static String cell(CsvRecord line, int column) {
        return column < line.getFieldCount() ? line.getField(column).strip() : "";
    }
}
