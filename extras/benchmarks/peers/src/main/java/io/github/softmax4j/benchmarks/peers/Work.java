package io.github.softmax4j.benchmarks.peers;

import java.util.ArrayList;
import java.util.List;

/**
 * One piece of work that every system is asked to do on the same data.
 *
 * @param name as in the reports of {@code ./softmax4j bench}
 * @param kind what to do
 * @param rows N
 * @param features D; 0 for rows of softmax, whose data is N x C scores
 * @param classes C
 * @param isDouble computed in double precision; in single precision otherwise
 */
record Work(String name, Kind kind, int rows, int features, int classes, boolean isDouble) {

    /** Rows that the prediction of single rows goes through in turn: all of them fit the second-level cache. */
    private static final int SINGLE_ROWS = 64;

    /** Adam's learning rate in {@link Kind#ADAM_STEP} and {@link Kind#EPOCH}; the rest is as in the paper. */
    static final double LEARNING_RATE = 1e-3;

    /** Rows of a batch of {@link Kind#EPOCH}. */
    static final int BATCH = 128;

    /** Steps of Adam between weights 0 and the loss that is compared. */
    static final int CHECKED_STEPS = 10;

    /** What to do, and the numbers of the result that are compared with the reference. */
    enum Kind {
        /** Mean loss and its gradient at the given weights: the loss, and the norm of the gradient. */
        LOSS_GRADIENT("loss_gradient", 1e-4),
        /** One step of Adam on one batch: the batch's loss after {@link #CHECKED_STEPS} steps from weights 0. */
        ADAM_STEP("adam_step", 1e-4),
        /** An epoch of shuffled batches: the mean loss of all rows after one from weights 0. Every system shuffles in its own way. */
        EPOCH("epoch", 0.05),
        /** Probabilities of all rows at the given weights: the sum of their squares, and of each row's first. */
        PROBABILITIES("probabilities", 1e-4),
        /** Probabilities of a row, one row at a time, from and to float[]: summed over the rows as above. */
        PREDICT_ROW("predict_row", 1e-4),
        /** Softmax of each row of N x C scores: as above. */
        SOFTMAX("softmax", 1e-4);

        private final String prefix;
        private final double tolerance;

        Kind(String prefix, double tolerance) {
            this.prefix = prefix;
            this.tolerance = tolerance;
        }

        /** How far from the reference a result may be, relatively. */
        double tolerance() {
            return tolerance;
        }
    }

    /** All work, in the order of the table. */
    static List<Work> all() {
        List<Work> all = new ArrayList<>();
        int[][] shapes = {{60_000, 784, 10}, {60_000, 768, 100}, {20_000, 768, 1000}, {4096, 512, 32_000}};
        for (int[] s : shapes) {
            for (boolean isDouble : new boolean[] {false, true}) {
                all.add(of(Kind.LOSS_GRADIENT, s[0], s[1], s[2], isDouble));
            }
        }
        for (int rows : new int[] {1, 128, 512}) {
            all.add(of(Kind.ADAM_STEP, rows, 784, 10, false));
        }
        for (Kind kind : new Kind[] {Kind.EPOCH, Kind.PROBABILITIES}) {
            all.add(of(kind, 60_000, 784, 10, false));
        }
        all.add(of(Kind.PREDICT_ROW, SINGLE_ROWS, 784, 10, false));
        for (int[] s : new int[][] {{1_000_000, 10}, {8192, 1000}, {1024, 32_000}}) {
            all.add(of(Kind.SOFTMAX, s[0], 0, s[1], false));
        }
        return List.copyOf(all);
    }

    private static Work of(Kind kind, int rows, int features, int classes, boolean isDouble) {
        String shape =
                switch (kind) {
                    case SOFTMAX -> rows + "x" + classes;
                    case PREDICT_ROW -> features + "x" + classes;
                    case EPOCH -> rows + "x" + features + "x" + classes + "_b" + BATCH;
                    default -> rows + "x" + features + "x" + classes;
                };
        String name = kind.prefix + "_" + shape + (isDouble ? "_f64" : "_f32");
        return new Work(name, kind, rows, features, classes, isDouble);
    }

    /** Values of a row of the data: features, or scores. */
    int columns() {
        return kind == Kind.SOFTMAX ? classes : features;
    }

    /** W, features x classes, and the intercept behind it. */
    int parameters() {
        return (features + 1) * classes;
    }
}
