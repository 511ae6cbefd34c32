// The parts of losses that go through all scores, in any layout.
#pragma once

#include <algorithm>
#include <cmath>

#include "../kernels.h"
#include "math.h"
#include "small.h"

namespace s4j::S4J_ISA {

// f(offset, row, class) for every score, the inner loop along the step that is 1.
template <class T, class F>
S4J_INLINE void for_each_score(const Tile<T>& t, F f) {
    if (t.row_step == 1) {
        for (int64_t c = 0; c < t.classes; ++c)
#pragma omp simd
            for (int r = 0; r < t.rows; ++r) f(c * t.class_step + r, r, c);
    } else {
        for (int r = 0; r < t.rows; ++r)
#pragma omp simd
            for (int64_t c = 0; c < t.classes; ++c) f(r * t.row_step + c, r, c);
    }
}
// sums[r] += the sum of f over the classes of row r
template <class T, class F>
S4J_INLINE void add_over_classes(const Tile<T>& t, T* __restrict sums, F f) {
    if (t.row_step == 1) {
        for (int64_t c = 0; c < t.classes; ++c)
#pragma omp simd
            for (int r = 0; r < t.rows; ++r) sums[r] += f(c * t.class_step + r, r, c);
    } else {
        for (int r = 0; r < t.rows; ++r) {
            T sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t c = 0; c < t.classes; ++c) sum += f(r * t.row_step + c, r, c);
            sums[r] += sum;
        }
    }
}
// Zero past the last class.
template <class T>
S4J_INLINE void clear_padding(const Tile<T>& t, T* out) {
    for (int r = 0; r < t.rows; ++r)
        for (int64_t c = t.classes; c < t.padded; ++c) out[r * t.row_step + c * t.class_step] = 0;
}

// Calls f(target) with the function (row, class) that gives the targets, labels aside.
template <class T, class F>
S4J_INLINE void with_targets(const TileTargets<T>& t, F&& f) {
    const T share = t.share;
    const T* const* rows = t.rows;
    const T* uniform = t.uniform;
    const int64_t first = t.first;
    if (rows && uniform)
        f([=](int r, int64_t c) { return share * rows[r][first + c] + uniform[c]; });
    else if (rows)
        f([=](int r, int64_t c) { return share * rows[r][first + c]; });
    else if (uniform)
        f([=](int, int64_t c) { return uniform[c]; });
    else
        f([](int, int64_t) { return T(0); });
}

template <class T>
void block_exp(T* scores, int n, int classes, T* maxima, T* sums) {
    alignas(64) T m[kRowBlock], z[kRowBlock];
    const int padded = pad_columns(scores, n, classes);
    for (int r = 0; r < padded; r += kLanes<T>) {
        Vec<T> top;
        store<T>(z + r, exp_column(scores + r, classes, &top));
        store<T>(m + r, top);
    }
    std::copy_n(m, n, maxima);
    std::copy_n(z, n, sums);
}

template <class T>
void tile_scale(const Tile<T>& t, const T* row_factors, const T* class_factors) {
    if (row_factors && class_factors)
        for_each_score(t,
                       [=](int64_t at, int r, int64_t c) { t.at[at] *= row_factors[r] * class_factors[c]; });
    else if (row_factors)
        for_each_score(t, [=](int64_t at, int r, int64_t) { t.at[at] *= row_factors[r]; });
    else if (class_factors)
        for_each_score(t, [=](int64_t at, int, int64_t c) { t.at[at] *= class_factors[c]; });
}

template <class T>
void tile_dot(const Tile<T>& t, const TileTargets<T>& targets, T* dots) {
    with_targets(targets, [&](auto target) {
        add_over_classes(t, dots, [=](int64_t at, int r, int64_t c) {
            const T share = target(r, c);
            return share != 0 ? share * t.at[at] : T(0);
        });
    });
}

template <class T>
void tile_products(const Tile<T>& t, const T* other, T* dots) {
    add_over_classes(t, dots, [=](int64_t at, int, int64_t) { return t.at[at] * other[at]; });
}

template <class T>
void tile_errors(const Tile<T>& t, const TileTargets<T>& targets, const T* factors, const T* weights,
                 double clip, T* out) {
    if (clip > 0) {
        const T low = static_cast<T>(clip), high = static_cast<T>(1 - clip);
        for_each_score(t, [=](int64_t at, int r, int64_t) {
            const T p = factors[r] * t.at[at];
            out[at] = weights[r] * (p < low ? low : p > high ? high : p);
        });
    } else {
        with_targets(targets, [&](auto target) {
            for_each_score(t, [=](int64_t at, int r, int64_t c) {
                out[at] = weights[r] * (factors[r] * t.at[at] - target(r, c));
            });
        });
    }
    clear_padding(t, out);
}

template <class T>
void tile_tangents(const Tile<T>& t, const T* tangents, const T* factors, const T* slopes, const T* offsets,
                   T* out) {
    for_each_score(t, [=](int64_t at, int r, int64_t) {
        out[at] = factors[r] * t.at[at] * (slopes[r] * tangents[at] + offsets[r]);
    });
    clear_padding(t, out);
}

// log(1 + e) for e in 0..1: what rounding 1 + e loses is put back by the slope of the logarithm.
template <class T>
S4J_INLINE Vec<T> log_one_plus(Vec<T> e) {
    const Vec<T> u = T(1) + e, back = u - T(1);
    return back == T(0) ? e : log<T>(u) * (e / back);
}

template <class T>
void sigmoid(const T* x, T* sigma, T* complement, T* softplus, int64_t n) {
    constexpr int L = kLanes<T>;
    for (int64_t i = 0; i < n; i += L) {
        const int rest = static_cast<int>(n - i < L ? n - i : L);
        const Vec<T> v = rest == L ? load(x + i) : load_partial(x + i, rest);
        const Vec<T> e = exp<T>(v < T(0) ? v : -v), whole = T(1) / (T(1) + e), part = e * whole;
        const auto put = [&](T* to, Vec<T> value) {
            rest == L ? store<T>(to + i, value) : store_partial<T>(to + i, value, rest);
        };
        put(sigma, v < T(0) ? part : whole);
        put(complement, v < T(0) ? whole : part);
        put(softplus, log_one_plus<T>(e));
    }
}

// Scores of one run of a tile at a time, through `target` (row, class).
template <class T, class Target>
S4J_INLINE void tile_sigmoid_of(const Tile<T>& t, const T* positive, double clip, const T* tangents,
                                T* losses, Target target) {
    constexpr int64_t kRun = 64;
    alignas(64) T sigma[kRun], complement[kRun], softplus[kRun];
    const T low = static_cast<T>(clip), high = static_cast<T>(1 - clip);
    const T least = static_cast<T>(-std::log1p(-clip)), most = static_cast<T>(-std::log(clip));
    const bool rows_inside = t.row_step == 1;
    const int64_t outer = rows_inside ? t.classes : t.rows, inner = rows_inside ? t.rows : t.classes;
    const int64_t outer_step = rows_inside ? t.class_step : t.row_step;
    for (int64_t o = 0; o < outer; ++o)
        for (int64_t first = 0; first < inner; first += kRun) {
            T* s = t.at + o * outer_step + first;
            const T* u = tangents ? tangents + o * outer_step + first : nullptr;
            const int64_t n = std::min(kRun, inner - first);
            sigmoid(s, sigma, complement, softplus, n);
            T sum = 0;
            for (int64_t i = 0; i < n; ++i) {
                const int r = static_cast<int>(rows_inside ? first + i : o);
                const int64_t c = rows_inside ? o : first + i;
                const T yes = target(r, c), no = 1 - yes, weighted = positive ? positive[c] * yes : yes;
                if (u) {
                    s[i] = sigma[i] * complement[i] * (no + weighted) * u[i];
                    continue;
                }
                // -log sigmoid(s) and -log sigmoid(-s). A score of -inf costs nothing where it is right.
                T of_yes = softplus[i] + (s[i] < 0 ? -s[i] : T(0));
                T of_no = softplus[i] + (s[i] > 0 ? s[i] : T(0));
                if (clip > 0) {
                    of_yes = of_yes < least ? least : of_yes > most ? most : of_yes;
                    of_no = of_no < least ? least : of_no > most ? most : of_no;
                    const T p = sigma[i];
                    s[i] = (p < low ? low : p > high ? high : p) - yes;
                } else {
                    s[i] = no * sigma[i] - weighted * complement[i];
                }
                const T loss = (yes != 0 ? weighted * of_yes : T(0)) + (no != 0 ? no * of_no : T(0));
                if (rows_inside)
                    losses[r] += loss;
                else
                    sum += loss;
            }
            if (!rows_inside && !u) losses[o] += sum;
        }
    clear_padding(t, t.at);
}

template <class T>
void tile_sigmoid(const Tile<T>& t, const TileTargets<T>& targets, double clip, const T* tangents,
                  T* losses) {
    const int64_t first = targets.first;
    if (targets.rows) {
        const T* const* rows = targets.rows;
        tile_sigmoid_of(t, targets.positive, clip, tangents, losses,
                        [=](int r, int64_t c) { return rows[r][first + c]; });
    } else {
        const int32_t* labels = targets.labels;
        tile_sigmoid_of(t, targets.positive, clip, tangents, losses,
                        [=](int r, int64_t c) { return labels[r] - first == c ? T(1) : T(0); });
    }
}

}  // namespace s4j::S4J_ISA
