package io.github.softmax4j;

/** What the schedules of {@link LearningRateSchedule} have in common. StrictMath, so that every JVM gives the same bits. */
final class Schedules {

    private Schedules() {}

    static void checkFactor(String name, double value) {
        if (!(value > 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " must be in (0, 1], was " + value);
        }
    }

    /** From 0 at the first step to 1 at the last one, and after it. */
    static double progress(long step, long totalSteps) {
        return totalSteps <= 1 ? 0 : Math.min((double) step / (double) (totalSteps - 1), 1);
    }

    /** Along half a cosine, {@code progress} from 0 to 1. */
    static double cosine(double from, double to, double progress) {
        return to + (from - to) * (1 + StrictMath.cos(Math.PI * progress)) / 2;
    }

    /** How far a cycle has come, in [0, 1), at a time where the first one takes {@code length} and each {@code growth} times the last. */
    static double placeInCycle(double time, double length, int growth) {
        if (growth == 1) {
            return time % length / length;
        }
        double begin = 0;
        double current = length;
        while (time >= begin + current) {
            begin += current;
            current *= growth;
        }
        return (time - begin) / current;
    }
}
