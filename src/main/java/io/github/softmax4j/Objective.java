package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;

/** A s4j_objective over leased data, which must stay leased as long as this is open. For one thread at a time. */
final class Objective implements AutoCloseable {

    /** Of the s4j_objective. */
    final long address;

    /** Of plain cross-entropy. */
    Objective(DatasetMemory.Lease lease, int classes, boolean intercept, double l2) {
        this(lease.data(), classes, intercept, l2, LossTerms.PLAIN);
    }

    /** Over a s4j_data. */
    Objective(long data, int classes, boolean intercept, double l2, LossTerms terms) {
        NativeLoss loss = NativeLoss.of(terms.loss);
        int[] status = new int[1];
        address = NativeApi.s4j_objective_create(data, classes, intercept ? 1 : 0, l2, loss.code, loss.options, status);
        Core.check(status[0]);
        try {
            terms.tell(address, loss, classes);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() {
        NativeApi.s4j_objective_free(address);
    }
}
