package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Numbers that single precision lacks: the setting is named, whatever would have come of it. */
class SinglePrecisionTest {

    private static final List<Optimizer> OPTIMIZERS = List.of(
            new Momentum(0.1, 1 - 1e-12),
            new Nesterov(0.1, 1 - 1e-12),
            new AdaGrad(0.1, 1e-50, 0, 0),
            new AdaGrad(0.1, 1e-10, 1e50, 0),
            new RmsProp(0.1, 0.9, 1e-50, 0, false),
            new RmsProp(0.1, 1 - 1e-12, 1e-8, 0, false),
            new Adam(0.1, 0.9, 0.999, 1e-50, false),
            new Adam(0.1, 0.9, 1 - 1e-12, 1e-8, false),
            new Adam(0.1, 1 - 1e-12, 0.999, 1e-8, false),
            new AdamW(0.1, 0.01, 0.9, 0.999, 1e-50, false),
            new AdamW(0.1, 1e50),
            new Sgd(1e-50),
            new Sgd(1e50),
            new Momentum(1e-50, 0.9),
            new Adam(1e-50),
            new AdamW(1e-50, 0.01));

    private static final List<String> NAMES = List.of(
            "momentum",
            "momentum",
            "epsilon",
            "initialAccumulator",
            "epsilon",
            "rho",
            "epsilon",
            "beta2",
            "beta1",
            "epsilon",
            "weightDecay",
            "learningRate",
            "learningRate",
            "learningRate",
            "learningRate",
            "learningRate");

    @Test
    void valuesOfOptimizersAreNamed() {
        assertEquals(NAMES.size(), OPTIMIZERS.size());
        for (int i = 0; i < NAMES.size(); i++) {
            Optimizer optimizer = OPTIMIZERS.get(i);
            refused(NAMES.get(i), () -> new OptimizerState(optimizer, ElementType.FLOAT32, 3));
            refused(NAMES.get(i), () -> fit(b -> b.optimizer(optimizer), ElementType.FLOAT32));
            refused(NAMES.get(i), () -> {
                try (Dataset data = data(ElementType.FLOAT32);
                        IncrementalTrainer trainer = SoftmaxTrainer.builder()
                                .optimizer(optimizer)
                                .build()
                                .incremental(2, 2, ElementType.FLOAT32, 1)) {
                    trainer.partialFit(data);
                }
            });
            new OptimizerState(optimizer, ElementType.FLOAT64, 3);
        }
    }

    @Test
    void penaltiesAndClippingAreNamed() {
        refused("l1", () -> fit(b -> b.l1(1e50), ElementType.FLOAT32));
        refused("l2", () -> fit(b -> b.l2(1e50), ElementType.FLOAT32));
        refused("l2", () -> fit(b -> b.l2(1e50).solver(new Lbfgs()), ElementType.FLOAT32));
        refused("clipGradientValue", () -> fit(b -> b.clipGradientValue(1e-50), ElementType.FLOAT32));
        refused("clipGradientValue", () -> fit(b -> b.clipGradientValue(1e50), ElementType.FLOAT32));
        refused("l1", () -> fit(b -> b.l1(1e-50), ElementType.FLOAT32));
        refused("l2", () -> fit(b -> b.l2(1e-50), ElementType.FLOAT32));
        refused("l2", () -> fit(b -> b.l2(1e-50).solver(new Sdca()), ElementType.FLOAT32));
        refused("weightDecay", () -> fit(b -> b.weightDecay(1e50), ElementType.FLOAT32));
        refused("clipGradientNorm", () -> fit(b -> b.clipGradientNorm(1e-50), ElementType.FLOAT32));
        fit(b -> b.l1(1e-50).l2(1e-50), ElementType.FLOAT64);
        fit(b -> b.l1(0).l2(0), ElementType.FLOAT32);
        // A schedule may end in steps of 0.
        fit(b -> b.schedule(LearningRateSchedule.exponential(1e-200)).epochs(3), ElementType.FLOAT32);
    }

    @Test
    void valuesOfLossesAreNamed() {
        Map<Loss, String> losses = Map.of(
                new CrossEntropy(0, 0, 1e-50), "temperature",
                new CrossEntropy(0, 0, 1e50), "temperature",
                new CrossEntropy(0, 0, 1e-39), "1 / temperature",
                new CrossEntropy(0, 1e-50, 1), "zLoss",
                new CrossEntropy(0, 1e50, 1), "zLoss",
                new MarginSoftmax(1e50, 0.1, MarginSoftmax.Kind.COSINE), "scale",
                new ClippedCrossEntropy(1e-50, ClippedCrossEntropy.Form.SOFTMAX), "clip",
                new SigmoidCrossEntropy(List.of(1.0, 1e-50)), "positiveWeights[1]",
                new SigmoidCrossEntropy(List.of(1e50, 1.0)), "positiveWeights[0]");
        losses.forEach((loss, name) -> {
            boolean intercept = !(loss instanceof MarginSoftmax);
            refused(name, () -> fit(b -> b.loss(loss).intercept(intercept), ElementType.FLOAT32));
            refused(name, () -> {
                try (Dataset data = data(ElementType.FLOAT32)) {
                    SoftmaxLoss.builder()
                            .loss(loss)
                            .intercept(intercept)
                            .build()
                            .parameterCount(data);
                }
            });
            refused(name, () -> LogitsLoss.builder()
                    .loss(loss)
                    .build()
                    .ofLabels(new float[] {1, 2}, new int[] {0}, null, null, null, 2));
        });
        for (double l2 : new double[] {1e50, 1e-50}) {
            refused("l2", () -> {
                try (Dataset data = data(ElementType.FLOAT32)) {
                    SoftmaxLoss.builder().l2(l2).build().parameterCount(data);
                }
            });
        }
        // One over it would be infinite.
        assertThrows(IllegalArgumentException.class, () -> new CrossEntropy(0, 0, Double.MIN_VALUE));
    }

    private static void fit(UnaryOperator<SoftmaxTrainer.Builder> settings, ElementType type) {
        try (Dataset data = data(type)) {
            settings.apply(SoftmaxTrainer.builder().epochs(1)).build().fit(data);
        }
    }

    private static Dataset data(ElementType type) {
        int[] labels = {0, 1, 0};
        return type == ElementType.FLOAT32
                ? Dataset.ofFloats(new float[][] {{1, 2}, {3, 4}, {5, 6}}, labels)
                : Dataset.ofDoubles(new double[][] {{1, 2}, {3, 4}, {5, 6}}, labels);
    }

    private static void refused(String name, org.junit.jupiter.api.function.Executable action) {
        String message = assertThrows(IllegalArgumentException.class, action).getMessage();
        assertTrue(message.startsWith(name + " must be ") && message.contains("FLOAT32"), message);
    }
}
