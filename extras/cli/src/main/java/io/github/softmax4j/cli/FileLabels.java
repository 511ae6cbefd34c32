package io.github.softmax4j.cli;

import io.github.softmax4j.ClassLabels;
import io.github.softmax4j.Dataset;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToIntFunction;

/** The labels of a file: whole numbers, or texts. Of which kind they are says the demand, or else the first of them. */
final class FileLabels {

    /** What stands for a number that is missing. */
    private static final Set<String> NO_TEXTS =
            Set.of("", "nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity");

    private final Demand demand;
    /** At most one of the two is there. */
    private int[] numbers;

    private String[] texts;
    private int size;

    FileLabels(Demand demand) {
        this.demand = demand;
    }

    /** Whole numbers that go with the demand. */
    FileLabels(int[] numbers) {
        this.demand = Demand.LABELLED;
        this.numbers = numbers;
        this.size = numbers.length;
    }

    /** Adds what a cell says; {@code where} is the file, with the place in it. */
    void add(String where, String cell) {
        double number = demand.wantsTexts() ? Double.NaN : CsvFile.number(cell);
        if (!Double.isNaN(number)) {
            if (number != Math.rint(number) || Math.abs(number) > Integer.MAX_VALUE) {
                throw refused(where, cell, "labels are whole numbers of at most " + Integer.MAX_VALUE + ", or texts");
            }
            add(where, (int) number);
            return;
        }
        if (numbers != null || demand.wantsNumbers()) {
            throw refused(where, cell, "the other labels are whole numbers");
        }
        if (!demand.wantsTexts() && NO_TEXTS.contains(cell.toLowerCase(Locale.ROOT))) {
            throw refused(where, cell, "labels are whole numbers or texts");
        }
        demand.checkLabel(where, cell);
        texts = texts == null ? new String[1024] : size == texts.length ? Arrays.copyOf(texts, larger()) : texts;
        texts[size++] = cell;
    }

    /** Adds a number; {@code where} is the file, with the place in it. */
    private void add(String where, int label) {
        if (texts != null) {
            throw refused(where, Integer.toString(label), "the other labels are texts");
        }
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

    /** Gives the labels to training data: those of whole numbers 0..C-1 without gaps are the classes, others name them. */
    void addTo(Dataset.Builder builder) {
        if (texts != null) {
            builder.labels(Arrays.copyOf(texts, size));
            return;
        }
        int[] labels = Arrays.copyOf(numbers, size);
        if (areClasses(labels)) {
            builder.labels(labels);
        } else {
            builder.labels(labels, ClassLabels.of(labels));
        }
    }

    /** Gives the labels to data that must go with other data or a model. */
    void addTo(Dataset.Builder builder, Demand demand) {
        if (demand.labels() == null) {
            builder.labels(Arrays.copyOf(numbers, size)).classes(demand.classes());
        } else if (texts != null) {
            builder.labels(Arrays.copyOf(texts, size), demand.labels());
        } else {
            builder.labels(Arrays.copyOf(numbers, size), demand.labels());
        }
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
