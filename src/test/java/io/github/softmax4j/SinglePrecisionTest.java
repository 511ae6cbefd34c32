package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
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
            new AdamW(0.1, 0.01, 0.9, 0.999, 1e-50, false));

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
            "epsilon");

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
        fit(b -> b.l1(1e-50).l2(1e-50), ElementType.FLOAT64);
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
