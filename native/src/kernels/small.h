// Small C: all classes of several rows stay in registers while the kernels run along the features.
#pragma once

#include <limits>

#include "../kernels.h"
#include "math.h"
#include "tiles.h"

namespace s4j::S4J_ISA {

// Register tiles: R rows x K classes of accumulators, R rows and one weight vector beside them.
constexpr int kTileClasses = kRegisters == 32 ? 12 : 6;
constexpr int tile_rows(int k) {
    constexpr int few[] = {0, 6, 4, 3, 3, 2, 2};
    constexpr int many[] = {0, 8, 8, 7, 5, 4, 4, 3, 3, 2, 2, 2, 2};
    return kRegisters == 32 ? many[k] : few[k];
}
// The gradient's tiles: K classes x V vectors of features, V rows' vectors and one error beside them. Up to
// kFewClasses in all, there is room for more vectors than two.
constexpr int kFewClasses = kTileClasses / 2;
constexpr int kFewClassVectors = kRegisters == 32 ? 4 : 3;

// Calls f(first, std::integral_constant<int, K>) for the tiles that C classes are cut into, as even as can
// be.
template <int Most, class F>
S4J_INLINE void for_class_tiles(int classes, F&& f) {
    const int tiles = (classes + Most - 1) / Most;
    const int base = classes / tiles, wider = classes % tiles;
    int first = 0;
    for (int i = 0; i < tiles; ++i) {
        const int k = base + (i < wider);
        with_tile(
            k, [&](auto width) { f(first, width); }, std::make_integer_sequence<int, Most>{});
        first += k;
    }
}

// scores of R rows and K classes; prefetches R other rows, where `ahead` is not null
template <class T, int R, int K>
S4J_INLINE void scores_tile(const T* const* rows, const T* const* ahead, int64_t features, const T* weights,
                            const T* intercept, T* scores) {
    constexpr int L = kLanes<T>, kLine = 64 / sizeof(T);
    const int64_t stride = padded_features<T>(features);
    const T* x[R];
    for (int r = 0; r < R; ++r) x[r] = rows[r];
    Vec<T> sums[R][K] = {};
    const auto add = [&](int64_t d) {
        Vec<T> xs[R];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) xs[r] = load(x[r] + d);
#pragma GCC unroll 12
        for (int k = 0; k < K; ++k) {
            const Vec<T> w = load(weights + k * stride + d);
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r) sums[r][k] += xs[r] * w;
        }
    };
    int64_t d = 0;
    if (ahead) {
        const T* next[R];
        for (int r = 0; r < R; ++r) next[r] = ahead[r];
        for (; d + kLine <= features; d += kLine) {
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r) __builtin_prefetch(next[r] + d, 0, 2);
#pragma GCC unroll 4
            for (int v = 0; v < kLine; v += L) add(d + v);
        }
    }
    for (; d + L <= features; d += L) add(d);
    if (d < features) {
        Vec<T> xs[R];
        for (int r = 0; r < R; ++r) xs[r] = load_partial(x[r] + d, static_cast<int>(features - d));
        for (int k = 0; k < K; ++k) {
            const Vec<T> w = load(weights + k * stride + d);
            for (int r = 0; r < R; ++r) sums[r][k] += xs[r] * w;
        }
    }
    for (int k = 0; k < K; ++k) {
        const T b = intercept ? intercept[k] : T(0);
        for (int r = 0; r < R; ++r) scores[k * kRowBlock + r] = sum<T>(sums[r][k]) + b;
    }
}

template <class T>
void block_scores(const T* const* rows, int n, int64_t features, const T* weights, const T* intercept,
                  int classes, T* scores, const T* const* next_rows, int next_n) {
    const int64_t stride = padded_features<T>(features);
    for_class_tiles<kTileClasses>(classes, [&](int first, auto width) {
        constexpr int K = decltype(width)::value, R = tile_rows(K);
        const T* w = weights + first * stride;
        const T* b = intercept ? intercept + first : nullptr;
        T* out = scores + first * kRowBlock;
        if (n < R) {
            for (int r = 0; r < n; ++r) scores_tile<T, 1, K>(rows + r, nullptr, features, w, b, out + r);
            return;
        }
        // The first tile of classes meets the rows and looks ahead in the block, the last one at the next
        // block.
        const bool to_next = first > 0 && first + K == classes;
        // The last tile steps back over rows that are done: a row's sums do not depend on its place in a
        // tile.
        for (int r = 0; r < n; r += R) {
            const int start = r < n - R ? r : n - R;
            const T* const* ahead = nullptr;
            if (first == 0 && start + 2 * R <= n) ahead = rows + start + R;
            if (to_next && start + R <= next_n) ahead = next_rows + start;
            scores_tile<T, R, K>(rows + start, ahead, features, w, b, out + start);
        }
    });
}

// The exponentials of one vector of rows, in place, and their sums and maxima.
template <class T>
S4J_INLINE Vec<T> exp_column(T* column, int classes, Vec<T>* maxima) {
    Vec<T> m = load(column);
    for (int c = 1; c < classes; ++c) m = maximum<T>(m, load(column + c * kRowBlock));
    Vec<T> z{};
    for (int c = 0; c < classes; ++c) {
        const Vec<T> e = exp<T>(load(column + c * kRowBlock) - m);
        z += e;
        store<T>(column + c * kRowBlock, e);
    }
    *maxima = m;
    return z;
}

// Columns that complete the last vector of rows get harmless scores.
template <class T>
S4J_INLINE int pad_columns(T* scores, int n, int classes) {
    const int padded = (n + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
    for (int c = 0; c < classes; ++c)
        for (int r = n; r < padded; ++r) scores[c * kRowBlock + r] = 0;
    return padded;
}

// Turns each row of scores into probabilities times factor[r], and writes the losses of the labels, where
// there are labels. Smooth: the targets' uniform part, smoothing / C of each class, in losses and errors.
template <bool Smooth, class T>
S4J_INLINE void block_softmax(T* scores, int n, int classes, const int32_t* labels, const T* factor,
                              double smoothing, T* losses) {
    const T share = static_cast<T>(1 - smoothing), all = static_cast<T>(smoothing);
    const T uniform = static_cast<T>(smoothing / classes);
    alignas(64) T of_label[kRowBlock] = {};
    if (labels)
        for (int r = 0; r < n; ++r) of_label[r] = scores[labels[r] * kRowBlock + r];
    const int padded = pad_columns(scores, n, classes);
    for (int r = 0; r < padded; r += kLanes<T>) {
        Vec<T> m, sum{};
        if constexpr (Smooth)
            for (int c = 0; c < classes; ++c) sum += load(scores + c * kRowBlock + r);
        const Vec<T> z = exp_column(scores + r, classes, &m);
        const Vec<T> of_y = load(of_label + r), w = load(factor + r), f = w / z;
        if constexpr (Smooth)
            store<T>(of_label + r, (share * (m - of_y) + (all * m - uniform * sum)) + log<T>(z));
        else if (labels)
            store<T>(of_label + r, (m - of_y) + log<T>(z));
        const Vec<T> less = w * uniform;
        for (int c = 0; c < classes; ++c) {
            Vec<T> e = load(scores + c * kRowBlock + r) * f;
            if constexpr (Smooth) e -= less;
            store<T>(scores + c * kRowBlock + r, e);
        }
    }
    if (labels)
        for (int r = 0; r < n; ++r) losses[r] = of_label[r];
}

template <class T>
void block_cross_entropy(T* scores, int n, int classes, const int32_t* labels, const T* scale,
                         double smoothing, T* losses) {
    alignas(64) T factor[kRowBlock] = {};
    for (int r = 0; r < n; ++r) factor[r] = scale[r];
    if (smoothing == 0)
        block_softmax<false>(scores, n, classes, labels, factor, 0, losses);
    else
        block_softmax<true>(scores, n, classes, labels, factor, smoothing, losses);
    const T share = static_cast<T>(1 - smoothing);
    for (int r = 0; r < n; ++r) scores[labels[r] * kRowBlock + r] -= factor[r] * share;
}

template <class T>
void block_probabilities(T* scores, int n, int classes, const int32_t* labels, T* losses) {
    alignas(64) T ones[kRowBlock];
    for (T& one : ones) one = 1;
    block_softmax<false>(scores, n, classes, labels, ones, 0, losses);
}

template <class T>
void block_tangent(T* scores, T* tangents, int n, int classes, const T* scale) {
    alignas(64) T factors[kRowBlock] = {};
    for (int r = 0; r < n; ++r) factors[r] = scale[r];
    pad_columns(tangents, n, classes);
    const int padded = pad_columns(scores, n, classes);
    for (int r = 0; r < padded; r += kLanes<T>) {
        Vec<T> m;
        const Vec<T> z = exp_column(scores + r, classes, &m);
        Vec<T> mean{};
        for (int c = 0; c < classes; ++c)
            mean += load(scores + c * kRowBlock + r) * load(tangents + c * kRowBlock + r);
        mean /= z;
        const Vec<T> factor = load(factors + r) / z;
        for (int c = 0; c < classes; ++c) {
            T* s = scores + c * kRowBlock + r;
            store<T>(s, load(s) * factor * (load(tangents + c * kRowBlock + r) - mean));
        }
    }
}

template <class T>
void block_arg_max(T* scores, int n, int classes, int32_t* labels) {
    const int padded = pad_columns(scores, n, classes);
    for (int r = 0; r < padded; r += kLanes<T>) {
        Vec<T> best = splat(-std::numeric_limits<T>::infinity());
        IntVec<T> label{};
        for (int c = 0; c < classes; ++c) {
            const Vec<T> s = load(scores + c * kRowBlock + r);
            const IntVec<T> better = s > best;
            best = better ? s : best;
            label = better ? c - IntVec<T>{} : label;
        }
        const int rest = n - r < kLanes<T> ? n - r : kLanes<T>;
        for (int i = 0; i < rest; ++i) labels[r + i] = static_cast<int32_t>(label[i]);
    }
}

// gradient of K classes x V vectors of features from the block's n rows; Tail: the last, partial vector.
// Prefetches what the next tile of features needs, and the same features of the next block's rows.
template <class T, int K, int V, bool Tail>
S4J_INLINE void gradient_tile(const T* const* rows, int n, int64_t d, int rest, const T* errors, T* gradient,
                              int64_t stride, bool assign, bool prefetch, const T* const* next_rows,
                              int next_n) {
    constexpr int L = kLanes<T>;
    Vec<T> sums[K][V] = {};
    for (int k = 0; k < K; ++k) __builtin_prefetch(gradient + k * stride + d, 1, 3);
    const auto add_row = [&](int r) {
        Vec<T> xs[V];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v)
            xs[v] = Tail ? load_partial(rows[r] + d, rest) : load(rows[r] + d + v * L);
#pragma GCC unroll 12
        for (int k = 0; k < K; ++k) {
            const Vec<T> e = splat(errors[k * kRowBlock + r]);
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) sums[k][v] += xs[v] * e;
        }
    };
    if (prefetch) {
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 4
            for (int v = 0; v < V; v += 64 / kVectorBytes) {
                __builtin_prefetch(rows[r] + d + (V + v) * L, 0, 3);
                if (r < next_n) __builtin_prefetch(next_rows[r] + d + v * L, 0, 2);
            }
            add_row(r);
        }
    } else {
        for (int r = 0; r < n; ++r) add_row(r);
    }
    for (int k = 0; k < K; ++k)
        for (int v = 0; v < V; ++v) {
            T* g = gradient + k * stride + d + v * L;
            store<T>(g, assign ? sums[k][v] : load(g) + sums[k][v]);
        }
}

template <class T, int Most, int V>
S4J_INLINE void block_gradient_tiles(const T* const* rows, int n, int64_t features, const T* errors,
                                     int classes, T* gradient, bool assign, const T* const* next_rows,
                                     int next_n) {
    constexpr int L = kLanes<T>;
    const int64_t stride = padded_features<T>(features);
    // Classes inside, features outside: a block's columns are in L1 for all classes.
    const auto step = [&](int64_t d, auto vectors, auto tail) {
        for_class_tiles<Most>(classes, [&](int first, auto width) {
            gradient_tile<T, decltype(width)::value, decltype(vectors)::value, decltype(tail)::value>(
                rows, n, d, static_cast<int>(features - d), errors + first * kRowBlock,
                gradient + first * stride, stride, assign, first == 0, next_rows, next_n);
        });
    };
    int64_t d = 0;
    for (; d + V * L <= features; d += V * L) step(d, std::integral_constant<int, V>{}, std::false_type{});
    for (; d + L <= features; d += L) step(d, std::integral_constant<int, 1>{}, std::false_type{});
    if (d < features) {
        step(d, std::integral_constant<int, 1>{}, std::true_type{});
        d += L;
    }
    // The padding may be longer than the last vector; the optimizer reads all of it.
    if (assign)
        for (; d < stride; d += L)
            for (int c = 0; c < classes; ++c) store<T>(gradient + c * stride + d, Vec<T>{});
}

template <class T>
void block_gradient(const T* const* rows, int n, int64_t features, const T* errors, int classes, T* gradient,
                    bool assign, const T* const* next_rows, int next_n) {
    if (classes <= kFewClasses)
        block_gradient_tiles<T, kFewClasses, kFewClassVectors>(rows, n, features, errors, classes, gradient,
                                                               assign, next_rows, next_n);
    else
        block_gradient_tiles<T, kTileClasses, 2>(rows, n, features, errors, classes, gradient, assign,
                                                 next_rows, next_n);
}

}  // namespace s4j::S4J_ISA
