package io.github.softmax4j.benchmarks.peers;

import java.util.Arrays;

/** How work is timed, and results are summed up, in the same way for all systems. */
final class Timing {

    private static final int ROW_CALLS = 5000;

    private Timing() {}

    /** Work of which the seconds are to be known. */
    interface Body {
        void run() throws Exception;
    }

    /** Writes the probabilities of a row. */
    interface RowCall {
        void run(float[] row, float[] probabilities) throws Exception;
    }

    /** The seconds of one run. */
    static double time(Body body) throws Exception {
        long start = System.nanoTime();
        body.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /** A task that is timed as a whole. */
    static Peer.Task whole(Body body, Check check) {
        return task(() -> time(body), check);
    }

    /** A task that knows its seconds. */
    static Peer.Task task(Seconds seconds, Check check) {
        return new Peer.Task() {
            @Override
            public double seconds() throws Exception {
                return seconds.run();
            }

            @Override
            public double[] check() throws Exception {
                return check.run();
            }
        };
    }

    /** Runs and returns the seconds of one run. */
    interface Seconds {
        double run() throws Exception;
    }

    /** Returns the numbers to compare. */
    interface Check {
        double[] run() throws Exception;
    }

    /** A task that predicts row after row; its seconds are the median of the calls. */
    static Peer.Task rows(Work work, Data data, RowCall call) {
        float[][] rows = data.rows();
        float[] probabilities = new float[work.classes()];
        return task(() -> medianCall(rows, probabilities, call), () -> {
            double[] sums = new double[2];
            for (float[] row : rows) {
                call.run(row, probabilities);
                addSums(probabilities, work.classes(), sums);
            }
            return sums;
        });
    }

    private static double medianCall(float[][] rows, float[] probabilities, RowCall call) throws Exception {
        long[] nanos = new long[ROW_CALLS];
        for (int i = 0; i < ROW_CALLS; i++) {
            float[] row = rows[i % rows.length];
            long start = System.nanoTime();
            call.run(row, probabilities);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return nanos[ROW_CALLS / 2] / 1e9;
    }

    /** The sum of squares of probabilities, rows x classes, and the sum of the first of each row. */
    static double[] sums(float[] probabilities, int classes) {
        double[] sums = new double[2];
        addSums(probabilities, classes, sums);
        return sums;
    }

    private static void addSums(float[] probabilities, int classes, double[] sums) {
        for (int i = 0; i < probabilities.length; i++) {
            double p = probabilities[i];
            sums[0] += p * p;
            sums[1] += i % classes == 0 ? p : 0;
        }
    }

    /** Scores to probabilities, in place. */
    static void softmax(double[] scores) {
        double max = Arrays.stream(scores).max().orElseThrow();
        double sum = 0;
        for (int c = 0; c < scores.length; c++) {
            scores[c] = Math.exp(scores[c] - max);
            sum += scores[c];
        }
        for (int c = 0; c < scores.length; c++) {
            scores[c] /= sum;
        }
    }
}
