package io.github.softmax4j.cli;

import io.github.softmax4j.ClassLabels;
import io.github.softmax4j.Dataset;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;

/** Labels of classes that take no part in training: the model has them, with probability 0. Their rows are left out. */
record MaskedClasses(Set<String> labels) {

    static final MaskedClasses NONE = new MaskedClasses(Set.of());

    boolean isEmpty() {
        return labels.isEmpty();
    }

    boolean contains(String label) {
        return labels.contains(label);
    }

    /** Refuses labels that are none of the data. */
    void check(ClassLabels names, int classes) {
        for (String label : labels) {
            indexOf("--mask-classes", label, names, classes);
        }
    }

    /** Refuses a dataset file that has rows of these classes: they cannot be taken out of it. */
    void check(String source, Dataset opened) {
        if (isEmpty() || !opened.hasLabels()) {
            return;
        }
        int[] masked = indices(opened);
        long rows = Arrays.stream(opened.labels())
                .filter(c -> Arrays.stream(masked).anyMatch(m -> m == c))
                .count();
        if (rows > 0) {
            opened.close();
            throw new UserException(source + ": has " + rows + " rows of the masked classes " + this
                    + "; a dataset file is used as it is: leave them out before convert");
        }
    }

    /** The places of the labels among the classes of the data. */
    int[] indices(Dataset data) {
        return labels.stream()
                .mapToInt(label ->
                        indexOf("--mask-classes", label, data.classLabels().orElse(null), data.classes()))
                .toArray();
    }

    /**
     * The place of a label among classes.
     *
     * @param option that has the label, for messages
     * @param names null where classes are 0..classes-1
     */
    static int indexOf(String option, String label, ClassLabels names, int classes) {
        ClassLabels known = names != null
                ? names
                : ClassLabels.of(IntStream.range(0, classes).toArray());
        if (!known.contains(label)) {
            throw new UserException(option + ": '" + label + "' is no class of the data, which has " + known);
        }
        return known.index(label);
    }

    @Override
    public String toString() {
        return String.join(", ", labels);
    }
}
