package io.github.softmax4j;

import java.util.SplittableRandom;

/**
 * Compares the analytic gradient of a {@link SoftmaxLoss} with central differences, {@code (F(p + h) - F(p - h)) / 2h}, entry by
 * entry, in double precision.
 *
 * <p>The relative error of an entry with analytic value a and numeric value n is {@code |a - n| / max(1, |a|, |n|)}. The step is
 * {@code h = 1e-5 max(1, |p|)}, where truncation and rounding of the difference balance at about 1e-10.
 */
public final class GradientCheck {

    private static final double STEP = 1e-5;

    private GradientCheck() {}

    /**
     * The outcome: the worst entry, and how many were looked at.
     *
     * @param maxRelativeError the largest relative error; NaN if an entry was NaN
     * @param worstIndex the parameter where it occurred
     * @param analytic its derivative from the gradient
     * @param numeric its derivative from differences
     * @param checked entries that were compared
     */
    public record Result(double maxRelativeError, int worstIndex, double analytic, double numeric, int checked) {

        /**
         * The worst entry in words.
         *
         * @param data that was checked with
         * @return its place, "row 3, column 4" of W or "intercept 4", and both derivatives
         */
        public String worstEntry(Dataset data) {
            return SoftmaxLoss.place(worstIndex, data.features(), data.classes()) + ": analytic " + analytic
                    + ", numeric " + numeric;
        }
    }

    /**
     * Checks every entry.
     *
     * @param loss the objective
     * @param data labelled, of type FLOAT64
     * @param parameters where to check, W then b; unchanged on return
     * @return the worst entry
     */
    public static Result all(SoftmaxLoss loss, Dataset data, double[] parameters) {
        checkLength(loss, data, parameters);
        int[] entries = new int[parameters.length];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = i;
        }
        return check(loss, data, parameters, entries);
    }

    /**
     * Checks a random sample of entries, with replacement; every entry is as likely as any other.
     *
     * @param loss the objective
     * @param data labelled, of type FLOAT64
     * @param parameters where to check, W then b; unchanged on return
     * @param samples how many entries, at least 1
     * @param seed what they are drawn from
     * @return the worst entry
     */
    public static Result sampled(SoftmaxLoss loss, Dataset data, double[] parameters, int samples, long seed) {
        Checks.atLeast("samples", samples, 1);
        checkLength(loss, data, parameters);
        SplittableRandom random = new SplittableRandom(seed);
        int[] entries = new int[samples];
        for (int i = 0; i < samples; i++) {
            entries[i] = random.nextInt(parameters.length);
        }
        return check(loss, data, parameters, entries);
    }

    /**
     * Compares the gradient in single precision, as analytic, with that in double precision, as numeric, every entry at the same
     * parameters: those given, rounded to single precision.
     *
     * @param loss the objective
     * @param single labelled, of type FLOAT32
     * @param wide the same rows, of type FLOAT64
     * @param parameters where to check, W then b
     * @return the worst entry
     */
    public static Result singlePrecision(SoftmaxLoss loss, Dataset single, Dataset wide, double[] parameters) {
        checkLength(loss, wide, parameters);
        float[] rounded = new float[parameters.length];
        double[] at = new double[parameters.length];
        for (int i = 0; i < at.length; i++) {
            rounded[i] = (float) parameters[i];
            at[i] = rounded[i];
        }
        float[] narrow = new float[at.length];
        double[] expected = new double[at.length];
        loss.lossAndGradient(single, rounded, narrow);
        loss.lossAndGradient(wide, at, expected);
        Result worst = new Result(-1, 0, 0, 0, at.length);
        for (int i = 0; i < at.length; i++) {
            worst = worse(worst, i, narrow[i], expected[i]);
        }
        return worst;
    }

    /** The worse one of a result and an entry. */
    private static Result worse(Result worst, int entry, double analytic, double numeric) {
        double scale = Math.max(1, Math.max(Math.abs(analytic), Math.abs(numeric)));
        double error = Math.abs(analytic - numeric) / scale;
        return error <= worst.maxRelativeError ? worst : new Result(error, entry, analytic, numeric, worst.checked);
    }

    private static void checkLength(SoftmaxLoss loss, Dataset data, double[] parameters) {
        int count = Checks.notNull("loss", loss).parameterCount(data);
        Checks.length("parameters", Checks.notNull("parameters", parameters).length, "the data needs", count);
    }

    private static Result check(SoftmaxLoss loss, Dataset data, double[] parameters, int[] entries) {
        double[] gradient = new double[parameters.length];
        loss.lossAndGradient(data, parameters, gradient);
        double[] moved = parameters.clone();
        Result worst = new Result(-1, 0, 0, 0, entries.length);
        for (int i : entries) {
            double step = STEP * Math.max(1, Math.abs(parameters[i]));
            moved[i] = parameters[i] + step;
            double above = loss.loss(data, moved);
            double high = moved[i];
            moved[i] = parameters[i] - step;
            double numeric = (above - loss.loss(data, moved)) / (high - moved[i]);
            moved[i] = parameters[i];
            worst = worse(worst, i, gradient[i], numeric);
        }
        return worst;
    }
}
