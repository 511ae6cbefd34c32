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

    static NativeRule of(Optimizer optimizer) {
        if (optimizer instanceof Momentum o) {
            return new NativeRule(
                    MOMENTUM, o.momentum(), o.dampening(), flag(o.convention() == Momentum.Convention.PYTORCH));
        }
        if (optimizer instanceof Nesterov o) {
            return new NativeRule(NESTEROV, o.momentum());
        }
        if (optimizer instanceof AdaGrad o) {
            return new NativeRule(ADAGRAD, o.epsilon(), o.initialAccumulator(), o.decay());
        }
        if (optimizer instanceof RmsProp o) {
            return new NativeRule(RMSPROP, o.rho(), o.epsilon(), o.momentum(), flag(o.centred()));
        }
        if (optimizer instanceof Adam o) {
            return new NativeRule(ADAM, o.beta1(), o.beta2(), o.epsilon(), flag(o.amsgrad()), 0);
        }
        if (optimizer instanceof AdamW o) {
            return new NativeRule(ADAM, o.beta1(), o.beta2(), o.epsilon(), flag(o.amsgrad()), o.weightDecay());
        }
        return new NativeRule(SGD);
    }

    private static double flag(boolean set) {
        return set ? 1 : 0;
    }
}
