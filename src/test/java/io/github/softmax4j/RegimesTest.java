package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every regime on every instruction set against the naive reference, over sizes around the edges of loops and blocks. */
class RegimesTest {

    /** Rows, features, classes. */
    private static final int[][] SHAPES = {
        {1, 1, 1}, // nothing but tails
        {1, 1, 2},
        {2, 3, 2},
        {5, 7, 3},
        {7, 8, 4}, // one vector of 8 along D, rows just below a group
        {8, 15, 5},
        {9, 16, 7},
        {17, 17, 8}, // one past a vector of 16
        {31, 31, 9},
        {33, 33, 10},
        {63, 64, 11}, // one row short of a block
        {64, 65, 16},
        {65, 100, 17}, // one row past a block
        {129, 5, 31},
        {127, 2, 32}, // the most classes of the small regime
        {40, 20, 33}, // the first beyond it
        {300, 9, 64},
        {258, 30, 129},
        {1030, 13, 10}, // several blocks per lane
        {700, 50, 257},
    };

    static List<Arguments> cases() {
        List<Arguments> all = new ArrayList<>();
        for (String kernels : Kernels.all()) {
            for (int[] s : SHAPES) {
                all.add(Arguments.of(kernels, s[0], s[1], s[2]));
            }
        }
        return all;
    }

    @ParameterizedTest(name = "{0} {1}x{2}x{3}")
    @MethodSource("cases")
    void lossAndGradientMatchTheNaiveReference(String kernels, int rows, int features, int classes) {
        Kernels.with(kernels, () -> {
            for (int variant = 0; variant < 4; variant++) {
                boolean intercept = (variant & 1) != 0;
                boolean weighted = (variant & 2) != 0;
                compare(Problem.random(rows, features, classes, intercept, variant == 1 ? 0.25 : 0, weighted));
            }
        });
    }

    private static void compare(Problem problem) {
        double loss = problem.naiveLoss();
        double[] gradient = problem.naiveGradient();
        // With one class loss and gradient are the penalty's alone, and zero without.
        double scale = Math.max(1, loss);
        for (ElementType type : ElementType.values()) {
            double tolerance = type == ElementType.FLOAT64 ? 1e-12 : 1e-5;
            try (Dataset data = problem.dataset(type)) {
                for (int regime = 0; regime <= Problem.LARGE; regime++) {
                    if (regime == Problem.SMALL && problem.classes > Problem.SMALL_CLASSES) {
                        continue;
                    }
                    String where = type + " " + Problem.REGIMES[regime] + ", intercept " + problem.intercept
                            + ", weights " + (problem.weights != null);
                    Problem.Outcome actual = problem.run(data, regime, 2);
                    assertEquals(loss, actual.loss(), tolerance * scale, () -> where + " loss");
                    double error = Problem.relativeError(actual.gradient(), gradient);
                    double difference = error * 1e-300;
                    boolean zero = problem.classes == 1 && problem.l2 == 0;
                    assertTrue(
                            zero ? difference <= 1e-15 : error <= tolerance,
                            () -> where + " gradient: relative error " + error);
                }
            }
        }
    }

    @Test
    void smallRegimeRefusesMoreClassesThanItTakes() {
        Problem problem = Problem.random(3, 2, Problem.SMALL_CLASSES + 1, false, 0, false);
        try (Dataset data = problem.dataset(ElementType.FLOAT32)) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> problem.run(data, Problem.SMALL, 1));
            assertTrue(e.getMessage().contains("at most 32 classes, not 33"), e.getMessage());
        }
    }
}
