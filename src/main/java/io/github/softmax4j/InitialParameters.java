package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Where a training starts: at a model, or at {@link InitialWeights} drawn here. */
final class InitialParameters {

    private InitialParameters() {}

    /**
     * W and b in {@code parameters}, which are of the type: those of the model {@code from}, or as the settings have them where that is
     * null; of standardised features where these are.
     */
    static void write(
            SoftmaxTrainer settings,
            SoftmaxModel from,
            Standardization standardization,
            ElementType type,
            int features,
            int classes,
            NativeArray parameters) {
        double[] start = new double[Math.toIntExact(parameters.count())];
        if (from == null) {
            fill(settings.initialWeights, start, features, classes, settings.seed);
        } else {
            double[] weights = from.weights();
            double[] intercept = Arrays.copyOf(from.intercept(), classes);
            if (standardization != null) {
                standardization.unfold(weights, intercept, classes);
            }
            System.arraycopy(weights, 0, start, 0, weights.length);
            System.arraycopy(intercept, 0, start, weights.length, start.length - weights.length);
            settings.terms.fromModel(start, weights.length);
        }
        parameters.put(0, start);
        long bad = NativeApi.s4j_first_non_finite(type.code(), parameters.address(), start.length);
        if (bad >= 0) {
            throw new IllegalArgumentException("initial weights must be finite in " + type + ", "
                    + SoftmaxLoss.place(bad, features, classes) + " was " + start[(int) bad]);
        }
    }

    /** Refuses a warm start from a model of another shape. */
    static void check(SoftmaxTrainer settings, int features, int classes) {
        SoftmaxModel start = settings.warmStart;
        // A model of standardised features has their means in its intercept, one of masked classes the mask.
        boolean intercept = settings.intercept || settings.centres() || settings.terms.hasMask();
        if (start != null
                && (start.features() != features || start.classes() != classes || start.hasIntercept() != intercept)) {
            throw new IllegalArgumentException("warmStart has " + start.features() + " features, " + start.classes()
                    + " classes and " + (start.hasIntercept() ? "an" : "no") + " intercept; training needs "
                    + features + ", " + classes + " and " + (intercept ? "an" : "no") + " intercept");
        }
    }

    /** Fills the weights, D x C; what follows them, the intercept, stays zero. The same numbers on every platform. */
    private static void fill(InitialWeights kind, double[] parameters, int features, int classes, long seed) {
        // Not the generator of the row order, which is seeded with the same number.
        SplittableRandom random = new SplittableRandom(seed ^ 0x5DEECE66DL);
        int count = features * classes;
        if (kind instanceof InitialWeights.Gaussian gaussian) {
            for (int i = 0; i < count; i++) {
                parameters[i] = gaussian.standardDeviation() * normal(random);
            }
        } else if (kind instanceof InitialWeights.GlorotUniform) {
            double bound = StrictMath.sqrt(6.0 / ((double) features + classes));
            for (int i = 0; i < count; i++) {
                parameters[i] = bound * symmetric(random);
            }
        }
    }

    /** Uniform in [-1, 1). */
    private static double symmetric(SplittableRandom random) {
        return (random.nextLong() >> 10) * 0x1.0p-53;
    }

    /** Marsaglia's polar method; StrictMath, so that every JVM gives the same bits. */
    private static double normal(SplittableRandom random) {
        while (true) {
            double u = symmetric(random);
            double v = symmetric(random);
            double square = u * u + v * v;
            if (square > 0 && square < 1) {
                return u * StrictMath.sqrt(-2 * StrictMath.log(square) / square);
            }
        }
    }
}
