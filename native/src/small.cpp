// Small C: own kernels on blocks of rows, gathered by pointer.
#include "kernels.h"
#include "parallel.h"
#include "regimes.h"

namespace s4j {

namespace {

// Sums of many rows in single precision are moved to double after this many rows, which keeps the error of a
// float32 gradient independent of N.
constexpr int64_t kFlushRows = 2048;

template <class T>
bool flushes(const Plan& plan) {
    return sizeof(T) == 4 && plan.rows_per_lane > 2 * kFlushRows;
}

}  // namespace

template <class T>
int64_t small_scratch(const Plan& plan, Wanted wanted, int threads) {
    const int64_t total = plan.layout.total;
    const int64_t always =
        Scratch::size_of<double>(plan.lanes) +
        std::min<int64_t>(threads, plan.lanes) * Scratch::size_of<T>(small_stage_size<T>(plan));
    if (wanted.gradient == Gradient::kNone) return always;
    return always + plan.lanes * Scratch::size_of<T>(total) +
           (flushes<T>(plan) ? Scratch::size_of<double>(total * plan.lanes) : 0);
}

template <class T>
double small_sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts) {
    const Kernels<T>& k = kernels<T>();
    const Rows<T>& rows = pass.rows;
    const T* parameters = pass.parameters;
    const double scale = pass.scale;
    const Shape& shape = plan.shape;
    const int classes = static_cast<int>(shape.classes);
    const Layout layout = plan.layout;
    const T* intercept = shape.intercept ? parameters + layout.weights : nullptr;
    const bool flush = flushes<T>(plan), direct = pass.direct();
    const T* slope = pass.direction && shape.intercept ? pass.direction + layout.weights : nullptr;
    const Tiles<T> tiles = Tiles<T>::block(classes);
    // Where classes are masked their scores start from -inf.
    T masked[kSmallClasses] = {};
    const T* start = intercept;
    if (!pass.loss.masked.empty()) {
        if (intercept) std::copy_n(intercept, classes, masked);
        pass.loss.mask(masked);
        start = masked;
    }
    const auto exp = [&](T* s, int n, T* maxima, T* sums) { k.block_exp(s, n, classes, maxima, sums); };
    const int64_t part_stride = Scratch::size_of<T>(layout.total) / static_cast<int64_t>(sizeof(T));

    double* losses = scratch.take<double>(plan.lanes);
    T* partials = parts ? scratch.take<T>(part_stride * plan.lanes) : nullptr;
    double* wide = parts && flush ? scratch.take<double>(layout.total * plan.lanes) : nullptr;

    const int64_t stage_size = small_stage_size<T>(plan);
    T* stages = scratch.take<T>(std::min<int64_t>(threads, plan.lanes) * stage_size);

    parallel_for(plan.lanes, threads, [&](int64_t lane, int worker) {
        T* staged = stages + worker * stage_size;
        // Of a block's columns past its last row something is left, or 0: finite, as a rule.
        alignas(64) T scores[kSmallClasses * kRowBlock] = {};
        alignas(64) T tangents[kSmallClasses * kRowBlock];
        if (pass.direction) std::fill_n(tangents, classes * kRowBlock, T(0));
        RowBlock<T, kRowBlock> blocks[2];
        const int64_t begin = lane * plan.rows_per_lane;
        const int64_t end = std::min(begin + plan.rows_per_lane, shape.rows);
        T* gradient = parts ? partials + lane * part_stride : nullptr;
        double* lane_wide = wide ? wide + lane * layout.total : nullptr;
        if (lane_wide) std::fill_n(lane_wide, layout.total, 0.0);

        double loss = 0;
        bool fresh = true;
        int64_t since_flush = 0;
        RowBlock<T, kRowBlock>* block = &blocks[0];
        RowBlock<T, kRowBlock>* next = &blocks[1];
        block->fill(rows, begin, std::min(plan.block, end - begin), scale);
        for (int64_t first = begin; first < end; first += plan.block) {
            const int64_t after = first + plan.block;
            if (after < end)
                next->fill(rows, after, std::min(plan.block, end - after), scale);
            else
                next->n = 0;

            stage_in_place(rows, *block, *next, shape.features, staged);
            k.block_scores(block->rows, block->n, shape.features, parameters, start, classes, scores, nullptr,
                           0);
            if (pass.direction)
                k.block_scores(block->rows, block->n, shape.features, pass.direction, slope, classes,
                               tangents, nullptr, 0);
            const auto finite = [&](const T* s) { return k.all_finite(s, classes * kRowBlock); };
            const auto link = [&] {
                if (!direct)
                    link_block(pass.loss, tiles, block->block_rows(), pass.class_factors, scores,
                               pass.direction ? tangents : nullptr, exp, block->losses);
                else if (pass.direction)
                    k.block_tangent(scores, tangents, block->n, classes, block->scale);
                else
                    k.block_cross_entropy(scores, block->n, classes, block->labels, block->scale,
                                          pass.loss.smoothing(), block->losses);
            };
            link_rows(plan, pass, tiles, 1, *block, start, slope, scores, tangents, finite, link, [&](int r) {
                return SparseRow<T>{block->rows[r], nullptr, shape.features};
            });
            if (!pass.direction) loss += block->loss(rows, first);
            if (gradient) {
                k.block_gradient(block->rows, block->n, shape.features, scores, classes, gradient, fresh,
                                 next->rows, rows.stored ? 0 : next->n);
                if (intercept)
                    for (int c = 0; c < classes; ++c) {
                        T sum = 0;
                        for (int r = 0; r < block->n; ++r) sum += scores[c * kRowBlock + r];
                        T& g = gradient[layout.weights + c];
                        g = fresh ? sum : g + sum;
                    }
                fresh = false;
                since_flush += block->n;
                if (lane_wide && (since_flush >= kFlushRows || after >= end)) {
                    k.widen_add(lane_wide, gradient, layout.total);
                    fresh = true;
                    since_flush = 0;
                }
            }
            std::swap(block, next);
        }
        losses[lane] = loss;
        if (lane_wide)
            for (int64_t i = 0; i < layout.total; ++i) gradient[i] = static_cast<T>(lane_wide[i]);
    });

    return collect_lanes(plan, losses, partials, part_stride, parts);
}

#define S4J_INSTANTIATE(T)                                       \
    template int64_t small_scratch<T>(const Plan&, Wanted, int); \
    template double small_sum_loss<T>(const Plan&, const Pass<T>&, Scratch&, int, Parts<T>*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
