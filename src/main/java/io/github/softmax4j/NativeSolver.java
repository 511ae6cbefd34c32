package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;

/** A solver as the C ABI takes it: its s4j_method, and its options in the order that softmax4j.h gives. */
record NativeSolver(int method, double gap, double gradient, int memory, double l1, double lower, double upper) {

    static NativeSolver of(SoftmaxTrainer settings) {
        int method;
        int memory = 1;
        if (settings.solver instanceof Lbfgs s) {
            method = NativeApi.LBFGS;
            memory = s.memory();
        } else if (settings.solver instanceof LbfgsB s) {
            method = NativeApi.LBFGSB;
            memory = s.memory();
        } else if (settings.solver instanceof OwlQn s) {
            method = NativeApi.OWLQN;
            memory = s.memory();
        } else if (settings.solver instanceof Sdca) {
            method = NativeApi.SDCA;
        } else {
            method = NativeApi.NEWTON;
        }
        return new NativeSolver(
                method, settings.gap, settings.gradientTolerance, memory, settings.l1, settings.lower, settings.upper);
    }

    /** curved: whether it may hold an approximation of the Hessian. */
    double[] options(boolean curved) {
        return new double[] {gap, gradient, memory, l1, lower, upper, curved ? 1 : 0, 0};
    }
}
