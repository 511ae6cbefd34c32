package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.TrainingSummary.StopReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When training stops early, and which model it returns then. */
class StopRulesTest {

    @Test
    void noImprovementOfTheValidationLossStopsAndReturnsTheBestModel() {
        List<Double> losses = new ArrayList<>();
        try (Dataset data = Toy.dataset(60);
                Dataset contradicting = Toy.noise(60)) {
            SoftmaxModel model = TrainerTest.trainer(500)
                    .optimizer(new Sgd(0.02))
                    .fullBatch()
                    .validation(contradicting)
                    .stopWhenNoImprovement(4)
                    .listener(p -> losses.add(p.validationLoss().getAsDouble()))
                    .build()
                    .fit(data);
            TrainingSummary summary = model.summary().orElseThrow();
            assertEquals(StopReason.NO_IMPROVEMENT, summary.stopReason());
            int best = argMin(losses) + 1;
            assertEquals(best + 4, losses.size());
            assertEquals(best, summary.epochs());
            assertEquals(best, summary.steps());
            assertEquals(losses.get(best - 1), model.evaluate(contradicting).loss(), 1e-14);
            assertArrayEquals(
                    TrainerTest.trainer(best)
                            .optimizer(new Sgd(0.02))
                            .fullBatch()
                            .build()
                            .fit(data)
                            .weights(),
                    model.weights());
        }
    }

    @Test
    void withoutValidationDataTheObjectiveMustImprove() {
        List<Double> objectives = new ArrayList<>();
        try (Dataset data = Toy.noise(60)) {
            SoftmaxModel model = TrainerTest.trainer(3000)
                    .optimizer(new Sgd(0.5)) // too high to settle
                    .batchSize(7)
                    .l2(0.1)
                    .stopWhenNoImprovement(3)
                    .listener(p -> objectives.add(p.objective().getAsDouble()))
                    .build()
                    .fit(data);
            TrainingSummary summary = model.summary().orElseThrow();
            assertEquals(StopReason.NO_IMPROVEMENT, summary.stopReason());
            int best = argMin(objectives) + 1;
            assertEquals(best, summary.epochs());
            assertEquals(best + 3, objectives.size());
            assertEquals(objectives.get(best - 1), summary.objective());
        }
    }

    @Test
    void bestModelIsReturnedAlsoWhenAllEpochsWereRun() {
        List<Double> objectives = new ArrayList<>();
        try (Dataset data = Toy.noise(60)) {
            SoftmaxModel model = TrainerTest.trainer(40)
                    .optimizer(new Sgd(0.5))
                    .batchSize(7)
                    .stopWhenNoImprovement(40)
                    .listener(p -> objectives.add(p.objective().getAsDouble()))
                    .build()
                    .fit(data);
            TrainingSummary summary = model.summary().orElseThrow();
            assertEquals(StopReason.EPOCHS, summary.stopReason());
            assertEquals(40, objectives.size());
            assertEquals(argMin(objectives) + 1, summary.epochs());
            assertEquals(objectives.get(argMin(objectives)), summary.objective());
        }
    }

    @Test
    void smallRelativeChangeOfTheObjectiveStops() {
        List<Double> objectives = new ArrayList<>();
        try (Dataset data = Toy.noise(60)) {
            SoftmaxModel model = TrainerTest.trainer(5000)
                    .optimizer(new Sgd(0.05))
                    .fullBatch()
                    .stopWhenRelativeChangeBelow(1e-4)
                    .listener(p -> objectives.add(p.objective().getAsDouble()))
                    .build()
                    .fit(data);
            int n = objectives.size();
            assertTrue(n > 2 && n < 5000, () -> "stopped after " + n);
            for (int e = 1; e < n; e++) {
                double change = Math.abs(objectives.get(e - 1) - objectives.get(e)) / objectives.get(e);
                assertEquals(e == n - 1, change < 1e-4, "epoch " + (e + 1));
            }
            TrainingSummary summary = model.summary().orElseThrow();
            assertEquals(StopReason.RELATIVE_CHANGE, summary.stopReason());
            assertEquals(n, summary.epochs());
            assertEquals(objectives.get(n - 1), summary.objective());
        }
    }

    private static int argMin(List<Double> values) {
        int best = 0;
        for (int i = 1; i < values.size(); i++) {
            if (values.get(i) < values.get(best)) {
                best = i;
            }
        }
        return best;
    }
}
