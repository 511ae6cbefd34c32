package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;

/**
 * What one fit will take, and how it shares out a memory limit: the steps have the first say, the objective over all rows and the
 * validation, one after the other while the trainer exists, get what is left. The shares do not depend on the number of threads, for
 * they decide how the work is cut.
 */
final class TrainingPlan {

    /** The shares are those of so many threads: the most tasks that the core cuts a step into. */
    static final int SHARING_THREADS = 16;

    private final SoftmaxTrainer settings;
    private final Work work;
    private final Work validation;
    private final long batch;

    final MemoryPlan memory;
    /** Limits of scratch. */
    final long stepLimit;

    final long objectiveLimit;
    final long momentsLimit;
    /** Threads that validation may use. */
    final int validationThreads;

    TrainingPlan(SoftmaxTrainer settings, Work work) {
        this(settings, work, settings.memoryLimit);
    }

    private TrainingPlan(SoftmaxTrainer settings, Work work, long limit) {
        this.settings = settings;
        this.work = work;
        this.batch = Math.min(settings.batchSize, work.rows());
        this.validation =
                settings.validation == null ? null : Work.of(settings.validation, work.classes(), work.intercept());
        int threads = settings.threads == 0 ? Core.defaultThreads() : settings.threads;
        long parameters = work.parameterBytes();
        long state = step(threads, NativeApi.NO_LIMIT).state();
        long heap = heap();
        // What the rows take as the objective sees them.
        long ofRows = settings.terms.rowBytes(work) + (settings.standardize ? work.standardizedBytes() : 0);
        long fixed = parameters + state + heap + ofRows;
        // What the uncut work takes on any number of threads: such a limit cuts nothing.
        long uncut = step(SHARING_THREADS, NativeApi.NO_LIMIT).scratch()
                + Math.max(work.loss(false, SHARING_THREADS, NativeApi.NO_LIMIT), validation(SHARING_THREADS));
        if (limit >= fixed + Math.max(uncut, moments(0))) {
            stepLimit = NativeApi.NO_LIMIT;
            objectiveLimit = NativeApi.NO_LIMIT;
            validationThreads = threads;
        } else {
            long leastAfter = Math.max(work.loss(false, 1, 0), validation(1));
            long least = fixed + Math.max(step(1, 0).scratch() + leastAfter, moments(0));
            if (limit < least) {
                work.checkLimit(limit, least, new TrainingPlan(settings, work, NativeApi.NO_LIMIT).memory.working());
            }
            stepLimit = step(SHARING_THREADS, limit - fixed - leastAfter).scratch();
            objectiveLimit = limit - fixed - stepLimit;
            int fit = threads;
            while (fit > 1 && validation(fit) > objectiveLimit) {
                fit--;
            }
            validationThreads = fit;
        }
        long after = Math.max(work.loss(false, threads, objectiveLimit), validation(validationThreads));
        momentsLimit = limit == NativeApi.NO_LIMIT ? limit : limit - fixed;
        // One after the other.
        long scratch = Math.max(step(threads, stepLimit).scratch() + after, moments(momentsLimit));
        memory = new MemoryPlan(work.datasetBytes(), parameters, state, scratch + ofRows, heap);
    }

    private long moments(long limit) {
        return settings.standardize ? work.moments(limit) : 0;
    }

    private Work.Bytes step(int threads, long limit) {
        return work.training(settings.optimizer, batch, threads, limit);
    }

    /** Scratch of the validation, with its copies of parameters and labels off the heap. */
    private long validation(int threads) {
        return validation == null
                ? 0
                : validation.prediction(threads) + validation.parameterBytes() + 4 * validation.rows();
    }

    /** The arrays on the way to the model that is handed out: of the loss, and of features as they are. */
    static long conversionBytes(SoftmaxTrainer settings, Work work) {
        long unfolded = (work.parameterCount() + work.classes())
                * (Double.BYTES + work.type().bytes());
        return settings.terms.conversionBytes(work)
                + (settings.standardize ? unfolded + 2L * Double.BYTES * work.features() : 0);
    }

    /** The arrays of one fit, of one epoch where each has its own. */
    private long heap() {
        long count = work.parameterCount();
        long model = count * work.type().bytes();
        long start = count * Double.BYTES;
        // From double[] to float off the heap.
        long narrowed = work.type() == ElementType.FLOAT32 ? model : 0;
        long warmStart = settings.warmStart == null ? 0 : start;
        long models = 1L + (settings.patience > 0 ? 1 : 0) + (validation == null ? 0 : 1);
        long heap = start + narrowed + warmStart + models * model + conversionBytes(settings, work);
        if (validation != null) {
            // Labels, given and predicted; row weights; parameters on their way to another type.
            heap += 2L * Integer.BYTES * validation.rows();
            heap += settings.validation.hasWeights() ? Double.BYTES * validation.rows() : 0;
            heap += validation.type() == work.type() ? 0 : validation.parameterBytes();
        }
        return heap;
    }
}
