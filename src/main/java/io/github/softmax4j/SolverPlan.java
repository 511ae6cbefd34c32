package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;

/**
 * What a fit by a solver will take, and how it keeps to a memory limit: first without an approximation of the Hessian, then by
 * cutting the passes over the rows otherwise. The choice does not depend on the number of threads.
 */
final class SolverPlan {

    private final NativeSolver solver;
    private final Work work;

    final MemoryPlan memory;
    final boolean curved;
    final long scratchLimit;
    final long momentsLimit;

    SolverPlan(SoftmaxTrainer settings, Work work) {
        this.solver = NativeSolver.of(settings);
        this.work = work;
        int threads = settings.threads == 0 ? Core.defaultThreads() : settings.threads;
        long limit = settings.memoryLimit;
        long parameters = work.parameterBytes();
        long count = work.parameterCount();
        long heap =
                count * Double.BYTES + 2 * count * work.type().bytes() + TrainingPlan.conversionBytes(settings, work);
        // What the rows take as the objective sees them.
        long ofRows = settings.terms.rowBytes(work) + (settings.standardize ? work.standardizedBytes() : 0);
        long fixed = parameters + heap + ofRows;
        MemoryPlan start = settings.stochasticEpochs > 0 ? new TrainingPlan(settings.start(), work).memory : null;
        int most = TrainingPlan.SHARING_THREADS;
        Work.Bytes full = bytes(true, most, NativeApi.NO_LIMIT);
        Work.Bytes plain = bytes(false, most, NativeApi.NO_LIMIT);
        // Before there is a solver.
        long leastMoments = settings.standardize ? work.moments(0) : 0;
        curved = limit >= fixed + Math.max(full.state() + full.scratch(), leastMoments);
        if (curved || limit >= fixed + Math.max(plain.state() + plain.scratch(), leastMoments)) {
            scratchLimit = NativeApi.NO_LIMIT;
        } else {
            long least = fixed + Math.max(plain.state() + bytes(false, 1, 0).scratch(), leastMoments);
            if (limit < least) {
                work.checkLimit(limit, least, fixed + full.state() + full.scratch());
            }
            scratchLimit = limit - fixed - plain.state();
        }
        Work.Bytes taken = bytes(curved, threads, scratchLimit);
        long state = taken.state();
        momentsLimit = limit == NativeApi.NO_LIMIT ? limit : limit - fixed;
        long moments = settings.standardize ? work.moments(momentsLimit) : 0;
        long scratch = Math.max(taken.scratch(), moments - state);
        if (start != null) {
            // One after the other.
            state = Math.max(state, start.optimizerState());
            scratch = Math.max(scratch, start.scratch() - ofRows);
            heap = Math.max(heap, start.javaHeap());
        }
        memory = new MemoryPlan(work.datasetBytes(), parameters, state, scratch + ofRows, heap);
    }

    private Work.Bytes bytes(boolean withCurvature, int threads, long limit) {
        long[] scratch = new long[1];
        long[] state = new long[1];
        Core.check(NativeApi.s4j_solver_plan(
                work.type().code(),
                work.nonZeros() == Work.DENSE ? 0 : 1,
                work.stored() ? 1 : 0,
                work.rows(),
                work.features(),
                work.classes(),
                work.intercept() ? 1 : 0,
                solver.method(),
                solver.options(withCurvature),
                0,
                threads,
                limit,
                scratch,
                state));
        return new Work.Bytes(scratch[0], state[0]);
    }
}
