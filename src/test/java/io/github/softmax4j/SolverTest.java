package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.TrainingSummary.StopReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SolverTest {

    static List<Solver> solvers() {
        return List.of(new Lbfgs(), new LbfgsB(), new OwlQn(), new NewtonCg(), new Sdca());
    }

    private static SoftmaxTrainer.Builder trainer(Solver solver) {
        return SoftmaxTrainer.builder().solver(solver).l2(0.01);
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void gapIsCertifiedAndTheModelCarriesIt(Solver solver) {
        Problem p = Problem.random(400, 12, 4, true, 0, false);
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            double minimum = trainer(new NewtonCg())
                    .build()
                    .fit(data)
                    .summary()
                    .orElseThrow()
                    .objective();
            List<SolverProgress> seen = new ArrayList<>();
            TrainingSummary summary = trainer(solver)
                    .gap(1e-6)
                    .solverListener(seen::add)
                    .build()
                    .fit(data)
                    .summary()
                    .orElseThrow();
            assertEquals(StopReason.GAP, summary.stopReason());
            assertTrue(summary.gap().orElseThrow() <= 1e-6, summary::toString);
            assertTrue(summary.objective() - minimum <= summary.bound().orElseThrow() + 1e-15, summary::toString);
            assertEquals(summary.steps(), seen.get(seen.size() - 1).iteration());
            assertEquals(0, seen.get(0).iteration());
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void modelHasTheSameBitsOnAnyNumberOfThreads(Solver solver) {
        Problem p = Problem.random(900, 20, 5, true, 0, false);
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            SoftmaxModel one = trainer(solver)
                    .stochasticEpochs(2)
                    .gap(1e-3)
                    .threads(1)
                    .build()
                    .fit(data);
            SoftmaxModel three = trainer(solver)
                    .stochasticEpochs(2)
                    .gap(1e-3)
                    .threads(3)
                    .build()
                    .fit(data);
            assertArrayEquals(one.weights(), three.weights());
            assertArrayEquals(one.intercept(), three.intercept());
            assertEquals(one.summary(), three.summary());
        }
    }

    @Test
    void iterationsAreLimited() {
        Problem p = Problem.random(400, 12, 4, true, 0, false);
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            TrainingSummary summary = trainer(new Lbfgs())
                    .maxIterations(2)
                    .build()
                    .fit(data)
                    .summary()
                    .orElseThrow();
            assertEquals(StopReason.ITERATIONS, summary.stopReason());
            assertEquals(2, summary.steps());
        }
    }

    @Test
    void boundsHoldAndL1MakesWeightsZero() {
        Problem p = Problem.random(400, 12, 4, true, 0, false);
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            for (double w : trainer(new LbfgsB())
                    .bounds(-0.05, 0.1)
                    .gap(1e-8)
                    .build()
                    .fit(data)
                    .weights()) {
                assertTrue(w >= -0.05 && w <= 0.1, () -> "" + w);
            }
            SoftmaxModel sparse =
                    trainer(new OwlQn()).l1(0.02).gap(1e-8).build().fit(data);
            assertTrue(java.util.Arrays.stream(sparse.weights())
                            .filter(w -> w == 0)
                            .count()
                    > 5);
            assertEquals(StopReason.GAP, sparse.summary().orElseThrow().stopReason());
        }
    }

    @Test
    void memoryLimitIsKeptOrRefused() {
        Problem p = Problem.random(2000, 40, 5, true, 0, false);
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            MemoryPlan free = trainer(new Lbfgs()).build().plan(2000, 40, 5, ElementType.FLOAT32);
            long limit = free.working() / 3;
            SoftmaxTrainer limited =
                    trainer(new Lbfgs()).gap(1e-3).memoryLimit(limit).build();
            assertTrue(limited.plan(2000, 40, 5, ElementType.FLOAT32).working() <= limit);
            assertEquals(
                    StopReason.GAP, limited.fit(data).summary().orElseThrow().stopReason());
            assertThrows(
                    IllegalArgumentException.class,
                    () -> trainer(new Lbfgs()).memoryLimit(1).build().fit(data));
        }
    }

    @Test
    void settingsThatDoNotFitAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Lbfgs(0));
        assertThrows(
                IllegalArgumentException.class,
                () -> trainer(new Lbfgs()).bounds(0, 1).build());
        assertThrows(
                IllegalArgumentException.class,
                () -> trainer(new Lbfgs()).l1(0.1).build());
        assertThrows(
                IllegalArgumentException.class,
                () -> SoftmaxTrainer.builder().solver(new Sdca()).build());
        assertThrows(
                IllegalArgumentException.class,
                () -> trainer(new Sdca()).loss(new FocalLoss(2)).build());
        assertThrows(
                IllegalArgumentException.class,
                () -> trainer(new Sdca()).maskedClasses(1).build());
        assertThrows(
                IllegalArgumentException.class, () -> SoftmaxTrainer.builder().gap(0));
        assertThrows(
                IllegalArgumentException.class,
                () -> SoftmaxTrainer.builder().gap(1).build());
        assertThrows(
                IllegalArgumentException.class,
                () -> trainer(new Lbfgs()).stopWhenNoImprovement(2).build());
    }
}
