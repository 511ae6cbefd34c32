// Sparse rows: scores and errors of a block of rows in panels, the weights row-major. The gradient of whole
// blocks of the data through its transpose, every row of it in registers; that of other rows scattered entry
// by entry.
#include <algorithm>
#include <limits>

#include "kernels.h"
#include "parallel.h"
#include "regimes.h"

namespace s4j {

namespace {

// Tasks that share the gradient of a block: columns with as many entries each, or as many features.
constexpr int64_t kGradientTasks = 32;
// Rows that are scattered into one sum before that goes to a second one, which keeps the error of the
// gradient independent of N.
constexpr int64_t kFlushRows = 2048;

// Whether scattered gradients need a second sum. Through the transpose they do not: where the call is one
// over all of the data, and its blocks were not cut.
bool flushes(const Plan& plan, Gradient gradient) {
    return plan.shape.rows > 2 * kFlushRows &&
           (gradient == Gradient::kParts || plan.block < transpose_rows(plan.shape.rows));
}

// The scratch of a call.
template <class T>
struct Buffers {
    T* gradient = nullptr;        // where the caller has no place for it
    T* flushed = nullptr;         // the second sum
    uint8_t* touched = nullptr;   // by feature: whether the gradient holds a row for it
    T* errors = nullptr;          // of a block, row-major
    T* sums = nullptr;            // of the errors of each task's rows
    double* intercept = nullptr;  // their sum
    double* losses;               // of each task
    T* start;                     // panels x panel_classes
    T* slope = nullptr;           // likewise: what the tangents start from
    T* workers;                   // per worker: scores, and their tangents
    int64_t worker_size;

    Buffers(const Plan& plan, Wanted wanted, int threads, Scratch& scratch) {
        const int64_t padded = plan.panels * kernels<T>().panel_classes, classes = plan.shape.classes,
                      tasks = ceil_div(plan.block, plan.row_tile);
        if (wanted.gradient == Gradient::kParts) gradient = scratch.take<T>(plan.layout.total);
        if (wanted.gradient != Gradient::kNone) {
            if (flushes(plan, wanted.gradient)) flushed = scratch.take<T>(plan.layout.weights);
            touched = scratch.take<uint8_t>(plan.shape.features);
            errors = scratch.take<T>(plan.block * classes);
            sums = scratch.take<T>(tasks * classes);
            intercept = scratch.take<double>(classes);
        }
        losses = scratch.take<double>(tasks);
        start = scratch.take<T>(padded);
        if (wanted.product) slope = scratch.take<T>(padded);
        worker_size = (wanted.product ? 2 : 1) * plan.panels * kernels<T>().panel_stride;
        workers = scratch.take<T>(std::min<int64_t>(threads, tasks) * worker_size);
    }
};

// One call over its rows.
template <class T>
class SparsePass {
  public:
    SparsePass(const Plan& plan, const Pass<T>& pass, int threads, const Buffers<T>& buffers, T* gradient)
        : k_(kernels<T>()),
          plan_(plan),
          pass_(pass),
          rows_(pass.rows),
          classes_(plan.shape.classes),
          most_threads_(threads),
          threads_(threads),
          b_(buffers),
          gradient_(gradient),
          by_columns_(rows_.transpose && !rows_.index && plan.shape.rows == rows_.transpose->rows() &&
                      plan.block == rows_.transpose->block_rows()),
          direct_(pass.direct()) {}

    // Sets *all where every row of the gradient is there, not only those that were touched.
    double run(bool* all) {
        start_scores(plan_, pass_.parameters, -std::numeric_limits<T>::infinity(), b_.start);
        pass_.loss.mask(b_.start);
        if (pass_.direction) start_scores(plan_, pass_.direction, T(0), b_.slope);
        if (gradient_) {
            std::fill_n(b_.intercept, classes_, 0.0);
            std::fill_n(b_.touched, plan_.shape.features, uint8_t{0});
        }
        bool flushed = false;
        double loss = 0;
        int64_t summed = 0;  // rows in the gradient
        for (first_ = 0; first_ < plan_.shape.rows; first_ += plan_.block) {
            n_ = std::min(plan_.block, plan_.shape.rows - first_);
            threads_ = threads_for(entries() * classes_ / 4, most_threads_);
            loss += score();
            if (!gradient_) continue;
            if (by_columns_) {
                gather();
                continue;
            }
            for (int64_t begin = 0; begin < n_; begin += kFlushRows) {
                const int64_t end = std::min(begin + kFlushRows, n_);
                scatter(begin, end);
                summed += end - begin;
                if (b_.flushed && summed >= kFlushRows && first_ + end < plan_.shape.rows) {
                    flush(flushed);
                    flushed = true;
                    summed = 0;
                }
            }
        }
        if (gradient_ && plan_.shape.intercept)
            for (int64_t c = 0; c < classes_; ++c)
                gradient_[plan_.layout.weights + c] = static_cast<T>(b_.intercept[c]);
        if (flushed) add_flushed();
        *all = by_columns_ || flushed;
        return loss;
    }

    // Writes the rows of the gradient that are zero.
    void complete() const {
        for_features([&](int64_t d0, int64_t d1) {
            for (int64_t d = d0; d < d1; ++d)
                if (!b_.touched[d]) std::fill_n(gradient_ + d * classes_, classes_, T(0));
        });
    }

  private:
    // Calls f(first, last) for ranges of features, side by side.
    template <class F>
    void for_features(const F& f) const {
        const int64_t features = plan_.shape.features, each = ceil_div(features, kGradientTasks);
        parallel_for(ceil_div(features, each), threads_,
                     [&](int64_t task, int) { f(task * each, std::min((task + 1) * each, features)); });
    }

    // Of the block's rows.
    int64_t entries() const {
        if (!rows_.index)
            return rows_.offsets[rows_.first + first_ + n_] - rows_.offsets[rows_.first + first_];
        int64_t sum = 0;
        for (int64_t r = 0; r < n_; ++r) sum += rows_.entries(first_ + r).count;
        return sum;
    }

    // The block's loss, its errors, and their sum.
    double score() const {
        const int64_t tasks = ceil_div(n_, plan_.row_tile), width = k_.panel_classes;
        parallel_for(tasks, threads_, [&](int64_t task, int worker) {
            const int64_t begin = task * plan_.row_tile, end = std::min(begin + plan_.row_tile, n_);
            T* scores = b_.workers + worker * b_.worker_size;
            T* tangents = scores + plan_.panels * k_.panel_stride;
            RowBlock<T, kPanelRows> block;
            block.fill(rows_, first_ + begin, end - begin, pass_.scale);
            SparseRow<T> rows[kPanelRows];
            for (int r = 0; r < block.n; ++r) rows[r] = rows_.entries(first_ + begin + r);
            k_.sparse_scores(rows, block.n, pass_.parameters, classes_, b_.start, scores);
            if (pass_.direction)
                k_.sparse_scores(rows, block.n, pass_.direction, classes_, b_.slope, tangents);
            const Tiles<T> tiles = Tiles<T>::panels(classes_);
            const auto exp = [&](T* s, int n, T* maxima, T* sums) {
                k_.panel_exp(s, n, plan_.panels, maxima, sums);
            };
            const auto finite = [&](const T* s) { return panels_finite(k_, s, block.n, classes_); };
            const auto link = [&] {
                if (!direct_)
                    link_block(pass_.loss, tiles, block.block_rows(), pass_.class_factors, scores,
                               pass_.direction ? tangents : nullptr, exp, block.losses);
                else if (pass_.direction)
                    tangent(k_, scores, tangents, block.n, plan_.panels, block.scale);
                else
                    k_.panel_cross_entropy(scores, block.n, classes_, block.labels, block.scale,
                                           pass_.loss.smoothing(), block.losses);
            };
            link_rows(plan_, pass_, tiles, width, block, b_.start, b_.slope, scores, tangents, finite, link,
                      [&](int r) { return rows[r]; });
            b_.losses[task] = pass_.direction ? 0 : block.loss(rows_, first_ + begin);
            if (!gradient_) return;
            T* errors = b_.errors + begin * classes_;
            for (int64_t p = 0; p < plan_.panels; ++p)
                for (int r = 0; r < block.n; ++r)
                    std::copy_n(scores + p * k_.panel_stride + r * width,
                                std::min(width, classes_ - p * width), errors + r * classes_ + p * width);
            T* sums = b_.sums + task * classes_;
            std::copy_n(errors, classes_, sums);
            for (int r = 1; r < block.n; ++r) k_.add_row(sums, errors + r * classes_, classes_);
        });
        double loss = 0;
        for (int64_t task = 0; task < tasks; ++task) {
            loss += b_.losses[task];
            if (gradient_) k_.widen_add(b_.intercept, b_.sums + task * classes_, classes_);
        }
        return loss;
    }

    // Adds the gradient of the block by its columns; that of the first block is assigned.
    void gather() const {
        const int64_t b = first_ / plan_.block, columns = rows_.transpose->columns(b);
        const SparseColumns<T> x = rows_.transpose->template block<T>(b);
        const int64_t entries = x.starts[columns] - x.starts[0];
        parallel_for(kGradientTasks, threads_, [&](int64_t task, int) {
            const auto cut = [&](int64_t t) {
                const int64_t at =
                    x.starts[0] + static_cast<int64_t>(static_cast<double>(entries) / kGradientTasks *
                                                       static_cast<double>(t));
                return t == kGradientTasks ? columns
                                           : std::lower_bound(x.starts, x.starts + columns, at) - x.starts;
            };
            const int64_t begin = cut(task), end = cut(task + 1);
            if (first_ == 0) {
                int64_t next = begin == 0 ? 0 : x.columns[begin - 1] + 1;
                for (int64_t i = begin; i < end; ++i) {
                    zero(next, x.columns[i]);
                    next = x.columns[i] + 1;
                }
                if (task + 1 == kGradientTasks) zero(next, plan_.shape.features);
            }
            k_.sparse_gradient(x, begin, end, b_.errors, classes_, classes_, gradient_, first_ == 0);
        });
    }
    void zero(int64_t d0, int64_t d1) const {
        std::fill_n(gradient_ + d0 * classes_, (d1 - d0) * classes_, T(0));
    }

    // Adds the gradient of rows [begin, end) of the block, entry by entry.
    void scatter(int64_t begin, int64_t end) const {
        for_features([&](int64_t d0, int64_t d1) {
            for (int64_t r = begin; r < end; ++r) {
                const SparseRow<T> row = rows_.entries(first_ + r);
                const int32_t* last = row.indices + row.count;
                const int32_t* from = std::lower_bound(row.indices, last, d0);
                const int32_t* to = std::lower_bound(from, last, d1);
                k_.sparse_scatter({row.values + (from - row.indices), from, to - from},
                                  b_.errors + r * classes_, classes_, gradient_, b_.touched);
            }
        });
    }

    // Moves the gradient to the second sum.
    void flush(bool again) const {
        for_features([&](int64_t d0, int64_t d1) {
            for (int64_t d = d0; d < d1; ++d) {
                T* to = b_.flushed + d * classes_;
                if (!again) std::fill_n(to, classes_, T(0));
                if (b_.touched[d]) k_.add_row(to, gradient_ + d * classes_, classes_);
                b_.touched[d] = 0;
            }
        });
    }
    void add_flushed() const {
        for_features([&](int64_t d0, int64_t d1) {
            for (int64_t d = d0; d < d1; ++d) {
                T* g = gradient_ + d * classes_;
                if (!b_.touched[d]) std::fill_n(g, classes_, T(0));
                k_.add_row(g, b_.flushed + d * classes_, classes_);
            }
        });
    }

    const Kernels<T>& k_;
    const Plan& plan_;
    const Pass<T>& pass_;
    const Rows<T>& rows_;
    const int64_t classes_;
    const int most_threads_;
    int threads_;  // that the block is worth
    const Buffers<T>& b_;
    T* gradient_;
    const bool by_columns_, direct_;
    int64_t first_ = 0, n_ = 0;  // the block
};

}  // namespace

template <class T>
int64_t sparse_scratch(const Plan& plan, Wanted wanted, int threads) {
    Scratch counter;
    Buffers<T>(plan, wanted, threads, counter);
    return counter.used();
}

template <class T>
double sparse_sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads,
                       Parts<T>* parts) {
    const Gradient kind = !parts ? Gradient::kNone : parts->in_place ? Gradient::kInPlace : Gradient::kParts;
    const Buffers<T> buffers(plan, {kind, pass.direction != nullptr}, threads, scratch);
    T* gradient = kind == Gradient::kInPlace ? parts->in_place : buffers.gradient;
    SparsePass<T> run(plan, pass, threads, buffers, gradient);
    bool all;
    const double loss = run.run(&all);
    if (parts) {
        parts->count = 1;
        parts->part[0] = gradient;
        if (!all && kind == Gradient::kInPlace) run.complete();
        parts->touched = all || kind == Gradient::kInPlace ? nullptr : buffers.touched;
    }
    return loss;
}

#define S4J_INSTANTIATE(T)                                        \
    template int64_t sparse_scratch<T>(const Plan&, Wanted, int); \
    template double sparse_sum_loss<T>(const Plan&, const Pass<T>&, Scratch&, int, Parts<T>*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
