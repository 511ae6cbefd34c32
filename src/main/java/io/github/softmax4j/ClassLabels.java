package io.github.softmax4j;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The names of the classes 0..C-1: whole numbers of any kind, with gaps or negative, or texts. They stand in order, numbers by value and
 * texts by code point, so that the same set of labels always gives the same classes.
 *
 * <p>An immutable value, safe for any number of threads. A label is found by binary search.
 */
public final class ClassLabels {

    private static final int MOST_LISTED = 20;

    /** Exactly one of the two is there; ascending, each label once. */
    private final int[] numbers;

    private final String[] texts;

    private ClassLabels(int[] numbers, String[] texts) {
        this.numbers = numbers;
        this.texts = texts;
    }

    /**
     * The classes that whole numbers name: those of each row of training data, say.
     *
     * @param labels at least one, in any order, any of them repeated
     * @return a class for each number among them
     */
    public static ClassLabels of(int... labels) {
        Checks.notNull("labels", labels);
        Checks.atLeast("the length of labels", labels.length, 1);
        int[] sorted = labels.clone();
        Arrays.sort(sorted);
        int size = 1;
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] != sorted[size - 1]) {
                sorted[size++] = sorted[i];
            }
        }
        return new ClassLabels(Arrays.copyOf(sorted, size), null);
    }

    /**
     * The classes that texts name: those of each row of training data, say. Texts are different where any character is.
     *
     * @param labels at least one, in any order, any of them repeated; none null or with half of a surrogate pair
     * @return a class for each text among them
     */
    public static ClassLabels of(String... labels) {
        Checks.notNull("labels", labels);
        Checks.atLeast("the length of labels", labels.length, 1);
        Set<String> distinct = new HashSet<>();
        for (int i = 0; i < labels.length; i++) {
            if (distinct.add(Checks.notNull("labels[" + i + "]", labels[i]))) {
                checkUnicode(i, labels[i]);
            }
        }
        String[] sorted = distinct.toArray(new String[0]);
        Arrays.sort(sorted, ClassLabels::compare);
        return new ClassLabels(null, sorted);
    }

    /** Half a pair would be another text after it has been saved. */
    private static void checkUnicode(int index, String label) {
        if (label.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw new IllegalArgumentException("labels[" + index + "] must be Unicode, has half of a surrogate pair");
        }
    }

    /** By code point. Chars stand in that order, too, but for surrogates, whose characters stand above all others. */
    private static int compare(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean above = Character.isSurrogate(x);
                return above == Character.isSurrogate(y) ? Character.compare(x, y) : above ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /**
     * C.
     *
     * @return at least 1
     */
    public int size() {
        return numbers != null ? numbers.length : texts.length;
    }

    /**
     * Whether the labels are whole numbers; otherwise they are texts.
     *
     * @return true for numbers
     */
    public boolean areNumbers() {
        return numbers != null;
    }

    /**
     * The label of a class as text; a number in decimal.
     *
     * @param index a class in 0..C-1
     * @return never null
     */
    public String label(int index) {
        checkIndex(index);
        return numbers != null ? Integer.toString(numbers[index]) : texts[index];
    }

    /**
     * The label of a class where labels are numbers.
     *
     * @param index a class in 0..C-1
     * @return the number
     * @throws IllegalStateException if the labels are texts
     */
    public int number(int index) {
        checkIndex(index);
        if (numbers == null) {
            throw new IllegalStateException("the class labels are texts, not whole numbers");
        }
        return numbers[index];
    }

    private void checkIndex(int index) {
        if (index < 0 || index >= size()) {
            throw new IllegalArgumentException("index must be in 0.." + (size() - 1) + ", was " + index);
        }
    }

    /**
     * The class of a number.
     *
     * @param label one of the labels
     * @return in 0..C-1
     * @throws IllegalArgumentException if there is no such label, or the labels are texts
     */
    public int index(int label) {
        return known(find(label), label);
    }

    /**
     * The class of a text. Where labels are numbers, the class of the number that is written so, in decimal.
     *
     * @param label one of the labels
     * @return in 0..C-1
     * @throws IllegalArgumentException if there is no such label
     */
    public int index(String label) {
        return known(find(Checks.notNull("label", label)), label);
    }

    /**
     * Whether there is such a label; of numbers, one that is written so, in decimal.
     *
     * @param label any text
     * @return true where {@link #index(String)} finds it
     */
    public boolean contains(String label) {
        return find(Checks.notNull("label", label)) >= 0;
    }

    private int known(int index, Object label) {
        if (index < 0) {
            throw new IllegalArgumentException("label must be one of " + this + ", was " + label);
        }
        return index;
    }

    /** The class of a number, or something negative. */
    int find(int label) {
        return numbers != null ? Arrays.binarySearch(numbers, label) : -1;
    }

    /** The class of a text, or something negative. */
    int find(String label) {
        if (numbers == null) {
            return Arrays.binarySearch(texts, label, ClassLabels::compare);
        }
        try {
            int number = Integer.parseInt(label);
            return Integer.toString(number).equals(label) ? find(number) : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClassLabels o && Arrays.equals(numbers, o.numbers) && Arrays.equals(texts, o.texts);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(numbers) + Arrays.hashCode(texts);
    }

    /** The labels, joined by commas; of very many, the first ones. */
    @Override
    public String toString() {
        return IntStream.range(0, Math.min(size(), MOST_LISTED))
                        .mapToObj(this::label)
                        .map(label -> label.contains(",") ? '"' + label + '"' : label)
                        .collect(Collectors.joining(", "))
                + (size() > MOST_LISTED ? ", ... (" + size() + " in all)" : "");
    }
}
