package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;

/** The rows that a fit is about to take, leased, and standardised where the settings say so. For one thread at a time. */
final class TrainingRows implements AutoCloseable {

    private final DatasetMemory.Lease lease;
    /** Null where the features are taken as they are. */
    final Standardization standardization;
    /** The s4j_data. */
    final long data;

    /** momentsLimit: the most scratch that the pass for mean and deviation may take. */
    TrainingRows(SoftmaxTrainer settings, Dataset dataset, int threads, long momentsLimit) {
        lease = dataset.acquire();
        try {
            standardization = settings.standardize
                    ? Standardization.of(lease, dataset.features(), settings.centering, threads, momentsLimit)
                    : null;
            data = standardization == null ? lease.data() : standardization.view(lease, threads);
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
    }

    /** Refuses data that no fit with the settings can take. */
    static void check(SoftmaxTrainer settings, Dataset data) {
        settings.terms.check(data);
        if (data.classes() < 2) {
            throw new IllegalArgumentException("training needs at least 2 classes, the data has " + data.classes());
        }
        if (settings.centres() && data.isSparse()) {
            throw new IllegalArgumentException(
                    "standardize needs centering(false) for sparse rows, which would fill up without their zeros");
        }
        checkNumbers(settings, data.elementType());
        InitialParameters.check(settings, data.features(), data.classes());
        if (settings.warmStart != null) {
            data.requireSameLabels("data", settings.warmStart.classLabels().orElse(null), "warmStart");
        }
    }

    /** That the settings are numbers of the type that they are computed with. */
    static void checkNumbers(SoftmaxTrainer settings, ElementType type) {
        Checks.notNegativeIn(type, "l1", settings.l1);
        Checks.notNegativeIn(type, "l2", settings.l2);
        Checks.finiteIn(type, "weightDecay", settings.weightDecay);
        Checks.positiveIn(type, "clipGradientValue", settings.clipValue);
        Checks.positiveIn(type, "clipGradientNorm", settings.clipNorm);
    }

    @Override
    public void close() {
        if (standardization != null) {
            NativeApi.s4j_data_free(data);
        }
        lease.close();
    }
}
