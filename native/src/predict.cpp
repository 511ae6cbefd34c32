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
    alignas(64) T scores[kSmallClasses * kRowBlock];
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
        const Tile<T> tile = Tiles<T>::block(classes).tile(scores, 0, block.n);
        if (task.unit_rows) divide_by_lengths(tile, block.rows, plan.shape.features);
        if (out.labels) k.block_arg_max(scores, block.n, classes, out.labels + first);
        if (out.scores) transpose_block(scores, block.n, classes, out.scores + first * classes);
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
        if (plan.regime == S4J_SPARSE) {
            SparseRow<T> entries[kPanelRows];
            for (int r = 0; r < block.n; ++r) entries[r] = rows.entries(first + r);
            k.sparse_scores(entries, block.n, parameters, classes, start, scores);
        } else {
            if (rows.stored) stage(rows, block, none, plan.shape.features, staged);
            k.panel_scores(rows.stored ? staged : rows.row(first),
                           rows.stored ? staged_stride<T>(plan.shape.features) : rows.stride, block.n,
                           plan.shape.features, parameters, start, plan.panels, scores);
        }
        const Tiles<T> tiles = Tiles<T>::panels(classes);
        if (task.unit_rows) {
            T factors[kPanelRows];
            for (int r = 0; r < block.n; ++r)
                factors[r] =
                    plan.regime == S4J_SPARSE
                        ? inverse_norm(rows.entries(first + r).values, rows.entries(first + r).count)
                        : inverse_norm(rows.stored ? staged + r * staged_stride<T>(plan.shape.features)
                                                   : rows.row(first + r),
                                       plan.shape.features);
            for (int64_t p = 0; p < plan.panels; ++p)
                k.tile_scale(tiles.tile(scores, p, block.n), factors, nullptr);
        }
        if (out.labels) k.panel_arg_max(scores, block.n, plan.panels, out.labels + first);
        if (out.scores) copy_panels(k, scores, block.n, classes, out.scores + first * classes);
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
        if (!task.loss && !out.probabilities) continue;
        const T of_label = task.loss ? row[rows.label(i)] : T(0);
        // Where the scores must stay, their exponentials go to scratch.
        if (out.scores && !out.probabilities) row = std::copy_n(row, C, scratch) - C;
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
                          (static_cast<double>(top - of_label) + std::log(static_cast<double>(z)));
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

    std::optional<ProductThreads> products;
    if (plan.regime == S4J_LARGE) threads = products.emplace(threads).count();
    parallel_for(tasks, threads, [&](int64_t t, int worker) {
        losses[t] = 0;
        const Task task{t * task_rows, std::min((t + 1) * task_rows, shape.rows),
                        out.loss ? &losses[t] : nullptr, (form & S4J_SIGMOIDS) != 0,
                        (form & S4J_UNIT_ROWS) != 0};
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
// i where that returns an i that is not negative. x: the row's values, for its length.
template <class T, class Score>
int32_t label_of(int64_t classes, int form, const T* x, int64_t values, T* probabilities,
                 const Score& score) {
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
    const int32_t label = k.arg_max(scores, classes);
    const Tile<T> tile = Tiles<T>::row(classes).tile(scores, 0, 1);
    if (probabilities && (form & S4J_UNIT_ROWS)) divide_by_lengths(tile, &x, values);
    if (probabilities && (form & S4J_SIGMOIDS)) {
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
    return label_of<T>(classes, form, x, features, probabilities, [&](T* scores) {
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
    return label_of<T>(classes, form, row.values, row.count, probabilities, [&](T* scores) {
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
