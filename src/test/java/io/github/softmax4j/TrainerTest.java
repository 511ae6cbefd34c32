package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.TrainingSummary.StopReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a fit does with its settings. */
class TrainerTest {

    static List<Optimizer> optimizers() {
        return List.of(
                new Sgd(0.1),
                new Momentum(0.05, 0.9),
                new Momentum(0.05, 0.9, 0.1, Momentum.Convention.PYTORCH),
                new Nesterov(0.05, 0.9),
                new AdaGrad(0.5),
                new RmsProp(0.01),
                new RmsProp(0.01, 0.95, 1e-8, 0.5, true),
                new Adam(0.05),
                new Adam(0.05, 0.9, 0.999, 1e-8, true),
                new AdamW(0.05, 0.01));
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void everyOptimizerSeparatesWhatIsSeparable(Optimizer optimizer) {
        for (boolean single : new boolean[] {true, false}) {
            try (Dataset data = single ? Toy.floats(300) : Toy.dataset(300)) {
                SoftmaxModel model = trainer(20).optimizer(optimizer).build().fit(data);
                Evaluation evaluation = model.evaluate(data);
                assertEquals(0, evaluation.errorRate(), optimizer::toString);
                assertTrue(evaluation.loss() < 0.05, () -> optimizer + " has loss " + evaluation.loss());
                assertEquals(single ? ElementType.FLOAT32 : ElementType.FLOAT64, model.elementType());
            }
        }
    }

    /** The whole loop again in plain Java: batches in order, the last one partial, plain gradient descent. */
    @Test
    void stepsAreThoseOfTheFormulasIncludingTheLastPartialBatch() {
        Problem p = Problem.random(53, 4, 3, true, 0.05, false);
        double[] w = new double[p.parameters.length];
        for (int epoch = 0; epoch < 3; epoch++) {
            for (int first = 0; first < 53; first += 10) {
                int last = Math.min(first + 10, 53);
                double[] g = NaiveSoftmax.gradient(
                        w,
                        Arrays.copyOfRange(p.x, first, last),
                        Arrays.copyOfRange(p.labels, first, last),
                        null,
                        3,
                        true,
                        0.05);
                for (int i = 0; i < w.length; i++) {
                    w[i] -= 0.3 * g[i];
                }
            }
        }
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            SoftmaxModel model = trainer(3)
                    .optimizer(new Sgd(0.3))
                    .l2(0.05)
                    .batchSize(10)
                    .shuffle(false)
                    .build()
                    .fit(data);
            assertArrayEquals(Arrays.copyOf(w, 12), model.weights(), 1e-13);
            assertArrayEquals(Arrays.copyOfRange(w, 12, 15), model.intercept(), 1e-13);
            assertEquals(18, model.summary().orElseThrow().steps());
        }
    }

    @Test
    void aBatchAboveTheRowsIsTheFullBatch() {
        try (Dataset data = Toy.dataset(50)) {
            SoftmaxTrainer.Builder base = trainer(5).shuffle(false);
            SoftmaxModel exact = base.batchSize(50).build().fit(data);
            assertEquals(exact, base.batchSize(51).build().fit(data));
            assertEquals(exact, base.batchSize(Integer.MAX_VALUE).build().fit(data));
            assertEquals(exact, trainer(5).fullBatch().build().fit(data));
            assertEquals(50, exact.summary().orElseThrow().batchSize());
            assertEquals(5, exact.summary().orElseThrow().steps());
        }
    }

    @Test
    void everyRowIsSeenOnceInAShuffledEpoch() {
        // At a vanishing learning rate the mean of the batches' losses is that of the rows, in any order.
        Problem p = Problem.random(103, 3, 4, true, 0, true);
        List<Double> losses = new ArrayList<>();
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            SoftmaxModel start =
                    SoftmaxModel.of(3, 4, Arrays.copyOf(p.parameters, 12), Arrays.copyOfRange(p.parameters, 12, 16));
            trainer(4)
                    .optimizer(new Sgd(1e-300))
                    .batchSize(10)
                    .warmStart(start)
                    .listener(progress -> losses.add(progress.batchLoss()))
                    .build()
                    .fit(data);
        }
        assertEquals(4, losses.size());
        for (double loss : losses) {
            assertEquals(p.naiveLoss(), loss, 1e-12);
        }
    }

    @Test
    void seedDecidesOverTheOrderAndTheInitialWeights() {
        try (Dataset data = Toy.dataset(90)) {
            SoftmaxModel one = trainer(2).seed(1).build().fit(data);
            assertEquals(one, trainer(2).seed(1).build().fit(data));
            assertFalse(Arrays.equals(
                    one.weights(), trainer(2).seed(2).build().fit(data).weights()));
            assertFalse(Arrays.equals(
                    one.weights(), trainer(2).shuffle(false).build().fit(data).weights()));
        }
    }

    @Test
    void initialWeightsHaveTheirDistributions() {
        try (Dataset data = Problem.random(4, 200, 50, true, 0, false).dataset(ElementType.FLOAT64)) {
            double[] zeros = start(data, InitialWeights.zeros(), 1);
            assertArrayEquals(new double[10_000], zeros, 1e-12);
            double[] gaussian = start(data, InitialWeights.gaussian(0.001), 1);
            assertEquals(0, mean(gaussian), 5e-5);
            assertEquals(0.001, deviation(gaussian), 5e-5);
            double bound = Math.sqrt(6.0 / 250);
            double[] glorot = start(data, InitialWeights.glorotUniform(), 1);
            assertEquals(0, mean(glorot), bound / 20);
            assertEquals(bound / Math.sqrt(3), deviation(glorot), bound / 50);
            for (double w : glorot) {
                assertTrue(Math.abs(w) <= bound + 1e-12);
            }
            assertFalse(Arrays.equals(gaussian, start(data, InitialWeights.gaussian(0.001), 2)));
        }
    }

    /** The initial weights, through one step that changes nothing visible. */
    private static double[] start(Dataset data, InitialWeights kind, long seed) {
        SoftmaxModel model = trainer(1)
                .optimizer(new Sgd(1e-300))
                .initialWeights(kind)
                .seed(seed)
                .build()
                .fit(data);
        assertArrayEquals(new double[50], model.intercept(), 1e-12);
        return model.weights();
    }

    @Test
    void warmStartGoesOnFromTheModel() {
        try (Dataset data = Toy.noise(80)) {
            SoftmaxTrainer.Builder sgd = trainer(3).optimizer(new Sgd(0.1)).fullBatch();
            SoftmaxModel half = sgd.build().fit(data);
            SoftmaxModel whole =
                    trainer(6).optimizer(new Sgd(0.1)).fullBatch().build().fit(data);
            SoftmaxModel resumed = sgd.warmStart(half).build().fit(data);
            assertArrayEquals(whole.weights(), resumed.weights());
            assertArrayEquals(whole.intercept(), resumed.intercept());
        }
    }

    @Test
    void penaltyShrinksTheWeights() {
        try (Dataset data = Toy.dataset(90)) {
            double previous = Double.POSITIVE_INFINITY;
            for (double l2 : new double[] {0, 0.01, 0.1, 1, 10}) {
                double norm = 0;
                for (double w : trainer(60)
                        .optimizer(new Sgd(0.05))
                        .l2(l2)
                        .fullBatch()
                        .build()
                        .fit(data)
                        .weights()) {
                    norm += w * w;
                }
                assertTrue(norm < previous, "l2 " + l2);
                previous = norm;
            }
        }
    }

    @Test
    void interceptAloneFindsTheLogOfTheClassShares() {
        // All features zero: whatever the penalty, the intercept must become the log of the shares, up to a constant.
        double[][] x = new double[8][1];
        int[] labels = {0, 0, 0, 0, 0, 1, 1, 2};
        try (Dataset data = Dataset.ofDoubles(x, labels)) {
            SoftmaxModel model = trainer(4000)
                    .optimizer(new Sgd(1))
                    .l2(100 * 0.001)
                    .fullBatch()
                    .build()
                    .fit(data);
            assertArrayEquals(new double[] {0, 0, 0}, model.weights());
            double[] p = model.predictProbabilities(new double[] {0});
            assertArrayEquals(new double[] {5 / 8., 2 / 8., 1 / 8.}, p, 1e-9);
        }
    }

    @ParameterizedTest
    @EnumSource
    void rowWeightsCountAsRepeatedRows(ElementType type) {
        Problem p = Problem.random(24, 5, 4, true, 0.01, false);
        double[] weights = new double[24];
        Arrays.fill(weights, 1);
        weights[0] = 2;
        weights[7] = 0;
        double[][] x = p.x.clone();
        int[] labels = p.labels.clone();
        x[7] = x[0];
        labels[7] = labels[0];
        Problem weighted = new Problem(p.x, p.labels, weights, 4, true, 0.01, p.parameters);
        Problem repeated = new Problem(x, labels, null, 4, true, 0.01, p.parameters);
        try (Dataset a = weighted.dataset(type);
                Dataset b = repeated.dataset(type)) {
            SoftmaxTrainer trainer = trainer(10)
                    .optimizer(new Momentum(0.3, 0.9))
                    .l2(0.01)
                    .fullBatch()
                    .build();
            double tolerance = type == ElementType.FLOAT64 ? 1e-12 : 1e-5;
            assertArrayEquals(trainer.fit(b).weights(), trainer.fit(a).weights(), tolerance);
        }
    }

    @Test
    void listenerIsToldTrueValuesAfterEachEpoch() {
        List<TrainingProgress> told = new ArrayList<>();
        double[][] x = Toy.x(45);
        int[] labels = Toy.labels(45);
        try (Dataset data = Toy.dataset(45);
                Dataset validation = Toy.noise(30)) {
            SoftmaxTrainer.Builder builder = trainer(3)
                    .optimizer(new Sgd(0.01))
                    .l2(0.2)
                    .batchSize(20)
                    .schedule(LearningRateSchedule.exponential(0.5))
                    .validation(validation)
                    .stopWhenRelativeChangeBelow(1e-12)
                    .listener(told::add);
            SoftmaxModel last = builder.build().fit(data);
            assertEquals(3, told.size());
            for (int e = 1; e <= 3; e++) {
                TrainingProgress progress = told.get(e - 1);
                assertEquals(e, progress.epoch());
                assertEquals(3, progress.epochs());
                assertEquals(3L * e, progress.steps());
                assertEquals(0.01 * Math.pow(0.5, (3 * e - 1) / 3.0), progress.learningRate(), 1e-15);
                SoftmaxModel then = trainer(e)
                        .optimizer(new Sgd(0.01))
                        .l2(0.2)
                        .batchSize(20)
                        .schedule(LearningRateSchedule.exponential(0.5))
                        .build()
                        .fit(data);
                double[] parameters = Arrays.copyOf(then.weights(), 9);
                System.arraycopy(then.intercept(), 0, parameters, 6, 3);
                assertEquals(
                        NaiveSoftmax.loss(parameters, x, labels, null, 3, true, 0.2),
                        progress.objective().getAsDouble(),
                        1e-12);
                Evaluation judged = then.evaluate(validation);
                assertEquals(judged.loss(), progress.validationLoss().getAsDouble(), 1e-14);
                assertEquals(judged.errorRate(), progress.validationErrorRate().getAsDouble());
            }
            TrainingSummary summary = last.summary().orElseThrow();
            assertEquals(told.get(2).objective().getAsDouble(), summary.objective());
            assertEquals(StopReason.EPOCHS, summary.stopReason());
            assertEquals("Sgd[learningRate=0.01]", summary.optimizer());
        }
    }

    @Test
    void exceptionOfTheListenerEndsTheFitAndReachesTheCaller() {
        RuntimeException own = new RuntimeException("enough");
        try (Dataset data = Toy.dataset(30)) {
            SoftmaxTrainer trainer = trainer(3)
                    .listener(p -> {
                        throw own;
                    })
                    .build();
            assertSame(own, assertThrows(RuntimeException.class, () -> trainer.fit(data)));
            assertEquals(3, trainer(1).build().fit(data).classes(), "the dataset is as good as before");
        }
    }

    @Test
    void divergedTrainingTellsTheStepAndKeepsTheLastFiniteModel() {
        for (boolean single : new boolean[] {true, false}) {
            double[][] x = {{1e18}, {-1e18}, {1e18}};
            int[] labels = {0, 1, 1};
            try (Dataset data = single
                    ? Dataset.ofFloats(Problem.floats(x), labels)
                    : Dataset.ofDoubles(new double[][] {{1e160}, {-1e160}, {1e160}}, labels)) {
                SoftmaxTrainer trainer = trainer(10)
                        .optimizer(new Sgd(single ? 1e15 : 1e140))
                        .batchSize(1)
                        .shuffle(false)
                        .build();
                TrainingDivergedException e = assertThrows(TrainingDivergedException.class, () -> trainer.fit(data));
                assertTrue(e.step() >= 2, e.getMessage());
                assertEquals((e.step() + 2) / 3, e.epoch());
                assertTrue(e.getMessage().contains("step " + e.step() + " (epoch " + e.epoch()), e.getMessage());
                SoftmaxModel kept = e.lastFiniteModel();
                for (double w : kept.weights()) {
                    assertTrue(Double.isFinite(w));
                }
                assertFalse(Arrays.equals(new double[2], kept.weights()), "it has learnt from the steps before");
            }
        }
    }

    @Test
    void modelIsWithoutInterceptWhereNoneWasAskedFor() {
        try (Dataset data = Toy.dataset(30)) {
            SoftmaxModel model = trainer(2).intercept(false).build().fit(data);
            assertFalse(model.hasIntercept());
            assertEquals(0, model.intercept().length);
            assertNotEquals(model, trainer(2).build().fit(data));
        }
    }

    static SoftmaxTrainer.Builder trainer(int epochs) {
        return SoftmaxTrainer.builder().epochs(epochs).batchSize(16).threads(2);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double deviation(double[] values) {
        double mean = mean(values);
        return Math.sqrt(Arrays.stream(values)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElseThrow());
    }
}
