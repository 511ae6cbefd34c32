// Large C: one block of scores at a time, cut into tiles; the gradient in place.
#include <cmath>
#include <cstring>
#include <numeric>

#include "blas.h"
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
// Rows whose losses are added up before they join the sum.
constexpr int64_t kLossRows = 32;

bool flushes(const Plan& plan) {
    return plan.shape.rows > 2 * kFlushBlocks * plan.block;
}

int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

}  // namespace

template <class T>
int64_t large_scratch(const Plan& plan, bool contiguous, bool in_place) {
    const int64_t C = plan.shape.classes, B = plan.block;
    return ((in_place ? 0 : 1) + (flushes(plan) ? 1 : 0)) * Scratch::size_of<T>(plan.layout.total) +
           Scratch::size_of<T>(plan.row_tiles() * C) + Scratch::size_of<T>(B * C) +
           2 * Scratch::size_of<T>(plan.class_tiles() * B) + Scratch::size_of<T>(B) +
           Scratch::size_of<double>(B) + (contiguous ? 0 : Scratch::size_of<T>(B * plan.shape.features));
}

// Each tile of classes keeps exp(s - m) with its own maximum m and sum z per row; the tiles' pairs combine to
// the row's logsumexp, because log-sum-exp is associative.
template <class T>
double large_sum_loss(const Plan& plan, const Rows<T>& rows, const T* parameters, double scale,
                      Scratch& scratch, int threads, Parts<T>* parts) {
    const Kernels<T>& k = kernels<T>();
    const Shape& shape = plan.shape;
    const int64_t D = shape.features, C = shape.classes, B = plan.block;
    const Layout layout = plan.layout;
    const T* intercept = shape.intercept ? parameters + layout.weights : nullptr;
    const int64_t class_tiles = plan.class_tiles(), row_tiles = plan.row_tiles();
    const int64_t feature_tiles = plan.feature_tiles();

    T* gradient = !parts ? nullptr : parts->in_place ? parts->in_place : scratch.take<T>(layout.total);
    T* flushed = gradient && flushes(plan) ? scratch.take<T>(layout.total) : nullptr;
    T* intercept_sums = gradient && intercept ? scratch.take<T>(row_tiles * C) : nullptr;
    T* scores = scratch.take<T>(B * C);
    T* maxima = scratch.take<T>(class_tiles * B);
    T* sums = scratch.take<T>(class_tiles * B);
    T* of_label = scratch.take<T>(B);
    double* losses = scratch.take<double>(B);
    T* gathered = rows.contiguous() ? nullptr : scratch.take<T>(B * D);
    T* intercept_total = intercept_sums ? gradient + layout.weights : nullptr;
    if (flushed) std::fill_n(flushed, layout.total, T(0));
    // to += from
    const auto add_all = [&](T* to, const T* from) {
        parallel_for(ceil_div(layout.total, kElementTile), threads, [&](int64_t task, int) {
            const int64_t begin = task * kElementTile;
            k.add_row(to + begin, from + begin, std::min(kElementTile, layout.total - begin));
        });
    };
    int64_t summed = 0;  // blocks in `gradient`

    const SingleThreadedBlas single_threaded;
    double loss = 0;
    for (int64_t first = 0; first < shape.rows; first += B) {
        const int64_t n = std::min(B, shape.rows - first);
        if (gathered)
            parallel_for(ceil_div(n, 32), threads, [&](int64_t task, int) {
                for (int64_t r = task * 32; r < std::min(n, task * 32 + 32); ++r)
                    std::memcpy(gathered + r * D, rows.row(first + r), static_cast<size_t>(D) * sizeof(T));
            });
        const T* x = gathered ? gathered : rows.row(first);
        const int64_t stride = gathered ? D : rows.stride;

        parallel_for(row_tiles * class_tiles, threads, [&](int64_t task, int) {
            const int64_t tile = task % class_tiles;
            const int64_t c0 = tile * plan.class_tile, width = std::min(plan.class_tile, C - c0);
            const int64_t r0 = task / class_tiles * plan.row_tile;
            const int64_t count = std::min(plan.row_tile, n - r0);
            if (count <= 0) return;
            gemm(count, width, D, x + r0 * stride, stride, parameters + c0, C, T(0), scores + r0 * C + c0, C);
            for (int64_t r = r0; r < r0 + count; ++r) {
                T* s = scores + r * C + c0;
                const int64_t label = rows.label(first + r) - c0;
                if (label >= 0 && label < width)
                    of_label[r] = s[label] + (intercept ? intercept[c0 + label] : T(0));
                sums[tile * B + r] =
                    k.exp_row(s, width, intercept ? intercept + c0 : nullptr, &maxima[tile * B + r]);
            }
        });

        parallel_for(row_tiles * class_tiles, threads, [&](int64_t task, int) {
            const int64_t tile = task % class_tiles;
            const int64_t c0 = tile * plan.class_tile, width = std::min(plan.class_tile, C - c0);
            const int64_t row_tile = task / class_tiles, r0 = row_tile * plan.row_tile;
            const int64_t r1 = std::min(r0 + plan.row_tile, n);
            T* intercept_gradient = intercept_sums ? intercept_sums + row_tile * C + c0 : nullptr;
            if (intercept_gradient) std::fill_n(intercept_gradient, width, T(0));
            for (int64_t r = r0; r < r1; ++r) {
                double top = static_cast<double>(maxima[r]);
                for (int64_t t = 1; t < class_tiles; ++t)
                    top = std::max(top, static_cast<double>(maxima[t * B + r]));
                double z = 0;
                for (int64_t t = 0; t < class_tiles; ++t)
                    z += static_cast<double>(sums[t * B + r]) *
                         std::exp(static_cast<double>(maxima[t * B + r]) - top);
                const double weight = static_cast<double>(rows.weight(first + r));
                if (tile == 0) losses[r] = weight * ((top - static_cast<double>(of_label[r])) + std::log(z));
                if (!gradient) continue;
                const double own = std::exp(static_cast<double>(maxima[tile * B + r]) - top);
                T* s = scores + r * C + c0;
                k.scale_row(s, width, static_cast<T>(weight * scale * own / z), intercept_gradient);
                const int64_t label = rows.label(first + r) - c0;
                if (label >= 0 && label < width) {
                    s[label] -= static_cast<T>(weight * scale);
                    if (intercept_gradient) intercept_gradient[label] -= static_cast<T>(weight * scale);
                }
            }
        });
        double block_loss = 0;
        for (int64_t r = 0; r < n; r += kLossRows)
            block_loss += std::accumulate(losses + r, losses + std::min(r + kLossRows, n), 0.0);
        loss += block_loss;
        if (intercept_total && summed == 0) std::fill_n(intercept_total, C, T(0));
        if (intercept_total)
            for (int64_t tile = 0; tile < row_tiles; ++tile)
                k.add_row(intercept_total, intercept_sums + tile * C, C);

        if (gradient)
            parallel_for(feature_tiles * class_tiles, threads, [&](int64_t task, int) {
                const int64_t c0 = task % class_tiles * plan.class_tile,
                              width = std::min(plan.class_tile, C - c0);
                const int64_t d0 = task / class_tiles * plan.feature_tile;
                const int64_t height = std::min(plan.feature_tile, D - d0);
                gemm_transposed(height, width, n, x + d0, stride, scores + c0, C, T(summed == 0 ? 0 : 1),
                                gradient + d0 * C + c0, C);
            });
        if (++summed == kFlushBlocks && flushed && first + B < shape.rows) {
            add_all(flushed, gradient);
            summed = 0;
        }
    }
    if (flushed) add_all(gradient, flushed);
    if (parts) {
        parts->count = 1;
        parts->part[0] = gradient;
    }
    return loss;
}

#define S4J_INSTANTIATE(T)                                                                          \
    template int64_t large_scratch<T>(const Plan&, bool, bool);                                     \
    template double large_sum_loss<T>(const Plan&, const Rows<T>&, const T*, double, Scratch&, int, \
                                      Parts<T>*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
