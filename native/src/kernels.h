// The table of kernels: everything that is compiled once per instruction set (cmake/isa.cmake) and chosen at
// load.
#pragma once

#include <cstdint>

#include "softmax4j.h"

namespace s4j {

// Rows that the small-C kernels take at once, and the stride of their score blocks: scores of a block are
// class-major, C x kRowBlock, so that the softmax runs over rows in full vectors.
constexpr int kRowBlock = 32;
// The most classes the small-C kernels take.
constexpr int kSmallClasses = 32;

// Rows that the panel kernels take at once: a multiple of the register tiles' heights.
constexpr int kPanelRows = 96;

// Class-major parameters of the small-C kernels: C rows of `padded_features` weights, the padding always
// zero. 64 bytes, so that the layout is the same for every instruction set.
template <class T>
static constexpr int64_t padded_features(int64_t features) {
    constexpr int64_t n = 64 / sizeof(T);
    return (features + n - 1) / n * n;
}

// One optimizer step over the elements [begin, end) of a parameter vector; see s4j_rule for the formulas.
template <class T>
struct Update {
    s4j_rule rule;
    const double* hyper;
    double learning_rate;
    int64_t step;           // from 1
    const T* parameters;    // current values
    T* updated;             // new values; may be `parameters`
    const T* const* parts;  // the gradient is the sum of these, in order, plus l2 * parameters
    int part_count;         // at least 1
    double l2;
    T* slots[3];
    // Null, or where the first part holds a gradient at all: of each `width` elements from 0 on, 0 where it
    // is zero, whatever the part says. There is one part then.
    const uint8_t* touched = nullptr;
    int64_t width = 0;
    // See s4j_step_option. The gradient is multiplied by `scale`, then clipped.
    double l1 = 0;
    double decay = 0;
    double lower = -__builtin_inf(), upper = __builtin_inf();
    double scale = 1, clip = __builtin_inf();

    bool plain() const {
        return l1 == 0 && decay == 0 && lower == -__builtin_inf() && upper == __builtin_inf() && scale == 1 &&
               clip == __builtin_inf();
    }
};

// The first three are those of s4j_row_function.
enum class RowFunction { kSoftmax, kLogSoftmax, kLogSumExp, kCrossEntropy };

// Rows of logits and what one function makes of them; N x C matrices are row-major.
template <class T>
struct RowTask {
    const T* logits;  // N x C
    T* out;           // N x C, may be `logits`; kLogSumExp: N; kCrossEntropy: the gradient, or null
    int64_t rows, classes;
    T* row;  // C of scratch: `out` is another matrix, to be written past the caches; or null

    // kCrossEntropy: row losses w_i (logsumexp(s_i) - s_i[y_i]), gradient scale * w_i (p_i - onehot(y_i))
    const int32_t* labels;
    const T* weights;  // or null: all 1
    double scale;
    T* losses;     // or null
    double* loss;  // their sum
};

// The entries of one sparse row: values[k] in column indices[k].
template <class T>
struct SparseRow {
    const T* values;
    const int32_t* indices;
    int64_t count;
};

// Columns of sparse rows: entries [starts[i], starts[i + 1]) are those of column columns[i], values[k] in row
// rows[k].
template <class T>
struct SparseColumns {
    const int32_t* columns;
    const int64_t* starts;
    const int32_t* rows;
    const T* values;
};

// One row's coordinate in the dual of cross-entropy: its distribution q over the classes, and the weights
// that go with all rows' distributions.
template <class T>
struct DualStep {
    SparseRow<T> row;
    int64_t classes;
    T* weights;    // D x C, row-major; kDualSlack elements more are touched, and keep their values
    T* intercept;  // C; the kDualSlack after them are read
    T* q;          // C
    T curvature;   // of the dual along q, without the entropy's: of a dense unit
    T weight_step, intercept_step;  // what weights and intercept move by, per unit of -x (q' - q)
    T* room;                        // 4 (C + kDualSlack)
};
// The kernel for it touches whole vectors.
constexpr int64_t kDualSlack = 16;

// How rows are stored, and how they become values: those of type T themselves (S4J_REAL) or others; times
// scale plus offset, where scale is not null: one of each, or one per feature, up to padded_affine.
struct Source {
    s4j_format format;
    const double *scale, *offset;
    bool per_feature;
    // Null, or two floats, the first of at most 16 bits, with which stored * [0] + stored * [1], computed in
    // float, is every byte's value.
    const float* split;
};
// The kernels read scales and offsets in full vectors.
constexpr int64_t padded_affine(int64_t features) {
    return (features + 15) / 16 * 16;
}
// Scores of some rows and of neighbouring classes, wherever they lie: class i of row r at
// at[r * row_step + i * class_step], one of the steps being 1.
template <class T>
struct Tile {
    T* at;
    int64_t row_step, class_step;
    int rows;
    int64_t classes, padded;  // there are, and there are places for: what is left becomes 0 where errors do
};

// What the rows of a tile should be; pointers to values of classes are to the tile's first class.
template <class T>
struct TileTargets {
    const T* const* rows;  // the rows' targets, from class `first` on, or null
    int64_t first;
    T share;                // of those
    const int32_t* labels;  // or null; counted from class 0
    const T* uniform;       // added to every row's targets, or null
    const T* positive;      // weights of targets, or null
};

template <class T>
struct Kernels {
    // ---- rows on their way into a block ----

    // to[r][d] = value of rows[r][d] for n rows, `stride` elements apart in `to`. rows: addresses of stored
    // rows, whatever their type. Prefetches next_rows[0 .. next_n) on the way.
    void (*stage_rows)(const Source& source, const T* const* rows, int n, int64_t features, T* to,
                       int64_t stride, const T* const* next_rows, int next_n);
    // Of each column of n rows: mean, and sum of the weighted squares of the deviations from it. Weights are
    // positive; a constant column has exactly its value, and 0.
    void (*moments)(const T* x, int64_t stride, int n, int64_t features, const double* weights, double* mean,
                    double* squares);

    // ---- small C: rows are given by pointer, so a shuffled mini-batch needs no gathered copy ----

    // scores[c * kRowBlock + r] = rows[r] . weights[c] + intercept[c] for r < n; intercept may be null.
    // weights: C x padded_features(features). Prefetches next_rows[0 .. next_n) on the way.
    void (*block_scores)(const T* const* rows, int n, int64_t features, const T* weights, const T* intercept,
                         int classes, T* scores, const T* const* next_rows, int next_n);
    // From scores to row losses logsumexp(s) - t . s with t = (1 - smoothing) onehot(label) + smoothing / C
    // and, in place, to scale[r] * (p - t). Columns n.. up to kRowBlock are scratch.
    void (*block_cross_entropy)(T* scores, int n, int classes, const int32_t* labels, const T* scale,
                                double smoothing, T* losses);
    // Scores to probabilities in place, and the losses of the labels where those are not null.
    void (*block_probabilities)(T* scores, int n, int classes, const int32_t* labels, T* losses);
    // From scores s and their derivatives t along a direction to those of the errors, in place of the scores:
    // scale[r] * p (t - sum_c p_c t_c) with p = softmax(s).
    void (*block_tangent)(T* scores, T* tangents, int n, int classes, const T* scale);
    // The class with the highest score of each row: the lowest one of equals; NaN never wins.
    void (*block_arg_max)(T* scores, int n, int classes, int32_t* labels);
    // gradient[c][d] (+)= sum_r errors[c * kRowBlock + r] * rows[r][d]: assigned where `assign`, added
    // otherwise. gradient: C x padded_features(features). Prefetches next_rows[0 .. next_n) on the way.
    void (*block_gradient)(const T* const* rows, int n, int64_t features, const T* errors, int classes,
                           T* gradient, bool assign, const T* const* next_rows, int next_n);

    // ---- medium C: classes in panels ----
    //
    // A panel is `panel_classes` neighbouring classes. Weights and gradients: panel by panel, D x
    // panel_classes each, the classes past the last one zero. Scores of a block: `panel_stride` elements from
    // panel to panel, each up to kPanelRows x panel_classes.

    int64_t panel_classes, panel_stride;
    // scores = start + x W for n rows, `stride` elements apart; start: one value per class, -inf past the
    // last class; null adds to the scores that are there.
    void (*panel_scores)(const T* x, int64_t stride, int n, int64_t features, const T* weights,
                         const T* start, int64_t panels, T* scores);
    // As block_cross_entropy; 0 past the last class.
    void (*panel_cross_entropy)(T* scores, int n, int64_t classes, const int32_t* labels, const T* scale,
                                double smoothing, T* losses);
    // s = exp(s - maximum) for the n rows, in place, with each row's maximum and sum over these panels.
    void (*panel_exp)(T* scores, int n, int64_t panels, T* maxima, T* sums);
    // out = the rows of one panel times factors[r]
    void (*panel_scale)(const T* panel, int n, const T* factors, T* out);
    // dots[r] = sum over these panels of a row's products
    void (*panel_dot)(const T* scores, const T* tangents, int n, int64_t panels, T* dots);
    // out = the rows of one panel times factors[r] times (their tangents - means[r])
    void (*panel_tangent)(const T* panel, const T* tangents, int n, const T* factors, const T* means, T* out);
    // As block_probabilities and block_arg_max.
    void (*panel_probabilities)(T* scores, int n, int64_t panels, const int32_t* labels, T* losses);
    void (*panel_arg_max)(const T* scores, int n, int64_t panels, int32_t* labels);
    // gradient (+)= x^T errors, and intercept_gradient (where not null) (+)= the sum of the errors: assigned
    // where `assign`, added otherwise. Prefetches next_rows[0 .. next_n) on the way.
    void (*panel_gradient)(const T* x, int64_t stride, int n, int64_t features, const T* errors,
                           int64_t panels, T* gradient, T* intercept_gradient, bool assign,
                           const T* const* next_rows, int next_n);

    // Row-major depth x classes, `stride` elements from row to row, to panels; 0 past the last class.
    void (*panel_pack)(const T* rows, int64_t stride, int64_t depth, int64_t classes, T* panels);
    // rows (+)= panels: assigned where `assign`, added otherwise.
    void (*panel_unpack)(const T* panels, int64_t depth, int64_t classes, T* rows, int64_t stride,
                         bool assign);

    // ---- sparse rows ----
    //
    // Weights and gradients are row-major, D x C. Scores lie in panels as above.

    // scores = start + x W for n rows; start as of panel_scores.
    void (*sparse_scores)(const SparseRow<T>* rows, int n, const T* weights, int64_t classes, const T* start,
                          T* scores);
    // gradient[columns[i]] (+)= sum_k values[k] * errors[rows[k]] for i in [first, last): assigned where
    // `assign`, added otherwise. errors: `stride` elements from row to row.
    void (*sparse_gradient)(const SparseColumns<T>& x, int64_t first, int64_t last, const T* errors,
                            int64_t stride, int64_t classes, T* gradient, bool assign);
    // gradient[indices[k]] (+)= values[k] * errors: assigned, and touched, where touched[indices[k]] is 0.
    void (*sparse_scatter)(const SparseRow<T>& row, const T* errors, int64_t classes, T* gradient,
                           uint8_t* touched);
    // Replaces q by the distribution that maximises the dual, and moves weights and intercept along. Returns
    // the divergence sum_c q log(q / softmax(scores)) before.
    double (*dual_step)(const DualStep<T>& step);

    // ---- tiles of scores: what the losses need that have no kernel of their own ----

    // s = exp(s - maximum) for the n rows of a class-major block, as panel_exp
    void (*block_exp)(T* scores, int n, int classes, T* maxima, T* sums);
    // s *= row_factors[r] * class_factors[i]; either may be null
    void (*tile_scale)(const Tile<T>& tile, const T* row_factors, const T* class_factors);
    // dots[r] += sum_i t s over the targets t that are not 0, labels aside
    void (*tile_dot)(const Tile<T>& tile, const TileTargets<T>& targets, T* dots);
    // dots[r] += sum_i s * other, laid out alike
    void (*tile_products)(const Tile<T>& tile, const T* other, T* dots);
    // out = weights[r] (factors[r] s - t), laid out alike, labels aside; clip > 0: the product is kept in
    // [clip, 1 - clip]
    void (*tile_errors)(const Tile<T>& tile, const TileTargets<T>& targets, const T* factors,
                        const T* weights, double clip, T* out);
    // out = factors[r] s (slopes[r] u + offsets[r]), u and out laid out alike
    void (*tile_tangents)(const Tile<T>& tile, const T* tangents, const T* factors, const T* slopes,
                          const T* offsets, T* out);
    // In place, from scores to the errors of S4J_SIGMOID, or of S4J_CLIPPED_SIGMOID where clip > 0, with
    // losses[r] += the sum of its terms; with tangents: to the changes of those errors. Targets or labels.
    void (*tile_sigmoid)(const Tile<T>& tile, const TileTargets<T>& targets, double clip, const T* tangents,
                         T* losses);
    // sigmoid(x), sigmoid(-x) and log(1 + exp(-|x|))
    void (*sigmoid)(const T* x, T* sigmoid, T* complement, T* softplus, int64_t n);

    // ---- rows of scores, row-major ----

    // s += intercept (where not null); s = exp(s - max(s)); returns the sum and writes the maximum.
    T (*exp_row)(T* s, int64_t classes, const T* intercept, T* maximum);
    // s *= factor; sums += s where sums is not null.
    void (*scale_row)(T* s, int64_t classes, T factor, T* sums);
    // x += y
    void (*add_row)(T* x, const T* y, int64_t n);
    // wide += narrow
    void (*widen_add)(double* wide, const T* narrow, int64_t n);
    // out[i] = sum of the parts' elements i (summed in double) + l2 * parameters[i] for i in [begin, end)
    void (*reduce)(const T* const* parts, int part_count, const T* parameters, double l2, T* out,
                   int64_t begin, int64_t end);
    // The class with the highest score: the lowest one of equals; NaN never wins.
    int32_t (*arg_max)(const T* s, int64_t classes);
    // out = x W + b for one row; parameters (D + intercept) x C, row-major
    void (*row_scores)(const T* parameters, int64_t features, int64_t classes, bool intercept, const T* x,
                       T* out);

    // The function of every row; a row's result does not depend on its neighbours.
    void (*row_function)(RowFunction function, const RowTask<T>& task);

    // ---- whole vectors ----

    // Sum of the squares of the gradient's elements, in double; not finite where one is not, or overflows.
    double (*gradient_square)(const Update<T>& u, int64_t begin, int64_t end);
    // False where a new parameter or its state is not finite.
    bool (*update)(const Update<T>& u, int64_t begin, int64_t end);
    bool (*all_finite)(const T* x, int64_t n);
    // y = exp(x), y = log(x): for the tests of the polynomials
    void (*exp)(const T* x, T* y, int64_t n);
    void (*log)(const T* x, T* y, int64_t n);
};

template <class T>
const Kernels<T>& kernels();  // dispatch.cpp

}  // namespace s4j
