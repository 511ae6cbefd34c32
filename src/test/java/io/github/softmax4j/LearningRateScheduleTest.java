package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The factors of the schedules, in closed form. */
class LearningRateScheduleTest {

    /** The first {@code n} factors of a training of 4 epochs of 3 steps. */
    private static double[] factors(LearningRateSchedule schedule, int n) {
        return IntStream.range(0, n).mapToDouble(t -> schedule.factor(t, 3, 12)).toArray();
    }

    @Test
    void constantStaysAtOne() {
        assertArrayEquals(new double[] {1, 1, 1, 1}, factors(LearningRateSchedule.constant(), 4));
    }

    @Test
    void stepDropsAfterSoManyEpochs() {
        double[] expected = {1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
        assertArrayEquals(expected, factors(LearningRateSchedule.step(2, 0.5), 12));
    }

    @Test
    void exponentialFallsByTheFactorOverEachEpoch() {
        double[] f = factors(LearningRateSchedule.exponential(0.8), 12);
        for (int t = 0; t < 12; t++) {
            assertEquals(Math.pow(0.8, t / 3.0), f[t], 1e-15);
        }
    }

    @Test
    void cosineGoesFromOneToTheLastFactor() {
        double[] f = factors(LearningRateSchedule.cosine(0.1), 12);
        assertEquals(1, f[0]);
        assertEquals(0.1, f[11], 1e-15);
        for (int t = 0; t < 12; t++) {
            assertEquals(0.1 + 0.45 * (1 + Math.cos(Math.PI * t / 11)), f[t], 1e-15);
            assertTrue(t == 0 || f[t] < f[t - 1]);
        }
        assertEquals(1, LearningRateSchedule.cosine(0.1).factor(0, 1, 1), "a training of one step");
    }

    @Test
    void warmUpRisesLinearlyUnderTheScheduleThatFollows() {
        double[] f = factors(LearningRateSchedule.warmUp(4, LearningRateSchedule.step(1, 0.5)), 7);
        assertArrayEquals(new double[] {0.25, 0.5, 0.75, 0.5, 0.5, 0.5, 0.25}, f, 1e-15);
    }

    @Test
    void fitFollowsTheSchedule() {
        // One parameter pair, gradients known: two steps of plain descent at factors 1 and 0.25.
        double[][] x = {{1}, {-1}};
        int[] labels = {0, 1};
        LearningRateSchedule quarter = (step, perEpoch, total) -> step == 0 ? 1 : 0.25;
        double[] w = new double[2];
        for (double rate : new double[] {1, 0.25}) {
            double[] g = NaiveSoftmax.gradient(w, x, labels, null, 2, false, 0);
            w[0] -= rate * g[0];
            w[1] -= rate * g[1];
        }
        try (Dataset data = Dataset.ofDoubles(x, labels)) {
            SoftmaxModel model = SoftmaxTrainer.builder()
                    .optimizer(new Sgd(1))
                    .schedule(quarter)
                    .intercept(false)
                    .epochs(2)
                    .fullBatch()
                    .build()
                    .fit(data);
            assertArrayEquals(w, model.weights(), 1e-14);
        }
    }

    @Test
    void aScheduleThatStopsTheStepsIsRefused() {
        try (Dataset data = Toy.dataset(9)) {
            for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
                SoftmaxTrainer trainer = TrainerTest.trainer(2)
                        .schedule((step, perEpoch, total) -> step < 1 ? 1 : bad)
                        .build();
                var e = assertThrows(IllegalArgumentException.class, () -> trainer.fit(data));
                assertTrue(e.getMessage().contains("schedule") && e.getMessage().contains("at step 2"), e.getMessage());
            }
        }
    }
}
