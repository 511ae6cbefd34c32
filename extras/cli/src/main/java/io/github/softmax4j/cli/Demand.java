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
 * @param need what labels are needed for
 * @param base what the indices of sparse files count from, 0 or 1; {@link #ANY_BASE} where the file decides
 * @param ignoresUnseen whether indices beyond the features are left out; otherwise they are refused
 */
record Demand(
        String owner, int features, int classes, ClassLabels labels, Labels need, int base, boolean ignoresUnseen) {

    static final int ANY_BASE = -1;

    /** Anything. */
    static final Demand ANY = new Demand("", 0, 0, null, Labels.KEPT, ANY_BASE, false);

    /** What becomes of the labels of a file. */
    enum Labels {
        /** There must be labels. */
        REQUIRED,
        /** They are read where there are any. */
        KEPT,
        /** They are not looked at. */
        IGNORED
    }

    /** Labelled data of the shape of other data, whose indices count from {@code base}. */
    static Demand of(String owner, Dataset data, int base) {
        return new Demand(
                owner, data.features(), data.classes(), data.classLabels().orElse(null), Labels.REQUIRED, base, false);
    }

    /** Data that a model takes, whose training data had indices that count from {@code base}. */
    static Demand of(String owner, SoftmaxModel model, int base, Labels need) {
        return new Demand(
                owner, model.features(), model.classes(), model.classLabels().orElse(null), need, base, false);
    }

    Demand ignoringUnseen() {
        return new Demand(owner, features, classes, labels, need, base, true);
    }

    /** Whether there must be labels. */
    boolean labelled() {
        return need == Labels.REQUIRED;
    }

    /** Whether labels are not looked at. */
    boolean ignoresLabels() {
        return need == Labels.IGNORED;
    }

    /** Refuses another number of features; {@code where} is the file, with the line where it has lines. */
    void checkFeatures(String where, int actual) {
        if (features != 0 && actual != features) {
            throw new UserException(where + ": has " + actual + " features, " + width());
        }
    }

    /** How many features there must be, in words. */
    String width() {
        return classes == 0 ? owner + " says " + features : owner + " has " + features + " features";
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
