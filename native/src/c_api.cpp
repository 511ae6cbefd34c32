// The exported functions: O(1) checks, the element type, the status. No maths.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "config.h"
#include "data.h"
#include "data_hash.h"
#include "dispatch.h"
#include "kernels.h"
#include "logits_loss.h"
#include "mapping.h"
#include "objective.h"
#include "openblas.h"
#include "optimizer.h"
#include "predict.h"
#include "row_functions.h"
#include "scratch.h"
#include "sha256.h"
#include "softmax.h"
#include "softmax4j.h"
#include "solving.h"
#include "status.h"
#include "stored.h"
#include "trainer.h"

using namespace s4j;

namespace {

void require(bool condition, const char* text) {
    if (!condition) throw Failure(S4J_BAD_ARGUMENT, text);
}

// D * C * element size, and with it every index and every sum of sizes the core forms, must stay below 2^62.
void check_shape(int64_t columns, int64_t classes, int threads) {
    require(threads >= 1, "threads must be positive");
    require(classes >= 1 && classes <= INT32_MAX, "classes must be in 1..2^31-1");
    const auto product = static_cast<__int128>(columns + 16) * (classes + 16) * 8;
    require(product < (static_cast<__int128>(1) << 56), "features x classes is too large");
}

void check_call(const s4j_data* data, int64_t classes, int threads) {
    require(data, "data must not be null");
    check_shape(data->columns, classes, threads);
}

void check_pass(const s4j_objective* objective, int regime, int threads) {
    require(objective, "objective must not be null");
    require(threads >= 1, "threads must be positive");
    require(regime >= S4J_AUTO && regime <= S4J_SPARSE, "regime must be a s4j_regime");
}

void check_type(int type) {
    require(type == S4J_F32 || type == S4J_F64, "type must be S4J_F32 or S4J_F64");
}

// Strides are BLAS's 32-bit integers.
void check_rows_of(int64_t rows, int64_t columns, int64_t stride) {
    require(rows >= 1 && columns >= 1, "rows and columns must be positive");
    require(stride >= columns && stride <= INT32_MAX, "stride must be in columns..2^31-1");
    require(rows <= (int64_t{1} << 60) / stride, "rows x stride is too large");
}

void check_sparse(int type, int64_t rows, int64_t columns) {
    check_type(type);
    require(rows >= 1 && columns >= 1 && columns <= INT32_MAX, "rows must be positive, columns in 1..2^31-1");
    require(rows <= int64_t{1} << 59, "rows must be at most 2^59");
}

// Of data that need not be there: what is kept of the scores of all rows must have a size below 2^62, too.
void check_planned(int type, bool sparse, int64_t rows, int64_t columns, int64_t classes, int threads) {
    check_type(type);
    if (sparse)
        check_sparse(type, rows, columns);
    else
        check_rows_of(rows, columns, columns);
    check_shape(columns, classes, threads);
    require(rows <= (int64_t{1} << 57) / classes, "rows x classes is too large");
}

double total_weight(int type, const void* weights, int64_t rows) {
    if (!weights) return static_cast<double>(rows);
    double total = 0;
    for (int64_t i = 0; i < rows; ++i)
        total += type == S4J_F32 ? static_cast<double>(static_cast<const float*>(weights)[i])
                                 : static_cast<const double*>(weights)[i];
    return total;
}

// For rows of given logits.
void check_rows(int type, int64_t first, int64_t rows, int64_t classes, int threads) {
    check_type(type);
    require(first >= 0 && rows >= 0, "first and rows must not be negative");
    require(classes >= 1 && classes <= INT32_MAX, "classes must be in 1..2^31-1");
    require(rows <= (int64_t{1} << 59) / classes - first, "rows x classes is too large");
    require(threads >= 1, "threads must be positive");
}

template <class T, class Bad>
int64_t first_where(const T* values, int64_t count, Bad bad) {
    for (int64_t i = 0; i < count; ++i)
        if (bad(values[i])) return i;
    return -1;
}

// Values in tiles: the fast check passes nearly always, the slow one then finds the place.
template <class T>
int64_t first_non_finite(const T* values, int64_t count) {
    constexpr int64_t kTile = 4096;
    for (int64_t start = 0; start < count; start += kTile) {
        const int64_t n = count - start < kTile ? count - start : kTile;
        if (kernels<T>().all_finite(values + start, n)) continue;
        return start + first_where(values + start, n, [](T v) { return !std::isfinite(v); });
    }
    return -1;
}

template <class T>
double absolute_sum(const T* values, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += std::fabs(static_cast<double>(values[i]));
    return sum;
}

template <class T>
void update(int rule, const double* hyper, double learning_rate, int64_t step, T* parameters,
            const T* gradient, T* slots, int64_t n) {
    const OptimizerSpec spec = OptimizerSpec::of(rule, hyper);
    require(step >= 1, "step counts from 1");
    require_rate(learning_rate);
    Update<T> update{spec.rule,
                     hyper,
                     learning_rate,
                     step,
                     parameters,
                     parameters,
                     &gradient,
                     1,
                     0,
                     {slots, slots + n, slots + 2 * n}};
    update.decay = spec.decay();
    if (!s4j::step(update, 0, n, 1))
        throw Failure(S4J_NON_FINITE, "a new parameter or its optimizer state is not finite");
}

void report(const Standing& at, double* standing) {
    standing[S4J_AT_OBJECTIVE] = at.value;
    standing[S4J_AT_BOUND] = at.bound;
    standing[S4J_AT_GRADIENT] = at.gradient;
    standing[S4J_AT_STEP] = at.step;
    standing[S4J_AT_ITERATIONS] = static_cast<double>(at.iterations);
    standing[S4J_AT_EVALUATIONS] = static_cast<double>(at.evaluations);
    standing[S4J_AT_PRODUCTS] = static_cast<double>(at.products);
    standing[S4J_AT_STOP] = at.stop;
}

template <class T, class Row>
int32_t guarded_row(const T* parameters, int64_t features, int64_t classes, int intercept, int form,
                    const Row& x, T* probabilities) {
    int32_t label = INT32_MIN;
    guarded(
        [&] { label = predict_row(parameters, features, classes, intercept != 0, form, x, probabilities); });
    return label;
}

// Null where OpenBLAS cannot be opened.
template <class F>
const char* of_openblas(F&& text) {
    const char* result = nullptr;
    guarded([&] { result = text(openblas()); });
    return result;
}

}  // namespace

int s4j_initialize(const char* kernels) {
    return guarded([&] {
        choose_kernels(kernels);
        openblas();
    });
}
const char* s4j_last_error(void) {
    return last_error();
}
const char* s4j_version(void) {
    return S4J_VERSION_TEXT;
}
const char* s4j_kernels(void) {
    return chosen_kernels();
}
const char* s4j_supported_kernels(void) {
    return supported_kernels();
}
const char* s4j_cpu_features(void) {
    return cpu_features();
}
const char* s4j_blas_core(void) {
    return of_openblas([](const OpenBlas& blas) { return blas.corename(); });
}
const char* s4j_blas_config(void) {
    return of_openblas([](const OpenBlas& blas) { return blas.config(); });
}
const char* s4j_blas_path(void) {
    return of_openblas([](const OpenBlas& blas) { return blas.path.c_str(); });
}

void s4j_sha256(const uint8_t* data, int64_t count, uint8_t* hash) {
    sha256(data, count, hash);
}

void* s4j_allocate(int64_t bytes) {
    void* memory = nullptr;
    guarded([&] { memory = allocate_aligned(bytes); });
    return memory;
}
void s4j_free(void* memory) {
    free_aligned(memory);
}
int64_t s4j_address(const void* memory) {
    return reinterpret_cast<int64_t>(memory);
}
void s4j_copy_float(float* to, int64_t to_index, const float* from, int64_t from_index, int64_t count) {
    std::copy_n(from + from_index, count, to + to_index);
}
void s4j_copy_double(double* to, int64_t to_index, const double* from, int64_t from_index, int64_t count) {
    std::copy_n(from + from_index, count, to + to_index);
}
void s4j_copy_int64_t(int64_t* to, int64_t to_index, const int64_t* from, int64_t from_index, int64_t count) {
    std::copy_n(from + from_index, count, to + to_index);
}
void s4j_copy_int32_t(int32_t* to, int64_t to_index, const int32_t* from, int64_t from_index, int64_t count) {
    std::copy_n(from + from_index, count, to + to_index);
}
void s4j_copy_int16_t(int16_t* to, int64_t to_index, const int16_t* from, int64_t from_index, int64_t count) {
    std::copy_n(from + from_index, count, to + to_index);
}
void s4j_copy_int8_t(int8_t* to, int64_t to_index, const int8_t* from, int64_t from_index, int64_t count) {
    std::copy_n(from + from_index, count, to + to_index);
}

int64_t s4j_first_non_finite(int type, const void* values, int64_t count) {
    return type == S4J_F32 ? first_non_finite(static_cast<const float*>(values), count)
                           : first_non_finite(static_cast<const double*>(values), count);
}
int64_t s4j_first_bad_weight(int type, const void* values, int64_t count) {
    const auto bad = [](auto w) { return !(w >= 0) || std::isinf(w); };
    return type == S4J_F32 ? first_where(static_cast<const float*>(values), count, bad)
                           : first_where(static_cast<const double*>(values), count, bad);
}
int64_t s4j_first_bad_label(const int32_t* labels, int64_t count, int64_t classes) {
    return first_where(labels, count, [=](int32_t y) { return y < 0 || y >= classes; });
}

s4j_data* s4j_data_create(int type, const void* features, int64_t rows, int64_t columns, int64_t stride,
                          const int32_t* labels, const void* weights) {
    return s4j_data_create_stored(type, S4J_REAL, features, rows, columns, stride, 0, nullptr, nullptr,
                                  labels, weights);
}
s4j_data* s4j_data_create_stored(int type, int format, const void* features, int64_t rows, int64_t columns,
                                 int64_t stride, int64_t affine, const double* scale, const double* offset,
                                 const int32_t* labels, const void* weights) {
    s4j_data* data = nullptr;
    guarded([&] {
        check_type(type);
        require(format >= S4J_REAL && format <= S4J_BFLOAT16, "format must be a s4j_format");
        require(affine == 0 || affine == 1 || affine == columns, "affine must be 0, 1 or columns");
        require(affine == 0 || (scale && offset), "scale and offset must not be null");
        require(features, "features must not be null");
        check_rows_of(rows, columns, stride);
        auto view =
            std::make_unique<s4j_data>(s4j_data{static_cast<s4j_type>(type), features, rows, columns, stride,
                                                labels, weights, total_weight(type, weights, rows)});
        view->format = static_cast<s4j_format>(format);
        set_affine(*view, affine, scale, offset);
        data = view.release();
    });
    return data;
}
s4j_data* s4j_sparse_create(int type, const int64_t* offsets, const int32_t* indices, const void* values,
                            int64_t rows, int64_t columns, const int32_t* labels, const void* weights,
                            int threads) {
    s4j_data* data = nullptr;
    guarded([&] {
        check_sparse(type, rows, columns);
        require(offsets && (offsets[rows] == 0 || (indices && values)),
                "offsets, indices and values must not be null");
        require(threads >= 1, "threads must be positive");
        const auto kind = static_cast<s4j_type>(type);
        auto made = std::make_unique<s4j_data>(
            s4j_data{kind, values, rows, columns, 0, labels, weights, total_weight(type, weights, rows)});
        made->offsets = offsets;
        made->indices = indices;
        if (labels)
            made->transpose =
                std::make_unique<Transpose>(kind, offsets, indices, values, rows, columns, threads);
        data = made.release();
    });
    return data;
}
s4j_data* s4j_data_part(const s4j_data* data, int64_t first, int64_t rows) {
    s4j_data* part = nullptr;
    guarded([&] {
        require(data, "data must not be null");
        require(first >= 0 && rows >= 1 && first <= data->rows - rows,
                "first and rows must name rows of the data");
        const auto from = [&](const void* values, int64_t index, int64_t size) {
            return values ? static_cast<const char*>(values) + index * size : nullptr;
        };
        const void* weights =
            from(data->weights, first, data->type == S4J_F32 ? sizeof(float) : sizeof(double));
        part = new s4j_data{data->type,
                            from(data->features, first * data->stride, data->element_bytes()),
                            rows,
                            data->columns,
                            data->stride,
                            data->labels ? data->labels + first : nullptr,
                            weights,
                            total_weight(data->type, weights, rows),
                            data->offsets ? data->offsets + first : nullptr,
                            data->indices};
        part->format = data->format;
        part->scale = data->scale;
        part->offset = data->offset;
        part->split = data->split;
    });
    return part;
}
int64_t s4j_sparse_bytes(int type, int64_t rows, int64_t columns, int64_t entries) {
    return transpose_bytes(static_cast<s4j_type>(type), rows, columns, entries);
}
int64_t s4j_first_bad_offset(const int64_t* offsets, int64_t rows) {
    return first_bad_offset(offsets, rows);
}
int64_t s4j_first_bad_entry(const int64_t* offsets, const int32_t* indices, int64_t rows, int64_t columns,
                            int ascending) {
    return first_bad_entry(offsets, indices, rows, columns, ascending != 0);
}
int s4j_sum_duplicates(int type, int64_t* offsets, int32_t* indices, void* values, int64_t rows) {
    return guarded([&] {
        check_type(type);
        if (type == S4J_F32)
            sum_duplicates(offsets, indices, static_cast<float*>(values), rows);
        else
            sum_duplicates(offsets, indices, static_cast<double*>(values), rows);
    });
}
int64_t s4j_data_first_non_finite(const s4j_data* data, int threads) {
    int64_t index = -2;
    guarded([&] { index = first_non_finite(*data, threads); });
    return index;
}
int s4j_data_moments(const s4j_data* data, int threads, int64_t scratch_limit, double* mean,
                     double* deviation) {
    return guarded([&] {
        require(data, "data must not be null");
        require(threads >= 1, "threads must be positive");
        moments(*data, threads, scratch_limit, mean, deviation);
    });
}
int64_t s4j_moments_bytes(int type, int sparse, int64_t rows, int64_t columns, int64_t scratch_limit) {
    return moments_bytes(static_cast<s4j_type>(type), sparse != 0, rows, columns, scratch_limit);
}
s4j_data* s4j_data_standardized(const s4j_data* data, const double* mean, const double* deviation,
                                int threads) {
    s4j_data* view = nullptr;
    guarded([&] {
        require(data, "data must not be null");
        require(threads >= 1, "threads must be positive");
        require(!data->offsets || std::all_of(mean, mean + data->columns, [](double m) { return m == 0; }),
                "sparse rows have no means to subtract: all must be 0");
        view = standardized(*data, mean, deviation, threads).release();
    });
    return view;
}
const void* s4j_map_file(const char* path, int64_t* bytes) {
    const void* address = nullptr;
    guarded([&] { address = map_file(path, bytes); });
    return address;
}
void s4j_unmap_file(const void* address, int64_t bytes) {
    unmap_file(address, bytes);
}
void s4j_data_free(s4j_data* data) {
    delete data;
}
uint64_t s4j_data_hash(const s4j_data* data, int threads) {
    return data_hash(*data, threads);
}

int s4j_data_targets(s4j_data* data, const void* targets, int64_t classes) {
    return guarded([&] {
        check_call(data, classes, 1);
        require(targets, "targets must not be null");
        require(data->rows <= (int64_t{1} << 59) / classes, "rows x classes is too large");
        data->targets = targets;
        data->target_classes = classes;
    });
}
int64_t s4j_first_bad_target(int type, const void* targets, int64_t rows, int64_t classes, int distribution) {
    const auto first = [&]<class T>(T) -> int64_t {
        const T* t = static_cast<const T*>(targets);
        const int64_t bad = first_where(t, rows * classes, [](T v) { return !(v >= 0 && v <= 1); });
        for (int64_t i = 0; bad < 0 && distribution && i < rows; ++i) {
            double sum = 0;
            for (int64_t c = 0; c < classes; ++c) sum += static_cast<double>(t[i * classes + c]);
            if (std::fabs(sum - 1) > 1e-5) return i * classes;
        }
        return bad;
    };
    return type == S4J_F32 ? first(float()) : first(double());
}

s4j_objective* s4j_objective_create(const s4j_data* data, int64_t classes, int intercept, double l2, int loss,
                                    const double* options, int* status) {
    s4j_objective* objective = nullptr;
    *status = guarded([&] {
        check_call(data, classes, 1);
        objective = new s4j_objective(data, classes, intercept != 0, l2, Loss::of(loss, options));
    });
    return objective;
}
void s4j_objective_free(s4j_objective* objective) {
    delete objective;
}
int s4j_objective_set(s4j_objective* objective, int what, const double* values) {
    return guarded([&] {
        require(objective, "objective must not be null");
        switch (what) {
            case S4J_CLASS_WEIGHTS:
                return objective->set_class_weights(values);
            case S4J_POSITIVE_WEIGHTS:
                return objective->set_positive_weights(values);
            case S4J_CLASS_MASK:
                return objective->set_mask(values);
            default:
                throw Failure(S4J_BAD_ARGUMENT, "what must be a s4j_class_values");
        }
    });
}

int s4j_loss_gradient(const s4j_objective* objective, int regime, const void* parameters, void* gradient,
                      int threads, int64_t scratch_limit, double* loss) {
    return guarded([&] {
        check_pass(objective, regime, threads);
        const auto run = [&]<class T>(T) {
            *loss =
                loss_gradient(*objective, static_cast<s4j_regime>(regime), static_cast<const T*>(parameters),
                              static_cast<T*>(gradient), threads, scratch_limit);
        };
        objective->data->type == S4J_F32 ? run(float()) : run(double());
    });
}

int s4j_hessian_product(const s4j_objective* objective, int regime, const void* parameters,
                        const void* direction, void* product, int threads, int64_t scratch_limit) {
    return guarded([&] {
        check_pass(objective, regime, threads);
        require(objective->loss.has_hessian(), "this loss has no second derivatives here");
        const auto run = [&]<class T>(T) {
            hessian_product(*objective, static_cast<s4j_regime>(regime), static_cast<const T*>(parameters),
                            static_cast<const T*>(direction), static_cast<T*>(product), threads,
                            scratch_limit);
        };
        objective->data->type == S4J_F32 ? run(float()) : run(double());
    });
}

int s4j_predict(const s4j_data* data, int64_t classes, int intercept, int form, const void* parameters,
                int32_t* labels, void* scores, void* probabilities, int threads, double* loss) {
    return guarded([&] {
        check_call(data, classes, threads);
        require(!loss || data->labels, "data must have labels");
        const auto run = [&]<class T>(T) {
            predict(*data, classes, intercept != 0, form, static_cast<const T*>(parameters),
                    Predictions<T>{labels, static_cast<T*>(scores), static_cast<T*>(probabilities), loss},
                    threads);
        };
        data->type == S4J_F32 ? run(float()) : run(double());
    });
}

int s4j_plan(int type, int sparse, int stored, int64_t rows, int64_t columns, int64_t classes, int intercept,
             int work, int rule, const double* hyper, int64_t batch, int threads, int64_t scratch_limit,
             int64_t* scratch, int64_t* state) {
    return guarded([&] {
        check_planned(type, sparse, rows, columns, classes, threads);
        require(work >= S4J_LOSS && work <= S4J_HESSIAN_PRODUCT, "work must be a s4j_work");
        const auto run = [&]<class T>(T) {
            Shape shape{rows, columns, classes, intercept != 0, sparse != 0, stored != 0};
            *state = 0;
            if (work == S4J_PREDICTION) {
                *scratch = predict_scratch<T>(shape, threads);
            } else if (work == S4J_TRAINING) {
                require(batch >= 1 && batch <= rows, "batch must be in 1..rows");
                shape.rows = batch;
                const TrainerBytes bytes =
                    trainer_bytes<T>(shape, rows, OptimizerSpec::of(rule, hyper), threads, scratch_limit);
                *scratch = bytes.scratch;
                *state = bytes.state;
            } else if (work == S4J_HESSIAN_PRODUCT) {
                *scratch = fit_hessian_product<T>(shape, S4J_AUTO, threads, scratch_limit).bytes;
            } else {
                *scratch =
                    fit_loss_gradient<T>(shape, S4J_AUTO, work == S4J_LOSS_GRADIENT, threads, scratch_limit)
                        .bytes;
            }
        };
        type == S4J_F32 ? run(float()) : run(double());
    });
}

int32_t s4j_predict_row_f32(const float* parameters, int64_t features, int64_t classes, int intercept,
                            int form, const float* x, float* probabilities) {
    return guarded_row(parameters, features, classes, intercept, form, x, probabilities);
}
int32_t s4j_predict_row_f64(const double* parameters, int64_t features, int64_t classes, int intercept,
                            int form, const double* x, double* probabilities) {
    return guarded_row(parameters, features, classes, intercept, form, x, probabilities);
}

int32_t s4j_predict_sparse_row_f32(const float* parameters, int64_t features, int64_t classes, int intercept,
                                   int form, const int32_t* indices, const float* values, int64_t count,
                                   float* probabilities) {
    return guarded_row(parameters, features, classes, intercept, form,
                       SparseRow<float>{values, indices, count}, probabilities);
}
int32_t s4j_predict_sparse_row_f64(const double* parameters, int64_t features, int64_t classes, int intercept,
                                   int form, const int32_t* indices, const double* values, int64_t count,
                                   double* probabilities) {
    return guarded_row(parameters, features, classes, intercept, form,
                       SparseRow<double>{values, indices, count}, probabilities);
}

double s4j_absolute_sum(int type, const void* values, int64_t count) {
    return type == S4J_F32 ? absolute_sum(static_cast<const float*>(values), count)
                           : absolute_sum(static_cast<const double*>(values), count);
}

int s4j_update_f32(int rule, const double* hyper, double learning_rate, int64_t step, float* parameters,
                   const float* gradient, float* slots, int64_t n) {
    return guarded([&] { update(rule, hyper, learning_rate, step, parameters, gradient, slots, n); });
}
int s4j_update_f64(int rule, const double* hyper, double learning_rate, int64_t step, double* parameters,
                   const double* gradient, double* slots, int64_t n) {
    return guarded([&] { update(rule, hyper, learning_rate, step, parameters, gradient, slots, n); });
}

int s4j_row_function(int type, int function, const void* logits, void* out, int64_t first, int64_t rows,
                     int64_t classes, int threads) {
    return guarded([&] {
        check_rows(type, first, rows, classes, threads);
        require(function >= S4J_SOFTMAX && function <= S4J_LOG_SUM_EXP,
                "function must be a s4j_row_function");
        const int64_t width = function == S4J_LOG_SUM_EXP ? 1 : classes;
        const auto run = [&]<class T>(T) {
            RowTask<T> task{};
            task.logits = static_cast<const T*>(logits) + first * classes;
            task.out = static_cast<T*>(out) + first * width;
            task.rows = rows;
            task.classes = classes;
            row_function(static_cast<RowFunction>(function), task, threads);
        };
        type == S4J_F32 ? run(float()) : run(double());
    });
}

int s4j_cross_entropy(int type, const void* logits, const int32_t* labels, const void* weights, void* losses,
                      void* gradient, int64_t first, int64_t rows, int64_t classes, double scale, int threads,
                      double* loss) {
    return guarded([&] {
        check_rows(type, first, rows, classes, threads);
        const auto run = [&]<class T>(T) {
            RowTask<T> task{};
            task.logits = static_cast<const T*>(logits) + first * classes;
            if (gradient) task.out = static_cast<T*>(gradient) + first * classes;
            task.rows = rows;
            task.classes = classes;
            task.labels = labels + first;
            if (weights) task.weights = static_cast<const T*>(weights) + first;
            task.scale = scale;
            if (losses) task.losses = static_cast<T*>(losses) + first;
            task.loss = loss;
            row_function(RowFunction::kCrossEntropy, task, threads);
        };
        type == S4J_F32 ? run(float()) : run(double());
    });
}

int s4j_logits_loss(int type, int loss, const double* options, const double* positive, const void* logits,
                    const int32_t* labels, int32_t ignored, const void* targets, const void* weights,
                    void* losses, void* gradient, int64_t rows, int64_t classes, double scale, int threads,
                    double* sum) {
    return guarded([&] {
        check_rows(type, 0, rows, classes, threads);
        require(rows == 0 || labels || targets, "labels or targets must not be null");
        Loss of = Loss::of(loss, options);
        require(!targets || of.takes_targets(), "this loss takes labels, not targets");
        if (positive) of.set_positive_weights(positive, classes);
        of.complete(classes);
        const auto run = [&]<class T>(T) {
            *sum = logits_loss(
                of,
                LogitsTask<T>{static_cast<const T*>(logits), labels, ignored, static_cast<const T*>(targets),
                              static_cast<const T*>(weights), static_cast<T*>(losses),
                              static_cast<T*>(gradient), rows, classes, scale},
                threads);
        };
        type == S4J_F32 ? run(float()) : run(double());
    });
}

int s4j_sigmoid(int type, const void* x, void* out, int64_t count, int logarithm, int threads) {
    return guarded([&] {
        check_rows(type, 0, count, 1, threads);
        const auto run = [&]<class T>(T) {
            sigmoids(static_cast<const T*>(x), static_cast<T*>(out), count, logarithm != 0, threads);
        };
        type == S4J_F32 ? run(float()) : run(double());
    });
}

s4j_trainer* s4j_trainer_create(const s4j_objective* objective, int rule, const double* hyper,
                                const double* options, const void* parameters, int64_t batch, uint64_t seed,
                                int threads, int64_t scratch_limit, int* status) {
    s4j_trainer* trainer = nullptr;
    *status = guarded([&] {
        check_pass(objective, S4J_AUTO, threads);
        require(batch >= 1 && batch <= objective->data->rows, "batch must be in 1..rows");
        trainer = make_trainer({objective, rule, hyper, StepOptions::of(options), parameters, batch, seed,
                                threads, scratch_limit})
                      .release();
    });
    return trainer;
}
void s4j_trainer_free(s4j_trainer* trainer) {
    delete trainer;
}
int s4j_trainer_rebind(s4j_trainer* trainer, const s4j_objective* objective, int64_t batch) {
    return guarded([&] {
        require(objective, "objective must not be null");
        require(batch >= 1 && batch <= objective->data->rows, "batch must be in 1..rows");
        trainer->rebind(*objective, batch);
    });
}
void s4j_trainer_shuffle(s4j_trainer* trainer) {
    trainer->shuffle();
}
int s4j_trainer_step(s4j_trainer* trainer, int64_t first, int64_t count, double learning_rate) {
    return guarded([&] {
        if (!trainer->step(first, count, learning_rate))
            throw Failure(S4J_NON_FINITE, "the loss, a new parameter or its optimizer state is not finite");
    });
}
double s4j_trainer_take_loss(s4j_trainer* trainer) {
    return trainer->take_loss();
}
void s4j_trainer_parameters(const s4j_trainer* trainer, void* parameters) {
    trainer->parameters(parameters);
}
int s4j_trainer_save(s4j_trainer* trainer, int64_t first, int64_t count, void* to, int64_t* size) {
    return guarded([&] { *size = save_state(*trainer, first, count, to); });
}
int s4j_trainer_restore(s4j_trainer* trainer, int64_t first, int64_t count, int64_t size, const void* from) {
    return guarded([&] { restore_state(*trainer, first, count, size, from); });
}

s4j_solver* s4j_solver_create(const s4j_objective* objective, int method, const double* options,
                              const void* lower, const void* upper, const void* parameters, int threads,
                              int64_t scratch_limit, int* status) {
    s4j_solver* solver = nullptr;
    *status = guarded([&] {
        check_pass(objective, S4J_AUTO, threads);
        require((lower == nullptr) == (upper == nullptr),
                "lower and upper must both be there or both be null");
        require(!lower || method == S4J_LBFGSB, "bounds are for S4J_LBFGSB");
        require(method != S4J_NEWTON || objective->loss.has_hessian(),
                "this loss has no second derivatives for S4J_NEWTON");
        solver = make_solving({objective, method, options, lower, upper, parameters, threads, scratch_limit})
                     .release();
    });
    return solver;
}
void s4j_solver_free(s4j_solver* solver) {
    delete solver;
}
int s4j_solver_iterate(s4j_solver* solver, s4j_stop_asked stop, double* standing) {
    return guarded([&] { report(solver->iterate(stop), standing); });
}
int s4j_solver_certify(s4j_solver* solver, s4j_stop_asked stop, double* standing) {
    return guarded([&] { report(solver->certify(stop), standing); });
}
int s4j_solver_save(s4j_solver* solver, int64_t first, int64_t count, void* to, int64_t* size) {
    return guarded([&] { *size = save_state(*solver, first, count, to); });
}
int s4j_solver_restore(s4j_solver* solver, int64_t first, int64_t count, int64_t size, const void* from) {
    return guarded([&] { restore_state(*solver, first, count, size, from); });
}
void s4j_solver_parameters(const s4j_solver* solver, void* parameters) {
    solver->parameters(parameters);
}

int s4j_solver_plan(int type, int sparse, int stored, int64_t rows, int64_t columns, int64_t classes,
                    int intercept, int method, const double* options, int bounded, int threads,
                    int64_t scratch_limit, int64_t* scratch, int64_t* state) {
    return guarded([&] {
        check_planned(type, sparse, rows, columns, classes, threads);
        const auto run = [&]<class T>(T) {
            const SolvingBytes bytes =
                solving_bytes<T>({rows, columns, classes, intercept != 0, sparse != 0, stored != 0}, method,
                                 options, bounded != 0, threads, scratch_limit);
            *scratch = bytes.scratch;
            *state = bytes.state;
        };
        type == S4J_F32 ? run(float()) : run(double());
    });
}
