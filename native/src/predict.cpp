#include "predict.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "blas.h"
#include "kernels.h"
#include "parallel.h"
#include "plan.h"
#include "softmax.h"

namespace s4j {

namespace {

// Rows whose losses are added up in order by one task.
constexpr int64_t kLossTile = 1024;
// Scores of a block of rows that nobody asked for.
constexpr int64_t kBlockBytes = int64_t{2} << 20;

// Class-major block of scores to n rows of C.
template <class T>
void transpose_block(const T* block, int n, int64_t classes, T* rows) {
    for (int r = 0; r < n; ++r)
        for (int64_t c = 0; c < classes; ++c) rows[r * classes + c] = block[c * kRowBlock + r];
}

template <class T>
void predict_small(const Rows<T>& rows, const Plan& plan, const T* parameters, const Predictions<T>& out,
                   double* losses, int threads) {
    const Kernels<T>& k = kernels<T>();
    const Shape& shape = plan.shape;
    const int classes = static_cast<int>(shape.classes);
    const T* intercept = shape.intercept ? parameters + plan.layout.weights : nullptr;
    parallel_for((shape.rows + kLossTile - 1) / kLossTile, threads, [&](int64_t task, int) {
        alignas(64) T scores[kSmallClasses * kRowBlock];
        T row_scores[kSmallClasses];
        const int64_t end = std::min((task + 1) * kLossTile, shape.rows);
        double loss = 0;
        for (int64_t first = task * kLossTile; first < end; first += plan.block) {
            const int n = static_cast<int>(std::min(plan.block, end - first));
            const T* x[kRowBlock];
            for (int r = 0; r < n; ++r) x[r] = rows.row(first + r);
            k.block_scores(x, n, shape.features, parameters, intercept, classes, scores);
            if (out.scores) transpose_block(scores, n, classes, out.scores + first * classes);
            if (out.labels)
                for (int r = 0; r < n; ++r) {
                    for (int c = 0; c < classes; ++c) row_scores[c] = scores[c * kRowBlock + r];
                    out.labels[first + r] = k.arg_max(row_scores, classes);
                }
            if (losses) {
                alignas(64) T errors[kSmallClasses * kRowBlock];
                int32_t labels[kRowBlock];
                T ones[kRowBlock], row_losses[kRowBlock];
                std::copy_n(scores, classes * kRowBlock, errors);
                for (int r = 0; r < n; ++r) {
                    labels[r] = rows.label(first + r);
                    ones[r] = 1;
                }
                k.block_cross_entropy(errors, n, classes, labels, ones, row_losses);
                for (int r = 0; r < n; ++r)
                    loss += static_cast<double>(rows.weight(first + r)) * static_cast<double>(row_losses[r]);
            }
            if (out.probabilities) {
                k.block_probabilities(scores, n, classes);
                transpose_block(scores, n, classes, out.probabilities + first * classes);
            }
        }
        if (losses) losses[task] = loss;
    });
}

template <class T>
void predict_gemm(const Rows<T>& rows, const Plan& plan, int64_t block, const T* parameters,
                  const Predictions<T>& out, T* all_scores, double* losses, int threads) {
    const Kernels<T>& k = kernels<T>();
    const Shape& shape = plan.shape;
    const int64_t D = shape.features, C = shape.classes;
    const T* intercept = shape.intercept ? parameters + shape.weight_count() : nullptr;
    const SingleThreadedBlas single_threaded;
    parallel_for((shape.rows + block - 1) / block, threads, [&](int64_t task, int worker) {
        const int64_t first = task * block, n = std::min(block, shape.rows - first);
        // Work in the caller's array where it wants one.
        T* wanted = out.probabilities ? out.probabilities : out.scores;
        T* s = wanted ? wanted + first * C : all_scores + worker * block * C;
        gemm(n, C, D, rows.row(first), rows.stride, parameters, C, T(0), s, C);
        double loss = 0;
        for (int64_t r = 0; r < n; ++r) {
            T* row = s + r * C;
            if (intercept) k.add_row(row, intercept, C);
            if (out.scores && out.scores + (first + r) * C != row)
                std::copy_n(row, C, out.scores + (first + r) * C);
            if (out.labels) out.labels[first + r] = k.arg_max(row, C);
            if (!losses && !out.probabilities) continue;
            const T of_label = losses ? row[rows.label(first + r)] : T(0);
            if (out.scores && !out.probabilities) {
                // The scores must stay: their exponentials go to scratch.
                T* copy = all_scores + worker * block * C;
                std::copy_n(row, C, copy);
                row = copy;
            }
            T top;
            const T z = k.exp_row(row, C, nullptr, &top);
            if (losses)
                loss += static_cast<double>(rows.weight(first + r)) *
                        (static_cast<double>(top - of_label) + std::log(static_cast<double>(z)));
            if (out.probabilities) k.scale_row(row, C, T(1) / z, nullptr);
        }
        if (losses) losses[task] = loss;
    });
}

}  // namespace

template <class T>
void predict(const s4j_data& data, int64_t classes, bool intercept, const T* parameters,
             const Predictions<T>& out, int threads) {
    const Shape shape{data.rows, data.columns, classes, intercept};
    const Plan plan = make_plan<T>(shape, S4J_AUTO);
    const Rows<T> rows = Rows<T>::all(data);
    const bool small = plan.regime == S4J_SMALL;
    const int64_t block =
        small ? kLossTile
              : std::min(
                    std::clamp<int64_t>(kBlockBytes / (classes * static_cast<int64_t>(sizeof(T))), 32, 512),
                    shape.rows);
    const int64_t tasks = (shape.rows + block - 1) / block;
    const int64_t score_count = small ? 0 : std::min<int64_t>(threads, tasks) * block * classes;
    Scratch scratch(packed_scratch<T>(plan) + Scratch::size_of<double>(tasks) +
                    Scratch::size_of<T>(score_count));
    const T* packed = small ? packed_parameters(plan, parameters, scratch) : parameters;
    double* losses = out.loss ? scratch.take<double>(tasks) : nullptr;
    T* scores = scratch.take<T>(score_count);
    if (small)
        predict_small(rows, plan, packed, out, losses, threads);
    else
        predict_gemm(rows, plan, block, packed, out, scores, losses, threads);
    if (out.loss) {
        double sum = 0;
        for (int64_t t = 0; t < tasks; ++t) sum += losses[t];
        *out.loss = sum / data.total_weight;
    }
}

template <class T>
int32_t predict_row(const T* parameters, int64_t features, int64_t classes, bool intercept, const T* x,
                    T* probabilities) {
    const Kernels<T>& k = kernels<T>();
    constexpr int64_t kOnStack = 2048;
    T on_stack[kOnStack];
    std::unique_ptr<Scratch> scratch;
    T* scores = probabilities;
    if (!scores && classes <= kOnStack) scores = on_stack;
    if (!scores) {
        scratch = std::make_unique<Scratch>(Scratch::size_of<T>(classes));
        scores = scratch->take<T>(classes);
    }
    k.row_scores(parameters, features, classes, intercept, x, scores);
    // With finite parameters a bad feature always shows in the scores; there are fewer of those to look at.
    if (!k.all_finite(scores, classes))
        for (int64_t d = 0; d < features; ++d)
            if (!std::isfinite(x[d])) return static_cast<int32_t>(-1 - d);
    const int32_t label = k.arg_max(scores, classes);
    if (probabilities) {
        T top;
        const T z = k.exp_row(scores, classes, nullptr, &top);
        k.scale_row(scores, classes, T(1) / z, nullptr);
    }
    return label;
}

#define S4J_INSTANTIATE(T)                                                                          \
    template void predict<T>(const s4j_data&, int64_t, bool, const T*, const Predictions<T>&, int); \
    template int32_t predict_row<T>(const T*, int64_t, int64_t, bool, const T*, T*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
