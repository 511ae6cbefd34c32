package io.github.softmax4j.cli;

import io.github.softmax4j.ClassLabels;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import java.util.Objects;

/**
 * What data must be like to go with a model or with other data.
 *
 * @param owner what it must go with, for messages
 * @param features the number of features, or 0 for any
 * @param classes labels are below it; 0 for any
 * @param labels the names of the classes; null where labels are 0..classes-1, or of any kind
 * @param labelled whether there must be labels
 */
record Demand(String owner, int features, int classes, ClassLabels labels, boolean labelled) {

    /** Labelled data of any shape. */
    static final Demand LABELLED = new Demand("", 0, 0, null, true);

    /** Anything. */
    static final Demand ANY = new Demand("", 0, 0, null, false);

    static Demand of(String owner, Dataset data) {
        return new Demand(
                owner, data.features(), data.classes(), data.classLabels().orElse(null), true);
    }

    static Demand of(String owner, SoftmaxModel model, boolean labelled) {
        return new Demand(
                owner, model.features(), model.classes(), model.classLabels().orElse(null), labelled);
    }

    /** Refuses another number of features; {@code where} is the file, with the line where it has lines. */
    void checkFeatures(String where, int actual) {
        if (features != 0 && actual != features) {
            throw new UserException(where + ": has " + actual + " features, " + owner + " has " + features);
        }
    }

    /** Whether labels must be texts. */
    boolean wantsTexts() {
        return labels != null && !labels.areNumbers();
    }

    /** Whether labels must be whole numbers. */
    boolean wantsNumbers() {
        return classes != 0 && !wantsTexts();
    }

    /** Refuses a dataset file with other classes: its labels cannot be changed. */
    void checkClasses(String where, Dataset data) {
        ClassLabels own = data.classLabels().orElse(null);
        if (own == null && labels == null) {
            checkLabel(where, data.classes() - 1);
        } else if (classes != 0 && !Objects.equals(own, labels)) {
            throw new UserException(where + ": has the classes " + (own == null ? "0.." + (data.classes() - 1) : own)
                    + ", " + owner + " has " + (labels == null ? "0.." + (classes - 1) : labels)
                    + "; a dataset file goes with the same ones");
        }
    }

    /** Refuses a label of another class; {@code where} is the file, with the place in it. */
    void checkLabel(String where, int label) {
        if (labels != null) {
            checkLabel(where, Integer.toString(label));
        } else if (classes != 0 && (label < 0 || label >= classes)) {
            throw refused(where, Integer.toString(label), "0.." + (classes - 1));
        }
    }

    /** Refuses a label of another class; {@code where} is the file, with the place in it. */
    void checkLabel(String where, String label) {
        if (labels != null && !labels.contains(label)) {
            throw refused(where, label, labels.toString());
        }
    }

    private UserException refused(String where, String label, String accepted) {
        return new UserException(
                where + ": label '" + label + "' is not accepted: " + owner + " has the classes " + accepted);
    }
}
