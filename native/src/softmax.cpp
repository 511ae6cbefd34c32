#include "softmax.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "blas.h"
#include "kernels.h"
#include "parallel.h"

namespace s4j {

namespace {

// Sums of many rows in single precision are moved to double after this many rows, which keeps the error of a
// float32 gradient independent of N.
constexpr int64_t kFlushRows = 2048;
// Elements of a parameter vector that one task takes.
constexpr int64_t kElementTile = 32768;

int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

// The lanes' losses, added up in order, and their partial gradients as parts.
template <class T>
double collect_lanes(const Plan& plan, const double* losses, const T* partials, int64_t part_stride,
                     Parts<T>* parts) {
    double loss = 0;
    for (int64_t lane = 0; lane < plan.lanes; ++lane) {
        loss += losses[lane];
        if (parts) parts->part[lane] = partials + lane * part_stride;
    }
    if (parts) parts->count = static_cast<int>(plan.lanes);
    return loss;
}

// ---- small C: own kernels on blocks of rows, gathered by pointer ----

// One block's rows, labels and weights, side by side.
template <class T>
struct Block {
    const T* rows[kRowBlock];
    int32_t labels[kRowBlock];
    T scale[kRowBlock];
    T losses[kRowBlock];
    int n = 0;

    void fill(const Rows<T>& all, int64_t first, int64_t count, double factor) {
        n = static_cast<int>(count);
        for (int r = 0; r < n; ++r) {
            const int64_t number = all.number(first + r);
            rows[r] = all.features + number * all.stride;
            labels[r] = all.labels[number];
            scale[r] =
                static_cast<T>(factor * (all.weights ? static_cast<double>(all.weights[number]) : 1.0));
        }
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

template <class T>
bool flushes(const Plan& plan) {
    return sizeof(T) == 4 && plan.rows_per_lane > 2 * kFlushRows;
}

template <class T>
double small_sum_loss(const Plan& plan, const Rows<T>& rows, const T* parameters, double scale,
                      Scratch& scratch, int threads, Parts<T>* parts) {
    const Kernels<T>& k = kernels<T>();
    const Shape& shape = plan.shape;
    const int classes = static_cast<int>(shape.classes);
    const Layout layout = plan.layout;
    const T* intercept = shape.intercept ? parameters + layout.weights : nullptr;
    const bool flush = flushes<T>(plan);
    const int64_t part_stride = Scratch::size_of<T>(layout.total) / static_cast<int64_t>(sizeof(T));

    double* losses = scratch.take<double>(plan.lanes);
    T* partials = parts ? scratch.take<T>(part_stride * plan.lanes) : nullptr;
    double* wide = parts && flush ? scratch.take<double>(layout.total * plan.lanes) : nullptr;

    parallel_for(plan.lanes, threads, [&](int64_t lane, int) {
        alignas(64) T scores[kSmallClasses * kRowBlock];
        Block<T> blocks[2];
        const int64_t begin = lane * plan.rows_per_lane;
        const int64_t end = std::min(begin + plan.rows_per_lane, shape.rows);
        T* gradient = parts ? partials + lane * part_stride : nullptr;
        double* lane_wide = wide ? wide + lane * layout.total : nullptr;
        if (lane_wide) std::fill_n(lane_wide, layout.total, 0.0);

        double loss = 0;
        bool fresh = true;
        int64_t since_flush = 0;
        Block<T>* block = &blocks[0];
        Block<T>* next = &blocks[1];
        block->fill(rows, begin, std::min(plan.block, end - begin), scale);
        for (int64_t first = begin; first < end; first += plan.block) {
            const int64_t after = first + plan.block;
            if (after < end)
                next->fill(rows, after, std::min(plan.block, end - after), scale);
            else
                next->n = 0;

            k.block_scores(block->rows, block->n, shape.features, parameters, intercept, classes, scores);
            k.block_cross_entropy(scores, block->n, classes, block->labels, block->scale, block->losses);
            loss += block->loss(rows, first);
            if (gradient) {
                k.block_gradient(block->rows, block->n, shape.features, scores, classes, gradient, fresh,
                                 next->rows, next->n);
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

// ---- rows through GEMM ----

// Rows [first, first + n) as a matrix: in place where they lie side by side, gathered otherwise.
template <class T>
const T* matrix_of(const Rows<T>& rows, int64_t first, int64_t n, int64_t features, T* gathered,
                   int64_t* stride) {
    if (rows.contiguous() && rows.stride <= kMaxBlasSize) {
        *stride = rows.stride;
        return rows.row(first);
    }
    for (int64_t r = 0; r < n; ++r)
        std::memcpy(gathered + r * features, rows.row(first + r), static_cast<size_t>(features) * sizeof(T));
    *stride = features;
    return gathered;
}

// ---- medium: blocks of rows through GEMM, one partial gradient per lane ----

template <class T>
double medium_sum_loss(const Plan& plan, const Rows<T>& rows, const T* parameters, double scale,
                       Scratch& scratch, int threads, Parts<T>* parts) {
    const Kernels<T>& k = kernels<T>();
    const Shape& shape = plan.shape;
    const int64_t D = shape.features, C = shape.classes;
    const Layout layout = plan.layout;
    const T* intercept = shape.intercept ? parameters + layout.weights : nullptr;
    const int64_t workers = std::min<int64_t>(threads, plan.lanes);
    const int64_t part_stride = Scratch::size_of<T>(layout.total) / static_cast<int64_t>(sizeof(T));

    double* losses = scratch.take<double>(plan.lanes);
    T* partials = parts ? scratch.take<T>(part_stride * plan.lanes) : nullptr;
    // One row more for the block's intercept gradient.
    T* all_scores = scratch.take<T>(workers * (plan.block + 1) * C);
    T* all_gathered = rows.contiguous() ? nullptr : scratch.take<T>(workers * plan.block * D);

    const SingleThreadedBlas single_threaded;
    parallel_for(plan.lanes, threads, [&](int64_t lane, int worker) {
        T* scores = all_scores + worker * (plan.block + 1) * C;
        T* gathered = all_gathered ? all_gathered + worker * plan.block * D : nullptr;
        T* gradient = parts ? partials + lane * part_stride : nullptr;
        T* intercept_gradient = gradient && intercept ? gradient + layout.weights : nullptr;
        // Summed per block first: over all of a lane's rows, one by one, single precision would lose the
        // small ones.
        T* intercept_sums = intercept_gradient ? scores + plan.block * C : nullptr;
        if (intercept_gradient) std::fill_n(intercept_gradient, C, T(0));
        const int64_t begin = lane * plan.rows_per_lane;
        const int64_t end = std::min(begin + plan.rows_per_lane, shape.rows);
        double loss = 0;
        for (int64_t first = begin; first < end; first += plan.block) {
            const int64_t n = std::min(plan.block, end - first);
            int64_t stride;
            const T* x = matrix_of(rows, first, n, D, gathered, &stride);
            gemm(n, C, D, x, stride, parameters, C, T(0), scores, C);
            if (intercept_sums) std::fill_n(intercept_sums, C, T(0));
            for (int64_t r = 0; r < n; ++r) {
                T* s = scores + r * C;
                const int32_t label = rows.label(first + r);
                const double weight = static_cast<double>(rows.weight(first + r));
                const T of_label = s[label] + (intercept ? intercept[label] : T(0));
                T top;
                const T z = k.exp_row(s, C, intercept, &top);
                loss += weight * (static_cast<double>(top - of_label) + std::log(static_cast<double>(z)));
                if (!gradient) continue;
                const T factor = static_cast<T>(weight * scale);
                k.scale_row(s, C, factor / z, intercept_sums);
                s[label] -= factor;
                if (intercept_sums) intercept_sums[label] -= factor;
            }
            if (intercept_sums) k.add_row(intercept_gradient, intercept_sums, C);
            if (gradient)
                gemm_transposed(D, C, n, x, stride, scores, C, T(first == begin ? 0 : 1), gradient, C);
        }
        losses[lane] = loss;
    });

    return collect_lanes(plan, losses, partials, part_stride, parts);
}

// ---- large: one block of scores at a time, cut into tiles; the gradient in place ----

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
    T* intercept_sums = gradient && intercept ? scratch.take<T>(row_tiles * C) : nullptr;
    T* scores = scratch.take<T>(B * C);
    T* maxima = scratch.take<T>(class_tiles * B);
    T* sums = scratch.take<T>(class_tiles * B);
    T* of_label = scratch.take<T>(B);
    double* losses = scratch.take<double>(B);
    T* gathered = rows.contiguous() ? nullptr : scratch.take<T>(B * D);
    T* intercept_total = intercept_sums ? gradient + layout.weights : nullptr;
    if (intercept_total) std::fill_n(intercept_total, C, T(0));

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
        for (int64_t r = 0; r < n; ++r) loss += losses[r];
        if (intercept_total)
            for (int64_t tile = 0; tile < row_tiles; ++tile)
                k.add_row(intercept_total, intercept_sums + tile * C, C);

        if (gradient)
            parallel_for(feature_tiles * class_tiles, threads, [&](int64_t task, int) {
                const int64_t c0 = task % class_tiles * plan.class_tile,
                              width = std::min(plan.class_tile, C - c0);
                const int64_t d0 = task / class_tiles * plan.feature_tile;
                const int64_t height = std::min(plan.feature_tile, D - d0);
                gemm_transposed(height, width, n, x + d0, stride, scores + c0, C, T(first == 0 ? 0 : 1),
                                gradient + d0 * C + c0, C);
            });
    }
    if (parts) {
        parts->count = 1;
        parts->part[0] = gradient;
    }
    return loss;
}

}  // namespace

template <class T>
int64_t sum_loss_scratch(const Plan& plan, bool contiguous, bool in_place, int threads) {
    const int64_t total = plan.layout.total, D = plan.shape.features, C = plan.shape.classes, B = plan.block;
    int64_t bytes = 0;
    const auto add = [&]<class U>(U, int64_t count) { bytes += Scratch::size_of<U>(count); };
    if (plan.regime == S4J_LARGE) {
        if (!in_place) add(T(), total);
        add(T(), plan.row_tiles() * C);
        add(T(), B * C);
        add(T(), 2 * plan.class_tiles() * B + 32);
        add(T(), B);
        add(double(), B);
        if (!contiguous) add(T(), B * D);
        return bytes;
    }
    add(double(), plan.lanes);
    bytes += plan.lanes * Scratch::size_of<T>(total);
    if (plan.regime == S4J_SMALL) {
        if (flushes<T>(plan)) add(double(), total * plan.lanes);
    } else {
        const int64_t workers = std::min<int64_t>(threads, plan.lanes);
        add(T(), workers * (B + 1) * C);
        if (!contiguous) add(T(), workers * B * D);
    }
    return bytes;
}

template <class T>
double sum_loss(const Plan& plan, const Rows<T>& rows, const T* parameters, double scale, Scratch& scratch,
                int threads, Parts<T>* parts) {
    switch (plan.regime) {
        case S4J_SMALL:
            return small_sum_loss(plan, rows, parameters, scale, scratch, threads, parts);
        case S4J_MEDIUM:
            return medium_sum_loss(plan, rows, parameters, scale, scratch, threads, parts);
        default:
            return large_sum_loss(plan, rows, parameters, scale, scratch, threads, parts);
    }
}

template <class T>
void pack_parameters(const Shape& shape, const Layout& layout, const T* parameters, T* packed) {
    if (!layout.class_major) {
        std::copy_n(parameters, layout.total, packed);
        return;
    }
    const int64_t D = shape.features, C = shape.classes, stride = padded_features<T>(D);
    for (int64_t c = 0; c < C; ++c) {
        for (int64_t d = 0; d < D; ++d) packed[c * stride + d] = parameters[d * C + c];
        std::fill(packed + c * stride + D, packed + (c + 1) * stride, T(0));
    }
    std::copy_n(parameters + D * C, shape.intercept_count(), packed + layout.weights);
}

template <class T>
void unpack_parameters(const Shape& shape, const Layout& layout, const T* packed, T* parameters) {
    if (!layout.class_major) {
        std::copy_n(packed, layout.total, parameters);
        return;
    }
    const int64_t D = shape.features, C = shape.classes, stride = padded_features<T>(D);
    for (int64_t d = 0; d < D; ++d)
        for (int64_t c = 0; c < C; ++c) parameters[d * C + c] = packed[c * stride + d];
    std::copy_n(packed + layout.weights, shape.intercept_count(), parameters + D * C);
}

template <class T>
int64_t packed_scratch(const Plan& plan) {
    return plan.layout.class_major ? Scratch::size_of<T>(plan.layout.total) : 0;
}

template <class T>
const T* packed_parameters(const Plan& plan, const T* parameters, Scratch& scratch) {
    if (!plan.layout.class_major) return parameters;
    T* packed = scratch.take<T>(plan.layout.total);
    pack_parameters(plan.shape, plan.layout, parameters, packed);
    return packed;
}

template <class T>
double loss_gradient(const s4j_data& data, int64_t classes, bool intercept, double l2, s4j_regime regime,
                     const T* parameters, T* gradient, int threads) {
    const Kernels<T>& k = kernels<T>();
    const Shape shape{data.rows, data.columns, classes, intercept};
    const Plan plan = make_plan<T>(shape, regime);
    Scratch scratch(2 * packed_scratch<T>(plan) + sum_loss_scratch<T>(plan, true, true, threads));
    const T* packed = packed_parameters(plan, parameters, scratch);
    T* reduced = gradient && plan.layout.class_major ? scratch.take<T>(plan.layout.total) : gradient;

    Parts<T> parts;
    parts.in_place = gradient;
    const double loss = sum_loss(plan, Rows<T>::all(data), packed, 1 / data.total_weight, scratch, threads,
                                 gradient ? &parts : nullptr) /
                        data.total_weight;
    const bool finished = gradient && parts.part[0] == gradient && l2 == 0;
    if (gradient && !finished) {
        const int64_t weights = plan.layout.weights, total = plan.layout.total;
        parallel_for(ceil_div(total, kElementTile), threads, [&](int64_t task, int) {
            const int64_t begin = task * kElementTile, end = std::min(begin + kElementTile, total);
            // The penalty ends where the intercept begins.
            const int64_t split = std::clamp(weights, begin, end);
            k.reduce(parts.part, parts.count, packed, l2, reduced, begin, split);
            k.reduce(parts.part, parts.count, packed, 0, reduced, split, end);
        });
        if (plan.layout.class_major) unpack_parameters(shape, plan.layout, reduced, gradient);
    }
    double penalty = 0;
    if (l2 != 0)
        for (int64_t i = 0; i < shape.weight_count(); ++i) {
            const double w = static_cast<double>(parameters[i]);
            penalty += w * w;
        }
    return loss + 0.5 * l2 * penalty;
}

#define S4J_INSTANTIATE(T)                                                                                \
    template int64_t sum_loss_scratch<T>(const Plan&, bool, bool, int);                                   \
    template double sum_loss<T>(const Plan&, const Rows<T>&, const T*, double, Scratch&, int, Parts<T>*); \
    template void pack_parameters<T>(const Shape&, const Layout&, const T*, T*);                          \
    template void unpack_parameters<T>(const Shape&, const Layout&, const T*, T*);                        \
    template int64_t packed_scratch<T>(const Plan&);                                                      \
    template const T* packed_parameters<T>(const Plan&, const T*, Scratch&);                              \
    template double loss_gradient<T>(const s4j_data&, int64_t, bool, double, s4j_regime, const T*, T*, int);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
