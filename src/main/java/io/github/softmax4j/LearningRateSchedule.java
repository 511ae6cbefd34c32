package io.github.softmax4j;

/** How the learning rate changes over a training: a factor on {@link Optimizer#learningRate()} for each step. */
@FunctionalInterface
public interface LearningRateSchedule {

    /**
     * The factor for one step.
     *
     * @param step the step, from 0
     * @param stepsPerEpoch at least 1
     * @param totalSteps of the whole training, if it is not stopped early
     * @return a positive, finite number
     */
    double factor(long step, long stepsPerEpoch, long totalSteps);

    /**
     * Always 1.
     *
     * @return the schedule
     */
    static LearningRateSchedule constant() {
        return (step, stepsPerEpoch, totalSteps) -> 1;
    }

    /**
     * Multiplies by {@code factor} after every {@code epochs} epochs.
     *
     * @param epochs at least 1
     * @param factor positive
     * @return the schedule
     */
    static LearningRateSchedule step(int epochs, double factor) {
        Checks.atLeast("epochs", epochs, 1);
        Checks.positive("factor", factor);
        return (step, stepsPerEpoch, totalSteps) -> {
            long drops = step / stepsPerEpoch / epochs;
            return StrictMath.pow(factor, (double) drops);
        };
    }

    /**
     * {@code factor^(step / stepsPerEpoch)}: multiplies by {@code factor} over each epoch, a little at each step.
     *
     * @param factor positive
     * @return the schedule
     */
    static LearningRateSchedule exponential(double factor) {
        Checks.positive("factor", factor);
        return (step, stepsPerEpoch, totalSteps) -> StrictMath.pow(factor, (double) step / (double) stepsPerEpoch);
    }

    /**
     * From 1 down to {@code last} along half a cosine (Loshchilov and Hutter, ICLR 2017, without restarts).
     *
     * @param last the factor of the last step, in (0, 1]
     * @return the schedule
     */
    static LearningRateSchedule cosine(double last) {
        if (!(last > 0 && last <= 1)) {
            throw new IllegalArgumentException("last must be in (0, 1], was " + last);
        }
        return (step, stepsPerEpoch, totalSteps) -> {
            double progress = totalSteps <= 1 ? 0 : (double) step / (double) (totalSteps - 1);
            return last + (1 - last) * (1 + StrictMath.cos(Math.PI * Math.min(progress, 1))) / 2;
        };
    }

    /**
     * Rises linearly from {@code 1 / steps} to 1 over the first steps, times what {@code then} says.
     *
     * @param steps at least 1
     * @param then the schedule that goes on underneath
     * @return the schedule
     */
    static LearningRateSchedule warmUp(int steps, LearningRateSchedule then) {
        Checks.atLeast("steps", steps, 1);
        Checks.notNull("then", then);
        return (step, stepsPerEpoch, totalSteps) ->
                Math.min(1, (double) (step + 1) / steps) * then.factor(step, stepsPerEpoch, totalSteps);
    }
}
