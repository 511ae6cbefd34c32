// Rows of scores of any length, row-major, and single rows.
#pragma once

#include <limits>

#include "math.h"

namespace s4j::S4J_ISA {

template <class T>
T exp_row(T* s, int64_t classes, const T* intercept, T* row_maximum) {
    constexpr int L = kLanes<T>;
    const int64_t full = classes / L * L;
    const int rest = static_cast<int>(classes - full);
    const T lowest = -std::numeric_limits<T>::infinity();

    // Four chains hide the latency of the maximum and of the sum.
    Vec<T> m[4] = {splat(lowest), splat(lowest), splat(lowest), splat(lowest)};
    T top = lowest;
    for (int64_t c = 0; c < full; c += L) {
        Vec<T> v = load(s + c);
        if (intercept) {
            v += load(intercept + c);
            store<T>(s + c, v);
        }
        Vec<T>& chain = m[c / L % 4];
        chain = maximum<T>(chain, v);
    }
    for (int64_t c = full; c < classes; ++c) {
        if (intercept) s[c] += intercept[c];
        top = s[c] > top ? s[c] : top;
    }
    const T folded = largest<T>(maximum<T>(maximum<T>(m[0], m[1]), maximum<T>(m[2], m[3])));
    top = folded > top ? folded : top;
    // All -inf: the exponentials are 0, not NaN, because these classes may be one tile of a longer row.
    const T shift = top > lowest ? top : T(0);

    Vec<T> z[4] = {};
    for (int64_t c = 0; c < full; c += L) {
        const Vec<T> e = exp<T>(load(s + c) - shift);
        z[c / L % 4] += e;
        store<T>(s + c, e);
    }
    T total = sum<T>((z[0] + z[1]) + (z[2] + z[3]));
    if (rest > 0) {
        const Vec<T> e = exp<T>(load_partial(s + full, rest) - shift);
        store_partial<T>(s + full, e, rest);
        for (int i = 0; i < rest; ++i) total += e[i];
    }
    *row_maximum = top;
    return total;
}

template <class T>
void scale_row(T* __restrict s, int64_t classes, T factor, T* __restrict sums) {
    if (sums) {
#pragma omp simd
        for (int64_t c = 0; c < classes; ++c) {
            s[c] *= factor;
            sums[c] += s[c];
        }
    } else {
#pragma omp simd
        for (int64_t c = 0; c < classes; ++c) s[c] *= factor;
    }
}

template <class T>
void add_row(T* __restrict x, const T* __restrict y, int64_t n) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) x[i] += y[i];
}

template <class T>
void widen_add(double* __restrict wide, const T* __restrict narrow, int64_t n) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) wide[i] += narrow[i];
}

template <class T>
void reduce(const T* const* parts, int part_count, const T* parameters, double l2, T* out, int64_t begin,
            int64_t end) {
    constexpr int64_t kTile = 256;
    double sums[kTile];
    for (int64_t start = begin; start < end; start += kTile) {
        const int64_t n = end - start < kTile ? end - start : kTile;
        for (int64_t i = 0; i < n; ++i) sums[i] = l2 == 0 ? 0.0 : l2 * parameters[start + i];
        for (int p = 0; p < part_count; ++p) {
            const T* part = parts[p] + start;
#pragma omp simd
            for (int64_t i = 0; i < n; ++i) sums[i] += part[i];
        }
        for (int64_t i = 0; i < n; ++i) out[start + i] = static_cast<T>(sums[i]);
    }
}

template <class T>
int32_t arg_max(const T* s, int64_t classes) {
    T best = -std::numeric_limits<T>::infinity();
    int32_t label = 0;
    for (int64_t c = 0; c < classes; ++c)
        if (s[c] > best) {
            best = s[c];
            label = static_cast<int32_t>(c);
        }
    return label;
}

// V vectors of classes, U features at a time: U * V independent chains. Loads run past a row of W into the
// next one, so the last U rows are the caller's.
template <class T, int V, int U>
S4J_INLINE void row_scores_tile(const T* weights, int64_t features, int64_t classes, const T* x,
                                Vec<T>* out) {
    constexpr int L = kLanes<T>;
    Vec<T> sums[U][V] = {};
    int64_t d = 0;
    for (; d + U <= features; d += U)
#pragma GCC unroll 8
        for (int u = 0; u < U; ++u) {
            const Vec<T> xs = splat(x[d + u]);
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) sums[u][v] += xs * load(weights + (d + u) * classes + v * L);
        }
    for (; d < features; ++d)
        for (int v = 0; v < V; ++v) sums[0][v] += splat(x[d]) * load(weights + d * classes + v * L);
    for (int u = 1; u < U; ++u)
        for (int v = 0; v < V; ++v) sums[0][v] += sums[u][v];
    for (int v = 0; v < V; ++v) out[v] = sums[0][v];
}

template <class T>
void row_scores(const T* parameters, int64_t features, int64_t classes, bool intercept, const T* x, T* out) {
    constexpr int L = kLanes<T>;
    const T* b = intercept ? parameters + features * classes : nullptr;
    int64_t c = 0;
    Vec<T> s[4];
    const auto tile = [&](auto vectors) {
        constexpr int V = decltype(vectors)::value;
        // Features whose full-vector loads from class c on stay inside W; the rest, at the end of W, one
        // class at a time.
        const int64_t past = c + V * L > classes ? (c + V * L - classes + classes - 1) / classes : 0;
        const int64_t safe = features > past ? features - past : 0;
        row_scores_tile<T, V, 8 / V>(parameters + c, safe, classes, x, s);
        const int64_t n = classes - c < V * L ? classes - c : V * L;
        T values[V * L];
        for (int v = 0; v < V; ++v) store<T>(values + v * L, s[v]);
        for (int64_t i = 0; i < n; ++i) {
            T value = values[i];
            for (int64_t d = safe; d < features; ++d) value += x[d] * parameters[d * classes + c + i];
            out[c + i] = value + (b ? b[c + i] : T(0));
        }
        c += n;
    };
    while (classes - c >= 4 * L) tile(std::integral_constant<int, 4>{});
    while (classes - c > L) tile(std::integral_constant<int, 2>{});
    while (c < classes) tile(std::integral_constant<int, 1>{});
}

template <class T>
bool all_finite(const T* x, int64_t n) {
    constexpr int L = kLanes<T>;
    // x * 0 is NaN for NaN and infinity; four chains hide the latency of the additions.
    Vec<T> zeros[4] = {};
    int64_t i = 0;
    for (; i + 4 * L <= n; i += 4 * L)
#pragma GCC unroll 4
        for (int v = 0; v < 4; ++v) zeros[v] += load(x + i + v * L) * T(0);
    for (; i + L <= n; i += L) zeros[0] += load(x + i) * T(0);
    if (i < n) zeros[1] += load_partial(x + i, static_cast<int>(n - i)) * T(0);
    return sum<T>((zeros[0] + zeros[1]) + (zeros[2] + zeros[3])) == 0;
}

template <class T>
void exp_all(const T* x, T* y, int64_t n) {
    int64_t i = 0;
    for (; i + kLanes<T> <= n; i += kLanes<T>) store<T>(y + i, exp<T>(load(x + i)));
    if (i < n)
        store_partial<T>(y + i, exp<T>(load_partial(x + i, static_cast<int>(n - i))),
                         static_cast<int>(n - i));
}

template <class T>
void log_all(const T* x, T* y, int64_t n) {
    int64_t i = 0;
    for (; i + kLanes<T> <= n; i += kLanes<T>) store<T>(y + i, log<T>(load(x + i)));
    if (i < n)
        store_partial<T>(y + i, log<T>(load_partial(x + i, static_cast<int>(n - i))),
                         static_cast<int>(n - i));
}

}  // namespace s4j::S4J_ISA
