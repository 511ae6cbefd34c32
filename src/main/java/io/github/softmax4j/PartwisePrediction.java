package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.util.function.Consumer;

/**
 * What a model predicts for labelled rows, a part of the rows at a time and in double precision, so that N x C values never exist:
 * scores and probabilities of a part are about {@value #VALUES} values each, or 32 rows where classes are very many.
 */
final class PartwisePrediction {

    private static final int VALUES = 1 << 20;
    private static final int LEAST_ROWS = 32;

    /** Rows of this part; arrays may be longer. */
    int rows;
    /** rows x C, row-major. */
    final double[] scores;

    final double[] probabilities;
    /** A class and, unless all weights are 1, a weight for each row. */
    final int[] labels;

    final double[] weights;
    /** The sum of the rows' weighted cross-entropies. */
    double lossSum;

    private PartwisePrediction(int rows, int classes, boolean weighted) {
        scores = new double[rows * classes];
        probabilities = new double[rows * classes];
        labels = new int[rows];
        weights = weighted ? new double[rows] : null;
    }

    double weight(int row) {
        return weights == null ? 1 : weights[row];
    }

    /** Predicts on the default number of threads, and hands over each part, in order, on this one. */
    static void forEach(SoftmaxModel model, Dataset data, Consumer<PartwisePrediction> consumer) {
        model.checkLabelled(data);
        ElementType type = data.elementType();
        int classes = model.classes();
        long wanted = Math.max(LEAST_ROWS, VALUES / classes);
        int most = (int) Math.min(Math.min(wanted, data.rows()), Math.max(1, (Integer.MAX_VALUE - 8) / classes));
        int threads = Core.defaultThreads();
        double[] loss = new double[1];
        try (DatasetMemory.Lease lease = data.acquire();
                NativeArray parameters = model.toNative(type);
                NativeArray scores = NativeArray.ofReals(type.code(), (long) most * classes);
                NativeArray probabilities = NativeArray.ofReals(type.code(), (long) most * classes)) {
            PartwisePrediction part = new PartwisePrediction(most, classes, data.hasWeights());
            for (long first = 0; first < data.rows(); first += most) {
                part.rows = (int) Math.min(most, data.rows() - first);
                long rows = lease.createPart(first, part.rows);
                try {
                    Core.check(NativeApi.s4j_predict(
                            rows,
                            classes,
                            model.hasIntercept() ? 1 : 0,
                            model.form().code(),
                            parameters.address(),
                            0,
                            scores.address(),
                            probabilities.address(),
                            threads,
                            loss));
                } finally {
                    NativeApi.s4j_data_free(rows);
                }
                scores.getWidened(0, part.scores, part.rows * classes);
                probabilities.getWidened(0, part.probabilities, part.rows * classes);
                lease.copyPart(first, part);
                part.setLoss(loss[0]);
                consumer.accept(part);
            }
        }
    }

    /** Takes the mean loss of the part, which is NaN where all of its weights are 0. */
    private void setLoss(double mean) {
        double total = 0;
        for (int i = 0; i < rows; i++) {
            total += weight(i);
        }
        lossSum = total > 0 ? mean * total : 0;
    }
}
