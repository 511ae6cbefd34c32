// The ways to loss and gradient, and what they share.
#pragma once

#include <algorithm>
#include <cstring>

#include "loss_block.h"
#include "softmax.h"
#include "wide_row.h"

namespace s4j {

// One block's rows by pointer, their labels and weights, side by side.
template <class T, int Most>
struct RowBlock {
    const T* rows[Most];
    int32_t labels[Most];
    T scale[Most];
    T losses[Most];
    const T* targets[Most];
    T factors[Most];
    int n = 0;
    bool has_targets, has_factors;

    void fill(const Rows<T>& all, int64_t first, int64_t count, double factor) {
        n = static_cast<int>(count);
        for (int r = 0; r < n; ++r) {
            const int64_t number = all.number(first + r);
            rows[r] = all.row(first + r);
            labels[r] = all.labels ? all.labels[number] : 0;
            scale[r] =
                static_cast<T>(factor * (all.weights ? static_cast<double>(all.weights[number]) : 1.0));
        }
        has_targets = all.targets != nullptr;
        has_factors = all.factors != nullptr;
        for (int r = 0; r < n && has_targets; ++r)
            targets[r] = all.targets + all.number(first + r) * all.classes;
        for (int r = 0; r < n && has_factors; ++r) factors[r] = all.factors[all.number(first + r)];
    }
    BlockRows<T> block_rows() const {
        return {n, labels, has_targets ? targets : nullptr, has_factors ? factors : nullptr, scale};
    }
    BlockRows<T> row(int r) const {
        return {1, labels + r, has_targets ? targets + r : nullptr, has_factors ? factors + r : nullptr,
                scale + r};
    }
    double loss(const Rows<T>& all, int64_t first) const {
        double sum = 0;
        for (int r = 0; r < n; ++r) {
            const double w = all.weights ? static_cast<double>(all.weights[all.number(first + r)]) : 1.0;
            sum += w * static_cast<double>(losses[r]);
        }
        return sum;
    }
};

// Elements from row to row of a block that is copied together: an odd number of cache lines, so that the same
// column of all rows does not fall into the same cache set.
template <class T>
int64_t staged_stride(int64_t features) {
    constexpr int64_t line = 64 / sizeof(T);
    return ((features + line - 1) / line | 1) * line;
}

// The values of row i: in `own` (staged_stride elements) where they are stored otherwise.
template <class T>
const T* value_row(const Rows<T>& rows, int64_t i, int64_t features, T* own) {
    const T* row = rows.row(i);
    if (!rows.stored) return row;
    kernels<T>().stage_rows(rows.source, &row, 1, features, own, staged_stride<T>(features), nullptr, 0);
    return own;
}

// From scores and tangents to the tangents of the errors, in the scores' place.
template <class T>
void tangent(const Kernels<T>& k, T* scores, const T* tangents, int n, int64_t panels, const T* scale) {
    T maxima[kPanelRows], sums[kPanelRows], means[kPanelRows];
    k.panel_exp(scores, n, panels, maxima, sums);
    k.panel_dot(scores, tangents, n, panels, means);
    for (int r = 0; r < n; ++r) {
        means[r] /= sums[r];
        sums[r] = scale[r] / sums[r];
    }
    for (int64_t p = 0; p < panels; ++p) {
        T* panel = scores + p * k.panel_stride;
        k.panel_tangent(panel, tangents + p * k.panel_stride, n, sums, means, panel);
    }
}

// The block's rows side by side as values, staged_stride apart. The next block's are fetched meanwhile where
// they are stored otherwise: the kernels cannot.
template <class T, int Most>
void stage(const Rows<T>& rows, const RowBlock<T, Most>& block, const RowBlock<T, Most>& next,
           int64_t features, T* staged) {
    const int64_t stride = staged_stride<T>(features);
    if (rows.stored)
        kernels<T>().stage_rows(rows.source, block.rows, block.n, features, staged, stride, next.rows,
                                next.n);
    else
        for (int r = 0; r < block.n; ++r)
            std::memcpy(staged + r * stride, block.rows[r], static_cast<size_t>(features) * sizeof(T));
}

// The small kernels take rows where they lie; those that are stored otherwise are staged, and then lie there.
template <class T, int Most>
void stage_in_place(const Rows<T>& rows, RowBlock<T, Most>& block, const RowBlock<T, Most>& next,
                    int64_t features, T* staged) {
    if (!rows.stored) return;
    stage(rows, block, next, features, staged);
    for (int r = 0; r < block.n; ++r) block.rows[r] = staged + r * staged_stride<T>(features);
}
template <class T>
int64_t small_stage_size(const Plan& plan) {
    return plan.shape.stored ? plan.block * staged_stride<T>(plan.shape.features) : 0;
}

// The lanes' losses, added up in order, and their partial gradients as parts.
template <class T>
double collect_lanes(const Plan& plan, const double* losses, T* partials, int64_t part_stride,
                     Parts<T>* parts) {
    double loss = 0;
    for (int64_t lane = 0; lane < plan.lanes; ++lane) {
        loss += losses[lane];
        if (parts) parts->part[lane] = partials + lane * part_stride;
    }
    if (parts) parts->count = static_cast<int>(plan.lanes);
    return loss;
}

// Whether a row's scores are finite, but for those of classes that start from -inf where there are such.
template <class T>
bool whole(const Tiles<T>& tiles, T* scores, const T* start, bool masks) {
    bool good = true;
    for (int64_t c = 0; c < tiles.classes; ++c) {
        const T s = tiles.score(scores, 0, c), lowest = -std::numeric_limits<T>::infinity();
        good &= std::isfinite(s) || (masks && s == lowest && start[c] == lowest);
    }
    return good;
}

// Whether all scores of n rows in panels are finite, those past the last class aside.
template <class T>
bool panels_finite(const Kernels<T>& k, const T* panels, int n, int64_t classes) {
    bool good = true;
    for (; classes >= k.panel_classes; classes -= k.panel_classes, panels += k.panel_stride)
        good = good && k.all_finite(panels, n * k.panel_classes);
    for (int r = 0; r < n && classes > 0; ++r)
        good = good && k.all_finite(panels + r * k.panel_classes, classes);
    return good;
}

// The rows of a block, from their scores and tangents to their losses and errors: link() does all of them, and those
// whose scores or tangents have overflowed are done once more from those of a wider type. `step`: elements from row to
// row. finite(values): whether all of the block's are, at a glance. values(r): row r's.
template <class T, int Most, class Finite, class Link, class Values>
void link_rows(const Plan& plan, const Pass<T>& pass, const Tiles<T>& tiles, int64_t step,
               RowBlock<T, Most>& block, const T* start, const T* slope, T* scores, T* tangents,
               const Finite& finite, const Link& link, const Values& values) {
    const bool masks = !pass.loss.masked.empty();
    const bool good = !masks && finite(scores) && (!pass.direction || finite(tangents));
    bool lost[Most];
    for (int r = 0; r < block.n && !good; ++r)
        lost[r] = !whole(tiles, scores + r * step, start, masks) ||
                  (pass.direction && !whole(tiles, tangents + r * step, start, false));
    link();
    // Finite scores may have sums and differences that are not.
    if (good && (pass.direction || kernels<T>().all_finite(block.losses, block.n))) return;
    for (int r = 0; r < block.n; ++r) {
        if ((good || !lost[r]) && (pass.direction || std::isfinite(block.losses[r]))) continue;
        const Shape& shape = plan.shape;
        const SparseRow<T> x = values(r);
        const WideRow<T> score(plan.regime, shape.features, shape.classes, pass.parameters, start, x),
            tangent(plan.regime, shape.features, shape.classes, pass.direction, slope, x);
        mend_row(pass.loss, tiles, block.row(r), pass.class_factors, score,
                 pass.direction ? &tangent : nullptr, scores + r * step,
                 pass.direction ? tangents + r * step : nullptr, block.losses + r);
    }
}

// What each regime needs of scratch: as sum_loss_scratch.
template <class T>
int64_t small_scratch(const Plan& plan, Wanted wanted, int threads);
template <class T>
int64_t medium_scratch(const Plan& plan, Wanted wanted, int threads);
template <class T>
int64_t large_scratch(const Plan& plan, Wanted wanted, int threads);
template <class T>
int64_t sparse_scratch(const Plan& plan, Wanted wanted, int threads);

// The factors of the classes' scores that make cosines of a margin's: its scale over the length of a class's
// weights, and the scale alone where there are none. parameters: in the plan's layout; factors: C.
template <class T>
void cosine_factors(const Plan& plan, const Loss& loss, const T* parameters, T* factors, int threads);
// From a gradient by the scores before those factors, as the sum of its parts, to that of the cosines.
template <class T>
void finish_cosines(const Plan& plan, const Loss& loss, const T* parameters, const T* factors,
                    Parts<T>& parts, int threads);

// What each regime does: as sum_loss.
template <class T>
double small_sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts);
template <class T>
double medium_sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts);
template <class T>
double large_sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts);
template <class T>
double sparse_sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts);

}  // namespace s4j
