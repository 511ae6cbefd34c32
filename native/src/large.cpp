// Large C: one block of rows at a time, the classes cut into tiles; the gradient in place.
//
// Each tile of classes keeps exp(s - m) with its own maximum m and sum z per row; the tiles' pairs combine to
// the row's logsumexp, because log-sum-exp is associative. What remains to a tile's errors p - onehot is one
// factor per row, which they get on their way into the gradient.
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels.h"
#include "parallel.h"
#include "regimes.h"

namespace s4j {

namespace {

// Sums of many blocks go to a second sum after this many, which keeps the error of the gradient independent
// of N.
constexpr int64_t kFlushBlocks = 64;
// Elements of a gradient that one task adds.
constexpr int64_t kElementTile = 32768;
// Rows that one task stages.
constexpr int kStageRows = 32;
// Rows whose losses are added up before they join the sum.
constexpr int64_t kLossRows = 32;
// Features of a tile of weights that are packed at once, and whose columns of rows stay in L2.
template <class T>
constexpr int64_t kDepth = 2048 / sizeof(T);
// Panels whose gradients are summed side by side, so that they meet the row-major gradient in longer runs.
constexpr int64_t kGroup = 4;

bool flushes(const Plan& plan) {
    return plan.shape.rows > 2 * kFlushBlocks * plan.block;
}

// The scratch of a call.
template <class T>
struct Buffers {
    T* gradient = nullptr;          // where the caller has no place for it
    T* tangents = nullptr;          // of the scores, shaped like them
    T* tangent_of_label = nullptr;  // block
    T* slope = nullptr;             // panels x panel_classes: what the tangents start from
    T* flushed = nullptr;           // the second sum
    T* staged;                      // a block's rows, staged_stride apart
    T* scores;                      // by kPanelRows rows, panels of scores, then of exponentials
    T* maxima;                      // of each tile of classes (class_tiles x block); then its rows' factors
    T* sums;                        // of each tile of classes (class_tiles x block)
    T* means;                       // likewise: of the tangents, or products of targets and scores
    T* of_label;                    // block
    double* losses;                 // block
    T* start;                       // panels x panel_classes
    T* workers;  // per worker: packed weights or sums of the gradient, and one panel of errors
    int64_t worker_size;

    Buffers(const Plan& plan, Wanted wanted, int threads, Scratch& scratch) {
        const Kernels<T>& k = kernels<T>();
        const int64_t total = plan.layout.total, B = plan.block;
        if (wanted.gradient == Gradient::kParts) gradient = scratch.take<T>(total);
        if (wanted.product) {
            tangents = scratch.take<T>(plan.sub_blocks() * plan.panels * k.panel_stride);
            tangent_of_label = scratch.take<T>(B);
            slope = scratch.take<T>(plan.panels * k.panel_classes);
        }
        if (flushes(plan)) flushed = scratch.take<T>(total);
        staged = scratch.take<T>(B * staged_stride<T>(plan.shape.features));
        scores = scratch.take<T>(plan.sub_blocks() * plan.panels * k.panel_stride);
        maxima = scratch.take<T>(plan.class_tiles() * B);
        sums = scratch.take<T>(plan.class_tiles() * B);
        means = scratch.take<T>(plan.class_tiles() * B);
        of_label = scratch.take<T>(B);
        losses = scratch.take<double>(B);
        start = scratch.take<T>(plan.panels * k.panel_classes);
        const int64_t depth = std::min(kDepth<T>, plan.shape.features);
        worker_size = depth * std::max(plan.class_tile, kGroup * k.panel_classes) + k.panel_stride;
        workers = scratch.take<T>(threads * worker_size);
    }
};

// One call over all rows.
template <class T>
class LargePass {
  public:
    LargePass(const Plan& plan, const Pass<T>& pass, int threads, const Buffers<T>& buffers, T* gradient)
        : k_(kernels<T>()),
          plan_(plan),
          loss_(pass.loss),
          direct_(pass.direct() && pass.loss.smoothing() == 0),
          class_factors_(pass.class_factors),
          rows_(pass.rows),
          parameters_(pass.parameters),
          direction_(pass.direction),
          scale_(pass.scale),
          // Each weight is read, and multiplied for each row of a block.
          threads_(threads_for(plan.layout.total * (1 + plan.block / 8), threads)),
          b_(buffers),
          gradient_(gradient),
          stride_(staged_stride<T>(plan.shape.features)),
          tile_panels_(plan.class_tile / k_.panel_classes) {}

    double run() {
        start_scores(plan_, parameters_, -std::numeric_limits<T>::infinity(), b_.start);
        loss_.mask(b_.start);
        if (direction_) start_scores(plan_, direction_, T(0), b_.slope);
        if (b_.flushed && gradient_) std::fill_n(b_.flushed, plan_.layout.total, T(0));
        double loss = 0;
        int64_t summed = 0;  // blocks in the gradient
        for (first_ = 0; first_ < plan_.shape.rows; first_ += plan_.block) {
            n_ = std::min(plan_.block, plan_.shape.rows - first_);
            stage();
            score();
            loss += normalise();
            if (!gradient_) continue;
            add_gradient(summed == 0);
            if (++summed == kFlushBlocks && b_.flushed && first_ + plan_.block < plan_.shape.rows) {
                add_all(b_.flushed, gradient_);
                summed = 0;
            }
        }
        if (b_.flushed && gradient_) add_all(gradient_, b_.flushed);
        return loss;
    }

  private:
    // to += from
    void add_all(T* to, const T* from) const {
        const int64_t total = plan_.layout.total;
        parallel_for(ceil_div(total, kElementTile), threads_, [&](int64_t task, int) {
            const int64_t begin = task * kElementTile;
            k_.add_row(to + begin, from + begin, std::min(kElementTile, total - begin));
        });
    }

    void stage() const {
        parallel_for(ceil_div(n_, kStageRows), threads_, [&](int64_t task, int) {
            RowBlock<T, kStageRows> block, none;
            const int64_t r = task * kStageRows;
            block.fill(rows_, first_ + r, std::min<int64_t>(kStageRows, n_ - r), 1);
            s4j::stage(rows_, block, none, plan_.shape.features, b_.staged + r * stride_);
        });
    }

    // Panel p of the scores, or of their tangents, from row r of its sub-block on.
    T* panel(T* of, int64_t r, int64_t p) const {
        return of + (r / kPanelRows * plan_.panels + p) * k_.panel_stride + r % kPanelRows * k_.panel_classes;
    }
    T* panel(int64_t r, int64_t p) const { return panel(b_.scores, r, p); }
    int sub_block_rows(int64_t r) const { return static_cast<int>(std::min<int64_t>(kPanelRows, n_ - r)); }

    // Exponentials, maxima and sums of each tile of classes, and the scores of the labels.
    void score() const {
        const int64_t D = plan_.shape.features, C = plan_.shape.classes;
        const int64_t width = k_.panel_classes, class_tiles = plan_.class_tiles();
        parallel_for(plan_.row_tiles() * class_tiles, threads_, [&](int64_t task, int worker) {
            const int64_t tile = task % class_tiles, p0 = tile * tile_panels_;
            const int64_t panels = std::min(tile_panels_, plan_.panels - p0);
            const int64_t c0 = p0 * width, classes = std::min(plan_.class_tile, C - c0);
            const int64_t r0 = task / class_tiles * plan_.row_tile, r1 = std::min(r0 + plan_.row_tile, n_);
            T* packed = b_.workers + worker * b_.worker_size;
            const auto multiply = [&](const T* weights, const T* start, T* scores) {
                for (int64_t d = 0; d < D && r0 < r1; d += kDepth<T>) {
                    const int64_t depth = std::min(kDepth<T>, D - d);
                    k_.panel_pack(weights + d * C + c0, C, depth, classes, packed);
                    for (int64_t r = r0; r < r1; r += kPanelRows)
                        k_.panel_scores(b_.staged + r * stride_ + d, stride_, sub_block_rows(r), depth,
                                        packed, d == 0 ? start + c0 : nullptr, panels, panel(scores, r, p0));
                }
            };
            multiply(parameters_, b_.start, b_.scores);
            if (direction_) multiply(direction_, b_.slope, b_.tangents);
            for (int64_t r = r0; r < r1; r += kPanelRows) {
                bool lost[kPanelRows];
                const int n = sub_block_rows(r);
                const bool some = !finite(tile, r, n, lost);
                exponentials(tile, r, n, false);
                // For normalise to see.
                for (int i = 0; some && i < n; ++i)
                    if (lost[i]) b_.sums[tile * plan_.block + r + i] = std::numeric_limits<T>::quiet_NaN();
            }
        });
    }

    // Whether the scores and tangents of n rows of a sub-block are finite in a tile of classes; those that are not are
    // then lost.
    bool finite(int64_t tile, int64_t r, int n, bool* lost) const {
        const int64_t p0 = tile * tile_panels_, c0 = p0 * k_.panel_classes;
        const int64_t classes = std::min(plan_.class_tile, plan_.shape.classes - c0);
        const bool masks = !loss_.masked.empty();
        T *scores = panel(r, p0), *tangents = direction_ ? panel(b_.tangents, r, p0) : nullptr;
        if (!masks && panels_finite(k_, scores, n, classes) &&
            (!tangents || panels_finite(k_, tangents, n, classes)))
            return true;
        const Tiles<T> tiles = Tiles<T>::panels(classes);
        bool good = true;
        for (int i = 0; i < n; ++i) {
            const int64_t at = i * k_.panel_classes;
            lost[i] = !whole(tiles, scores + at, b_.start + c0, masks) ||
                      (tangents && !whole(tiles, tangents + at, b_.start + c0, false));
            good &= !lost[i];
        }
        return good;
    }

    // From scores and their tangents of n rows of a sub-block to what score leaves. scaled: they have their factors.
    void exponentials(int64_t tile, int64_t r, int n, bool scaled) const {
        const int64_t width = k_.panel_classes, p0 = tile * tile_panels_;
        const int64_t panels = std::min(tile_panels_, plan_.panels - p0);
        const int64_t c0 = p0 * width, classes = std::min(plan_.class_tile, plan_.shape.classes - c0);
        if (!direct_) {
            prepare(tile, p0, panels, r, n, scaled);
            if (loss_.of_sigmoids()) return;
        }
        for (int i = 0; i < n && !rows_.targets; ++i) {
            const int64_t label = rows_.label(first_ + r + i) - c0;
            if (label < 0 || label >= classes) continue;
            const int64_t at = i * width + label % width;
            T& score = panel(r, p0 + label / width)[at];
            b_.of_label[r + i] = score;
            if (direct_) continue;
            score = static_cast<T>(label_score(loss_, static_cast<double>(score)));
            if (direction_) b_.tangent_of_label[r + i] = panel(b_.tangents, r, p0 + label / width)[at];
        }
        k_.panel_exp(panel(r, p0), n, panels, b_.maxima + tile * plan_.block + r,
                     b_.sums + tile * plan_.block + r);
        if (direction_)
            k_.panel_dot(panel(r, p0), panel(b_.tangents, r, p0), n, panels,
                         b_.means + tile * plan_.block + r);
    }

    // n rows of a sub-block with what goes with them.
    RowBlock<T, kPanelRows> some_rows(int64_t r, int n) const {
        RowBlock<T, kPanelRows> block;
        block.fill(rows_, first_ + r, n, scale_);
        return block;
    }
    Tile<T> tile_of(T* scores, int n, int64_t p) const {
        const int64_t width = k_.panel_classes;
        return {scores, width, 1, n, std::min(width, plan_.shape.classes - p * width), width};
    }
    const T* class_factors(int64_t p) const {
        return class_factors_ ? class_factors_ + p * k_.panel_classes : nullptr;
    }

    // Where the loss has no kernels of its own, before the exponentials: factors of the scores, their
    // products with the targets; of sigmoids the errors at once, and the tile's losses in the place of its
    // sums.
    void prepare(int64_t tile, int64_t p0, int64_t panels, int64_t r, int n, bool scaled) const {
        const RowBlock<T, kPanelRows> block = some_rows(r, n);
        const BlockRows<T> rows = block.block_rows();
        T own[kPanelRows];
        const T* factors = score_factors(loss_, rows.factors, rows.n, own);
        T* sums = b_.sums + tile * plan_.block + r;
        T* dots = b_.means + tile * plan_.block + r;
        std::fill_n(sums, rows.n, T(0));
        std::fill_n(dots, rows.n, T(0));
        for (int64_t p = p0; p < p0 + panels; ++p) {
            const Tile<T> scores = tile_of(panel(r, p), n, p);
            T* tangents = direction_ ? panel(b_.tangents, r, p) : nullptr;
            if (!scaled) k_.tile_scale(scores, factors, class_factors(p));
            if (!scaled && tangents) k_.tile_scale(tile_of(tangents, n, p), factors, class_factors(p));
            const TileTargets<T> targets = tile_targets(loss_, rows, p * k_.panel_classes);
            if (loss_.of_sigmoids())
                k_.tile_sigmoid(scores, targets, loss_.clip(), tangents, sums);
            else if (!tangents && (targets.rows || targets.uniform))
                k_.tile_dot(scores, targets, dots);
        }
    }

    // Sums of a row over its tiles of classes.
    double over_tiles(const T* of_tiles, int64_t r) const {
        double sum = 0;
        for (int64_t t = 0; t < plan_.class_tiles(); ++t)
            sum += static_cast<double>(of_tiles[t * plan_.block + r]);
        return sum;
    }

    // From a row's maximum and sum to its loss and what errors_of needs: the factors of its exponentials in
    // the place of the maxima, the error of its label in that of the label's score, and the label's slope, or
    // slope and offset of the tangents, in the first tile's sums and means.
    void link(int64_t r, double top, double z, double shift) const {
        const double of_label = rows_.targets ? 0 : static_cast<double>(b_.of_label[r]);
        const double weight = static_cast<double>(rows_.weight(first_ + r));
        const double scaled = weight * scale_ * row_factor(r);
        const RowScores row{top, std::log(z),
                            static_cast<double>(static_cast<T>(label_score(loss_, of_label))),
                            direction_ ? 0 : over_tiles(b_.means, r), shift};
        double factor;
        if (direction_) {
            const double tangent = rows_.targets ? 0 : static_cast<double>(b_.tangent_of_label[r]);
            const RowTangents t = link_tangents(loss_, row, static_cast<double>(b_.means[r]), tangent);
            b_.sums[r] = static_cast<T>(t.slope);
            b_.means[r] = static_cast<T>(t.offset);
            b_.of_label[r] = static_cast<T>(scaled * t.label);
            factor = scaled / z;
        } else {
            const RowErrors e = link_errors(loss_, rows_.targets != nullptr, row);
            b_.losses[r] = weight * e.loss;
            b_.sums[r] = static_cast<T>(label_slope(loss_, of_label));
            b_.of_label[r] = static_cast<T>(scaled * e.label);
            factor = e.softmax / z;
        }
        for (int64_t t = 0; t < plan_.class_tiles(); ++t) {
            T& m = b_.maxima[t * plan_.block + r];
            m = static_cast<T>(static_cast<double>(m) * factor);
        }
    }
    double row_factor(int64_t r) const {
        const double own = rows_.factors ? static_cast<double>(rows_.factors[rows_.number(first_ + r)]) : 1;
        return own * loss_.score_factor();
    }

    // As errors_of, for losses that have no kernels of their own.
    void linked_errors(int64_t r, int64_t p, T* errors) const {
        const int64_t width = k_.panel_classes;
        const int n = sub_block_rows(r);
        const RowBlock<T, kPanelRows> block = some_rows(r, n);
        const BlockRows<T> rows = block.block_rows();
        const Tile<T> tile = tile_of(panel(r, p), n, p);
        const T* factors = b_.maxima + p / tile_panels_ * plan_.block + r;
        T weights[kPanelRows];
        for (int i = 0; i < rows.n; ++i)
            weights[i] = static_cast<T>(static_cast<double>(rows.weights[i]) * row_factor(r + i));
        if (loss_.of_sigmoids()) return k_.panel_scale(tile.at, rows.n, weights, errors);
        if (direction_)
            k_.tile_tangents(tile, panel(b_.tangents, r, p), factors, b_.sums + r, b_.means + r, errors);
        else
            k_.tile_errors(tile, tile_targets(loss_, rows, p * width), factors, weights, loss_.clip(),
                           errors);
        for (int i = 0; i < rows.n && !rows.targets; ++i) {
            const int64_t label = rows.labels[i] - p * width;
            if (label < 0 || label >= width) continue;
            T& error = errors[i * width + label];
            error += b_.of_label[r + i];
            if (!direction_) error *= b_.sums[r + i];
        }
    }

    // Whether a row has been found to be one, and what came of its scores is finite.
    bool is_whole(int64_t r) const {
        bool good = true;
        for (int64_t t = 0; t < plan_.class_tiles(); ++t) {
            const int64_t at = t * plan_.block + r;
            good &= std::isfinite(b_.sums[at]) && ((direct_ && !direction_) || std::isfinite(b_.means[at]));
        }
        return good;
    }
    // Does a row once more, with scores from a wider type; returns what those are less by.
    double mend(int64_t r) const {
        const auto wide = [&](const T* weights, const T* start) {
            return WideRow<T>(plan_.regime, plan_.shape.features, plan_.shape.classes, weights, start,
                              {b_.staged + r * stride_, nullptr, plan_.shape.features});
        };
        const double shift =
            wide(parameters_, b_.start)
                .scores(tiles(), panel(r, 0), row_factor(r), class_factors_, loss_.shiftable());
        // Past the last class, as they were.
        T* last = panel(r, plan_.panels - 1);
        std::fill(last + (plan_.shape.classes - 1) % k_.panel_classes + 1, last + k_.panel_classes,
                  -std::numeric_limits<T>::infinity());
        if (direction_)
            wide(direction_, b_.slope)
                .tangents(tiles(), panel(b_.tangents, r, 0), row_factor(r), class_factors_);
        for (int64_t t = 0; t < plan_.class_tiles(); ++t) exponentials(t, r, 1, true);
        return shift;
    }
    Tiles<T> tiles() const { return Tiles<T>::panels(plan_.shape.classes); }

    // The block's loss; the maxima turn into the factors from a tile's exponentials to scale * weight * p.
    double normalise() const {
        const int64_t class_tiles = plan_.class_tiles(), B = plan_.block;
        parallel_for(ceil_div(n_, kLossRows), threads_, [&](int64_t task, int) {
            const int64_t r0 = task * kLossRows, n = std::min(kLossRows, n_ - r0);
            T top[kLossRows];
            double z[kLossRows] = {}, shifts[kLossRows] = {};
            for (int64_t i = 0; i < n; ++i)
                if (!is_whole(r0 + i)) shifts[i] = mend(r0 + i);
            if (loss_.of_sigmoids()) {
                for (int64_t r = r0; r < r0 + n; ++r)
                    b_.losses[r] = static_cast<double>(rows_.weight(first_ + r)) * over_tiles(b_.sums, r);
                return;
            }
            std::copy_n(b_.maxima + r0, n, top);
            for (int64_t t = 1; t < class_tiles; ++t)
                for (int64_t i = 0; i < n; ++i) top[i] = std::max(top[i], b_.maxima[t * B + r0 + i]);
            for (int64_t t = 0; t < class_tiles; ++t) {
                T* m = b_.maxima + t * B + r0;
                for (int64_t i = 0; i < n; ++i) m[i] -= top[i];
                k_.exp(m, m, n);
                for (int64_t i = 0; i < n; ++i)
                    z[i] += static_cast<double>(b_.sums[t * B + r0 + i]) * static_cast<double>(m[i]);
            }
            if (direction_) finish_means(r0, n, z);
            for (int64_t i = 0; i < n; ++i) {
                const int64_t r = r0 + i;
                if (!direct_) {
                    link(r, static_cast<double>(top[i]), z[i], shifts[i]);
                    continue;
                }
                const double weight = static_cast<double>(rows_.weight(first_ + r));
                b_.losses[r] = weight * ((static_cast<double>(top[i]) - static_cast<double>(b_.of_label[r])) +
                                         std::log(z[i]));
                const T factor = static_cast<T>(weight * scale_ / z[i]);
                for (int64_t t = 0; t < class_tiles; ++t) b_.maxima[t * B + r] *= factor;
            }
        });
        double loss = 0;
        for (int64_t r = 0; r < n_; r += kLossRows)
            loss += std::accumulate(b_.losses + r, b_.losses + std::min(r + kLossRows, n_), 0.0);
        return loss;
    }

    // The rows' means of the tangents over all classes, in the first tile's place. maxima hold exp(m - top).
    void finish_means(int64_t r0, int64_t n, const double* z) const {
        for (int64_t i = 0; i < n; ++i) {
            double sum = 0;
            for (int64_t t = 0; t < plan_.class_tiles(); ++t) {
                const int64_t at = t * plan_.block + r0 + i;
                sum += static_cast<double>(b_.means[at]) * static_cast<double>(b_.maxima[at]);
            }
            b_.means[r0 + i] = static_cast<T>(sum / z[i]);
        }
    }

    // errors = (p - onehot) * scale * weight of one panel and the sub-block at row r, or their derivative
    void errors_of(int64_t r, int64_t p, T* errors) const {
        if (!direct_) return linked_errors(r, p, errors);
        const int64_t width = k_.panel_classes;
        const int n = sub_block_rows(r);
        const T* factors = b_.maxima + p / tile_panels_ * plan_.block + r;
        if (direction_) {
            k_.panel_tangent(panel(r, p), panel(b_.tangents, r, p), n, factors, b_.means + r, errors);
            return;
        }
        k_.panel_scale(panel(r, p), n, factors, errors);
        for (int i = 0; i < n; ++i) {
            const int64_t label = rows_.label(first_ + r + i) - p * width;
            if (label >= 0 && label < width)
                errors[i * width + label] -=
                    static_cast<T>(static_cast<double>(rows_.weight(first_ + r + i)) * scale_);
        }
    }

    void add_gradient(bool assign) const {
        const int64_t D = plan_.shape.features, C = plan_.shape.classes;
        const int64_t width = k_.panel_classes, class_tiles = plan_.class_tiles();
        parallel_for(plan_.feature_tiles() * class_tiles, threads_, [&](int64_t task, int worker) {
            const int64_t p0 = task % class_tiles * tile_panels_,
                          p1 = std::min(p0 + tile_panels_, plan_.panels);
            const int64_t d0 = task / class_tiles * plan_.feature_tile,
                          d1 = std::min(d0 + plan_.feature_tile, D);
            T* sums = b_.workers + worker * b_.worker_size;
            T* errors = sums + b_.worker_size - k_.panel_stride;
            for (int64_t d = d0; d < d1; d += kDepth<T>) {
                const int64_t depth = std::min(kDepth<T>, d1 - d);
                for (int64_t group = p0; group < p1; group += kGroup) {
                    const int64_t end = std::min(group + kGroup, p1);
                    for (int64_t r = 0; r < n_; r += kPanelRows)
                        for (int64_t p = group; p < end; ++p) {
                            errors_of(r, p, errors);
                            k_.panel_gradient(b_.staged + r * stride_ + d, stride_, sub_block_rows(r), depth,
                                              errors, 1, sums + (p - group) * depth * width, nullptr, r == 0,
                                              nullptr, 0);
                            if (d == 0 && plan_.shape.intercept) add_intercept(p, errors, r, assign);
                        }
                    const int64_t c0 = group * width, classes = std::min((end - group) * width, C - c0);
                    k_.panel_unpack(sums, depth, classes, gradient_ + d * C + c0, C, assign);
                }
            }
        });
    }

    void add_intercept(int64_t p, const T* errors, int64_t r, bool assign) const {
        const int64_t width = k_.panel_classes, c0 = p * width;
        T* g = gradient_ + plan_.layout.weights + c0;
        for (int64_t c = 0; c < std::min(width, plan_.shape.classes - c0); ++c) {
            T sum = 0;
            for (int i = 0; i < sub_block_rows(r); ++i) sum += errors[i * width + c];
            g[c] = assign && r == 0 ? sum : g[c] + sum;
        }
    }

    const Kernels<T>& k_;
    const Plan& plan_;
    const Loss& loss_;
    const bool direct_;
    const T* class_factors_;
    const Rows<T>& rows_;
    const T* parameters_;
    const T* direction_;
    const double scale_;
    const int threads_;
    const Buffers<T>& b_;
    T* gradient_;
    const int64_t stride_, tile_panels_;
    int64_t first_ = 0, n_ = 0;  // the block
};

}  // namespace

template <class T>
int64_t large_scratch(const Plan& plan, Wanted wanted, int threads) {
    Scratch counter;
    Buffers<T>(plan, wanted, threads, counter);
    return counter.used();
}

template <class T>
double large_sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts) {
    const bool in_place = !parts || parts->in_place;
    const Wanted wanted{in_place ? Gradient::kInPlace : Gradient::kParts, pass.direction != nullptr};
    const Buffers<T> buffers(plan, wanted, threads, scratch);
    T* gradient = !parts ? nullptr : in_place ? parts->in_place : buffers.gradient;
    const double loss = LargePass<T>(plan, pass, threads, buffers, gradient).run();
    if (parts) {
        parts->count = 1;
        parts->part[0] = gradient;
    }
    return loss;
}

#define S4J_INSTANTIATE(T)                                       \
    template int64_t large_scratch<T>(const Plan&, Wanted, int); \
    template double large_sum_loss<T>(const Plan&, const Pass<T>&, Scratch&, int, Parts<T>*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
