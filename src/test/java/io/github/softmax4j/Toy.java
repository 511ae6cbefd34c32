package io.github.softmax4j;

import java.util.SplittableRandom;

/** Three well separated clouds of points in the plane: every sensible training gets every row right. */
final class Toy {

    static final int CLASSES = 3;
    private static final double[][] CENTRES = {{4, 0}, {-4, 3}, {-3, -4}};

    private Toy() {}

    static double[][] x(int rows) {
        SplittableRandom random = new SplittableRandom(11);
        double[][] x = new double[rows][2];
        for (int i = 0; i < rows; i++) {
            for (int d = 0; d < 2; d++) {
                x[i][d] = (float) (CENTRES[i % CLASSES][d] + random.nextDouble() * 2 - 1);
            }
        }
        return x;
    }

    static int[] labels(int rows) {
        int[] labels = new int[rows];
        for (int i = 0; i < rows; i++) {
            labels[i] = i % CLASSES;
        }
        return labels;
    }

    static Dataset dataset(int rows) {
        return Dataset.ofDoubles(x(rows), labels(rows));
    }

    static Dataset floats(int rows) {
        return Dataset.ofFloats(Problem.floats(x(rows)), labels(rows));
    }

    /** Points without any pattern in their labels: the optimum is finite. */
    static Dataset noise(int rows) {
        SplittableRandom random = new SplittableRandom(23);
        double[][] x = x(rows);
        int[] labels = new int[rows];
        for (int i = 0; i < rows; i++) {
            labels[i] = random.nextInt(CLASSES);
        }
        return Dataset.ofDoubles(x, labels);
    }
}
