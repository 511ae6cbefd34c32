package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What l1, bounds, decoupled decay and clipping do to a training. */
class StepOptionsTest {

    private static final int FEATURES = 6;
    private static final int CLASSES = 3;
    private static final int WEIGHTS = FEATURES * CLASSES;

    static List<Optimizer> optimizers() {
        return List.of(
                new Sgd(0.5),
                new Momentum(0.1, 0.9),
                new Momentum(0.1, 0.9, 0.5, Momentum.Convention.PYTORCH),
                new Nesterov(0.1, 0.9),
                new AdaGrad(0.1),
                new AdaGrad(0.1, 1e-8, 0.1, 0.001),
                new RmsProp(0.01),
                new RmsProp(0.005, 0.99, 1e-8, 0.5, false),
                new RmsProp(0.01, 0.95, 0.01, 0.5, true),
                new Adam(0.02),
                new Adam(0.02, 0.9, 0.999, 1e-8, true));
    }

    private static Problem problem() {
        return Problem.random(60, FEATURES, CLASSES, true, 0, false);
    }

    /** Where the gradient of the rest is g, the minimum has g = -l1 sign(w), and |g| at most l1 where w is 0. */
    @ParameterizedTest
    @MethodSource("optimizers")
    void everyOptimizerComesToTheMinimumOfTheL1Objective(Optimizer optimizer) {
        double l1 = 0.04;
        // The rate falls by up to 0.4 % a step, and a velocity of momentum 0.9 is 9 steps behind it: 3.5 % of l1.
        double allowed = 1.5e-3;
        try (Dataset data = problem().dataset(ElementType.FLOAT64)) {
            SoftmaxModel model = trainer(3000)
                    .optimizer(optimizer)
                    .schedule(LearningRateSchedule.cosine(0.02))
                    .l1(l1)
                    .l2(0.01)
                    .build()
                    .fit(data);
            double[] w = parameters(model);
            double[] g = new double[w.length];
            double smooth = SoftmaxLoss.builder().l2(0.01).build().lossAndGradient(data, w, g);
            int zeros = 0;
            double sum = 0;
            for (int i = 0; i < WEIGHTS; i++) {
                double excess = w[i] == 0 ? Math.max(Math.abs(g[i]) - l1, 0) : Math.abs(g[i] + l1 * Math.signum(w[i]));
                assertTrue(excess < allowed, optimizer + ": weight " + w[i] + " with gradient " + g[i]);
                zeros += w[i] == 0 ? 1 : 0;
                sum += Math.abs(w[i]);
            }
            for (int i = WEIGHTS; i < w.length; i++) {
                assertEquals(0, g[i], allowed, "the intercept is not penalised");
            }
            assertTrue(zeros > 0 && zeros < WEIGHTS, optimizer + " has " + zeros + " zeros");
            TrainingSummary summary = model.summary().orElseThrow();
            assertEquals(smooth + l1 * sum, summary.objective(), 1e-14);
            assertEquals(l1, summary.l1());
        }
    }

    @Test
    void enoughL1LeavesNothingButTheIntercept() {
        try (Dataset data = problem().dataset(ElementType.FLOAT32)) {
            SoftmaxModel model =
                    trainer(50).optimizer(new Sgd(0.5)).l1(1).build().fit(data);
            assertArrayEquals(new double[WEIGHTS], model.weights());
            assertTrue(Arrays.stream(model.intercept()).allMatch(b -> b != 0));
        }
    }

    @ParameterizedTest
    @CsvSource({"-0.1, 0.2", "0, Infinity", "-Infinity, 0.05", "0.25, 0.5"})
    void boundsHoldAndTheInterceptIsFree(double lower, double upper) {
        try (Dataset data = problem().dataset(ElementType.FLOAT32)) {
            for (Optimizer optimizer : optimizers()) {
                SoftmaxModel model = trainer(100)
                        .optimizer(optimizer)
                        .bounds(lower, upper)
                        .build()
                        .fit(data);
                int touching = 0;
                for (double w : model.weights()) {
                    assertTrue(w >= (float) lower && w <= (float) upper, optimizer + ": " + w);
                    touching += w == (float) lower || w == (float) upper ? 1 : 0;
                }
                assertTrue(touching > 0, () -> optimizer + " touches no bound");
                assertTrue(Arrays.stream(model.intercept()).anyMatch(b -> b < lower || b > upper || b < 0));
            }
        }
    }

    @Test
    void decoupledDecayShrinksWeightsAlone() {
        // Features of zero: all that moves a weight is its decay.
        double[] w = {1, -2};
        try (Dataset data = Dataset.ofDoubles(new double[3][1], new int[] {0, 1, 1})) {
            for (Optimizer optimizer : optimizers()) {
                SoftmaxModel model = trainer(3)
                        .optimizer(optimizer)
                        .weightDecay(0.5)
                        .warmStart(SoftmaxModel.of(1, 2, w, new double[] {0.25, -0.25}))
                        .build()
                        .fit(data);
                double keep = Math.pow(1 - optimizer.learningRate() * 0.5, 3);
                assertArrayEquals(new double[] {keep, -2 * keep}, model.weights(), 1e-14);
                double towards = model.intercept()[0];
                assertTrue(towards < 0.25, "the intercept learns");
                assertEquals(0, model.intercept()[0] + model.intercept()[1], 1e-12, "and does not decay");
            }
        }
    }

    @Test
    void decoupledDecayOfAdamIsAdamW() {
        try (Dataset data = problem().dataset(ElementType.FLOAT32)) {
            SoftmaxTrainer.Builder base = trainer(20);
            SoftmaxModel adam =
                    base.optimizer(new Adam(0.1)).weightDecay(0.2).build().fit(data);
            SoftmaxModel adamW =
                    trainer(20).optimizer(new AdamW(0.1, 0.2)).build().fit(data);
            assertArrayEquals(parameters(adamW), parameters(adam));
            var e = assertThrows(IllegalArgumentException.class, () -> base.optimizer(new AdamW(0.1, 0.2))
                    .build());
            assertTrue(e.getMessage().contains("weightDecay must be 0 with AdamW"), e.getMessage());
        }
    }

    @Test
    void clippedStepsAreThoseOfTheFormulas() {
        Problem p = Problem.random(40, FEATURES, CLASSES, true, 0.1, false);
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            double[] start = p.parameters;
            double[] g = p.naiveGradient();
            double norm = Math.sqrt(Arrays.stream(g).map(v -> v * v).sum());
            SoftmaxModel from = SoftmaxModel.of(
                    FEATURES, CLASSES, Arrays.copyOf(start, WEIGHTS), Arrays.copyOfRange(start, WEIGHTS, start.length));
            SoftmaxTrainer.Builder one =
                    trainer(1).optimizer(new Sgd(1)).l2(0.1).warmStart(from);
            double[] byNorm = parameters(one.clipGradientNorm(norm / 3).build().fit(data));
            double[] byBoth = parameters(one.clipGradientValue(0.01).build().fit(data));
            for (int i = 0; i < start.length; i++) {
                assertEquals(start[i] - g[i] / 3, byNorm[i], 1e-13);
                assertEquals(start[i] - Math.max(-0.01, Math.min(0.01, g[i] / 3)), byBoth[i], 1e-13);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"5", "50", "2100"})
    void sameBitsForAnyNumberOfThreads(int classes) {
        for (ElementType type : ElementType.values()) {
            try (Dataset data = Problem.random(50, 9, classes, true, 0, true).dataset(type)) {
                SoftmaxModel one = null;
                for (int threads : new int[] {1, 2, 3, 8}) {
                    SoftmaxModel model = trainer(2)
                            .optimizer(new Adam(0.01))
                            .batchSize(20)
                            .shuffle(true)
                            .l1(1e-4)
                            .l2(1e-3)
                            .weightDecay(0.01)
                            .bounds(-0.1, 0.1)
                            .clipGradientNorm(0.01)
                            .clipGradientValue(0.001)
                            .threads(threads)
                            .build()
                            .fit(data);
                    one = one == null ? model : one;
                    assertEquals(one, model, classes + " classes on " + threads + " threads");
                }
            }
        }
    }

    /** In single precision the square of such a gradient is infinite: the parameters would never move again. */
    @Test
    void aMeanOfSquaresThatOverflowsIsReported() {
        try (Dataset data = Dataset.ofFloats(new float[][] {{1e25f}, {-1e25f}}, new int[] {0, 1})) {
            for (Optimizer optimizer :
                    List.of(new AdaGrad(0.1), new RmsProp(0.1), new Adam(0.1), new AdamW(0.1, 0.1))) {
                var e = assertThrows(
                        TrainingDivergedException.class,
                        () -> trainer(5).optimizer(optimizer).build().fit(data),
                        optimizer::toString);
                assertEquals(1, e.step());
                assertArrayEquals(new double[2], e.lastFiniteModel().weights());
            }
        }
    }

    private static double[] parameters(SoftmaxModel model) {
        double[] weights = model.weights();
        double[] all = Arrays.copyOf(weights, weights.length + model.intercept().length);
        System.arraycopy(model.intercept(), 0, all, weights.length, model.intercept().length);
        return all;
    }

    private static SoftmaxTrainer.Builder trainer(int epochs) {
        return SoftmaxTrainer.builder().epochs(epochs).fullBatch().threads(2);
    }
}
