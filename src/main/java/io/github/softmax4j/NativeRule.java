package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import java.util.Arrays;

/** An optimizer as the C ABI takes it: its s4j_rule, and its hyper-parameters in the order that softmax4j.h gives. */
final class NativeRule {

    // The values of s4j_rule.
    private static final int SGD = 0;
    private static final int MOMENTUM = 1;
    private static final int NESTEROV = 2;
    private static final int ADAGRAD = 3;
    private static final int RMSPROP = 4;
    private static final int ADAM = 5;

    final int code;
    final double[] hyper;

    private NativeRule(int code, double... hyper) {
        this.code = code;
        this.hyper = Arrays.copyOf(hyper, NativeApi.HYPER);
    }

    /** Refuses values that are no such in the type that the rule computes with. */
    static NativeRule of(Optimizer optimizer, ElementType type) {
        Checks.positiveIn(type, "learningRate", optimizer.learningRate());
        if (optimizer instanceof Sgd) {
            return new NativeRule(SGD);
        }
        if (optimizer instanceof Momentum o) {
            Checks.fractionIn(type, "momentum", o.momentum());
            Checks.fractionIn(type, "dampening", o.dampening());
            return new NativeRule(
                    MOMENTUM, o.momentum(), o.dampening(), flag(o.convention() == Momentum.Convention.PYTORCH));
        }
        if (optimizer instanceof Nesterov o) {
            Checks.fractionIn(type, "momentum", o.momentum());
            return new NativeRule(NESTEROV, o.momentum());
        }
        if (optimizer instanceof AdaGrad o) {
            Checks.positiveIn(type, "epsilon", o.epsilon());
            Checks.finiteIn(type, "initialAccumulator", o.initialAccumulator());
            return new NativeRule(ADAGRAD, o.epsilon(), o.initialAccumulator(), o.decay());
        }
        if (optimizer instanceof RmsProp o) {
            Checks.fractionIn(type, "rho", o.rho());
            Checks.positiveIn(type, "epsilon", o.epsilon());
            Checks.fractionIn(type, "momentum", o.momentum());
            return new NativeRule(RMSPROP, o.rho(), o.epsilon(), o.momentum(), flag(o.centred()));
        }
        if (optimizer instanceof Adam o) {
            return adam(type, o.beta1(), o.beta2(), o.epsilon(), o.amsgrad(), 0);
        }
        if (optimizer instanceof AdamW o) {
            Checks.finiteIn(type, "weightDecay", o.weightDecay());
            return adam(type, o.beta1(), o.beta2(), o.epsilon(), o.amsgrad(), o.weightDecay());
        }
        throw new AssertionError("NativeRule does not know " + optimizer.getClass());
    }

    private static NativeRule adam(
            ElementType type, double beta1, double beta2, double epsilon, boolean amsgrad, double weightDecay) {
        Checks.fractionIn(type, "beta1", beta1);
        Checks.fractionIn(type, "beta2", beta2);
        Checks.positiveIn(type, "epsilon", epsilon);
        return new NativeRule(ADAM, beta1, beta2, epsilon, flag(amsgrad), weightDecay);
    }

    private static double flag(boolean set) {
        return set ? 1 : 0;
    }
}
