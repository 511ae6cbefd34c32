// Medium C: classes in panels of two vectors, rows (or features) broadcast against them. The block's rows
// stay in L2, one panel of weights or of errors in L1, a register tile of sums in between.
#pragma once

#include <limits>

#include "../kernels.h"
#include "math.h"
#include "tiles.h"

namespace s4j::S4J_ISA {

template <class T>
constexpr int kPanelClasses = 2 * kLanes<T>;
// Elements between the panels of a block's scores: one row more than a block has, so that the same row of
// different panels does not fall into the same cache set.
template <class T>
constexpr int64_t kPanelStride = (kPanelRows + 1) * kPanelClasses<T>;
// Rows (of scores) or features (of the gradient) of a register tile: two vectors of sums for each, the
// panel's two vectors and one broadcast value beside them.
constexpr int kPanelTile = kRegisters == 32 ? 12 : 6;
// Features of one panel that stay in L1 with the rows of a tile.
template <class T>
constexpr int64_t kPanelDepth = (16 << 10) / (kPanelClasses<T> * sizeof(T));
// Features whose columns of a block stay in L2 while the gradient goes through all panels.
template <class T>
constexpr int64_t kPanelColumns = (3 << 10) / sizeof(T);

// scores of R rows: `start` (where null: what is there) + x W over `depth` features
template <class T, int R>
S4J_INLINE void panel_scores_tile(const T* x, int64_t stride, int64_t depth, const T* weights, const T* start,
                                  T* scores) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    Vec<T> sums[R][2];
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < 2; ++v) sums[r][v] = load((start ? start : scores + r * P) + v * L);
    const T* rows[R];
    for (int r = 0; r < R; ++r) rows[r] = x + r * stride;
    for (int64_t d = 0; d < depth; ++d) {
        const Vec<T> w0 = load(weights + d * P), w1 = load(weights + d * P + L);
#pragma GCC unroll 12
        for (int r = 0; r < R; ++r) {
            const Vec<T> value = splat(rows[r][d]);
            sums[r][0] += value * w0;
            sums[r][1] += value * w1;
        }
    }
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < 2; ++v) store<T>(scores + r * P + v * L, sums[r][v]);
}

template <class T>
void panel_scores(const T* x, int64_t stride, int n, int64_t features, const T* weights, const T* start,
                  int64_t panels, T* scores) {
    constexpr int64_t P = kPanelClasses<T>, kLine = 64 / sizeof(T);
    for (int64_t d = 0; d < features; d += kPanelDepth<T>) {
        const int64_t depth = features - d < kPanelDepth<T> ? features - d : kPanelDepth<T>;
        for (int64_t p = 0; p < panels; ++p) {
            const T* panel = weights + (p * features + d) * P;
            const T* next = panel + features * P;  // comes into L2 tile by tile; past the last one, harmless
            const int64_t share = depth * P * kPanelTile / n;
            for_tiles<kPanelTile>(n, [&](int r, auto height) {
                for (int64_t i = 0; i < share; i += kLine) __builtin_prefetch(next + i, 0, 2);
                next += share;
                panel_scores_tile<T, decltype(height)::value>(x + r * stride + d, stride, depth, panel,
                                                              d == 0 && start ? start + p * P : nullptr,
                                                              scores + p * kPanelStride<T> + r * P);
            });
        }
    }
}

// Calls f(address, 0 or 1) for the vectors of one row of scores.
template <class T, class F>
S4J_INLINE void for_panel_vectors(T* row, int64_t panels, F&& f) {
    for (int64_t p = 0; p < panels; ++p) {
        f(row + p * kPanelStride<T>, 0);
        f(row + p * kPanelStride<T> + kLanes<T>, 1);
    }
}

// A row's exponentials exp(s - max) in place, their sum, and the maximum.
template <class T>
S4J_INLINE T exp_panel_row(T* row, int64_t panels, T* row_maximum) {
    Vec<T> m[2] = {load(row), load(row + kLanes<T>)};
    for_panel_vectors(row, panels, [&](const T* s, int v) { m[v] = maximum<T>(m[v], load(s)); });
    const T top = largest<T>(maximum<T>(m[0], m[1]));
    // All -inf: the exponentials are 0, not NaN, because these classes may be one tile of a longer row.
    const T shift = top > -std::numeric_limits<T>::infinity() ? top : T(0);
    Vec<T> z[2] = {};
    for_panel_vectors(row, panels, [&](T* s, int v) {
        const Vec<T> e = exp<T>(load(s) - shift);
        z[v] += e;
        store<T>(s, e);
    });
    *row_maximum = top;
    return sum<T>(z[0] + z[1]);
}

template <class T>
S4J_INLINE void scale_panel_row(T* row, int64_t panels, T by) {
    const Vec<T> factor = splat(by);
    for_panel_vectors(row, panels, [&](T* s, int) { store<T>(s, load(s) * factor); });
}

// The sum of the scores of a row's classes.
template <class T>
S4J_INLINE T sum_panel_row(const T* row, int64_t classes) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    Vec<T> sums[2] = {};
    for_panel_vectors(row, classes / P, [&](const T* s, int v) { sums[v] += load(s); });
    const T* last = row + classes / P * kPanelStride<T>;
    const int rest = static_cast<int>(classes % P);
    for (int v = 0; v * L < rest; ++v)
        sums[v] += rest - v * L < L ? load_partial(last + v * L, rest - v * L) : load(last + v * L);
    return sum<T>(sums[0] + sums[1]);
}

// Turns each row of scores into probabilities times scale(r), and writes the losses of the labels, where
// there are labels. smoothed(r): what is added to a row's loss before its scores are gone.
template <class T, class Scale, class Smoothed>
S4J_INLINE void panel_softmax(T* scores, int n, int64_t panels, const int32_t* labels, Scale scale,
                              Smoothed smoothed, T* losses) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    // Of rows, in whole vectors: maximum - score of the label, and the sum of the exponentials.
    alignas(64) T margins[kPanelRows] = {};
    alignas(64) T sums[kPanelRows] = {};
    for (int r = 0; r < n; ++r) {
        T* row = scores + r * P;
        const T of_label = labels ? row[labels[r] / P * kPanelStride<T> + labels[r] % P] : T(0);
        const T more = smoothed(row, of_label);
        T top;
        sums[r] = exp_panel_row(row, panels, &top);
        margins[r] = (top - of_label) + more;
        scale_panel_row(row, panels, scale(r) / sums[r]);
    }
    if (!labels) return;
    for (int r = 0; r < n; r += L) store<T>(margins + r, load(margins + r) + log<T>(load(sums + r)));
    for (int r = 0; r < n; ++r) losses[r] = margins[r];
}

template <class T>
void panel_cross_entropy(T* scores, int n, int64_t classes, const int32_t* labels, const T* scale,
                         double smoothing, T* losses) {
    constexpr int P = kPanelClasses<T>;
    const int64_t panels = (classes + P - 1) / P;
    const auto scale_of = [&](int r) { return scale[r]; };
    const T share = static_cast<T>(1 - smoothing);
    if (smoothing == 0) {
        panel_softmax(
            scores, n, panels, labels, scale_of, [](const T*, T) { return T(0); }, losses);
    } else {
        const T all = static_cast<T>(smoothing),
                uniform = static_cast<T>(smoothing / static_cast<double>(classes));
        panel_softmax(
            scores, n, panels, labels, scale_of,
            [&](const T* row, T of_label) { return all * of_label - uniform * sum_panel_row(row, classes); },
            losses);
        for (int r = 0; r < n; ++r) {
            T* row = scores + r * P;
            const Vec<T> less = splat(scale[r] * uniform);
            for_panel_vectors(row, panels, [&](T* s, int) { store<T>(s, load(s) - less); });
            for (int64_t c = classes; c < panels * P; ++c) row[(panels - 1) * kPanelStride<T> + c % P] = 0;
        }
    }
    for (int r = 0; r < n; ++r)
        scores[r * P + labels[r] / P * kPanelStride<T> + labels[r] % P] -= scale[r] * share;
}

template <class T>
void panel_probabilities(T* scores, int n, int64_t panels, const int32_t* labels, T* losses) {
    panel_softmax(
        scores, n, panels, labels, [](int) { return T(1); }, [](const T*, T) { return T(0); }, losses);
}

template <class T>
void panel_exp(T* scores, int n, int64_t panels, T* maxima, T* sums) {
    for (int r = 0; r < n; ++r) sums[r] = exp_panel_row(scores + r * kPanelClasses<T>, panels, &maxima[r]);
}

template <class T>
void panel_scale(const T* panel, int n, const T* factors, T* out) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    for (int r = 0; r < n; ++r) {
        store<T>(out + r * P, load(panel + r * P) * factors[r]);
        store<T>(out + r * P + L, load(panel + r * P + L) * factors[r]);
    }
}

template <class T>
void panel_dot(const T* scores, const T* tangents, int n, int64_t panels, T* dots) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    for (int r = 0; r < n; ++r) {
        Vec<T> sums[2] = {};
        for (int64_t p = 0; p < panels; ++p)
            for (int v = 0; v < 2; ++v) {
                const int64_t at = p * kPanelStride<T> + r * P + v * L;
                sums[v] += load(scores + at) * load(tangents + at);
            }
        dots[r] = sum<T>(sums[0] + sums[1]);
    }
}

template <class T>
void panel_tangent(const T* panel, const T* tangents, int n, const T* factors, const T* means, T* out) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    for (int r = 0; r < n; ++r)
        for (int v = 0; v < 2; ++v) {
            const int at = r * P + v * L;
            store<T>(out + at, load(panel + at) * factors[r] * (load(tangents + at) - means[r]));
        }
}

template <class T>
void panel_arg_max(const T* scores, int n, int64_t panels, int32_t* labels) {
    constexpr int L = kLanes<T>;
    for (int r = 0; r < n; ++r) {
        // Per lane: the highest score and, of equals, its first class.
        const T lowest = -std::numeric_limits<T>::infinity();
        Vec<T> best[2] = {splat(lowest), splat(lowest)};
        IntVec<T> first[2] = {};
        IntVec<T> offset;
        for (int i = 0; i < L; ++i) offset[i] = i;
        for_panel_vectors(scores + r * kPanelClasses<T>, panels, [&](const T* s, int v) {
            const IntVec<T> better = load(s) > best[v];
            best[v] = better ? load(s) : best[v];
            first[v] = better ? offset : first[v];
            offset += L;
        });
        T top = lowest;
        int64_t label = 0;
        for (int v = 0; v < 2; ++v)
            for (int i = 0; i < L; ++i)
                if (best[v][i] > top || (best[v][i] == top && top > lowest && first[v][i] < label)) {
                    top = best[v][i];
                    label = first[v][i];
                }
        labels[r] = static_cast<int32_t>(label);
    }
}

// Prefetches the lines of the next block's rows, a few at a time.
template <class T>
class RowPrefetch {
  public:
    RowPrefetch(const T* const* rows, int n, int64_t features, int64_t calls)
        : rows_(rows),
          n_(n),
          features_(features),
          per_call_((n * (features / kLine + 1) + calls - 1) / calls) {}
    S4J_INLINE void some() {
        for (int64_t i = 0; i < per_call_ && row_ < n_; ++i) {
            __builtin_prefetch(rows_[row_] + at_, 0, 2);
            at_ += kLine;
            if (at_ >= features_) {
                at_ = 0;
                ++row_;
            }
        }
    }

  private:
    static constexpr int64_t kLine = 64 / sizeof(T);
    const T* const* rows_;
    const int n_;
    const int64_t features_, per_call_;
    int64_t at_ = 0;
    int row_ = 0;
};

// gradient of R features of one panel from the block's n rows
template <class T, int R>
S4J_INLINE void panel_gradient_tile(const T* x, int64_t stride, int n, const T* errors, T* gradient,
                                    bool assign) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    for (int i = 0; i < R; ++i) __builtin_prefetch(gradient + i * P, 1, 3);
    Vec<T> sums[R][2] = {};
    for (int r = 0; r < n; ++r) {
        const Vec<T> e0 = load(errors + r * P), e1 = load(errors + r * P + L);
        // The line that the next tile ends in.
        __builtin_prefetch(x + r * stride + 2 * R - 1, 0, 3);
#pragma GCC unroll 12
        for (int i = 0; i < R; ++i) {
            const Vec<T> value = splat(x[r * stride + i]);
            sums[i][0] += value * e0;
            sums[i][1] += value * e1;
        }
    }
    for (int i = 0; i < R; ++i)
        for (int v = 0; v < 2; ++v) {
            T* g = gradient + i * P + v * L;
            store<T>(g, assign ? sums[i][v] : load(g) + sums[i][v]);
        }
}

template <class T>
void panel_gradient(const T* x, int64_t stride, int n, int64_t features, const T* errors, int64_t panels,
                    T* gradient, T* intercept_gradient, bool assign, const T* const* next_rows, int next_n) {
    constexpr int64_t P = kPanelClasses<T>;
    if (intercept_gradient)
        for (int64_t p = 0; p < panels; ++p)
            for (int v = 0; v < 2; ++v) {
                const T* e = errors + p * kPanelStride<T> + v * kLanes<T>;
                Vec<T> sum{};
                for (int r = 0; r < n; ++r) sum += load(e + r * P);
                T* g = intercept_gradient + p * P + v * kLanes<T>;
                store<T>(g, assign ? sum : load(g) + sum);
            }
    RowPrefetch<T> prefetch(next_rows, next_n, features, panels * (features / kPanelTile + 1));
    for (int64_t first = 0; first < features; first += kPanelColumns<T>) {
        const int64_t columns = features - first < kPanelColumns<T> ? features - first : kPanelColumns<T>;
        for (int64_t p = 0; p < panels; ++p)
            for_tiles<kPanelTile>(static_cast<int>(columns), [&](int d, auto height) {
                prefetch.some();
                panel_gradient_tile<T, decltype(height)::value>(
                    x + first + d, stride, n, errors + p * kPanelStride<T>,
                    gradient + (p * features + first + d) * P, assign);
            });
    }
}

// Rows of a wide matrix lie on pages of their own: the lines of the row that comes `kAhead` rows later.
template <class T>
S4J_INLINE void prefetch_ahead(const T* row, int64_t stride, int64_t left, int64_t count) {
    constexpr int64_t kAhead = 8;
    if (left > kAhead)
        for (int64_t c = 0; c < count; c += 64 / sizeof(T))
            __builtin_prefetch(row + kAhead * stride + c, 0, 3);
}

template <class T>
void panel_pack(const T* rows, int64_t stride, int64_t depth, int64_t classes, T* panels) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    for (int64_t d = 0; d < depth; ++d, rows += stride) {
        prefetch_ahead(rows, stride, depth - d, classes);
        T* to = panels + d * P;
        int64_t c = 0;
        for (; c + P <= classes; c += P, to += depth * P) {
            store<T>(to, load(rows + c));
            store<T>(to + L, load(rows + c + L));
        }
        if (c < classes)
            for (int64_t i = 0; i < P; ++i) to[i] = c + i < classes ? rows[c + i] : T(0);
    }
}

template <class T>
void panel_unpack(const T* panels, int64_t depth, int64_t classes, T* rows, int64_t stride, bool assign) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    for (int64_t d = 0; d < depth; ++d, rows += stride) {
        prefetch_ahead(rows, stride, depth - d, classes);
        const T* from = panels + d * P;
        int64_t c = 0;
        for (; c + P <= classes; c += P, from += depth * P)
            for (int v = 0; v < 2; ++v) {
                T* to = rows + c + v * L;
                store<T>(to, assign ? load(from + v * L) : load(to) + load(from + v * L));
            }
        for (int64_t i = 0; c + i < classes; ++i) rows[c + i] = assign ? from[i] : rows[c + i] + from[i];
    }
}

}  // namespace s4j::S4J_ISA
