/*
 * The C ABI of softmax4j: linear softmax (multinomial logistic) models.
 *
 * Words and shapes, the same everywhere:
 *   rows (N), features (D), classes (C);
 *   features matrix X: N x D, row-major;
 *   weights W: D x C, row-major; intercept b: C;
 *   parameters: W followed by b where the model has an intercept, so (D + intercept) x C values;
 *   objective = sum_i w_i (logsumexp(s_i) - s_i[y_i]) / sum_i w_i + l2 / 2 * sum(W^2), s_i = x_i W + b,
 *   with w_i = 1 where no row weights are given. The intercept is never penalised.
 *
 * Element types: S4J_F32 or S4J_F64; void pointers point to elements of the data's type.
 *
 * Errors: functions that can fail return a status. s4j_last_error() is the text of the last failure on the
 * calling thread. No function prints, exits, or lets a C++ exception out.
 *
 * Threading: every function may be called from any thread. A s4j_trainer may be used by one thread at a time.
 * `threads` is the largest number of threads one call may use. Work is cut by shape and scratch_limit alone,
 * so results have the same bits for any number of threads (same machine, same kernels, same library).
 *
 * This layer trusts its pointers: ranges of labels, finite values and lengths are the caller's business, and
 * the s4j_first_* functions are there to check them once, when data enters.
 */
#ifndef SOFTMAX4J_H
#define SOFTMAX4J_H

#include <stdint.h>

#if defined(_WIN32)
#    define S4J_API __declspec(dllexport)
#else
#    define S4J_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum s4j_status {
    S4J_OK = 0,
    S4J_BAD_ARGUMENT = 1, /* a value outside its range; the text names it */
    S4J_NO_MEMORY = 2,    /* an allocation failed; nothing was changed */
    S4J_NON_FINITE = 3,   /* the loss, a new weight or its state is not finite; the trainer keeps its last
                             finite parameters */
    S4J_UNSUPPORTED = 4,  /* this CPU lacks the instruction set that was asked for */
    S4J_INTERNAL = 5,     /* anything else */
    S4J_INTERRUPTED = 6   /* the caller has asked for an end */
};

enum s4j_type { S4J_F32 = 0, S4J_F64 = 1 };

/* How loss and gradient are computed; S4J_AUTO chooses from the shape, the others are for tests and
 * benchmarks. S4J_SPARSE is the one of sparse data. */
enum s4j_regime { S4J_AUTO = 0, S4J_SMALL = 1, S4J_MEDIUM = 2, S4J_LARGE = 3, S4J_SPARSE = 4 };

/* Rules of s4j_update and s4j_trainer. `hyper` holds S4J_HYPER doubles; unused ones are ignored.
 *   S4J_SGD       w -= lr g
 *   S4J_MOMENTUM  hyper: mu, dampening, convention.
 *                 0: v = mu v - lr g; w += v
 *                 1, PyTorch's: v = mu v + (1 - dampening) g, at the first step v = g; w -= lr v
 *   S4J_NESTEROV  hyper: mu.  v = mu v + g (v = g at the first step); w -= lr (g + mu v)
 *   S4J_ADAGRAD   hyper: epsilon, initial accumulator, learning-rate decay.
 *                 a += g^2; w -= lr / (1 + (t - 1) decay) g / (sqrt(a) + epsilon)
 *   S4J_RMSPROP   hyper: rho, epsilon, momentum, centred (0 or 1).
 *                 a = rho a + (1 - rho) g^2; centred: m = rho m + (1 - rho) g, a' = a - m^2;
 *                 u = g / (sqrt(a') + epsilon); momentum > 0: v = momentum v + u, w -= lr v; otherwise w -= lr u
 *   S4J_ADAM      hyper: beta1, beta2, epsilon, amsgrad (0 or 1), decoupled weight decay (AdamW; 0 for Adam).
 *                 w -= lr decay w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 *                 w -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon); amsgrad: v's running maximum
 * Decoupled weight decay never touches the intercept. t counts steps from 1. epsilon is positive. A step whose
 * state (a or v) overflows has failed, as it would hold its parameter still for ever. */
enum s4j_rule {
    S4J_SGD = 0,
    S4J_MOMENTUM = 1,
    S4J_NESTEROV = 2,
    S4J_ADAGRAD = 3,
    S4J_RMSPROP = 4,
    S4J_ADAM = 5
};
enum { S4J_HYPER = 8, S4J_SLOTS = 3 };

/* What a step of s4j_trainer does beside its rule: S4J_STEP_OPTIONS doubles by these places. A step is, in this
 * order:
 *   g = gradient + l2 w
 *   g *= min(1, S4J_CLIP_NORM / |g|), the norm over weights and intercept
 *   g = max(-S4J_CLIP_VALUE, min(S4J_CLIP_VALUE, g))
 *   w *= 1 - lr S4J_DECAY
 *   the rule
 *   w = sign(w) max(|w| - s S4J_L1, 0)
 *   w = max(S4J_LOWER, min(S4J_UPPER, w))
 * s is the rule's step size of that weight, how far a constant gradient of 1 moves it per step in the long run:
 * lr for S4J_SGD, lr / (1 - mu) for S4J_MOMENTUM (times 1 - dampening) and S4J_NESTEROV, and for the others the
 * factor of g, or of m / (1 - beta1^t), and divided by 1 - momentum. Decay, l1 and bounds spare the intercept. */
enum s4j_step_option {
    S4J_L1 = 0,         /* the penalty l1 * sum |W|; 0: none */
    S4J_DECAY = 1,      /* decoupled weight decay, on top of the rule's own; 0: none */
    S4J_LOWER = 2,      /* of the weights; -infinity: none */
    S4J_UPPER = 3,      /* of the weights, above S4J_LOWER; infinity: none */
    S4J_CLIP_VALUE = 4, /* positive; infinity: none */
    S4J_CLIP_NORM = 5   /* positive; infinity: none */
};
enum { S4J_STEP_OPTIONS = 8 };

/* ---- the library ---- */

/* Chooses the kernels: by name, or the best this CPU has where `kernels` is null or empty. Once, before
 * anything else; calling again chooses again and must not race with other calls. S4J_BAD_ARGUMENT for an
 * unknown name, S4J_UNSUPPORTED for one this CPU lacks; the text lists the valid ones. S4J_UNSUPPORTED as well
 * where OpenBLAS cannot be opened. */
S4J_API int s4j_initialize(const char* kernels);
S4J_API const char* s4j_last_error(void);
S4J_API const char* s4j_version(void);
S4J_API const char* s4j_kernels(void); /* the chosen kernels' name */
/* What this CPU can run: names, best first, joined by ", ". */
S4J_API const char* s4j_supported_kernels(void);
S4J_API const char* s4j_cpu_features(void); /* names joined by blanks */
/* OpenBLAS, which lies beside this library and is opened by s4j_initialize or the first of these; all null, and
 * s4j_last_error() says why, where it cannot be opened. */
S4J_API const char* s4j_blas_core(void);   /* the core type it runs with */
S4J_API const char* s4j_blas_config(void); /* its version and build options */
S4J_API const char* s4j_blas_path(void);   /* its file */
/* The SHA-256 of `count` bytes (FIPS 180-4), 32 bytes. */
S4J_API void s4j_sha256(const uint8_t* data, int64_t count, uint8_t* hash);

/* ---- memory and checks ---- */

/* 64-byte aligned, not initialised; null where there is no memory. */
S4J_API void* s4j_allocate(int64_t bytes);
S4J_API void s4j_free(void* memory);
/* The address as a number, for callers whose buffers have no other way to it. */
S4J_API int64_t s4j_address(const void* memory);
/* to[to_index + i] = from[from_index + i] for i < count */
S4J_API void s4j_copy_float(float* to, int64_t to_index, const float* from, int64_t from_index,
                            int64_t count);
S4J_API void s4j_copy_double(double* to, int64_t to_index, const double* from, int64_t from_index,
                             int64_t count);
S4J_API void s4j_copy_int64_t(int64_t* to, int64_t to_index, const int64_t* from, int64_t from_index,
                              int64_t count);
S4J_API void s4j_copy_int32_t(int32_t* to, int64_t to_index, const int32_t* from, int64_t from_index,
                              int64_t count);
S4J_API void s4j_copy_int16_t(int16_t* to, int64_t to_index, const int16_t* from, int64_t from_index,
                              int64_t count);
S4J_API void s4j_copy_int8_t(int8_t* to, int64_t to_index, const int8_t* from, int64_t from_index,
                             int64_t count);
/* Index of the first NaN or infinity among `count` values, or -1. */
S4J_API int64_t s4j_first_non_finite(int type, const void* values, int64_t count);
/* Index of the first negative value or NaN or infinity among `count` values, or -1. */
S4J_API int64_t s4j_first_bad_weight(int type, const void* values, int64_t count);
/* Index of the first label outside 0..classes-1, or -1. */
S4J_API int64_t s4j_first_bad_label(const int32_t* labels, int64_t count, int64_t classes);

/* ---- data ---- */

typedef struct s4j_data s4j_data;

/* A view of the caller's memory, which must outlive it: features N x D with `stride` elements from row to
 * row, labels N (null: none), weights N (null: all 1). Null where there is no memory. */
S4J_API s4j_data* s4j_data_create(int type, const void* features, int64_t rows, int64_t columns,
                                  int64_t stride, const int32_t* labels, const void* weights);
/* The same of sparse rows (CSR): entry k in [offsets[i], offsets[i + 1]) of row i is values[k] in column
 * indices[k], what has no entry is 0. The offsets (N + 1, from 0) do not fall, the indices of a row ascend;
 * see s4j_first_bad_offset and s4j_first_bad_entry. Where there are labels it keeps a transposed copy of the
 * entries, for gradients: s4j_sparse_bytes at most. Sums over a row or column skip what is not there, so an
 * infinite weight of an absent feature is no NaN. */
S4J_API s4j_data* s4j_sparse_create(int type, const int64_t* offsets, const int32_t* indices,
                                    const void* values, int64_t rows, int64_t columns, const int32_t* labels,
                                    const void* weights, int threads);
/* Rows [first, first + rows) of other data, which must outlive it; without a transposed copy. */
S4J_API s4j_data* s4j_data_part(const s4j_data* data, int64_t first, int64_t rows);
S4J_API int64_t s4j_sparse_bytes(int type, int64_t rows, int64_t columns, int64_t entries);
S4J_API void s4j_data_free(s4j_data* data);
/* A number for what the data holds, row by row: other content nearly always has another one. For noticing
 * mistakes, not attacks. The same on any number of threads. */
S4J_API uint64_t s4j_data_hash(const s4j_data* data, int threads);
/* Gives the data targets, N x classes, row-major, of its type, which must outlive it: they count instead of
 * labels in losses that can take them. */
S4J_API int s4j_data_targets(s4j_data* data, const void* targets, int64_t classes);
/* Index of the first of rows x classes targets that is not in 0..1; then, where `distribution` is not 0, of
 * the first value of a row whose sum is not 1 within 1e-5; or -1. */
S4J_API int64_t s4j_first_bad_target(int type, const void* targets, int64_t rows, int64_t classes,
                                     int distribution);

/* Index of the first of N + 1 offsets that is below the one before it (the first: that is not 0), or -1. */
S4J_API int64_t s4j_first_bad_offset(const int64_t* offsets, int64_t rows);
/* Index of the first entry outside 0..columns-1 or, with `ascending`, not above the one before it in its row,
 * or -1. The offsets must be good. */
S4J_API int64_t s4j_first_bad_entry(const int64_t* offsets, const int32_t* indices, int64_t rows,
                                    int64_t columns, int ascending);
/* Sorts the entries of each row by column and adds up, in double, those of one column; writes the offsets of
 * what is left. Offsets and indices must be good but for their order. */
S4J_API int s4j_sum_duplicates(int type, int64_t* offsets, int32_t* indices, void* values, int64_t rows);
/* How features are stored: as the data's type, as unsigned bytes, or as the upper halves of 32-bit floats. */
enum s4j_format { S4J_REAL = 0, S4J_UINT8 = 1, S4J_BFLOAT16 = 2 };

/* As s4j_data_create, of features in a format. Their value is (type)((double)stored * scale + offset), both
 * operations rounded in double, with one scale and offset (affine 1) or one of each per column (affine =
 * columns), which are copied; affine 0: the stored value itself. Values that overflow are the caller's
 * business (s4j_data_first_non_finite). stride: in stored elements. Null where an argument is wrong or there
 * is no memory. */
S4J_API s4j_data* s4j_data_create_stored(int type, int format, const void* features, int64_t rows,
                                         int64_t columns, int64_t stride, int64_t affine, const double* scale,
                                         const double* offset, const int32_t* labels, const void* weights);
/* Index row * columns + column of the first feature that is NaN or infinite as a value of the data's type, or
 * -1; -2 without memory. */
S4J_API int64_t s4j_data_first_non_finite(const s4j_data* data, int threads);

/* Of each column over the rows, by their weights: mean, and standard deviation (of the population; 1 for a
 * column that is constant). S4J_BAD_ARGUMENT where one is not finite, or the scratch limit cannot be kept,
 * which cuts the work. */
S4J_API int s4j_data_moments(const s4j_data* data, int threads, int64_t scratch_limit, double* mean,
                             double* deviation);
/* The scratch that takes within the limit; where there can be none, the least. */
S4J_API int64_t s4j_moments_bytes(int type, int sparse, int64_t rows, int64_t columns, int64_t scratch_limit);
/* The same rows with (value - mean) / deviation for values: another view of the memory of `data`, which need
 * not outlive it itself. Of sparse rows, whose zeros must stay zeros, all means must be 0, and the view holds
 * copies of the values and of the transposed ones. Null where an argument is wrong or there is no memory. */
S4J_API s4j_data* s4j_data_standardized(const s4j_data* data, const double* mean, const double* deviation,
                                        int threads);

/* ---- files ---- */

/* Maps a whole file for reading; path: in the file system's encoding, on Windows UTF-8. The content must not
 * change and the file not get shorter as long as it is mapped: touching what is gone ends the process. The
 * address, or null with the text in s4j_last_error; *bytes: its length. */
S4J_API const void* s4j_map_file(const char* path, int64_t* bytes);
S4J_API void s4j_unmap_file(const void* address, int64_t bytes);

/* ---- objective ---- */

/* What loss a row has; its options are S4J_LOSS_OPTIONS doubles, unused ones 0. p = softmax(s), C' the classes
 * that are not masked, t the row's targets: those of the data, or onehot(y).
 *
 *   S4J_CROSS_ENTROPY  options: smoothing e in [0, 1), z-loss z >= 0, temperature T > 0 (0: 1), which divides
 *                      the scores. lse - sum_c t'_c s_c + z lse^2 with lse = logsumexp(s),
 *                      t' = (1 - e) t + e / C'
 *   S4J_FOCAL          gamma >= 0. -(1 - p_y)^gamma log(p_y)
 *   S4J_MARGIN         scale s > 0, margin m in [0, pi), angular (0 or 1). Cross-entropy of s cos_c, cos_c
 *                      being that of the angle between row and weights of class c (0 where one of them is 0; a
 *                      class without weights, or with such short ones that s over their length leaves the
 *                      range of the type, has the derivatives of one of length 1), but for the label
 *                      s (cos_y - m), or angular s cos(theta_y + m), which goes on as s (cos_y - m sin(m))
 *                      where theta_y + m passes pi. No intercept
 *   S4J_SIGMOID        sum_c max(s_c, 0) - s_c t_c + log(1 + exp(-|s_c|)), with positive weights
 *                      sum_c w_c t_c softplus(-s_c) + (1 - t_c) softplus(s_c)
 *   S4J_CLIPPED_CROSS_ENTROPY  clip e in (0, 1/2). -log(q_y), q = p clipped to [e, 1 - e]; what stands for its
 *                      gradient is q - onehot(y), which is not its derivative
 *   S4J_CLIPPED_SIGMOID  clip e. -sum_c t_c log(q_c) + (1 - t_c) log(1 - q_c), q = sigmoid(s) clipped; likewise
 *
 * Targets of the data are for S4J_CROSS_ENTROPY and the sigmoids; the others need labels. */
enum s4j_loss {
    S4J_CROSS_ENTROPY = 0,
    S4J_FOCAL = 1,
    S4J_MARGIN = 2,
    S4J_SIGMOID = 3,
    S4J_CLIPPED_CROSS_ENTROPY = 4,
    S4J_CLIPPED_SIGMOID = 5
};
enum { S4J_LOSS_OPTIONS = 8 };

typedef struct s4j_objective s4j_objective;

/* What is minimised: a loss over labelled data, which must outlive it, and a penalty. options may be null
 * where all are 0. On failure null, and the status in *status. */
S4J_API s4j_objective* s4j_objective_create(const s4j_data* data, int64_t classes, int intercept, double l2,
                                            int loss, const double* options, int* status);
S4J_API void s4j_objective_free(s4j_objective* objective);

/* What an objective knows of its classes, C values each, given before its first use and at most once:
 *   S4J_CLASS_WEIGHTS     finite, not negative: a row's weight is multiplied by that of its label, and so is its
 *                         part of the sum that the mean divides by. null: balanced, sum_i w_i / (C times the sum
 *                         of the class's w_i)
 *   S4J_POSITIVE_WEIGHTS  finite, positive: of S4J_SIGMOID
 *   S4J_CLASS_MASK        not 0: the class takes no part, as if its scores were -inf; none of its weights
 *                         changes. S4J_BAD_ARGUMENT where a row has such a label, or a target above 0 there; not
 *                         for the clipped losses */
enum s4j_class_values { S4J_CLASS_WEIGHTS = 0, S4J_POSITIVE_WEIGHTS = 1, S4J_CLASS_MASK = 2 };
S4J_API int s4j_objective_set(s4j_objective* objective, int what, const double* values);

/* The objective and, where `gradient` is not null, its gradient (shaped like parameters). A non-finite
 * objective is a result here, not an error. loss: one value. scratch_limit: see s4j_plan. */
S4J_API int s4j_loss_gradient(const s4j_objective* objective, int regime, const void* parameters,
                              void* gradient, int threads, int64_t scratch_limit, double* loss);

/* The product of the objective's Hessian at `parameters` with `direction` (both, and the product, shaped like
 * parameters). S4J_BAD_ARGUMENT for S4J_MARGIN and the clipped losses, which have none here. */
S4J_API int s4j_hessian_product(const s4j_objective* objective, int regime, const void* parameters,
                                const void* direction, void* product, int threads, int64_t scratch_limit);

/* ---- prediction ---- */

/* How scores become probabilities: the softmax, or with S4J_SIGMOIDS the sigmoid of each. With S4J_UNIT_ROWS
 * rows are first divided by their length (rows of zeros are left), as the scores of S4J_MARGIN are; an
 * intercept may then only be 0 or -inf. */
enum s4j_form { S4J_SIGMOIDS = 1, S4J_UNIT_ROWS = 2 };

/* For every row what is not null of: labels (N, the class with the highest score, the lowest one of equals,
 * NaN never winning), scores (N x C), probabilities (N x C); loss (one value, without penalty) needs labels
 * in the data: cross-entropy, or with S4J_SIGMOIDS that of S4J_SIGMOID. form: s4j_form, or-ed. */
S4J_API int s4j_predict(const s4j_data* data, int64_t classes, int intercept, int form,
                        const void* parameters, int32_t* labels, void* scores, void* probabilities,
                        int threads, double* loss);

/* One row x (D values), on the calling thread: writes C probabilities to `probabilities` where that is not
 * null, and returns the class, or -1 - d where x[d] is the first value that is NaN or infinite, or INT32_MIN
 * without memory. */
S4J_API int32_t s4j_predict_row_f32(const float* parameters, int64_t features, int64_t classes, int intercept,
                                    int form, const float* x, float* probabilities);
S4J_API int32_t s4j_predict_row_f64(const double* parameters, int64_t features, int64_t classes,
                                    int intercept, int form, const double* x, double* probabilities);

/* The same of a sparse row of `count` entries; -1 - k where entry k is the first one whose index is not a
 * feature or not above the one before it, or, where there is none, whose value is not finite. */
S4J_API int32_t s4j_predict_sparse_row_f32(const float* parameters, int64_t features, int64_t classes,
                                           int intercept, int form, const int32_t* indices,
                                           const float* values, int64_t count, float* probabilities);
S4J_API int32_t s4j_predict_sparse_row_f64(const double* parameters, int64_t features, int64_t classes,
                                           int intercept, int form, const int32_t* indices,
                                           const double* values, int64_t count, double* probabilities);

/* ---- memory of a call ---- */

enum s4j_work {
    S4J_LOSS = 0,
    S4J_LOSS_GRADIENT = 1,
    S4J_TRAINING = 2,
    S4J_PREDICTION = 3,
    S4J_HESSIAN_PRODUCT = 4
};
/* Bytes of scratch that stay with the process between calls, at most. */
enum { S4J_POOL_BYTES = 67108864 };
/* A scratch_limit that limits nothing. */
#define S4J_NO_LIMIT INT64_MAX

/* What work of a shape will allocate, in bytes, without doing so: *scratch for one call (training: for one
 * step), *state for what a trainer holds from its creation on (otherwise 0). rule, hyper and batch are those
 * of s4j_trainer_create and otherwise ignored. sparse: whether the data is; stored: whether it is anything
 * but values of its type as they lie, which are then converted block by block.
 *
 * To keep its scratch within scratch_limit, work is cut into fewer lanes, smaller blocks and fewer threads.
 * The limit is part of the shape: results have the same bits for any number of threads under the same limit,
 * but can differ from those under another one. A call whose limit is below what the smallest cut needs is
 * refused with S4J_BAD_ARGUMENT; here *scratch is then those least bytes. Prediction is never cut. */
S4J_API int s4j_plan(int type, int sparse, int stored, int64_t rows, int64_t columns, int64_t classes,
                     int intercept, int work, int rule, const double* hyper, int64_t batch, int threads,
                     int64_t scratch_limit, int64_t* scratch, int64_t* state);

/* ---- given logits ---- */

/* For each row s of logits, with m = max(s) and z = sum_c exp(s_c - m):
 *   S4J_SOFTMAX      p_c = exp(s_c - m) / z
 *   S4J_LOG_SOFTMAX  s_c - m - log(z)
 *   S4J_LOG_SUM_EXP  m + log(z), one value per row
 * -inf is a class without mass. A NaN makes its row NaN. A row with +inf, or of nothing but -inf, is NaN for
 * the first two, and +inf or -inf for S4J_LOG_SUM_EXP. */
enum s4j_row_function { S4J_SOFTMAX = 0, S4J_LOG_SOFTMAX = 1, S4J_LOG_SUM_EXP = 2 };

/* The function of the `rows` rows from number `first` on. logits: N x C, row-major; out: N x C or N, another
 * memory or, but for S4J_LOG_SUM_EXP, the very same. A row's result does not depend on the other rows. */
S4J_API int s4j_row_function(int type, int function, const void* logits, void* out, int64_t first,
                             int64_t rows, int64_t classes, int threads);

/* Cross-entropy of the `rows` rows from number `first` on: loss_i = w_i (logsumexp(s_i) - s_i[y_i]). logits N
 * x C, labels N, weights N or null (all 1). Written where not null: losses N; gradient N x C, scale * w_i
 * (softmax(s_i) - onehot(y_i)), which may be the logits themselves. *loss: their sum, accumulated in double.
 * A label that is none, and a row whose softmax is NaN, give a loss and a gradient of NaN. */
S4J_API int s4j_cross_entropy(int type, const void* logits, const int32_t* labels, const void* weights,
                              void* losses, void* gradient, int64_t first, int64_t rows, int64_t classes,
                              double scale, int threads, double* loss);

/* Any loss of `rows` rows of given logits (N x C): loss_i times w_i. For S4J_MARGIN they are the cosines.
 * labels N, or targets N x C; weights N or null (all 1); positive: C of S4J_SIGMOID, or null. A row whose
 * label is `ignored` has no loss and a gradient of 0, whatever its logits. Written where not null: losses N;
 * gradient N x C, scale times the derivatives of the w_i loss_i, which may be the logits themselves. *loss:
 * their sum. */
S4J_API int s4j_logits_loss(int type, int loss, const double* options, const double* positive,
                            const void* logits, const int32_t* labels, int32_t ignored, const void* targets,
                            const void* weights, void* losses, void* gradient, int64_t rows, int64_t classes,
                            double scale, int threads, double* sum);

/* out = sigmoid(x), or its logarithm where `logarithm` is not 0, of `count` values; out may be x. */
S4J_API int s4j_sigmoid(int type, const void* x, void* out, int64_t count, int logarithm, int threads);

/* ---- training ---- */

/* Sum of the absolute values, in double. */
S4J_API double s4j_absolute_sum(int type, const void* values, int64_t count);

/* One optimizer step over n parameters with a given gradient; slots: S4J_SLOTS x n values of state, before
 * the first step zero (S4J_ADAGRAD: the first n hold the initial accumulator). learning_rate: finite and not
 * negative. step counts from 1. */
S4J_API int s4j_update_f32(int rule, const double* hyper, double learning_rate, int64_t step,
                           float* parameters, const float* gradient, float* slots, int64_t n);
S4J_API int s4j_update_f64(int rule, const double* hyper, double learning_rate, int64_t step,
                           double* parameters, const double* gradient, double* slots, int64_t n);

typedef struct s4j_trainer s4j_trainer;

/* A trainer of an objective, which must outlive its steps: optimizer state, scratch for batches of at most
 * `batch` rows, and the order of the rows, at first as they are. options: see s4j_step_option; may be null.
 * `parameters` are copied. On failure null, and the status in *status. */
S4J_API s4j_trainer* s4j_trainer_create(const s4j_objective* objective, int rule, const double* hyper,
                                        const double* options, const void* parameters, int64_t batch,
                                        uint64_t seed, int threads, int64_t scratch_limit, int* status);
/* Goes on with another objective, of the same element type, features, classes and intercept: from now on the
 * rows are those of its data, in their order, and `batch` is of it. Parameters and optimizer state stay. On
 * failure nothing has changed. */
S4J_API int s4j_trainer_rebind(s4j_trainer* trainer, const s4j_objective* objective, int64_t batch);
S4J_API void s4j_trainer_free(s4j_trainer* trainer);
/* A new random order of all rows (Fisher-Yates). */
S4J_API void s4j_trainer_shuffle(s4j_trainer* trainer);
/* One step on the rows order[first .. first + count): gather, loss, gradient, update. The batch's loss is
 * divided by count times the mean row weight of the whole data, so that batches are unbiased and a full batch
 * has the objective above. S4J_NON_FINITE leaves the parameters as before the step, and the optimizer's state
 * too unless it came to light in the update, after a finite loss: then the state, t included, is as before
 * the first step. learning_rate: finite and not negative. */
S4J_API int s4j_trainer_step(s4j_trainer* trainer, int64_t first, int64_t count, double learning_rate);
/* Mean loss (without penalty) per unit of row weight over the steps since the last call, and starts a new
 * sum. */
S4J_API double s4j_trainer_take_loss(s4j_trainer* trainer);
/* Copies the current parameters out, shaped as everywhere else. */
S4J_API void s4j_trainer_parameters(const s4j_trainer* trainer, void* parameters);

/* All that decides how a trainer goes on, as bytes: parameters, optimizer state, order of the rows, generator,
 * sums of losses. Copies the bytes [first, first + count) to `to`; *size: how many there are, as long as
 * nothing else is called. */
S4J_API int s4j_trainer_save(s4j_trainer* trainer, int64_t first, int64_t count, void* to, int64_t* size);
/* Takes such bytes in, part by part from the first on, in a trainer that was created with the same arguments
 * on data of the same shape - of any number of rows where they were not shuffled -, by the same kernels: from
 * the last part on it goes on as the one that was saved, with the same bits. Until then, and after a failure, it
 * is good for nothing but s4j_trainer_free. S4J_BAD_ARGUMENT where `size`, of all the bytes, or a value is not
 * one that such a trainer can have. */
S4J_API int s4j_trainer_restore(s4j_trainer* trainer, int64_t first, int64_t count, int64_t size,
                                const void* from);

/* ---- solving ---- */

/* Methods that go to the minimum on all rows at once.
 *   S4J_LBFGS   limited-memory quasi-Newton; no l1, no bounds
 *   S4J_LBFGSB  the same within bounds; no l1
 *   S4J_OWLQN   the same with l1; no bounds
 *   S4J_NEWTON  Newton's method in a trust region, steps by conjugate gradients; no l1, no bounds
 *   S4J_SDCA    stochastic dual coordinate ascent; cross-entropy without z-loss, temperature and mask, with
 *               l2 > 0; no l1, no bounds. An iteration is one pass over the rows, one after another */
enum s4j_method { S4J_LBFGS = 0, S4J_LBFGSB = 1, S4J_OWLQN = 2, S4J_NEWTON = 3, S4J_SDCA = 4 };

/* Indices of a method's options, S4J_SOLVER_OPTIONS doubles:
 *
 *   S4J_SOLVER_GAP        stop where the objective is certified to be at most this part of its minimum above
 *                         that; 0: never
 *
 *   S4J_SOLVER_GRADIENT   stop where no component of the gradient - projected to the bounds, of least size
 *                         with l1 - is larger; 0: only where all are 0
 *
 *   S4J_SOLVER_MEMORY     pairs that the quasi-Newton methods keep, at least 1
 *
 *   S4J_SOLVER_L1         adds l1 |W|_1
 *
 *   S4J_SOLVER_LOWER, S4J_SOLVER_UPPER  bounds of the weights, infinite for none
 *
 *   S4J_SOLVER_CURVATURE  1: may hold an approximation of the Hessian where that pays; 0: holds none */
enum {
    S4J_SOLVER_GAP = 0,
    S4J_SOLVER_GRADIENT = 1,
    S4J_SOLVER_MEMORY = 2,
    S4J_SOLVER_L1 = 3,
    S4J_SOLVER_LOWER = 4,
    S4J_SOLVER_UPPER = 5,
    S4J_SOLVER_CURVATURE = 6,
    S4J_SOLVER_OPTIONS = 8
};

/* Why a solver has stopped, or that it has not. S4J_STOP_NO_PROGRESS: rounding hides any further decrease, or
 * no step decreases the objective. */
enum s4j_stop {
    S4J_RUNNING = 0,
    S4J_STOP_GAP = 1,
    S4J_STOP_GRADIENT = 2,
    S4J_STOP_NO_PROGRESS = 3,
    S4J_STOP_NON_FINITE = 4
};

/* Indices of what s4j_solver_iterate reports, S4J_STANDING doubles:
 *   S4J_AT_OBJECTIVE   l1 included
 *   S4J_AT_BOUND       it is at most this much above its minimum; infinite where that is not certified (yet)
 *   S4J_AT_GRADIENT    the largest component, as for S4J_SOLVER_GRADIENT
 *   S4J_AT_STEP        the largest change of a parameter in the last iteration
 *   S4J_AT_ITERATIONS, S4J_AT_EVALUATIONS, S4J_AT_PRODUCTS  so far: iterations, passes for objective and
 *                      gradient, products with the Hessian over all rows
 *   S4J_AT_STOP        a s4j_stop */
enum {
    S4J_AT_OBJECTIVE = 0,
    S4J_AT_BOUND = 1,
    S4J_AT_GRADIENT = 2,
    S4J_AT_STEP = 3,
    S4J_AT_ITERATIONS = 4,
    S4J_AT_EVALUATIONS = 5,
    S4J_AT_PRODUCTS = 6,
    S4J_AT_STOP = 7,
    S4J_STANDING = 8
};

typedef struct s4j_solver s4j_solver;

/* A solver of an objective, which must outlive it, from given parameters, which are copied. lower and upper:
 * null, or a bound for each parameter, instead of S4J_SOLVER_LOWER and S4J_SOLVER_UPPER; copied. On failure
 * null, and the status in *status. threads and scratch_limit: as everywhere. */
S4J_API s4j_solver* s4j_solver_create(const s4j_objective* objective, int method, const double* options,
                                      const void* lower, const void* upper, const void* parameters,
                                      int threads, int64_t scratch_limit, int* status);
S4J_API void s4j_solver_free(s4j_solver* solver);
/* Whether the caller wants an end: asked on the calling thread, at least once per pass over the rows. */
typedef int (*s4j_stop_asked)(void);

/* One iteration - at the first call, the evaluation of what it starts from - unless the solver has stopped,
 * and where it stands then: S4J_STANDING doubles. stop: may be null. S4J_INTERRUPTED where it says so: the
 * iteration is not over then, and the next call goes on with it to the same end. */
S4J_API int s4j_solver_iterate(s4j_solver* solver, s4j_stop_asked stop, double* standing);
/* Where it stands, with the bound at the current parameters where one can be given at all. */
S4J_API int s4j_solver_certify(s4j_solver* solver, s4j_stop_asked stop, double* standing);
/* As s4j_trainer_save and s4j_trainer_restore, of all that decides how a solver goes on, at any time. */
S4J_API int s4j_solver_save(s4j_solver* solver, int64_t first, int64_t count, void* to, int64_t* size);
S4J_API int s4j_solver_restore(s4j_solver* solver, int64_t first, int64_t count, int64_t size,
                               const void* from);
/* Copies the current parameters out. Where the solver has stopped because something is not finite, they are
 * so. */
S4J_API void s4j_solver_parameters(const s4j_solver* solver, void* parameters);
/* What a solver will allocate, as s4j_plan. bounded: whether it gets a bound for each parameter. */
S4J_API int s4j_solver_plan(int type, int sparse, int stored, int64_t rows, int64_t columns, int64_t classes,
                            int intercept, int method, const double* options, int bounded, int threads,
                            int64_t scratch_limit, int64_t* scratch, int64_t* state);

#ifdef __cplusplus
}
#endif
#endif
