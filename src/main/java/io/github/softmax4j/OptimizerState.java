package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import java.util.Arrays;

/**
 * The state of an optimizer over one vector of parameters, for those who bring their own gradients: the textbooks' {@code
 * sgd(W, dW)}, {@code momentum_sgd(W, dW, velocity)} and {@code adam(W, dW, config)}. Not safe for several threads at once.
 */
public final class OptimizerState {

    private final Optimizer optimizer;
    private final NativeRule rule;
    private final int size;
    private final float[] floatSlots;
    private final double[] doubleSlots;
    private long steps;

    /**
     * Fresh state.
     *
     * @param optimizer the rule
     * @param elementType the type of the parameters
     * @param size how many parameters there are, at least 1
     */
    public OptimizerState(Optimizer optimizer, ElementType elementType, int size) {
        Core.require();
        this.optimizer = Checks.notNull("optimizer", optimizer);
        Checks.atLeast("size", size, 1);
        if (size > (Integer.MAX_VALUE - 8) / NativeApi.SLOTS) {
            throw new IllegalArgumentException(
                    "size must be at most " + (Integer.MAX_VALUE - 8) / NativeApi.SLOTS + ", was " + size);
        }
        this.rule = NativeRule.of(optimizer, Checks.notNull("elementType", elementType));
        this.size = size;
        boolean single = elementType == ElementType.FLOAT32;
        this.floatSlots = single ? new float[NativeApi.SLOTS * size] : null;
        this.doubleSlots = single ? null : new double[NativeApi.SLOTS * size];
        if (optimizer instanceof AdaGrad adaGrad) {
            if (single) {
                Arrays.fill(floatSlots, 0, size, (float) adaGrad.initialAccumulator());
            } else {
                Arrays.fill(doubleSlots, 0, size, adaGrad.initialAccumulator());
            }
        }
    }

    /**
     * One step, in place, with the optimizer's own learning rate.
     *
     * @param parameters what to change
     * @param gradient of the same length
     */
    public void step(double[] parameters, double[] gradient) {
        step(parameters, gradient, optimizer.learningRate());
    }

    /**
     * One step, in place.
     *
     * @param parameters what to change
     * @param gradient of the same length
     * @param learningRate for this step, positive
     */
    public void step(double[] parameters, double[] gradient, double learningRate) {
        check(
                Checks.notNull("parameters", parameters).length,
                Checks.notNull("gradient", gradient).length,
                learningRate,
                doubleSlots != null);
        Core.check(NativeApi.s4j_update_f64(
                rule.code, rule.hyper, learningRate, ++steps, parameters, gradient, doubleSlots, size));
    }

    /**
     * One step, in place, with the optimizer's own learning rate.
     *
     * @param parameters what to change
     * @param gradient of the same length
     */
    public void step(float[] parameters, float[] gradient) {
        step(parameters, gradient, optimizer.learningRate());
    }

    /**
     * One step, in place.
     *
     * @param parameters what to change
     * @param gradient of the same length
     * @param learningRate for this step, positive
     */
    public void step(float[] parameters, float[] gradient, double learningRate) {
        check(
                Checks.notNull("parameters", parameters).length,
                Checks.notNull("gradient", gradient).length,
                learningRate,
                floatSlots != null);
        Core.check(NativeApi.s4j_update_f32(
                rule.code, rule.hyper, learningRate, ++steps, parameters, gradient, floatSlots, size));
    }

    private void check(int parameters, int gradient, double learningRate, boolean rightType) {
        if (!rightType) {
            throw new IllegalArgumentException("parameters must be of the element type this state was made for");
        }
        Checks.length("parameters", parameters, "this state is for", size);
        Checks.length("gradient", gradient, "this state is for", size);
        Checks.positive("learningRate", learningRate);
    }
}
