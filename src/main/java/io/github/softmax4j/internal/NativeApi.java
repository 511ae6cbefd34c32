package io.github.softmax4j.internal;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.FunctionPointer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.CriticalRegion;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;

/**
 * The C ABI of {@code native/include/softmax4j.h}, function by function, under the same names, which is where each one is
 * described. Native addresses are {@code long}s. JavaCPP writes the JNI code and stays inside this package.
 *
 * <p>Arrays are passed without a copy ({@link CriticalRegion}): only functions that take microseconds may have array
 * parameters and be critical.
 */
@Properties(@Platform(include = "softmax4j.h", library = "jnisoftmax4j"))
public final class NativeApi {

    public static final int OK = 0;
    public static final int BAD_ARGUMENT = 1;
    public static final int NO_MEMORY = 2;
    public static final int NON_FINITE = 3;
    public static final int UNSUPPORTED = 4;
    public static final int INTERRUPTED = 6;

    public static final int F32 = 0;
    public static final int F64 = 1;

    public static final int REAL = 0;
    public static final int UINT8 = 1;
    public static final int BFLOAT16 = 2;

    public static final int LOSS = 0;
    public static final int LOSS_GRADIENT = 1;
    public static final int TRAINING = 2;
    public static final int PREDICTION = 3;
    public static final int HESSIAN_PRODUCT = 4;

    public static final int POOL_BYTES = 64 << 20;
    public static final long NO_LIMIT = Long.MAX_VALUE;

    public static final int SOFTMAX = 0;
    public static final int LOG_SOFTMAX = 1;
    public static final int LOG_SUM_EXP = 2;

    public static final int CLASS_WEIGHTS = 0;
    public static final int POSITIVE_WEIGHTS = 1;
    public static final int CLASS_MASK = 2;

    public static final int LOSS_OPTIONS = 8;

    public static final int LBFGS = 0;
    public static final int LBFGSB = 1;
    public static final int OWLQN = 2;
    public static final int NEWTON = 3;
    public static final int SDCA = 4;
    public static final int SOLVER_OPTIONS = 8;

    public static final int RUNNING = 0;
    public static final int STOP_GAP = 1;
    public static final int STOP_GRADIENT = 2;
    public static final int STOP_NO_PROGRESS = 3;
    public static final int STOP_NON_FINITE = 4;
    public static final int STANDING = 8;

    public static final int HYPER = 8;
    public static final int SLOTS = 3;
    public static final int L1 = 0;
    public static final int DECAY = 1;
    public static final int LOWER = 2;
    public static final int UPPER = 3;
    public static final int CLIP_VALUE = 4;
    public static final int CLIP_NORM = 5;
    public static final int STEP_OPTIONS = 8;

    private NativeApi() {}

    public static native int s4j_initialize(String kernels);

    public static native String s4j_last_error();

    public static native String s4j_version();

    public static native String s4j_kernels();

    public static native String s4j_supported_kernels();

    public static native String s4j_cpu_features();

    public static native String s4j_blas_core();

    public static native String s4j_blas_config();

    public static native String s4j_blas_path();

    public static native void s4j_sha256(@Cast("const uint8_t*") long data, long count, @Cast("uint8_t*") byte[] hash);

    public static native @Cast("void*") long s4j_allocate(long bytes);

    public static native void s4j_free(@Cast("void*") long memory);

    /** Of the element at the position of a direct buffer. */
    public static native long s4j_address(@Cast("const void*") FloatBuffer memory);

    /** Of the element at the position of a direct buffer. */
    public static native long s4j_address(@Cast("const void*") DoubleBuffer memory);

    /** Of the element at the position of a direct buffer. */
    public static native long s4j_address(@Cast("const void*") IntBuffer memory);

    @CriticalRegion
    @Name("s4j_copy_float")
    public static native void s4j_copy_in(
            @Cast("float*") long to, long toIndex, float[] from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_float")
    public static native void s4j_copy_out(
            float[] to, long toIndex, @Cast("const float*") long from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_double")
    public static native void s4j_copy_in(
            @Cast("double*") long to, long toIndex, double[] from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_double")
    public static native void s4j_copy_out(
            double[] to, long toIndex, @Cast("const double*") long from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_int32_t")
    public static native void s4j_copy_in(
            @Cast("int32_t*") long to, long toIndex, int[] from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_int32_t")
    public static native void s4j_copy_out(
            int[] to, long toIndex, @Cast("const int32_t*") long from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_int64_t")
    public static native void s4j_copy_in(
            @Cast("int64_t*") long to, long toIndex, @Cast("const int64_t*") long[] from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_int64_t")
    public static native void s4j_copy_out(
            @Cast("int64_t*") long[] to, long toIndex, @Cast("const int64_t*") long from, long fromIndex, long count);

    @Name("s4j_copy_int16_t")
    public static native void s4j_copy_in(
            @Cast("int16_t*") long to, long toIndex, short[] from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_int8_t")
    public static native void s4j_copy_in(
            @Cast("int8_t*") long to, long toIndex, byte[] from, long fromIndex, long count);

    @CriticalRegion
    @Name("s4j_copy_int8_t")
    public static native void s4j_copy_out(
            byte[] to, long toIndex, @Cast("const int8_t*") long from, long fromIndex, long count);

    public static native long s4j_first_non_finite(int type, @Cast("const void*") long values, long count);

    public static native long s4j_first_bad_weight(int type, @Cast("const void*") long values, long count);

    public static native long s4j_first_bad_label(@Cast("const int32_t*") long labels, long count, long classes);

    public static native @Cast("s4j_data*") long s4j_data_create(
            int type,
            @Cast("const void*") long features,
            long rows,
            long columns,
            long stride,
            @Cast("const int32_t*") long labels,
            @Cast("const void*") long weights);

    public static native @Cast("s4j_data*") long s4j_sparse_create(
            int type,
            @Cast("const int64_t*") long offsets,
            @Cast("const int32_t*") long indices,
            @Cast("const void*") long values,
            long rows,
            long columns,
            @Cast("const int32_t*") long labels,
            @Cast("const void*") long weights,
            int threads);

    public static native long s4j_sparse_bytes(int type, long rows, long columns, long entries);

    public static native @Cast("s4j_data*") long s4j_data_part(
            @Cast("const s4j_data*") long data, long first, long rows);

    public static native long s4j_first_bad_offset(@Cast("const int64_t*") long offsets, long rows);

    public static native long s4j_first_bad_entry(
            @Cast("const int64_t*") long offsets,
            @Cast("const int32_t*") long indices,
            long rows,
            long columns,
            int ascending);

    public static native int s4j_sum_duplicates(
            int type,
            @Cast("int64_t*") long offsets,
            @Cast("int32_t*") long indices,
            @Cast("void*") long values,
            long rows);

    public static native int s4j_data_targets(
            @Cast("s4j_data*") long data, @Cast("const void*") long targets, long classes);

    public static native long s4j_first_bad_target(
            int type, @Cast("const void*") long targets, long rows, long classes, int distribution);

    public static native void s4j_data_free(@Cast("s4j_data*") long data);

    public static native long s4j_data_hash(@Cast("const s4j_data*") long data, int threads);

    public static native @Cast("s4j_data*") long s4j_data_create_stored(
            int type,
            int format,
            @Cast("const void*") long features,
            long rows,
            long columns,
            long stride,
            long affine,
            double[] scale,
            double[] offset,
            @Cast("const int32_t*") long labels,
            @Cast("const void*") long weights);

    public static native long s4j_data_first_non_finite(@Cast("const s4j_data*") long data, int threads);

    public static native int s4j_data_moments(
            @Cast("const s4j_data*") long data, int threads, long scratchLimit, double[] mean, double[] deviation);

    public static native long s4j_moments_bytes(int type, int sparse, long rows, long columns, long scratchLimit);

    public static native @Cast("s4j_data*") long s4j_data_standardized(
            @Cast("const s4j_data*") long data, double[] mean, double[] deviation, int threads);

    public static native @Cast("const void*") long s4j_map_file(
            @Cast("const char*") byte[] path, @Cast("int64_t*") long[] bytes);

    public static native void s4j_unmap_file(@Cast("const void*") long address, long bytes);

    public static native @Cast("s4j_objective*") long s4j_objective_create(
            @Cast("const s4j_data*") long data,
            long classes,
            int intercept,
            double l2,
            int loss,
            double[] options,
            int[] status);

    public static native int s4j_objective_set(@Cast("s4j_objective*") long objective, int what, double[] values);

    public static native void s4j_objective_free(@Cast("s4j_objective*") long objective);

    public static native int s4j_loss_gradient(
            @Cast("const s4j_objective*") long objective,
            int regime,
            @Cast("const void*") long parameters,
            @Cast("void*") long gradient,
            int threads,
            long scratchLimit,
            double[] loss);

    public static native int s4j_hessian_product(
            @Cast("const s4j_objective*") long objective,
            int regime,
            @Cast("const void*") long parameters,
            @Cast("const void*") long direction,
            @Cast("void*") long product,
            int threads,
            long scratchLimit);

    public static native int s4j_plan(
            int type,
            int sparse,
            int stored,
            long rows,
            long columns,
            long classes,
            int intercept,
            int work,
            int rule,
            double[] hyper,
            long batch,
            int threads,
            long scratchLimit,
            @Cast("int64_t*") long[] scratch,
            @Cast("int64_t*") long[] state);

    public static native int s4j_predict(
            @Cast("const s4j_data*") long data,
            long classes,
            int intercept,
            int form,
            @Cast("const void*") long parameters,
            @Cast("int32_t*") long labels,
            @Cast("void*") long scores,
            @Cast("void*") long probabilities,
            int threads,
            double[] loss);

    @CriticalRegion
    public static native int s4j_predict_row_f32(
            float[] parameters, long features, long classes, int intercept, int form, float[] x, float[] probabilities);

    @CriticalRegion
    public static native int s4j_predict_row_f64(
            double[] parameters,
            long features,
            long classes,
            int intercept,
            int form,
            double[] x,
            double[] probabilities);

    public static native double s4j_absolute_sum(int type, @Cast("const void*") long values, long count);

    @CriticalRegion
    public static native int s4j_predict_sparse_row_f32(
            float[] parameters,
            long features,
            long classes,
            int intercept,
            int form,
            int[] indices,
            float[] values,
            long count,
            float[] probabilities);

    @CriticalRegion
    public static native int s4j_predict_sparse_row_f64(
            double[] parameters,
            long features,
            long classes,
            int intercept,
            int form,
            int[] indices,
            double[] values,
            long count,
            double[] probabilities);

    @CriticalRegion
    public static native int s4j_update_f32(
            int rule,
            double[] hyper,
            double learningRate,
            long step,
            float[] parameters,
            float[] gradient,
            float[] slots,
            long n);

    @CriticalRegion
    public static native int s4j_update_f64(
            int rule,
            double[] hyper,
            double learningRate,
            long step,
            double[] parameters,
            double[] gradient,
            double[] slots,
            long n);

    public static native int s4j_row_function(
            int type,
            int function,
            @Cast("const void*") long logits,
            @Cast("void*") long out,
            long first,
            long rows,
            long classes,
            int threads);

    @CriticalRegion
    public static native int s4j_row_function(
            int type, int function, float[] logits, float[] out, long first, long rows, long classes, int threads);

    @CriticalRegion
    public static native int s4j_row_function(
            int type, int function, double[] logits, double[] out, long first, long rows, long classes, int threads);

    public static native int s4j_cross_entropy(
            int type,
            @Cast("const void*") long logits,
            @Cast("const int32_t*") long labels,
            @Cast("const void*") long weights,
            @Cast("void*") long losses,
            @Cast("void*") long gradient,
            long first,
            long rows,
            long classes,
            double scale,
            int threads,
            double[] loss);

    @CriticalRegion
    public static native int s4j_cross_entropy(
            int type,
            float[] logits,
            int[] labels,
            float[] weights,
            float[] losses,
            float[] gradient,
            long first,
            long rows,
            long classes,
            double scale,
            int threads,
            double[] loss);

    @CriticalRegion
    public static native int s4j_cross_entropy(
            int type,
            double[] logits,
            int[] labels,
            double[] weights,
            double[] losses,
            double[] gradient,
            long first,
            long rows,
            long classes,
            double scale,
            int threads,
            double[] loss);

    public static native int s4j_logits_loss(
            int type,
            int loss,
            double[] options,
            double[] positive,
            @Cast("const void*") long logits,
            @Cast("const int32_t*") long labels,
            int ignored,
            @Cast("const void*") long targets,
            @Cast("const void*") long weights,
            @Cast("void*") long losses,
            @Cast("void*") long gradient,
            long rows,
            long classes,
            double scale,
            int threads,
            double[] sum);

    public static native int s4j_sigmoid(
            int type, @Cast("const void*") long x, @Cast("void*") long out, long count, int logarithm, int threads);

    public static native @Cast("s4j_trainer*") long s4j_trainer_create(
            @Cast("const s4j_objective*") long objective,
            int rule,
            double[] hyper,
            double[] options,
            @Cast("const void*") long parameters,
            long batch,
            @Cast("uint64_t") long seed,
            int threads,
            long scratchLimit,
            int[] status);

    public static native void s4j_trainer_free(@Cast("s4j_trainer*") long trainer);

    public static native int s4j_trainer_rebind(
            @Cast("s4j_trainer*") long trainer, @Cast("const s4j_objective*") long objective, long batch);

    public static native void s4j_trainer_shuffle(@Cast("s4j_trainer*") long trainer);

    public static native int s4j_trainer_step(
            @Cast("s4j_trainer*") long trainer, long first, long count, double learningRate);

    public static native double s4j_trainer_take_loss(@Cast("s4j_trainer*") long trainer);

    public static native void s4j_trainer_parameters(
            @Cast("const s4j_trainer*") long trainer, @Cast("void*") long parameters);

    public static native int s4j_trainer_save(
            @Cast("s4j_trainer*") long trainer,
            long first,
            long count,
            @Cast("void*") byte[] to,
            @Cast("int64_t*") long[] size);

    public static native int s4j_trainer_restore(
            @Cast("s4j_trainer*") long trainer, long first, long count, long size, @Cast("const void*") byte[] from);

    public static native @Cast("s4j_solver*") long s4j_solver_create(
            @Cast("const s4j_objective*") long objective,
            int method,
            double[] options,
            @Cast("const void*") long lower,
            @Cast("const void*") long upper,
            @Cast("const void*") long parameters,
            int threads,
            long scratchLimit,
            int[] status);

    public static native void s4j_solver_free(@Cast("s4j_solver*") long solver);

    /** Whether the thread that calls is interrupted, for a solver to ask. */
    public static final class StopAsked extends FunctionPointer {
        public StopAsked() {
            allocate();
        }

        private native void allocate();

        public int call() {
            return Thread.currentThread().isInterrupted() ? 1 : 0;
        }
    }

    public static native int s4j_solver_iterate(
            @Cast("s4j_solver*") long solver, @Cast("s4j_stop_asked") StopAsked stop, double[] standing);

    public static native int s4j_solver_certify(
            @Cast("s4j_solver*") long solver, @Cast("s4j_stop_asked") StopAsked stop, double[] standing);

    public static native int s4j_solver_save(
            @Cast("s4j_solver*") long solver,
            long first,
            long count,
            @Cast("void*") byte[] to,
            @Cast("int64_t*") long[] size);

    public static native int s4j_solver_restore(
            @Cast("s4j_solver*") long solver, long first, long count, long size, @Cast("const void*") byte[] from);

    public static native void s4j_solver_parameters(
            @Cast("const s4j_solver*") long solver, @Cast("void*") long parameters);

    public static native int s4j_solver_plan(
            int type,
            int sparse,
            int stored,
            long rows,
            long columns,
            long classes,
            int intercept,
            int method,
            double[] options,
            int bounded,
            int threads,
            long scratchLimit,
            @Cast("int64_t*") long[] scratch,
            @Cast("int64_t*") long[] state);
}
