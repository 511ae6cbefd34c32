package io.github.softmax4j.cli;

import io.github.softmax4j.ClassLabels;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.cli.InputOptions.LabelKind;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;

/**
 * The labels of a file: whole numbers, or texts. Of which kind they are says the demand, or the user, or else the labels: where one is
 * no number all must be texts, and where one has leading zeros, which a number would lose, all of them are taken as they are written.
 */
final class FileLabels {

    /** What stands for a label that is missing. */
    private static final Set<String> NO_TEXTS =
            Set.of("", "?", "nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity");

    private static final Pattern LEADING_ZERO = Pattern.compile("[+-]?0\\d.*");
    private static final String AS_TEXTS = "; --labels text takes all of them as texts";

    private final Demand demand;
    /** Null where the labels themselves say it. */
    private final LabelKind kind;
    /** At most one of the two is there. */
    private int[] numbers;

    private String[] texts;
    private int size;
    /** Whether every number was written as it would be printed. */
    private boolean plain = true;
    /** Whether the texts are numbers, some of them with leading zeros. */
    private boolean codes;

    FileLabels(Demand demand, LabelKind kind) {
        this.demand = demand;
        this.kind = kind;
    }

    /** Whole numbers that go with the demand. */
    FileLabels(int[] numbers, Demand demand) {
        this(demand, null);
        this.numbers = numbers;
        this.size = numbers.length;
    }

    /** Whether any text is a label. */
    boolean takesTexts() {
        return demand.wantsTexts() || (kind == LabelKind.TEXT && !demand.wantsNumbers());
    }

    /**
     * Adds what a cell says.
     *
     * @param where the file, with the place in it
     * @param number that the cell is; NaN where it is none
     */
    void add(String where, String cell, double number) {
        if (takesTexts()) {
            if (cell.isEmpty()) {
                throw refused(where, cell, "it is missing");
            }
            addText(where, cell);
        } else if (Double.isNaN(number)) {
            addWord(where, cell);
        } else if (number != Math.rint(number) || Math.abs(number) > Integer.MAX_VALUE) {
            throw refused(
                    where, cell, "labels are whole numbers of at most " + Integer.MAX_VALUE + ", or texts" + AS_TEXTS);
        } else {
            addNumber(where, cell, (int) number);
        }
    }

    private void addWord(String where, String cell) {
        if (numbers != null || codes || demand.wantsNumbers() || kind == LabelKind.NUMBER) {
            throw refused(where, cell, "the other labels are whole numbers" + (demand.wantsNumbers() ? "" : AS_TEXTS));
        }
        if (NO_TEXTS.contains(cell.toLowerCase(Locale.ROOT))) {
            throw refused(where, cell, "labels are whole numbers or texts" + (cell.isEmpty() ? "" : AS_TEXTS));
        }
        addText(where, cell);
    }

    private void addNumber(String where, String cell, int number) {
        boolean padded = kind != LabelKind.NUMBER && LEADING_ZERO.matcher(cell).matches();
        if (padded && demand.wantsNumbers()) {
            throw refused(where, cell, "the other labels are whole numbers; --labels number reads " + number);
        }
        if (texts != null && !codes) {
            throw refused(where, cell, "the other labels are texts" + AS_TEXTS);
        }
        boolean asPrinted = Integer.toString(number).equals(cell);
        if (!padded && !codes) {
            plain &= asPrinted;
            addNumber(where, number);
            return;
        }
        if (!plain || !(padded || asPrinted)) {
            throw refused(
                    where,
                    cell,
                    "some labels have leading zeros and others are no plain numbers; --labels text takes all of them as"
                            + " they are written, --labels number as numbers");
        }
        becomeCodes();
        addText(where, cell);
    }

    private void becomeCodes() {
        if (!codes && numbers != null) {
            texts = new String[numbers.length];
            Arrays.setAll(texts, i -> i < size ? Integer.toString(numbers[i]) : null);
            numbers = null;
        }
        codes = true;
    }

    private void addText(String where, String cell) {
        demand.checkLabel(where, cell);
        texts = texts == null ? new String[1024] : size == texts.length ? Arrays.copyOf(texts, larger()) : texts;
        texts[size++] = cell;
    }

    private void addNumber(String where, int label) {
        demand.checkLabel(where, label);
        numbers = numbers == null ? new int[1024] : size == numbers.length ? Arrays.copyOf(numbers, larger()) : numbers;
        numbers[size++] = label;
    }

    private int larger() {
        return (int) Math.min(FeatureBuffer.MOST_VALUES, 2L * size);
    }

    private static UserException refused(String where, String label, String accepted) {
        return new UserException(where + ": label '" + label + "' is not accepted: " + accepted);
    }

    /** The classes of training data: numbers that are 0..C-1 without gaps need no names, and there are none then. */
    ClassLabels classLabels() {
        if (texts != null) {
            return ClassLabels.of(Arrays.copyOf(texts, size));
        }
        int[] labels = Arrays.copyOf(numbers, size);
        return areClasses(labels) ? null : ClassLabels.of(labels);
    }

    int size() {
        return size;
    }

    /** How many classes there are if they have no names. */
    int classes() {
        return Arrays.stream(numbers, 0, size).max().orElse(0) + 1;
    }

    /** Which rows have another label than those of {@code masked}. */
    boolean[] except(Predicate<String> masked) {
        boolean[] kept = new boolean[size];
        for (int i = 0; i < size; i++) {
            kept[i] = !masked.test(texts != null ? texts[i] : Integer.toString(numbers[i]));
        }
        return kept;
    }

    /** Forgets the labels of the other rows. */
    void keep(boolean[] kept) {
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (kept[i] && texts != null) {
                texts[count++] = texts[i];
            } else if (kept[i]) {
                numbers[count++] = numbers[i];
            }
        }
        size = count;
    }

    /** Gives the labels to data whose classes are named, or without names 0..classes-1. */
    void addTo(Dataset.Builder builder, ClassLabels names, int classes) {
        if (names == null) {
            builder.labels(Arrays.copyOf(numbers, size)).classes(classes);
        } else if (names.areNumbers()) {
            builder.labels(Arrays.copyOf(numbers, size), names);
        } else {
            builder.labels(asTexts(), names);
        }
    }

    private String[] asTexts() {
        String[] all = new String[size];
        Arrays.setAll(all, i -> texts != null ? texts[i] : Integer.toString(numbers[i]));
        return all;
    }

    /** The place of each of the first labels, which are Integers or Strings. */
    int[] places(int count, ToIntFunction<Object> placeOf) {
        int[] places = new int[count];
        Arrays.setAll(places, i -> placeOf.applyAsInt(texts != null ? texts[i] : (Object) numbers[i]));
        return places;
    }

    /** Forgets the labels, but not of which kind they are. */
    void clear() {
        size = 0;
    }

    private static boolean areClasses(int[] labels) {
        BitSet seen = new BitSet();
        for (int label : labels) {
            // Beyond, there must be gaps.
            if (label < 0 || label >= labels.length) {
                return false;
            }
            seen.set(label);
        }
        return seen.nextClearBit(0) == seen.length();
    }
}
