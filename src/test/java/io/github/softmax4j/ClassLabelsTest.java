package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ClassLabelsTest {

    @Test
    void numbersStandByValueWithoutRepeats() {
        ClassLabels labels = ClassLabels.of(7, 2, -1, 2, 100, 7, Integer.MIN_VALUE, Integer.MAX_VALUE);
        assertEquals("-2147483648, -1, 2, 7, 100, 2147483647", labels.toString());
        assertTrue(labels.areNumbers());
        assertEquals(6, labels.size());
        for (int i = 0; i < labels.size(); i++) {
            assertEquals(i, labels.index(labels.number(i)));
            assertEquals(i, labels.index(labels.label(i)));
        }
        assertFalse(labels.contains("02") || labels.contains("+2") || labels.contains("two"));
    }

    @Test
    void textsStandByCodePoint() {
        // The last but one is a single char below none but the last, whose first char is lower.
        String[] ordered = {"", "10", "9", "Zebra", "a", "aa", "b", "\u00e9", "\uffee", "\ud83d\ude00"};
        String[] shuffled = {"b", "\ud83d\ude00", "a", "\uffee", "9", "", "aa", "Zebra", "10", "\u00e9", "a", "\uffee"};
        ClassLabels labels = ClassLabels.of(shuffled);
        assertFalse(labels.areNumbers());
        assertEquals(ordered.length, labels.size());
        for (int i = 0; i < ordered.length; i++) {
            assertEquals(ordered[i], labels.label(i));
            assertEquals(i, labels.index(ordered[i]));
        }
        assertThrows(IllegalStateException.class, () -> labels.number(0));
    }

    @Test
    void theyAreValues() {
        ClassLabels texts = ClassLabels.of("1", "2");
        assertEquals(texts, ClassLabels.of("2", "1", "2"));
        assertEquals(texts.hashCode(), ClassLabels.of("2", "1").hashCode());
        assertNotEquals(texts, ClassLabels.of(1, 2));
        int[] given = {3, 1};
        ClassLabels numbers = ClassLabels.of(given);
        given[0] = 9;
        assertEquals(ClassLabels.of(1, 3), numbers);
    }

    @Test
    void veryManyAreNotAllPrinted() {
        String text = ClassLabels.of(IntStream.range(0, 1000).toArray()).toString();
        assertTrue(text.endsWith("18, 19, ... (1000 in all)"), text);
    }

    @Test
    void wrongInputIsRefused() {
        bad(() -> ClassLabels.of(new int[0]), "length of labels must be at least 1, was 0");
        bad(() -> ClassLabels.of(new String[0]), "length of labels must be at least 1, was 0");
        bad(() -> ClassLabels.of((int[]) null), "labels must not be null");
        bad(() -> ClassLabels.of("a", null), "labels[1] must not be null");
        bad(() -> ClassLabels.of("a", "b\ud83d"), "labels[1] must be Unicode");
        ClassLabels labels = ClassLabels.of(1, 2, 5);
        bad(() -> labels.index(3), "label must be one of 1, 2, 5, was 3");
        bad(() -> labels.index("x"), "label must be one of 1, 2, 5, was x");
        bad(() -> labels.index(null), "label must not be null");
        bad(() -> labels.label(3), "index must be in 0..2, was 3");
        bad(() -> labels.number(-1), "index must be in 0..2, was -1");
        bad(() -> ClassLabels.of("a").index(1), "label must be one of a, was 1");
    }

    private static void bad(Executable call, String message) {
        var thrown = assertThrows(IllegalArgumentException.class, call);
        assertTrue(thrown.getMessage().contains(message), thrown.getMessage());
    }
}
