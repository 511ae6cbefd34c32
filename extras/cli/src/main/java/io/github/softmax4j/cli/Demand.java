package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;

/**
 * What data must be like to go with a model or with other data.
 *
 * @param owner what it must go with, for messages
 * @param features the number of features, or 0 for any
 * @param classes labels are below it; 0 for any
 * @param labelled whether there must be labels
 */
record Demand(String owner, int features, int classes, boolean labelled) {

    /** Labelled data of any shape. */
    static final Demand LABELLED = new Demand("", 0, 0, true);

    static Demand of(String owner, Dataset data) {
        return new Demand(owner, data.features(), data.classes(), true);
    }

    static Demand of(String owner, SoftmaxModel model, boolean labelled) {
        return new Demand(owner, model.features(), model.classes(), labelled);
    }

    /** Refuses another number of features; {@code where} is the file, with the line where it has lines. */
    void checkFeatures(String where, int actual) {
        if (features != 0 && actual != features) {
            throw new UserException(where + ": has " + actual + " features, " + owner + " has " + features);
        }
    }

    /** Refuses a label of another class; {@code where} is the file, with the place in it. */
    void checkLabel(String where, int label) {
        if (classes != 0 && label >= classes) {
            throw new UserException(
                    where + ": label " + label + " is not accepted: " + owner + " has the classes 0.." + (classes - 1));
        }
    }
}
