package io.github.softmax4j;

/** The labels a dataset's builder was given, of any kind, and what becomes of them: a class for each row, or none. */
final class LabelColumn {

    /** The class of a row whose label is ignored. */
    static final int IGNORED = -1;

    private final int[] numbers;
    private final String[] texts;
    /** Null: numbers are classes. */
    final ClassLabels names;

    LabelColumn(int[] numbers, ClassLabels names) {
        this.numbers = numbers;
        this.texts = null;
        this.names = names;
    }

    LabelColumn(String[] texts, ClassLabels names) {
        this.numbers = null;
        this.texts = texts;
        this.names = names;
    }

    private int length() {
        return numbers != null ? numbers.length : texts.length;
    }

    /**
     * The class of each row, in memory of its own.
     *
     * @param rows how many there must be
     * @param classes C where it was given, else 0
     * @param ignored a number that is no class, or null
     * @param ignoreUnknown whether labels without a class are ignored
     */
    int[] indices(long rows, int classes, Integer ignored, boolean ignoreUnknown) {
        Checks.length("labels", length(), "features has rows:", rows);
        if (names != null && classes != 0 && classes != names.size()) {
            throw new IllegalArgumentException(
                    "classes is " + classes + ", there are " + names.size() + " class labels");
        }
        if (texts != null && ignored != null) {
            throw new IllegalArgumentException("ignoreLabel is the number " + ignored + ", but labels are texts");
        }
        int[] indices = new int[length()];
        long counted = 0;
        for (int i = 0; i < indices.length; i++) {
            indices[i] = index(i, classes, ignored, ignoreUnknown);
            counted += indices[i] == IGNORED ? 0 : 1;
        }
        if (counted == 0) {
            throw new IllegalArgumentException("labels must not all be ignored, all " + rows + " are");
        }
        return indices;
    }

    private int index(int row, int classes, Integer ignored, boolean ignoreUnknown) {
        // Read once: it is the caller's array, which other threads may write to.
        int number = numbers == null ? 0 : numbers[row];
        String text = texts == null ? null : Checks.notNull("labels[" + row + "]", texts[row]);
        if (ignored != null && number == ignored) {
            return IGNORED;
        }
        int highest = classes == 0 ? Integer.MAX_VALUE - 1 : classes - 1;
        int index = names == null ? number : text == null ? names.find(number) : names.find(text);
        if (index >= 0 && (names != null || index <= highest)) {
            return index;
        }
        if (ignoreUnknown) {
            return IGNORED;
        }
        throw new IllegalArgumentException("labels[" + row + "] must be "
                + (names == null ? "in 0.." + highest : "one of " + names) + ", was "
                + (text == null ? Integer.toString(number) : "'" + text + "'"));
    }
}
