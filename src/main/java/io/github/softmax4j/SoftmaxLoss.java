package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * The objective of linear softmax regression and its gradient, for those who bring their own optimizer:
 *
 * <pre>  F(W, b) = sum_i w_i (logsumexp(s_i) - s_i[y_i]) / sum_i w_i + l2 / 2 * sum(W^2),   s_i = x_i W + b</pre>
 *
 * <p>Parameters and gradients are W, D x C row-major, followed by the intercept b, C values, where there is one; the intercept is not
 * penalised. Instead of cross-entropy another {@link Loss} may be chosen, with weights of the classes. No N x C matrix exists at any time. Results have the same bits for any number of threads. Immutable and safe for any
 * number of threads.
 */
public final class SoftmaxLoss {

    private final LossTerms terms;
    private final double l2;
    private final boolean intercept;
    private final int threads;
    private final long memoryLimit;

    private SoftmaxLoss(Builder b) {
        this.terms = b.terms;
        this.l2 = b.l2;
        this.intercept = b.intercept;
        this.threads = b.threads;
        this.memoryLimit = b.memoryLimit;
    }

    /**
     * Loss and gradient.
     *
     * @param loss F
     * @param gradient its derivative by each weight, D x C
     */
    @SuppressWarnings("ArrayRecordComponent") // a result to take apart, not a value to compare
    public record Result(double loss, double[][] gradient) {}

    /**
     * The textbooks' {@code softmax_loss(W, X, y, reg)}: mean cross-entropy plus {@code reg / 2 * sum(W^2)}, in double precision.
     *
     * @param weights W, D x C
     * @param x X, N x D
     * @param y N classes in 0..C-1
     * @param reg the penalty, not negative
     * @return the loss, and its gradient shaped like W
     */
    public static Result softmaxLoss(double[][] weights, double[][] x, int[] y, double reg) {
        Checks.notNull("weights", weights);
        Checks.atLeast("weights' rows", weights.length, 1);
        int classes = Checks.notNull("weights' row 0", weights[0]).length;
        Checks.atLeast("classes", classes, 1);
        double[] parameters = new double[Checks.parameterCount(weights.length, classes, false)];
        for (int d = 0; d < weights.length; d++) {
            Checks.length(
                    "weights' row " + d, Checks.notNull("weights' row " + d, weights[d]).length, "row 0 has", classes);
            System.arraycopy(weights[d], 0, parameters, d * classes, classes);
        }
        double[] gradient = new double[parameters.length];
        try (Dataset data =
                Dataset.builder().features(x).labels(y).classes(classes).build()) {
            SoftmaxLoss loss = builder().l2(reg).intercept(false).build();
            double value = loss.lossAndGradient(data, parameters, gradient);
            double[][] rows = new double[weights.length][classes];
            for (int d = 0; d < rows.length; d++) {
                System.arraycopy(gradient, d * classes, rows[d], 0, classes);
            }
            return new Result(value, rows);
        }
    }

    /**
     * Starts from no penalty, with intercept, on the default number of threads.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Settings of a {@link SoftmaxLoss}. */
    public static final class Builder {
        private LossTerms terms = LossTerms.PLAIN;
        private double l2;
        private boolean intercept = true;
        private int threads;
        private long memoryLimit = NativeApi.NO_LIMIT;

        private Builder() {}

        /**
         * The loss of a row; plain cross-entropy unless set.
         *
         * @param loss not null
         * @return this
         */
        public Builder loss(Loss loss) {
            this.terms = terms.with(loss);
            return this;
        }

        /**
         * Weights of the classes: that of its label multiplies the weight of a row, in the loss and in what the mean divides by.
         *
         * @param weights one for each class, finite and not negative
         * @return this
         */
        public Builder classWeights(double... weights) {
            this.terms = terms.withClassWeights(weights);
            return this;
        }

        /**
         * Gives every class that occurs the same say: class weights of N / (C n_c), scikit-learn's {@code class_weight="balanced"}, N and
         * n_c being sums of row weights.
         *
         * @return this
         */
        public Builder balancedClassWeights() {
            this.terms = terms.withBalancedWeights();
            return this;
        }

        /**
         * Classes that take no part: their probability is 0, as with a score of -infinity, and no row may have one as its label.
         *
         * @param classes in 0..C-1, not all of them
         * @return this
         */
        public Builder maskedClasses(int... classes) {
            this.terms = terms.withMasked(classes);
            return this;
        }

        /**
         * The L2 penalty on the weights.
         *
         * @param l2 not negative
         * @return this
         */
        public Builder l2(double l2) {
            Checks.notNegative("l2", l2);
            this.l2 = l2;
            return this;
        }

        /**
         * Whether the parameters end with an intercept.
         *
         * @param intercept true by default
         * @return this
         */
        public Builder intercept(boolean intercept) {
            this.intercept = intercept;
            return this;
        }

        /**
         * The most threads one call uses; by default as {@link Softmax4j#threads()} says.
         *
         * @param threads in 1..1024
         * @return this
         */
        public Builder threads(int threads) {
            this.threads = Core.checkThreads(threads);
            return this;
        }

        /**
         * The most memory that a call may take beside the dataset, in bytes: {@link MemoryPlan#working()} of its plan.
         * To keep to it the work is cut otherwise, into fewer lanes, smaller blocks and fewer threads, which can cost time; a limit
         * that is too small for any cut is refused before anything is allocated. The limit is a setting like the batch size:
         * under the same limit results have the same bits for any number of threads, under another one they can be rounded otherwise.
         *
         * @param bytes at least 1; by default there is no limit
         * @return this
         */
        public Builder memoryLimit(long bytes) {
            Checks.atLeast("memoryLimit", bytes, 1);
            this.memoryLimit = bytes;
            return this;
        }

        /**
         * Builds.
         *
         * @return the loss
         */
        public SoftmaxLoss build() {
            terms.check(intercept);
            return new SoftmaxLoss(this);
        }
    }

    /**
     * How many parameters a model of the data has.
     *
     * @param data labelled
     * @return (D + 1) x C with intercept, D x C without
     */
    public int parameterCount(Dataset data) {
        terms.check(Checks.notNull("data", data));
        Checks.notNegativeIn(data.elementType(), "l2", l2);
        return Checks.parameterCount(data.features(), data.classes(), intercept);
    }

    /**
     * The memory that loss and gradient of data of some shape, given as arrays, will take, without allocating any of it.
     *
     * @param rows N, at least 1; N x D at most 2^59
     * @param features D, at least 1
     * @param classes C, at least 1
     * @param type of the features
     * @return all parts, in bytes
     * @throws IllegalArgumentException if the shape is out of range, or this has a memory limit that cannot be kept; the message then
     *     has the limit, the least that is needed, and what is taken without a limit
     */
    public MemoryPlan plan(long rows, int features, int classes, ElementType type) {
        return plan(new Work(type, rows, features, classes, intercept, Work.DENSE));
    }

    /**
     * The memory that loss and gradient of sparse data of some shape will take, without allocating any of it; of the dataset, the most
     * that it can be.
     *
     * @param rows N, at least 1
     * @param features D, at least 1
     * @param nonZeros entries of all rows together, in 0..2^59
     * @param classes C, at least 1
     * @param type of the features
     * @return all parts, in bytes
     * @throws IllegalArgumentException as {@link #plan}
     */
    public MemoryPlan planSparse(long rows, int features, long nonZeros, int classes, ElementType type) {
        Checks.atLeast("nonZeros", nonZeros, 0);
        return plan(new Work(type, rows, features, classes, intercept, nonZeros));
    }

    private MemoryPlan plan(Work work) {
        long limit = scratchLimit(work);
        long scratch = work.loss(true, threadsOrDefault(), limit) + terms.rowBytes(work);
        return new MemoryPlan(work.datasetBytes(), 2 * work.parameterBytes(), 0, scratch, 0);
    }

    /**
     * What parameters, gradient and the objective's view of the rows leave of the limit; the same whether a call copies them or not, and
     * so the same bits.
     */
    private long scratchLimit(Work work) {
        long fixed = 2 * work.parameterBytes() + terms.rowBytes(work);
        // What the uncut work takes on any number of threads: such a limit cuts nothing.
        if (memoryLimit >= fixed + work.loss(true, TrainingPlan.SHARING_THREADS, NativeApi.NO_LIMIT)) {
            return NativeApi.NO_LIMIT;
        }
        long least = fixed + work.loss(true, 1, 0);
        if (memoryLimit < least) {
            work.checkLimit(memoryLimit, least, fixed + work.loss(true, threadsOrDefault(), NativeApi.NO_LIMIT));
        }
        return memoryLimit - fixed;
    }

    private int threadsOrDefault() {
        return threads == 0 ? Core.defaultThreads() : threads;
    }

    boolean hasIntercept() {
        return intercept;
    }

    /**
     * The objective.
     *
     * @param data labelled; doubles are rounded to its element type
     * @param parameters W, then b
     * @return F; not finite where scores overflow
     */
    public double loss(Dataset data, double[] parameters) {
        return run(data, parameters, Checks.notNull("parameters", parameters).length, null);
    }

    /**
     * The objective.
     *
     * @param data labelled
     * @param parameters W, then b
     * @return F; not finite where scores overflow
     */
    public double loss(Dataset data, float[] parameters) {
        return run(data, parameters, Checks.notNull("parameters", parameters).length, null);
    }

    /**
     * The objective and its gradient.
     *
     * @param data labelled, of type FLOAT64
     * @param parameters W, then b
     * @param gradient receives the gradient, of the same length
     * @return F; not finite where scores overflow
     */
    public double lossAndGradient(Dataset data, double[] parameters, double[] gradient) {
        Checks.notNull("parameters", parameters);
        Checks.length("gradient", Checks.notNull("gradient", gradient).length, "parameters has", parameters.length);
        if (gradient == parameters) {
            throw new IllegalArgumentException("parameters and gradient must not be the same array");
        }
        requireType(data, ElementType.FLOAT64);
        return run(data, parameters, parameters.length, gradient);
    }

    /**
     * The objective and its gradient.
     *
     * @param data labelled, of type FLOAT32
     * @param parameters W, then b
     * @param gradient receives the gradient, of the same length
     * @return F; not finite where scores overflow
     */
    public double lossAndGradient(Dataset data, float[] parameters, float[] gradient) {
        Checks.notNull("parameters", parameters);
        Checks.length("gradient", Checks.notNull("gradient", gradient).length, "parameters has", parameters.length);
        if (gradient == parameters) {
            throw new IllegalArgumentException("parameters and gradient must not be the same array");
        }
        requireType(data, ElementType.FLOAT32);
        return run(data, parameters, parameters.length, gradient);
    }

    /**
     * The objective and its gradient in direct buffers, without any copy.
     *
     * @param data labelled, of type FLOAT32
     * @param parameters W, then b: direct, in native byte order, exactly these remaining
     * @param gradient receives the gradient; likewise, and another buffer
     * @return F; not finite where scores overflow
     */
    public double lossAndGradient(Dataset data, FloatBuffer parameters, FloatBuffer gradient) {
        requireType(data, ElementType.FLOAT32);
        Checks.direct(
                "parameters",
                parameters,
                Checks.notNull("parameters", parameters).order(),
                false);
        Checks.direct("gradient", gradient, Checks.notNull("gradient", gradient).order(), true);
        return runDirect(data, parameters, gradient);
    }

    /**
     * The objective and its gradient in direct buffers, without any copy.
     *
     * @param data labelled, of type FLOAT64
     * @param parameters W, then b: direct, in native byte order, exactly these remaining
     * @param gradient receives the gradient; likewise, and another buffer
     * @return F; not finite where scores overflow
     */
    public double lossAndGradient(Dataset data, DoubleBuffer parameters, DoubleBuffer gradient) {
        requireType(data, ElementType.FLOAT64);
        Checks.direct(
                "parameters",
                parameters,
                Checks.notNull("parameters", parameters).order(),
                false);
        Checks.direct("gradient", gradient, Checks.notNull("gradient", gradient).order(), true);
        return runDirect(data, parameters, gradient);
    }

    private double runDirect(Dataset data, Buffer parameters, Buffer gradient) {
        int count = parameterCount(data);
        Checks.length("parameters", parameters.remaining(), "the data needs", count);
        Checks.length("gradient", gradient.remaining(), "the data needs", count);
        try {
            long at = NativeArray.addressOf(parameters);
            long to = NativeArray.addressOf(gradient);
            long bytes = (long) count * data.elementType().bytes();
            if (Math.abs(at - to) < bytes) {
                throw new IllegalArgumentException("parameters and gradient must not overlap");
            }
            data.requireApart("gradient", to, bytes);
            requireFinite(data, at, count);
            return call(data, scratchLimit(Work.of(data, data.classes(), intercept)), at, to);
        } finally {
            // The caller may have no other use for them: they must not be collected under the native code.
            Reference.reachabilityFence(parameters);
            Reference.reachabilityFence(gradient);
        }
    }

    /** Parameters and gradient are float[] or double[]; the gradient may be null. */
    private double run(Dataset data, Object parameters, int length, Object gradient) {
        int count = parameterCount(data);
        Checks.length("parameters", length, "the data needs", count);
        long limit = scratchLimit(Work.of(data, data.classes(), intercept));
        int type = data.elementType().code();
        try (NativeArray in = NativeArray.ofReals(type, count);
                NativeArray out = gradient == null ? null : NativeArray.ofReals(type, count)) {
            if (parameters instanceof float[] floats) {
                in.put(0, floats);
            } else {
                in.put(0, (double[]) parameters);
            }
            requireFinite(data, in.address(), count);
            double loss = call(data, limit, in.address(), out == null ? 0 : out.address());
            if (gradient instanceof float[] floats) {
                out.get(0, floats);
            } else if (gradient instanceof double[] doubles) {
                out.get(0, doubles);
            }
            return loss;
        }
    }

    private double call(Dataset data, long scratchLimit, long parameters, long gradient) {
        double[] loss = new double[1];
        try (DatasetMemory.Lease lease = data.acquire();
                Objective objective = new Objective(lease.data(), data.classes(), intercept, l2, terms)) {
            Core.check(NativeApi.s4j_loss_gradient(
                    objective.address, 0, parameters, gradient, threadsOrDefault(), scratchLimit, loss));
        }
        return loss[0];
    }

    private void requireFinite(Dataset data, long parameters, int count) {
        long bad = NativeApi.s4j_first_non_finite(data.elementType().code(), parameters, count);
        if (bad >= 0) {
            throw new IllegalArgumentException("weights must be finite, " + place(bad, data.features(), data.classes())
                    + " was " + Core.value(data.elementType(), parameters, bad));
        }
    }

    /** Where a parameter lies: "row 3, column 4", or "intercept 4". */
    static String place(long index, int features, int classes) {
        long row = index / classes;
        return row < features ? "row " + row + ", column " + index % classes : "intercept " + index % classes;
    }

    static void requireType(Dataset data, ElementType type) {
        if (Checks.notNull("data", data).elementType() != type) {
            throw new IllegalArgumentException("data must be of type " + type + ", was " + data.elementType());
        }
    }
}
