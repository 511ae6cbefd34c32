#include "predict.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "blas.h"
#include "kernels.h"
#include "parallel.h"
#include "plan.h"
#include "product_threads.h"
#include "regimes.h"
#include "softmax.h"
#include "wide_row.h"

namespace s4j {

namespace {

// Rows that one task takes at once from the caller's array to his results.
constexpr int64_t kTaskRows = 10 * kPanelRows;
// Scores of a block of rows through GEMM that nobody asked for.
constexpr int64_t kBlockBytes = int64_t{2} << 20;

// The rows of one task, and what is added up over them.
struct Task {
    int64_t begin, end;
    double* loss;  // null: not wanted
    bool sigmoids, unit_rows;
    bool masks;  // whether an intercept is -inf
};

// Divides scores by the lengths of their rows, a tile of all of them at a time.
template <class T>
void divide_by_lengths(const Tile<T>& tile, const T* const* rows, int64_t features) {
    T factors[kPanelRows];
    for (int r = 0; r < tile.rows; ++r) factors[r] = inverse_norm(rows[r], features);
    kernels<T>().tile_scale(tile, factors, nullptr);
}

// Turns scores into sigmoids; where there are labels, counted from the tile's first class, the rows' losses
// get the terms of their classes added.
template <class T>
void sigmoids(const Tile<T>& tile, const int32_t* labels, int64_t first_class, T* losses) {
    constexpr int64_t kRun = 64;
    T sigma[kRun], complement[kRun], softplus[kRun];
    const bool rows_inside = tile.row_step == 1;
    const int64_t outer = rows_inside ? tile.classes : tile.rows;
    const int64_t inner = rows_inside ? tile.rows : tile.classes;
    for (int64_t o = 0; o < outer; ++o)
        for (int64_t first = 0; first < inner; first += kRun) {
            T* s = tile.at + o * (rows_inside ? tile.class_step : tile.row_step) + first;
            const int64_t n = std::min(kRun, inner - first);
            kernels<T>().sigmoid(s, sigma, complement, softplus, n);
            for (int64_t i = 0; labels && i < n; ++i) {
                const int64_t r = rows_inside ? first + i : o,
                              c = first_class + (rows_inside ? o : first + i);
                losses[r] += softplus[i] + std::max(labels[r] == c ? -s[i] : s[i], T(0));
            }
            std::copy_n(sigma, n, s);
        }
}

// The class of a row whose scores overflowed, from those in a wider type; and their places get what its probabilities
// come from, and `own`, where it is not null, the scores.
template <class T>
int32_t mended_label(const WideRow<T>& row, const Tiles<T>& tiles, T* scores, T factor, bool sigmoids,
                     T* own) {
    const double f = static_cast<double>(factor);
    if (own) row.scores(Tiles<T>::row(tiles.classes), own, f, nullptr, false);
    row.scores(tiles, scores, f, nullptr, !sigmoids);
    return row.label(f);
}

// Looks at n rows of scores, `step` elements apart, and does those that are not whole once more, after their labels and
// scores have gone out. values(r): row r's.
template <class T, class Values>
void mend_rows(const Plan& plan, const T* parameters, const T* start, const Tiles<T>& tiles, T* scores,
               int64_t step, int n, const Predictions<T>& out, int64_t first, const Task& task,
               const Values& values) {
    const int64_t C = plan.shape.classes;
    for (int r = 0; r < n; ++r) {
        T* row = scores + r * step;
        if (whole(tiles, row, start, task.masks)) continue;
        const SparseRow<T> x = values(r);
        const int32_t label =
            mended_label(WideRow<T>(plan.regime, plan.shape.features, C, parameters, start, x), tiles, row,
                         task.unit_rows ? inverse_norm(x.values, x.count) : T(1), task.sigmoids,
                         out.scores ? out.scores + (first + r) * C : nullptr);
        if (out.labels) out.labels[first + r] = label;
    }
}

template <class T, int Most>
void add_losses(const RowBlock<T, Most>& block, const Rows<T>& rows, int64_t first, const Task& task) {
    if (task.loss) *task.loss += block.loss(rows, first);
}

// Class-major block of scores to n rows of C.
template <class T>
void transpose_block(const T* block, int n, int64_t classes, T* rows) {
    for (int r = 0; r < n; ++r)
        for (int64_t c = 0; c < classes; ++c) rows[r * classes + c] = block[c * kRowBlock + r];
}

template <class T>
void predict_small(const Rows<T>& rows, const Plan& plan, const T* parameters, const Predictions<T>& out,
                   const Task& task, T* staged) {
    const Kernels<T>& k = kernels<T>();
    const int classes = static_cast<int>(plan.shape.classes);
    const T* intercept = plan.shape.intercept ? parameters + plan.layout.weights : nullptr;
    alignas(64) T scores[kSmallClasses * kRowBlock] = {};
    const Tiles<T> tiles = Tiles<T>::block(classes);
    RowBlock<T, kRowBlock> blocks[2];
    blocks[1].fill(rows, task.begin, std::min(plan.block, task.end - task.begin), 1);
    for (int64_t first = task.begin, i = 0; first < task.end; first += plan.block, i ^= 1) {
        RowBlock<T, kRowBlock>& block = blocks[i ^ 1];
        RowBlock<T, kRowBlock>& next = blocks[i];
        const int64_t after = first + plan.block;
        // Where this task ends, this thread goes on with the rows behind it, most likely.
        const int64_t end = after < task.end ? task.end : plan.shape.rows;
        next.fill(rows, after, std::clamp<int64_t>(end - after, 0, plan.block), 1);
        stage_in_place(rows, block, next, plan.shape.features, staged);
        k.block_scores(block.rows, block.n, plan.shape.features, parameters, intercept, classes, scores,
                       next.rows, rows.stored ? 0 : next.n);
        const Tile<T> tile = tiles.tile(scores, 0, block.n);
        if (task.unit_rows) divide_by_lengths(tile, block.rows, plan.shape.features);
        if (out.labels) k.block_arg_max(scores, block.n, classes, out.labels + first);
        if (out.scores) transpose_block(scores, block.n, classes, out.scores + first * classes);
        // What lies behind the block's rows is of others, or 0.
        if (task.masks || !k.all_finite(scores, classes * kRowBlock))
            mend_rows(plan, parameters, intercept, tiles, scores, 1, block.n, out, first, task, [&](int r) {
                return SparseRow<T>{block.rows[r], nullptr, plan.shape.features};
            });
        if (!out.probabilities && !task.loss) continue;
        const int32_t* labels = task.loss ? block.labels : nullptr;
        if (task.sigmoids) {
            std::fill_n(block.losses, block.n, T(0));
            sigmoids(tile, labels, 0, block.losses);
        } else {
            k.block_probabilities(scores, block.n, classes, labels, block.losses);
        }
        if (out.probabilities) transpose_block(scores, block.n, classes, out.probabilities + first * classes);
        add_losses(block, rows, first, task);
    }
}

// Panels of scores to n rows of C.
template <class T>
void copy_panels(const Kernels<T>& k, const T* panels, int n, int64_t classes, T* rows) {
    for (int64_t c = 0; c < classes; c += k.panel_classes, panels += k.panel_stride)
        for (int r = 0; r < n; ++r)
            std::copy_n(panels + r * k.panel_classes, std::min(k.panel_classes, classes - c),
                        rows + r * classes + c);
}

template <class T>
void predict_panels(const Rows<T>& rows, const Plan& plan, const T* parameters, const T* start,
                    const Predictions<T>& out, const Task& task, T* scores, T* staged) {
    const Kernels<T>& k = kernels<T>();
    const int64_t classes = plan.shape.classes;
    RowBlock<T, kPanelRows> block, none;
    for (int64_t first = task.begin; first < task.end; first += kPanelRows) {
        block.fill(rows, first, std::min<int64_t>(kPanelRows, task.end - first), 1);
        SparseRow<T> values[kPanelRows];
        for (int r = 0; r < block.n; ++r)
            values[r] = plan.regime == S4J_SPARSE
                            ? rows.entries(first + r)
                            : SparseRow<T>{rows.stored ? staged + r * staged_stride<T>(plan.shape.features)
                                                       : rows.row(first + r),
                                           nullptr, plan.shape.features};
        if (plan.regime == S4J_SPARSE) {
            k.sparse_scores(values, block.n, parameters, classes, start, scores);
        } else {
            if (rows.stored) stage(rows, block, none, plan.shape.features, staged);
            k.panel_scores(rows.stored ? staged : rows.row(first),
                           rows.stored ? staged_stride<T>(plan.shape.features) : rows.stride, block.n,
                           plan.shape.features, parameters, start, plan.panels, scores);
        }
        const Tiles<T> tiles = Tiles<T>::panels(classes);
        if (task.unit_rows) {
            T factors[kPanelRows];
            for (int r = 0; r < block.n; ++r) factors[r] = inverse_norm(values[r].values, values[r].count);
            for (int64_t p = 0; p < plan.panels; ++p)
                k.tile_scale(tiles.tile(scores, p, block.n), factors, nullptr);
        }
        if (out.labels) k.panel_arg_max(scores, block.n, plan.panels, out.labels + first);
        if (out.scores) copy_panels(k, scores, block.n, classes, out.scores + first * classes);
        if (task.masks || !panels_finite(k, scores, block.n, classes))
            mend_rows(plan, parameters, start, tiles, scores, k.panel_classes, block.n, out, first, task,
                      [&](int r) { return values[r]; });
        if (!out.probabilities && !task.loss) continue;
        const int32_t* labels = task.loss ? block.labels : nullptr;
        if (task.sigmoids) {
            std::fill_n(block.losses, block.n, T(0));
            for (int64_t p = 0; p < plan.panels; ++p)
                sigmoids(tiles.tile(scores, p, block.n), labels, p * tiles.width, block.losses);
        } else {
            k.panel_probabilities(scores, block.n, plan.panels, labels, block.losses);
        }
        if (out.probabilities) copy_panels(k, scores, block.n, classes, out.probabilities + first * classes);
        add_losses(block, rows, first, task);
    }
}

template <class T>
void predict_large(const Rows<T>& rows, const Plan& plan, const T* parameters, const Predictions<T>& out,
                   const Task& task, T* scratch, T* staged) {
    const Kernels<T>& k = kernels<T>();
    const int64_t D = plan.shape.features, C = plan.shape.classes, n = task.end - task.begin;
    const T* intercept = plan.shape.intercept ? parameters + plan.layout.weights : nullptr;
    // Work in the caller's array where it wants one.
    T* wanted = out.probabilities ? out.probabilities : out.scores;
    T* s = wanted ? wanted + task.begin * C : scratch;
    const T* x = rows.row(task.begin);
    int64_t stride = rows.stride;
    if (rows.stored) {
        stride = staged_stride<T>(D);
        for (int64_t i = 0; i < n; ++i) {
            const T* row = rows.row(task.begin + i);
            k.stage_rows(rows.source, &row, 1, D, staged + i * stride, stride, nullptr, 0);
        }
        x = staged;
    }
    {
        const InProduct in_product;
        gemm(n, C, D, x, stride, parameters, C, T(0), s, C);
    }
    for (int64_t i = task.begin; i < task.end; ++i, s += C) {
        T* row = s;
        const Tile<T> tile = Tiles<T>::row(C).tile(row, 0, 1);
        if (intercept) k.add_row(row, intercept, C);
        if (task.unit_rows) {
            const T* row_values = x + (i - task.begin) * stride;
            divide_by_lengths(tile, &row_values, D);
        }
        if (out.scores && out.scores + i * C != row) std::copy_n(row, C, out.scores + i * C);
        if (out.labels) out.labels[i] = k.arg_max(row, C);
        // Where the scores must stay, what comes from them goes to scratch.
        const bool stay = out.scores && !out.probabilities, good = !task.masks && k.all_finite(row, C);
        if (stay && (task.loss || !good)) row = std::copy_n(row, C, scratch) - C;
        if (!good)
            mend_rows(plan, parameters, intercept, Tiles<T>::row(C), row, C, 1, out, i, task, [&](int) {
                return SparseRow<T>{x + (i - task.begin) * stride, nullptr, D};
            });
        if (!task.loss && !out.probabilities) continue;
        const T of_label = task.loss ? row[rows.label(i)] : T(0);
        if (task.sigmoids) {
            const int32_t label = task.loss ? rows.label(i) : 0;
            T loss = 0;
            sigmoids(Tiles<T>::row(C).tile(row, 0, 1), task.loss ? &label : nullptr, 0, &loss);
            if (task.loss) *task.loss += static_cast<double>(rows.weight(i)) * static_cast<double>(loss);
            continue;
        }
        T top;
        const T z = k.exp_row(row, C, nullptr, &top);
        if (task.loss)
            *task.loss += static_cast<double>(rows.weight(i)) *
                          ((static_cast<double>(top) - static_cast<double>(of_label)) +
                           std::log(static_cast<double>(z)));
        if (out.probabilities) k.scale_row(row, C, T(1) / z, nullptr);
    }
}

// How a batch is cut, and its scratch.
template <class T>
struct Cut {
    Plan plan;
    int64_t task_rows = kTaskRows, tasks, starts = 0, score_stride = 0, stage_size = 0;

    explicit Cut(const Shape& shape) : plan(make_plan<T>(shape, S4J_AUTO)) {
        int64_t scores = 0;
        if (plan.regime == S4J_MEDIUM || plan.regime == S4J_SPARSE) {
            scores = plan.panels * kernels<T>().panel_stride;
            starts = plan.panels * kernels<T>().panel_classes;
        }
        if (plan.regime == S4J_LARGE) {
            const int64_t fit = kBlockBytes / (shape.classes * static_cast<int64_t>(sizeof(T)));
            task_rows = std::min(std::clamp<int64_t>(fit, 32, 512), shape.rows);
            scores = task_rows * shape.classes;
        }
        tasks = (shape.rows + task_rows - 1) / task_rows;
        if (shape.stored) {
            const int64_t rows = plan.regime == S4J_SMALL    ? plan.block
                                 : plan.regime == S4J_MEDIUM ? kPanelRows
                                                             : task_rows;
            stage_size = rows * staged_stride<T>(shape.features);
        }
        score_stride = Scratch::size_of<T>(scores) / static_cast<int64_t>(sizeof(T));
    }
    int64_t scratch(int threads) const {
        return packed_scratch<T>(plan) + Scratch::size_of<double>(tasks) + Scratch::size_of<T>(starts) +
               Scratch::size_of<T>(std::min<int64_t>(threads, tasks) * score_stride) +
               Scratch::size_of<T>(std::min<int64_t>(threads, tasks) * stage_size);
    }
};

}  // namespace

template <class T>
int64_t predict_scratch(const Shape& shape, int threads) {
    return Cut<T>(shape).scratch(threads);
}

template <class T>
void predict(const s4j_data& data, int64_t classes, bool intercept, int form, const T* parameters,
             const Predictions<T>& out, int threads) {
    const Shape shape = shape_of(data, data.rows, classes, intercept);
    const Cut<T> cut(shape);
    const Plan& plan = cut.plan;
    const int64_t tasks = cut.tasks, task_rows = cut.task_rows;
    const Rows<T> rows = Rows<T>::all(data);
    Scratch scratch(cut.scratch(threads));
    const T* packed = packed_parameters(plan, parameters, scratch);
    double* losses = scratch.take<double>(tasks);
    T* start = scratch.take<T>(cut.starts);
    T* scores = scratch.take<T>(std::min<int64_t>(threads, tasks) * cut.score_stride);
    T* stages = scratch.take<T>(0);
    if (cut.starts > 0) start_scores(plan, packed, -std::numeric_limits<T>::infinity(), start);

    const T* intercepts = packed + plan.layout.weights;
    const bool masks = intercept && std::any_of(intercepts, intercepts + classes,
                                                [](T b) { return b == -std::numeric_limits<T>::infinity(); });
    std::optional<ProductThreads> products;
    if (plan.regime == S4J_LARGE) threads = products.emplace(threads).count();
    parallel_for(tasks, threads, [&](int64_t t, int worker) {
        losses[t] = 0;
        const Task task{t * task_rows,
                        std::min((t + 1) * task_rows, shape.rows),
                        out.loss ? &losses[t] : nullptr,
                        (form & S4J_SIGMOIDS) != 0,
                        (form & S4J_UNIT_ROWS) != 0,
                        masks};
        T* own = scores + worker * cut.score_stride;
        T* staged = stages + worker * cut.stage_size;
        if (plan.regime == S4J_SMALL)
            predict_small(rows, plan, packed, out, task, staged);
        else if (plan.regime != S4J_LARGE)
            predict_panels(rows, plan, packed, start, out, task, own, staged);
        else
            predict_large(rows, plan, packed, out, task, own, staged);
    });
    if (out.loss) {
        double sum = 0;
        for (int64_t t = 0; t < tasks; ++t) sum += losses[t];
        *out.loss = sum / data.total_weight;
    }
}

namespace {

// The class of one row whose scores score(T*) writes, and its probabilities where those are not null; or -1 -
// i where that returns an i that is not negative. x: without indices where it is dense.
template <class T, class Score>
int32_t label_of(const T* parameters, int64_t features, int64_t classes, bool intercept, int form,
                 const SparseRow<T>& x, T* probabilities, const Score& score) {
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
    const int64_t bad = score(scores);
    if (bad >= 0) return static_cast<int32_t>(-1 - bad);
    int32_t label = k.arg_max(scores, classes);
    const Tiles<T> tiles = Tiles<T>::row(classes);
    const Tile<T> tile = tiles.tile(scores, 0, 1);
    const bool unit = (form & S4J_UNIT_ROWS) != 0, of_sigmoids = (form & S4J_SIGMOIDS) != 0;
    const T* start = intercept ? parameters + features * classes : nullptr;
    if (!k.all_finite(scores, classes) && !whole(tiles, scores, start, intercept))
        label = mended_label(WideRow<T>(S4J_LARGE, features, classes, parameters, start, x), tiles, scores,
                             unit ? inverse_norm(x.values, x.count) : T(1), of_sigmoids,
                             static_cast<T*>(nullptr));
    else if (probabilities && unit)
        divide_by_lengths(tile, &x.values, x.count);
    if (probabilities && of_sigmoids) {
        sigmoids<T>(tile, nullptr, 0, nullptr);
    } else if (probabilities) {
        T top;
        const T z = k.exp_row(scores, classes, nullptr, &top);
        k.scale_row(scores, classes, T(1) / z, nullptr);
    }
    return label;
}

}  // namespace

template <class T>
int32_t predict_row(const T* parameters, int64_t features, int64_t classes, bool intercept, int form,
                    const T* x, T* probabilities) {
    const Kernels<T>& k = kernels<T>();
    const SparseRow<T> row{x, nullptr, features};
    return label_of<T>(parameters, features, classes, intercept, form, row, probabilities, [&](T* scores) {
        k.row_scores(parameters, features, classes, intercept, x, scores);
        // With finite parameters a bad feature always shows in the scores; there are fewer of those to look
        // at.
        if (!k.all_finite(scores, classes))
            for (int64_t d = 0; d < features; ++d)
                if (!std::isfinite(x[d])) return d;
        return int64_t{-1};
    });
}

template <class T>
int32_t predict_row(const T* parameters, int64_t features, int64_t classes, bool intercept, int form,
                    const SparseRow<T>& row, T* probabilities) {
    return label_of<T>(parameters, features, classes, intercept, form, row, probabilities, [&](T* scores) {
        const int64_t offsets[2] = {0, row.count};
        int64_t bad = first_bad_entry(offsets, row.indices, 1, features, true);
        for (int64_t k = 0; k < row.count && bad < 0; ++k)
            if (!std::isfinite(row.values[k])) bad = k;
        if (bad >= 0) return bad;
        // The row as the only column of its transpose, and the weights for errors.
        const int32_t column = 0;
        const SparseColumns<T> x{&column, offsets, row.indices, row.values};
        if (intercept) std::copy_n(parameters + features * classes, classes, scores);
        kernels<T>().sparse_gradient(x, 0, 1, parameters, classes, classes, scores, !intercept);
        return int64_t{-1};
    });
}

#define S4J_INSTANTIATE(T)                                                                               \
    template int64_t predict_scratch<T>(const Shape&, int);                                              \
    template void predict<T>(const s4j_data&, int64_t, bool, int, const T*, const Predictions<T>&, int); \
    template int32_t predict_row<T>(const T*, int64_t, int64_t, bool, int, const T*, T*);                \
    template int32_t predict_row<T>(const T*, int64_t, int64_t, bool, int, const SparseRow<T>&, T*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
