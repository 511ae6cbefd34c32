// Medium C: blocks of rows through the panel kernels, one partial gradient per lane.
#include <cmath>
#include <limits>

#include "kernels.h"
#include "parallel.h"
#include "regimes.h"

namespace s4j {

namespace {

// Sums of many blocks in single precision go to a second sum after this many, which keeps the error of a
// float32 gradient independent of N.
constexpr int64_t kFlushBlocks = 64;

template <class T>
bool flushes(const Plan& plan) {
    return sizeof(T) == 4 && plan.rows_per_lane > 2 * kFlushBlocks * plan.block;
}

// What one worker needs: a block's rows, their scores, and of those the tangents.
template <class T>
int64_t worker_scratch(const Plan& plan, bool product) {
    return Scratch::size_of<T>(kPanelRows * staged_stride<T>(plan.shape.features)) +
           (product ? 2 : 1) * Scratch::size_of<T>(plan.panels * kernels<T>().panel_stride);
}

}  // namespace

template <class T>
int64_t medium_scratch(const Plan& plan, Wanted wanted, int threads) {
    const int64_t partials = wanted.gradient == Gradient::kNone ? 0 : flushes<T>(plan) ? 2 : 1;
    return Scratch::size_of<double>(plan.lanes) +
           partials * plan.lanes * Scratch::size_of<T>(plan.layout.total) +
           (wanted.product ? 2 : 1) * Scratch::size_of<T>(plan.panels * kernels<T>().panel_classes) +
           std::min<int64_t>(threads, plan.lanes) * worker_scratch<T>(plan, wanted.product);
}

template <class T>
double medium_sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads,
                       Parts<T>* parts) {
    const Kernels<T>& k = kernels<T>();
    const Rows<T>& rows = pass.rows;
    const T* parameters = pass.parameters;
    const double scale = pass.scale;
    const Shape& shape = plan.shape;
    const int64_t D = shape.features, panels = plan.panels;
    const Layout layout = plan.layout;
    const int64_t stride = staged_stride<T>(D);
    const int64_t part_stride = Scratch::size_of<T>(layout.total) / static_cast<int64_t>(sizeof(T));

    double* losses = scratch.take<double>(plan.lanes);
    T* partials = parts ? scratch.take<T>(part_stride * plan.lanes) : nullptr;
    T* flushed = parts && flushes<T>(plan) ? scratch.take<T>(part_stride * plan.lanes) : nullptr;
    T* start = scratch.take<T>(panels * k.panel_classes);
    T* slope = pass.direction ? scratch.take<T>(panels * k.panel_classes) : nullptr;
    const int64_t worker_size =
        worker_scratch<T>(plan, pass.direction != nullptr) / static_cast<int64_t>(sizeof(T));
    T* workers = scratch.take<T>(std::min<int64_t>(threads, plan.lanes) * worker_size);

    const bool direct = pass.direct();
    const auto exp = [&](T* s, int n, T* maxima, T* sums) { k.panel_exp(s, n, panels, maxima, sums); };
    const Tiles<T> tiles = Tiles<T>::panels(shape.classes);
    start_scores(plan, parameters, -std::numeric_limits<T>::infinity(), start);
    pass.loss.mask(start);
    if (slope) start_scores(plan, pass.direction, T(0), slope);
    parallel_for(plan.lanes, threads, [&](int64_t lane, int worker) {
        T* staged = workers + worker * worker_size;
        T* scores = staged + kPanelRows * stride;
        T* tangents = scores + panels * k.panel_stride;
        T* gradient = parts ? partials + lane * part_stride : nullptr;
        T* intercept_gradient = gradient && shape.intercept ? gradient + layout.weights : nullptr;
        const int64_t begin = lane * plan.rows_per_lane;
        const int64_t end = std::min(begin + plan.rows_per_lane, shape.rows);
        RowBlock<T, kPanelRows> blocks[2];
        RowBlock<T, kPanelRows>* block = &blocks[0];
        RowBlock<T, kPanelRows>* next = &blocks[1];
        block->fill(rows, begin, std::min(plan.block, end - begin), scale);
        T* lane_flushed = flushed ? flushed + lane * part_stride : nullptr;
        if (lane_flushed) std::fill_n(lane_flushed, layout.total, T(0));
        double loss = 0;
        int64_t summed = 0;
        for (int64_t first = begin; first < end; first += plan.block) {
            const int64_t after = first + plan.block;
            if (after < end)
                next->fill(rows, after, std::min(plan.block, end - after), scale);
            else
                next->n = 0;
            stage(rows, *block, *next, D, staged);
            k.panel_scores(staged, stride, block->n, D, parameters, start, panels, scores);
            if (pass.direction)
                k.panel_scores(staged, stride, block->n, D, pass.direction, slope, panels, tangents);
            const auto finite = [&](const T* s) { return panels_finite(k, s, block->n, shape.classes); };
            const auto link = [&] {
                if (!direct)
                    link_block(pass.loss, tiles, block->block_rows(), pass.class_factors, scores,
                               pass.direction ? tangents : nullptr, exp, block->losses);
                else if (pass.direction)
                    tangent(k, scores, tangents, block->n, panels, block->scale);
                else
                    k.panel_cross_entropy(scores, block->n, shape.classes, block->labels, block->scale,
                                          pass.loss.smoothing(), block->losses);
            };
            link_rows(plan, pass, tiles, k.panel_classes, *block, start, slope, scores, tangents, finite,
                      link, [&](int r) {
                          return SparseRow<T>{staged + r * stride, nullptr, D};
                      });
            if (!pass.direction) loss += block->loss(rows, first);
            if (gradient) {
                k.panel_gradient(staged, stride, block->n, D, scores, panels, gradient, intercept_gradient,
                                 summed == 0, next->rows, rows.stored ? 0 : next->n);
                if (++summed == kFlushBlocks && lane_flushed && after < end) {
                    k.add_row(lane_flushed, gradient, layout.total);
                    summed = 0;
                }
            }
            std::swap(block, next);
        }
        if (lane_flushed) k.add_row(gradient, lane_flushed, layout.total);
        losses[lane] = loss;
    });
    return collect_lanes(plan, losses, partials, part_stride, parts);
}

#define S4J_INSTANTIATE(T)                                        \
    template int64_t medium_scratch<T>(const Plan&, Wanted, int); \
    template double medium_sum_loss<T>(const Plan&, const Pass<T>&, Scratch&, int, Parts<T>*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
