package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DistributionsTest {

    private static final double[] P = {0.5, 0.25, 0.25, 0};
    private static final double[] Q = {0.25, 0.25, 0.25, 0.25};

    @Test
    void entropyOfAUniformDistributionIsTheLogOfItsSize() {
        assertEquals(Math.log(4), Distributions.entropy(Q), 1e-15);
        assertEquals(0, Distributions.entropy(new double[] {0, 1}));
        assertEquals(1.5 * Math.log(2), Distributions.entropy(P), 1e-15);
    }

    @Test
    void crossEntropyIsLeastAtTheTrueDistribution() {
        assertEquals(Math.log(4), Distributions.crossEntropy(P, Q), 1e-15);
        assertEquals(Distributions.entropy(P), Distributions.crossEntropy(P, P), 1e-15);
        assertTrue(Distributions.crossEntropy(P, Q) > Distributions.entropy(P));
        // The other way round there is mass where the prediction has none.
        assertEquals(Double.POSITIVE_INFINITY, Distributions.crossEntropy(Q, P));
    }

    @Test
    void divergenceIsTheDifference() {
        double difference = Distributions.crossEntropy(P, Q) - Distributions.entropy(P);
        assertEquals(difference, Distributions.klDivergence(P, Q), 1e-15);
        assertEquals(0, Distributions.klDivergence(P, P));
    }

    @Test
    void valuesThatAreNoDistributionAreRefused() {
        for (double[] bad : new double[][] {{0.2, 0.3, 0.4, 0.6, 0.5}, {-0.5, 1.5}, {Double.NaN, 1}, {}}) {
            assertThrows(IllegalArgumentException.class, () -> Distributions.entropy(bad));
        }
        assertThrows(IllegalArgumentException.class, () -> Distributions.klDivergence(P, new double[] {1}));
    }

    @Test
    void classesAreDrawnAsOftenAsTheirProbabilitySays() {
        int n = 40_000;
        double[] logits = new double[4 * n];
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < 4; c++) {
                logits[4 * i + c] = 700 + Math.log(P[c]);
            }
        }
        int[] drawn = Distributions.sample(logits, 4, 42);
        double[] share = new double[4];
        for (int c : drawn) {
            share[c] += 1.0 / n;
        }
        // Five standard deviations of a share of 1/2.
        assertArrayEquals(P, share, 5 * 0.5 / Math.sqrt(n));
        assertEquals(0, share[3]);
        assertArrayEquals(drawn, Distributions.sample(logits, 4, 42));
        int[] other = Distributions.sample(logits, 4, 43);
        int same = 0;
        for (int i = 0; i < n; i++) {
            same += drawn[i] == other[i] ? 1 : 0;
        }
        // Independent draws agree with probability sum p^2.
        assertEquals(0.375, same / (double) n, 0.02);
    }

    @Test
    void rowsThatHaveNoSoftmaxCannotBeSampled() {
        double masked = Double.NEGATIVE_INFINITY;
        assertArrayEquals(new int[] {1}, Distributions.sample(new double[] {masked, 3}, 2, 1));
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, masked}) {
            assertThrows(IllegalArgumentException.class, () -> Distributions.sample(new double[] {bad, masked}, 2, 1));
        }
        assertThrows(IllegalArgumentException.class, () -> Distributions.sample(new double[3], 2, 1));
    }
}
