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
    void cosineRestartsBeginAgainEachTimeLonger() {
        // Cycles of 1, 2 and 4 epochs of 3 steps.
        double[] f = factors(LearningRateSchedule.cosineRestarts(1, 2, 0.2), 21);
        int t = 0;
        for (int length : new int[] {3, 6, 12}) {
            for (int i = 0; i < length; i++, t++) {
                assertEquals(0.2 + 0.4 * (1 + Math.cos(Math.PI * i / length)), f[t], 1e-15, "step " + t);
            }
        }
        f = factors(LearningRateSchedule.cosineRestarts(2, 1, 0.2), 12);
        for (t = 0; t < 12; t++) {
            assertEquals(0.2 + 0.4 * (1 + Math.cos(Math.PI * (t % 6) / 6)), f[t], 1e-15);
        }
        // A step far out, where a cycle of one epoch has come round ever so often, takes no time.
        assertEquals(1, LearningRateSchedule.cosineRestarts(1, 1, 0.5).factor(1L << 60, 1, 1L << 60));
        assertEquals(1, LearningRateSchedule.cosineRestarts(1, 2, 0.5).factor((1L << 40) - 1, 1, 1L << 60));
    }

    @Test
    void inverseSchedulesFallWithTimeAndItsRoot() {
        double[] time = factors(LearningRateSchedule.inverseTime(0.5), 12);
        double[] root = factors(LearningRateSchedule.inverseSquareRoot(4), 12);
        for (int t = 0; t < 12; t++) {
            assertEquals(1 / (1 + 0.5 * t / 3), time[t], 1e-15);
            assertEquals(t < 4 ? 1 : 2 / Math.sqrt(t + 1), root[t], 1e-15);
        }
    }

    @Test
    void polynomialComesDownToTheLastFactor() {
        double[] linear = factors(LearningRateSchedule.polynomial(1, 0.1), 12);
        double[] square = factors(LearningRateSchedule.polynomial(2, 0.1), 12);
        for (int t = 0; t < 12; t++) {
            assertEquals(1 - 0.9 * t / 11, linear[t], 1e-15);
            assertEquals(0.1 + 0.9 * (1 - t / 11.) * (1 - t / 11.), square[t], 1e-15);
        }
        assertEquals(1, LearningRateSchedule.polynomial(1, 0.1).factor(0, 1, 1), "a training of one step");
        assertEquals(0.1, LearningRateSchedule.polynomial(2, 0.1).factor(99, 1, 10), 1e-15, "beyond the end");
    }

    @Test
    void oneCycleRisesAndFalls() {
        LearningRateSchedule schedule = LearningRateSchedule.oneCycle(0.25, 0.04, 0.001);
        double[] f = IntStream.range(0, 101)
                .mapToDouble(t -> schedule.factor(t, 10, 101))
                .toArray();
        assertEquals(0.04, f[0], 1e-15);
        assertEquals(1, f[25], 1e-15);
        assertEquals(0.001, f[100], 1e-15);
        for (int t = 1; t <= 100; t++) {
            assertTrue(t <= 25 ? f[t] > f[t - 1] : f[t] < f[t - 1], "step " + t);
        }
        assertEquals(0.52, schedule.factor(50, 10, 401), 1e-15, "half the rise");
        assertEquals(0.5005, schedule.factor(250, 10, 401), 1e-15, "half the fall");
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
    void aScheduleThatGivesNoStepIsRefused() {
        try (Dataset data = Toy.dataset(9)) {
            for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
                SoftmaxTrainer trainer = TrainerTest.trainer(2)
                        .schedule((step, perEpoch, total) -> step < 1 ? 1 : bad)
                        .build();
                var e = assertThrows(TrainingDivergedException.class, () -> trainer.fit(data));
                assertTrue(e.getMessage().contains("schedule") && e.getMessage().contains("at step 2"), e.getMessage());
            }
        }
    }
}
