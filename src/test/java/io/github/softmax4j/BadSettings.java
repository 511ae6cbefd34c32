package io.github.softmax4j;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.function.Executable;

/** The part of {@link BadInputTest}'s table that needs no data: settings of trainers, schedules and optimizers. */
final class BadSettings {

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static final List<BadInputTest.Bad> TABLE = new ArrayList<>();

    private BadSettings() {}

    static List<BadInputTest.Bad> table() {
        TABLE.clear();
        trainerSettings();
        optimizers();
        return TABLE;
    }

    private static void bad(String what, Executable call, String... message) {
        TABLE.add(new BadInputTest.Bad(what, IllegalArgumentException.class, call, List.of(message)));
    }

    private static void trainerSettings() {
        bad("batch size zero", () -> SoftmaxTrainer.builder().batchSize(0), "batchSize must be at least 1, was 0");
        bad("batch size negative", () -> SoftmaxTrainer.builder().batchSize(-3), "batchSize must be", "was -3");
        bad("zero epochs", () -> SoftmaxTrainer.builder().epochs(0), "epochs must be at least 1, was 0");
        for (double value : new double[] {-1e-9, NAN, INFINITY}) {
            bad("l1 " + value, () -> SoftmaxTrainer.builder().l1(value), "l1 must be finite", "was " + value);
            bad("decay " + value, () -> SoftmaxTrainer.builder().weightDecay(value), "weightDecay", "was " + value);
            bad(
                    "clipped norm " + value,
                    () -> SoftmaxTrainer.builder().clipGradientNorm(value),
                    "clipGradientNorm must be positive and finite, was " + value);
            bad(
                    "clipped value " + value,
                    () -> SoftmaxTrainer.builder().clipGradientValue(value),
                    "clipGradientValue must be positive and finite, was " + value);
            bad("bounds to NaN", () -> SoftmaxTrainer.builder().bounds(0, NAN), "lower must be below upper");
        }
        bad(
                "bounds swapped",
                () -> SoftmaxTrainer.builder().bounds(1, -1),
                "lower must be below upper",
                "1.0 and -1.0");
        bad(
                "no steps per epoch",
                () -> SoftmaxTrainer.builder().build().incremental(1, 2, ElementType.FLOAT32, 0),
                "stepsPerEpoch must be at least 1, was 0");
        bad(
                "many steps per epoch",
                () -> SoftmaxTrainer.builder().build().incremental(1, 2, ElementType.FLOAT32, Long.MAX_VALUE),
                "stepsPerEpoch x epochs must be below 2^63");
        bad(
                "one class, incrementally",
                () -> SoftmaxTrainer.builder().build().incremental(1, 1, ElementType.FLOAT32, 1),
                "classes must be at least 2, was 1");
        bad(
                "no features, incrementally",
                () -> SoftmaxTrainer.builder().build().incremental(0, 2, ElementType.FLOAT32, 1),
                "features x classes");
        bad(
                "no type, incrementally",
                () -> SoftmaxTrainer.builder().build().incremental(1, 2, null, 1),
                "type must not be null");
        bad(
                "incremental warm start",
                () -> SoftmaxTrainer.builder()
                        .warmStart(SoftmaxModel.of(2, 2, new float[4], new float[2]))
                        .build()
                        .incremental(1, 2, ElementType.FLOAT32, 1),
                "warmStart has 2 features");
        for (double l2 : new double[] {-1e-9, NAN, INFINITY}) {
            bad("l2 " + l2, () -> SoftmaxTrainer.builder().l2(l2), "l2 must be finite and not negative, was " + l2);
            bad("l2 of the loss " + l2, () -> SoftmaxLoss.builder().l2(l2), "l2 must be finite", "was " + l2);
        }
        bad("zero threads", () -> SoftmaxTrainer.builder().threads(0), "threads must be in 1..1024, was 0");
        bad("many threads", () -> SoftmaxLoss.builder().threads(1025), "threads must be in 1..1024, was 1025");
        bad("zero patience", () -> SoftmaxTrainer.builder().stopWhenNoImprovement(0), "epochs must be", "was 0");
        bad(
                "no relative change",
                () -> SoftmaxTrainer.builder().stopWhenRelativeChangeBelow(0),
                "fraction must be positive and finite, was 0.0");
        bad("step of no epochs", () -> LearningRateSchedule.step(0, 0.5), "epochs must be at least 1, was 0");
        bad("negative factor", () -> LearningRateSchedule.step(1, -1), "factor must be positive", "was -1.0");
        bad("factor NaN", () -> LearningRateSchedule.exponential(NAN), "factor must be positive", "was NaN");
        bad("polynomial of power 0", () -> LearningRateSchedule.polynomial(0, 1), "power must be", "was 0.0");
        bad("polynomial to zero", () -> LearningRateSchedule.polynomial(1, 0), "last must be in (0, 1], was 0.0");
        bad("inverse time", () -> LearningRateSchedule.inverseTime(-1), "rate must be positive", "was -1.0");
        bad("inverse root", () -> LearningRateSchedule.inverseSquareRoot(0), "steps must be at least 1, was 0");
        bad("restarts", () -> LearningRateSchedule.cosineRestarts(0, 1, 1), "epochs must be at least 1, was 0");
        bad("shrinking restarts", () -> LearningRateSchedule.cosineRestarts(1, 0, 1), "growth must be", "was 0");
        bad("restarts to zero", () -> LearningRateSchedule.cosineRestarts(1, 1, 0), "last must be in", "was 0.0");
        bad("cycle without fall", () -> LearningRateSchedule.oneCycle(1, 1, 1), "rise must be in (0, 1), was 1.0");
        bad("cycle from zero", () -> LearningRateSchedule.oneCycle(0.5, 0, 1), "first must be in", "was 0.0");
        bad("cycle to above 1", () -> LearningRateSchedule.oneCycle(0.5, 1, 2), "last must be in", "was 2.0");
        bad("cosine to zero", () -> LearningRateSchedule.cosine(0), "last must be in (0, 1], was 0.0");
        bad(
                "warm-up of no steps",
                () -> LearningRateSchedule.warmUp(0, LearningRateSchedule.constant()),
                "steps must be at least 1, was 0");
        bad("negative deviation", () -> InitialWeights.gaussian(-1), "standardDeviation must be", "was -1.0");
    }

    private static void optimizers() {
        for (double rate : new double[] {0, -0.1, NAN, INFINITY}) {
            String message = "learningRate must be positive and finite, was " + rate;
            bad("Sgd at " + rate, () -> new Sgd(rate), message);
            bad("Momentum at " + rate, () -> new Momentum(rate, 0.9), message);
            bad("Nesterov at " + rate, () -> new Nesterov(rate, 0.9), message);
            bad("AdaGrad at " + rate, () -> new AdaGrad(rate), message);
            bad("RmsProp at " + rate, () -> new RmsProp(rate), message);
            bad("Adam at " + rate, () -> new Adam(rate), message);
            bad("AdamW at " + rate, () -> new AdamW(rate, 0), message);
            bad(
                    "a step at " + rate,
                    () -> new OptimizerState(new Sgd(1), ElementType.FLOAT64, 1)
                            .step(new double[1], new double[1], rate),
                    message);
        }
        for (double decay : new double[] {-0.1, 1, NAN}) {
            bad("momentum " + decay, () -> new Momentum(1, decay), "momentum must be in [0, 1), was " + decay);
            bad("Nesterov's " + decay, () -> new Nesterov(1, decay), "momentum must be in [0, 1), was " + decay);
            bad("rho " + decay, () -> new RmsProp(1, decay, 1e-8, 0, false), "rho must be in [0, 1), was " + decay);
            bad("beta1 " + decay, () -> new Adam(1, decay, 0.9, 1e-8, false), "beta1 must be in", "was " + decay);
            bad("beta2 " + decay, () -> new Adam(1, 0.9, decay, 1e-8, false), "beta2 must be in", "was " + decay);
        }
        bad("epsilon zero", () -> new Adam(1, 0.9, 0.9, 0, false), "epsilon must be positive", "was 0.0");
        bad("AdaGrad's epsilon", () -> new AdaGrad(1, -1, 0, 0), "epsilon must be positive", "was -1.0");
        bad("initial accumulator", () -> new AdaGrad(1, 1, -1, 0), "initialAccumulator must be", "was -1.0");
        bad("weight decay", () -> new AdamW(1, -1), "weightDecay must be finite and not negative, was -1.0");
        bad(
                "dampening in the wrong convention",
                () -> new Momentum(1, 0.9, 0.5, Momentum.Convention.VELOCITY),
                "dampening must be 0 unless the convention is PYTORCH, was 0.5");
        bad(
                "optimizer of no parameters",
                () -> new OptimizerState(new Sgd(1), ElementType.FLOAT32, 0),
                "size must be at least 1, was 0");
        bad(
                "optimizer of too many parameters",
                () -> new OptimizerState(new Sgd(1), ElementType.FLOAT32, Integer.MAX_VALUE),
                "size must be at most",
                "was 2147483647");
        bad(
                "gradient of another length",
                () -> new OptimizerState(new Sgd(1), ElementType.FLOAT64, 2).step(new double[2], new double[3]),
                "gradient has length 3",
                "2");
        bad(
                "parameters of another type",
                () -> new OptimizerState(new Sgd(1), ElementType.FLOAT32, 2).step(new double[2], new double[2]),
                "parameters must be of the element type");
    }
}
