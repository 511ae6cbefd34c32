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
     * @return a finite number, not negative; 0, to which a schedule may underflow, is a step that changes nothing but the optimizer's
     *     state
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
        Schedules.checkFactor("last", last);
        return (step, stepsPerEpoch, totalSteps) -> Schedules.cosine(1, last, Schedules.progress(step, totalSteps));
    }

    /**
     * Half cosines from 1 down towards {@code last}, one after the other, each beginning at 1 again (SGDR; Loshchilov and Hutter, ICLR
     * 2017).
     *
     * @param epochs of the first cosine, at least 1
     * @param growth how many times as long each one is as the one before, at least 1
     * @param last what each comes down to, in (0, 1]; not reached within it, but at the step where the next begins
     * @return the schedule
     */
    static LearningRateSchedule cosineRestarts(int epochs, int growth, double last) {
        Checks.atLeast("epochs", epochs, 1);
        Checks.atLeast("growth", growth, 1);
        Schedules.checkFactor("last", last);
        return (step, stepsPerEpoch, totalSteps) -> Schedules.cosine(
                1, last, Schedules.placeInCycle((double) step / (double) stepsPerEpoch, epochs, growth));
    }

    /**
     * {@code 1 / (1 + rate step / stepsPerEpoch)}.
     *
     * @param rate positive
     * @return the schedule
     */
    static LearningRateSchedule inverseTime(double rate) {
        Checks.positive("rate", rate);
        return (step, stepsPerEpoch, totalSteps) -> 1 / (1 + rate * ((double) step / (double) stepsPerEpoch));
    }

    /**
     * 1 for so many steps, then {@code sqrt(steps / (step + 1))}. Under a {@link #warmUp} of as many steps it is the schedule of Vaswani
     * et al. (NeurIPS 2017).
     *
     * @param steps at least 1
     * @return the schedule
     */
    static LearningRateSchedule inverseSquareRoot(int steps) {
        Checks.atLeast("steps", steps, 1);
        return (step, stepsPerEpoch, totalSteps) -> Math.sqrt(Math.min(1, (double) steps / (double) (step + 1)));
    }

    /**
     * From 1 down to {@code last}: {@code last + (1 - last) (1 - progress)^power}; linear for power 1.
     *
     * @param power positive
     * @param last the factor of the last step, in (0, 1]
     * @return the schedule
     */
    static LearningRateSchedule polynomial(double power, double last) {
        Checks.positive("power", power);
        Schedules.checkFactor("last", last);
        return (step, stepsPerEpoch, totalSteps) ->
                last + (1 - last) * StrictMath.pow(1 - Schedules.progress(step, totalSteps), power);
    }

    /**
     * One cycle (Smith and Topin, 2017): from {@code first} up to 1 along half a cosine, then down to {@code last} along another.
     *
     * @param rise the share of the training that goes up, in (0, 1)
     * @param first the factor of the first step, in (0, 1]
     * @param last the factor of the last step, in (0, 1]
     * @return the schedule
     */
    static LearningRateSchedule oneCycle(double rise, double first, double last) {
        if (!(rise > 0 && rise < 1)) {
            throw new IllegalArgumentException("rise must be in (0, 1), was " + rise);
        }
        Schedules.checkFactor("first", first);
        Schedules.checkFactor("last", last);
        return (step, stepsPerEpoch, totalSteps) -> {
            double progress = Schedules.progress(step, totalSteps);
            return progress < rise
                    ? Schedules.cosine(first, 1, progress / rise)
                    : Schedules.cosine(1, last, (progress - rise) / (1 - rise));
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
