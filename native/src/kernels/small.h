// Small C: all classes of several rows stay in registers while the kernels run along the features.
#pragma once

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
// The gradient's tiles: K classes x V vectors of features, V rows' vectors and one error beside them.
constexpr int tile_vectors(int k) {
    if (kRegisters == 32) return k <= 6 ? 4 : 2;
    return k <= 3 ? 3 : 2;
}

// Calls f(first, std::integral_constant<int, K>) for the tiles that C classes are cut into, as even as can
// be.
template <class F>
S4J_INLINE void for_class_tiles(int classes, F&& f) {
    const int tiles = (classes + kTileClasses - 1) / kTileClasses;
    const int base = classes / tiles, wider = classes % tiles;
    int first = 0;
    for (int i = 0; i < tiles; ++i) {
        const int k = base + (i < wider);
        with_tile(
            k, [&](auto width) { f(first, width); }, std::make_integer_sequence<int, kTileClasses>{});
        first += k;
    }
}

// scores of R rows and K classes
template <class T, int R, int K>
S4J_INLINE void scores_tile(const T* const* rows, int64_t features, const T* weights, const T* intercept,
                            T* scores) {
    constexpr int L = kLanes<T>;
    const int64_t stride = padded_features<T>(features);
    const T* x[R];
    for (int r = 0; r < R; ++r) x[r] = rows[r];
    Vec<T> sums[R][K] = {};
    int64_t d = 0;
    for (; d + L <= features; d += L) {
        Vec<T> xs[R];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) xs[r] = load(x[r] + d);
#pragma GCC unroll 12
        for (int k = 0; k < K; ++k) {
            const Vec<T> w = load(weights + k * stride + d);
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r) sums[r][k] += xs[r] * w;
        }
    }
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
                  int classes, T* scores) {
    const int64_t stride = padded_features<T>(features);
    for_class_tiles(classes, [&](int first, auto width) {
        constexpr int K = decltype(width)::value, R = tile_rows(K);
        const T* w = weights + first * stride;
        const T* b = intercept ? intercept + first : nullptr;
        T* out = scores + first * kRowBlock;
        if (n < R) {
            for (int r = 0; r < n; ++r) scores_tile<T, 1, K>(rows + r, features, w, b, out + r);
            return;
        }
        // The last tile steps back over rows that are done: a row's sums do not depend on its place in a
        // tile.
        for (int r = 0; r < n; r += R) {
            const int start = r < n - R ? r : n - R;
            scores_tile<T, R, K>(rows + start, features, w, b, out + start);
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

template <class T>
void block_cross_entropy(T* scores, int n, int classes, const int32_t* labels, const T* scale, T* losses) {
    alignas(64) T of_label[kRowBlock] = {};
    alignas(64) T factor[kRowBlock] = {};
    alignas(64) T loss[kRowBlock];
    for (int r = 0; r < n; ++r) {
        of_label[r] = scores[labels[r] * kRowBlock + r];
        factor[r] = scale[r];
    }
    const int padded = pad_columns(scores, n, classes);
    for (int r = 0; r < padded; r += kLanes<T>) {
        Vec<T> m;
        const Vec<T> z = exp_column(scores + r, classes, &m);
        store<T>(loss + r, (m - load(of_label + r)) + log<T>(z));
        const Vec<T> f = load(factor + r) / z;
        for (int c = 0; c < classes; ++c)
            store<T>(scores + c * kRowBlock + r, load(scores + c * kRowBlock + r) * f);
    }
    for (int r = 0; r < n; ++r) {
        scores[labels[r] * kRowBlock + r] -= factor[r];
        losses[r] = loss[r];
    }
}

template <class T>
void block_probabilities(T* scores, int n, int classes) {
    const int padded = pad_columns(scores, n, classes);
    for (int r = 0; r < padded; r += kLanes<T>) {
        Vec<T> m;
        const Vec<T> f = T(1) / exp_column(scores + r, classes, &m);
        for (int c = 0; c < classes; ++c)
            store<T>(scores + c * kRowBlock + r, load(scores + c * kRowBlock + r) * f);
    }
}

// gradient of K classes x V vectors of features from the block's n rows; Tail: the last, partial vector
template <class T, int K, int V, bool Tail>
S4J_INLINE void gradient_tile(const T* const* rows, int n, int64_t d, int rest, const T* errors, T* gradient,
                              int64_t stride, bool assign, const T* const* next_rows, int next_n) {
    constexpr int L = kLanes<T>;
    Vec<T> sums[K][V] = {};
    for (int r = 0; r < n; ++r) {
        Vec<T> xs[V];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v)
            xs[v] = Tail ? load_partial(rows[r] + d, rest) : load(rows[r] + d + v * L);
        if (r < next_n)
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) __builtin_prefetch(next_rows[r] + d + v * L, 0, 2);
#pragma GCC unroll 12
        for (int k = 0; k < K; ++k) {
            const Vec<T> e = splat(errors[k * kRowBlock + r]);
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) sums[k][v] += xs[v] * e;
        }
    }
    for (int k = 0; k < K; ++k)
        for (int v = 0; v < V; ++v) {
            T* g = gradient + k * stride + d + v * L;
            store<T>(g, assign ? sums[k][v] : load(g) + sums[k][v]);
        }
}

template <class T>
void block_gradient(const T* const* rows, int n, int64_t features, const T* errors, int classes, T* gradient,
                    bool assign, const T* const* next_rows, int next_n) {
    constexpr int L = kLanes<T>;
    const int64_t stride = padded_features<T>(features);
    for_class_tiles(classes, [&](int first, auto width) {
        constexpr int K = decltype(width)::value, V = tile_vectors(K);
        const T* e = errors + first * kRowBlock;
        T* g = gradient + first * stride;
        const int prefetch = first == 0 ? next_n : 0;
        int64_t d = 0;
        for (; d + V * L <= features; d += V * L)
            gradient_tile<T, K, V, false>(rows, n, d, 0, e, g, stride, assign, next_rows, prefetch);
        for (; d + L <= features; d += L)
            gradient_tile<T, K, 1, false>(rows, n, d, 0, e, g, stride, assign, next_rows, prefetch);
        if (d < features) {
            gradient_tile<T, K, 1, true>(rows, n, d, static_cast<int>(features - d), e, g, stride, assign,
                                         next_rows, prefetch);
            d += L;
        }
        // The padding may be longer than the last vector; the optimizer reads all of it.
        if (assign)
            for (; d < stride; d += L)
                for (int k = 0; k < K; ++k) store<T>(g + k * stride + d, Vec<T>{});
    });
}

}  // namespace s4j::S4J_ISA
