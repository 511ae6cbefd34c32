package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.softmax4j.ReferenceVectors.LossCase;
import io.github.softmax4j.ReferenceVectors.OptimizerCase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Losses, gradients and optimizer steps against vectors that other programs computed. An error of a loss is relative to the
 * loss; one of a gradient is the largest difference of two entries relative to the largest entry.
 */
class ReferenceVectorsTest {

    private static final double FLOAT64 = 1e-12;
    private static final double FLOAT32 = 2e-5;

    static List<Arguments> lossCases() {
        List<Arguments> all = new ArrayList<>();
        for (String kernels : Kernels.all()) {
            for (LossCase c : ReferenceVectors.losses()) {
                all.add(Arguments.of(kernels, c));
            }
        }
        return all;
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("lossCases")
    void lossAndGradientMatchInEveryRegime(String kernels, LossCase c) {
        Kernels.with(kernels, () -> {
            for (ElementType type : ElementType.values()) {
                double tolerance = type == ElementType.FLOAT64 ? FLOAT64 : FLOAT32;
                try (Dataset data = c.problem().dataset(type)) {
                    for (int regime = 0; regime <= Problem.LARGE; regime++) {
                        if (regime == Problem.SMALL && c.problem().classes > Problem.SMALL_CLASSES) {
                            continue;
                        }
                        String where = type + " " + Problem.REGIMES[regime];
                        Problem.Outcome actual = c.problem().run(data, regime, 2);
                        assertWithin(Problem.relativeError(actual.loss(), c.loss()), tolerance, where + " loss");
                        assertWithin(
                                Problem.relativeError(actual.gradient(), c.gradient()), tolerance, where + " gradient");
                    }
                }
            }
        });
    }

    @Test
    void naiveReferenceMatchesTheVectorsToo() {
        for (LossCase c : ReferenceVectors.losses()) {
            assertWithin(Problem.relativeError(c.problem().naiveLoss(), c.loss()), FLOAT64, c.name() + " loss");
            assertWithin(
                    Problem.relativeError(c.problem().naiveGradient(), c.gradient()), FLOAT64, c.name() + " gradient");
        }
    }

    static List<Arguments> optimizerCases() {
        List<Arguments> all = new ArrayList<>();
        for (String kernels : Kernels.all()) {
            for (OptimizerCase c : ReferenceVectors.optimizers()) {
                all.add(Arguments.of(kernels, c));
            }
        }
        return all;
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("optimizerCases")
    void everyOptimizerStepMatches(String kernels, OptimizerCase c) {
        Kernels.with(kernels, () -> {
            double[] wide = c.start().clone();
            float[] narrow = Problem.floats(c.start());
            Optimizer optimizer = optimizer(c, 0);
            OptimizerState wideState = new OptimizerState(optimizer, ElementType.FLOAT64, wide.length);
            OptimizerState narrowState = new OptimizerState(optimizer, ElementType.FLOAT32, wide.length);
            double coupled = coupledDecay(c);
            assertEquals(12, c.gradients().length);
            for (int t = 0; t < c.gradients().length; t++) {
                double[] wideGradient = c.gradients()[t].clone();
                double[] narrowGradient = wideGradient.clone();
                for (int i = 0; i < wideGradient.length; i++) {
                    wideGradient[i] += coupled * wide[i];
                    narrowGradient[i] += coupled * narrow[i];
                }
                wideState.step(wide, wideGradient, rate(c, t));
                narrowState.step(narrow, Problem.floats(narrowGradient), rate(c, t));
                for (int i = 0; i < wide.length; i++) {
                    String where = "step " + (t + 1) + " parameter " + i;
                    assertWithin(Problem.relativeError(wide[i], c.trajectory()[t][i]), FLOAT64, where);
                }
                assertWithin(
                        Problem.relativeError(Problem.doubles(narrow), c.trajectory()[t]),
                        1e-5,
                        "FLOAT32, step " + (t + 1));
            }
        });
    }

    @Test
    void thereAreVectorsForEveryOptimizer() {
        List<OptimizerCase> cases = ReferenceVectors.optimizers();
        for (Class<?> kind : Optimizer.class.getPermittedSubclasses()) {
            assertTrue(cases.stream().anyMatch(c -> kind.isInstance(optimizer(c, 0))), () -> "none for " + kind);
        }
    }

    private static Optimizer optimizer(OptimizerCase c, int step) {
        JsonObject config = c.config();
        double rate = rate(c, step);
        String name = c.name();
        if (name.startsWith("sgd")) {
            return new Sgd(rate);
        }
        if (name.startsWith("seed_momentum")) {
            return new Momentum(rate, number(config, "momentum", 0));
        }
        if (name.startsWith("momentum")) {
            return new Momentum(
                    rate, number(config, "momentum", 0), number(config, "dampening", 0), Momentum.Convention.PYTORCH);
        }
        if (name.startsWith("nesterov")) {
            return new Nesterov(rate, number(config, "momentum", 0));
        }
        if (name.startsWith("adagrad")) {
            return new AdaGrad(
                    rate,
                    number(config, "epsilon", 0),
                    number(config, "initial_accumulator", 0),
                    number(config, "lr_decay", 0));
        }
        if (name.startsWith("rmsprop")) {
            return new RmsProp(
                    rate,
                    number(config, "alpha", 0),
                    number(config, "epsilon", 0),
                    number(config, "momentum", 0),
                    config.has("centered") && config.get("centered").getAsBoolean());
        }
        assertTrue(name.startsWith("adam"), () -> "no optimizer is known for the trajectory " + name);
        double beta1 = number(config, "beta1", 0);
        double beta2 = number(config, "beta2", 0);
        double epsilon = number(config, "epsilon", 0);
        boolean amsgrad = config.has("amsgrad") && config.get("amsgrad").getAsBoolean();
        return name.equals("adamw")
                ? new AdamW(rate, number(config, "weight_decay", 0), beta1, beta2, epsilon, amsgrad)
                : new Adam(rate, beta1, beta2, epsilon, amsgrad);
    }

    /** The decay that goes through the gradient, as an L2 penalty does; AdamW's does not. */
    private static double coupledDecay(OptimizerCase c) {
        return c.name().equals("adamw") ? 0 : number(c.config(), "weight_decay", 0);
    }

    private static double rate(OptimizerCase c, int step) {
        var rate = c.config().get("lr");
        return rate.isJsonArray() ? rate.getAsJsonArray().get(step).getAsDouble() : rate.getAsDouble();
    }

    private static double number(JsonObject config, String name, double otherwise) {
        return config.has(name) ? config.get(name).getAsDouble() : otherwise;
    }

    private static void assertWithin(double error, double tolerance, String where) {
        assertTrue(error <= tolerance, () -> where + ": relative error " + error);
    }
}
