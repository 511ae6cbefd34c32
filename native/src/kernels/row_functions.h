// Softmax and its relatives over rows of given logits. Rows of few classes are transposed, several at a time,
// so that every lane has a row of its own; longer rows are taken one by one, with the classes along the
// vector.
#pragma once

#include <algorithm>

#include "../kernels.h"
#include "math.h"

namespace s4j::S4J_ISA {

// The most classes that are transposed.
constexpr int kColumnClasses = 128;
// Rows that are transposed at once: two vectors of them, so that two chains of operations overlap.
template <class T>
constexpr int kColumnRows = 2 * kLanes<T>;
// Values whose exponentials are added up in T; sums of tiles are added up in double.
constexpr int64_t kSumTile = 512;

// ---- transposing ----

// Exchanges the lanes of a with bit W for those of b without.
template <class T, int W, int... I>
S4J_INLINE void exchange(Vec<T>& a, Vec<T>& b, std::integer_sequence<int, I...>) {
    constexpr int L = kLanes<T>;
    const Vec<T> low = __builtin_shufflevector(a, b, (I & W ? L + I - W : I)...);
    const Vec<T> high = __builtin_shufflevector(a, b, (I & W ? L + I : I + W)...);
    a = low;
    b = high;
}
// Interleaves within groups of four lanes, one instruction each where exchange<1> would be two.
template <class T, int... I>
S4J_INLINE void interleave(Vec<T>& a, Vec<T>& b, std::integer_sequence<int, I...>) {
    constexpr int L = kLanes<T>;
    const Vec<T> low = __builtin_shufflevector(a, b, (I / 4 * 4 + I % 4 / 2 + I % 2 * L)...);
    const Vec<T> high = __builtin_shufflevector(a, b, (I / 4 * 4 + I % 4 / 2 + I % 2 * L + 2)...);
    a = low;
    b = high;
}
template <class T, int W>
S4J_INLINE void exchange_all(Vec<T>* a) {
    constexpr int L = kLanes<T>;
    if constexpr (W < L) {
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i)
            if (!(i & W)) exchange<T, W>(a[i], a[i + W], std::make_integer_sequence<int, L>{});
        exchange_all<T, 2 * W>(a);
    }
}
// a[i][j] becomes a[j][i].
template <class T>
S4J_INLINE void transpose(Vec<T>* a) {
    constexpr int L = kLanes<T>;
    if constexpr (sizeof(T) == 4) {
#pragma GCC unroll 16
        for (int i = 0; i < L; i += 2) interleave<T>(a[i], a[i + 1], std::make_integer_sequence<int, L>{});
        exchange_all<T, 2>(a);
#pragma GCC unroll 16
        for (int i = 0; i < L; i += 4) {
            const Vec<T> second = a[i + 1];
            a[i + 1] = a[i + 2];
            a[i + 2] = second;
        }
    } else {
        exchange_all<T, 1>(a);
    }
}

// Calls f(c) for the first classes of tiles of kLanes; the last one steps back over classes that are done.
template <class T, class F>
S4J_INLINE void for_tiles(int classes, F&& f) {
    constexpr int L = kLanes<T>;
    int c = 0;
    for (; c + L < classes; c += L) f(c);
    f(classes > L ? classes - L : 0);
}
// kLanes rows of C to max(C, kLanes) columns, kColumnRows values apart; reads kLanes values of each row,
// however short.
template <class T>
S4J_INLINE void rows_to_columns(const T* rows, int classes, T* columns) {
    constexpr int L = kLanes<T>;
    for_tiles<T>(classes, [&](int c) {
        Vec<T> tile[L];
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) tile[i] = load(rows + i * classes + c);
        transpose<T>(tile);
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) store<T>(columns + (c + i) * kColumnRows<T>, tile[i]);
    });
}
// And back: what short rows write too much, the next ones write over.
template <class T>
S4J_INLINE void columns_to_rows(const T* columns, int classes, T* rows) {
    constexpr int L = kLanes<T>;
    for_tiles<T>(classes, [&](int c) {
        Vec<T> tile[L];
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) tile[i] = load(columns + (c + i) * kColumnRows<T>);
        transpose<T>(tile);
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) store<T>(rows + i * classes + c, tile[i]);
    });
}

// ---- values on their way to memory ----

// to[i] = f(vector at from + i), past the caches where `past`.
template <class T, class F>
S4J_INLINE void write(T* to, const T* from, int64_t n, bool past, F f) {
    constexpr int L = kLanes<T>;
    const auto some = [&](int64_t i, int count) {
        store_partial<T>(to + i, f(load_partial(from + i, count)), count);
    };
    int64_t i = 0;
    if (past) {
        const int64_t head = -static_cast<int64_t>(reinterpret_cast<uintptr_t>(to) / sizeof(T)) & (L - 1);
        if (head >= n) return some(0, static_cast<int>(n));
        if (head > 0) some(0, static_cast<int>(head));
        for (i = head; i + L <= n; i += L) stream<T>(to + i, f(load(from + i)));
    } else {
        for (; i + L <= n; i += L) store<T>(to + i, f(load(from + i)));
    }
    if (i < n) some(i, static_cast<int>(n - i));
}

// ---- what both ways share ----

// A label outside 0..C-1 is none, -1: its row's loss and gradient are NaN. Labels are read once, so that a
// change under way cannot become an address.
template <class T>
S4J_INLINE int32_t label_of(const RowTask<T>& task, int64_t row) {
    const int32_t label = *static_cast<const volatile int32_t*>(task.labels + row);
    return label >= 0 && label < task.classes ? label : -1;
}
// An infinite maximum, subtracted, would make NaN of a log-sum-exp that is infinite itself.
template <class V>
S4J_INLINE V finite_part(V m) {
    return m - m == 0 ? m : V{};
}

// exp(s - shift). With a shift that is finite_part, and not the maximum, there are larger values; they
// count 1.
template <class T, RowFunction F>
S4J_INLINE Vec<T> shifted_exp(Vec<T> s, Vec<T> shift) {
    const Vec<T> x = s - shift;
    return exp_not_positive<T>(F == RowFunction::kLogSumExp ? (x > T(0) ? Vec<T>{} : x) : x);
}

// ---- few classes ----

template <class T>
using Columns = Vec<T>[2];

#define S4J_BOTH _Pragma("GCC unroll 2") for (int v = 0; v < 2; ++v)

// s: C columns of kColumnRows values
template <class T>
S4J_INLINE void column_maximum(const T* s, int classes, Columns<T>& m) {
    constexpr int L = kLanes<T>;
    S4J_BOTH m[v] = load(s + v * L);
    for (int c = 1; c < classes; ++c) {
        s += kColumnRows<T>;
        S4J_BOTH m[v] = maximum<T>(m[v], load(s + v * L));
    }
}
// z = sum of exp(s - shift); the exponentials replace s where `Keep`.
template <class T, RowFunction F, bool Keep>
S4J_INLINE void column_sum(T* s, int classes, const Columns<T>& shift, Columns<T>& z) {
    constexpr int L = kLanes<T>;
    S4J_BOTH z[v] = Vec<T>{};
    for (int c = 0; c < classes; ++c) {
        Columns<T> e;
        S4J_BOTH e[v] = shifted_exp<T, F>(load(s + v * L), shift[v]);
        S4J_BOTH z[v] += e[v];
        if (Keep) S4J_BOTH store<T>(s + v * L, e[v]);
        s += kColumnRows<T>;
    }
}
// s = f(v, s)
template <class T, class F>
S4J_INLINE void map_columns(T* s, int classes, F f) {
    constexpr int L = kLanes<T>;
    for (int c = 0; c < classes; ++c) {
        S4J_BOTH store<T>(s + v * L, f(v, load(s + v * L)));
        s += kColumnRows<T>;
    }
}

// kColumnRows rows as columns, n of them real, the first being row `first` of the task.
template <class T, RowFunction F>
S4J_INLINE void columns_function(const RowTask<T>& task, T* s, int64_t first, int n) {
    constexpr int L = kLanes<T>, R = kColumnRows<T>;
    const int classes = static_cast<int>(task.classes);
    Columns<T> m, z;
    column_maximum(s, classes, m);
    if constexpr (F == RowFunction::kSoftmax) {
        column_sum<T, F, true>(s, classes, m, z);
        S4J_BOTH z[v] = T(1) / z[v];
        map_columns(s, classes, [&](int v, Vec<T> e) { return e * z[v]; });
    } else if constexpr (F == RowFunction::kLogSoftmax) {
        column_sum<T, F, false>(s, classes, m, z);
        S4J_BOTH z[v] = log<T>(z[v]);
        map_columns(s, classes, [&](int v, Vec<T> x) { return (x - m[v]) - z[v]; });
    } else if constexpr (F == RowFunction::kLogSumExp) {
        alignas(64) T results[R];
        Columns<T> shift;
        S4J_BOTH shift[v] = finite_part(m[v]);
        column_sum<T, F, false>(s, classes, shift, z);
        S4J_BOTH store<T>(results + v * L, m[v] + log<T>(z[v]));
        for (int r = 0; r < n; ++r) task.out[first + r] = results[r];
    } else {
        alignas(64) T of_label[R] = {}, weight[R] = {}, factor[R] = {}, loss[R];
        int32_t label[R];
        for (int r = 0; r < n; ++r) {
            label[r] = label_of(task, first + r);
            of_label[r] = label[r] < 0 ? std::numeric_limits<T>::quiet_NaN() : s[label[r] * R + r];
            weight[r] = task.weights ? task.weights[first + r] : T(1);
            factor[r] = static_cast<T>(task.scale * static_cast<double>(weight[r]));
            if (label[r] < 0) factor[r] = of_label[r];
        }
        if (task.out)
            column_sum<T, F, true>(s, classes, m, z);
        else
            column_sum<T, F, false>(s, classes, m, z);
        S4J_BOTH store<T>(loss + v * L,
                          ((m[v] - load(of_label + v * L)) + log<T>(z[v])) * load(weight + v * L));
        for (int r = 0; r < n; ++r) {
            if (task.losses) task.losses[first + r] = loss[r];
            *task.loss += static_cast<double>(loss[r]);
        }
        if (!task.out) return;
        S4J_BOTH z[v] = load(factor + v * L) / z[v];
        map_columns(s, classes, [&](int v, Vec<T> e) { return e * z[v]; });
        for (int r = 0; r < n; ++r)
            if (label[r] >= 0) s[label[r] * R + r] -= factor[r];
    }
}
#undef S4J_BOTH

template <class T, RowFunction F>
void few_classes(const RowTask<T>& task) {
    constexpr int L = kLanes<T>, R = kColumnRows<T>;
    constexpr int kColumns = kColumnClasses > L ? kColumnClasses : L;
    // At least one block of rows, and enough of them that few cache lines are written in two parts.
    constexpr int kStaged = std::max(kRowStage<T>, kColumnClasses * R);
    alignas(64) T columns[kColumns * R];
    alignas(64) T padded[kColumnClasses * R + L] = {};
    alignas(64) T staged[kStaged + L];
    const int classes = static_cast<int>(task.classes);
    const bool matrix = F != RowFunction::kLogSumExp && task.out;
    // What the loads of R rows need to find.
    const int64_t reach = static_cast<int64_t>(R - 1) * classes + (classes > L ? classes : L);
    const int64_t chunk = kStaged / (classes * R) * R;
    for (int64_t first = 0; first < task.rows; first += chunk) {
        const int64_t end = first + chunk < task.rows ? first + chunk : task.rows;
        for (int64_t r = first; r < end; r += R) {
            const T* rows = task.logits + r * classes;
            const int n = static_cast<int>(end - r < R ? end - r : R);
            if ((task.rows - r) * classes < reach) {
                for (int i = 0; i < n * classes; ++i) padded[i] = rows[i];
                rows = padded;
            }
            for (int v = 0; v < R; v += L) rows_to_columns(rows + v * classes, classes, columns + v);
            columns_function<T, F>(task, columns, r, n);
            if (!matrix) continue;
            T* results = staged + (r - first) * classes;
            for (int v = 0; v < R; v += L) columns_to_rows(columns + v, classes, results + v * classes);
        }
        if (matrix)
            write(task.out + first * classes, staged, (end - first) * classes, task.row != nullptr,
                  [](Vec<T> v) { return v; });
    }
}

// ---- many classes: at least kLanes ----

template <class T>
S4J_INLINE T row_maximum(const T* s, int64_t classes) {
    constexpr int L = kLanes<T>;
    Vec<T> m[4];
    for (Vec<T>& chain : m) chain = load(s + classes - L);
    int64_t c = 0;
    for (; c + 4 * L <= classes; c += 4 * L)
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) m[i] = maximum<T>(m[i], load(s + c + i * L));
    for (; c + L <= classes; c += L) m[0] = maximum<T>(m[0], load(s + c));
    return largest<T>(maximum<T>(maximum<T>(m[0], m[1]), maximum<T>(m[2], m[3])));
}
// sum of exp(s - shift); the exponentials go to e, which may be s, where `Keep`. The next row is fetched on
// the way.
template <class T, RowFunction F, bool Keep>
S4J_INLINE double row_sum(const T* s, int64_t classes, T shift, T* e) {
    constexpr int L = kLanes<T>;
    double total = 0;
    for (int64_t first = 0; first < classes; first += kSumTile) {
        const int64_t end = first + kSumTile < classes ? first + kSumTile : classes;
        Vec<T> z{};
        int64_t c = first;
        for (; c + L <= end; c += L) {
            __builtin_prefetch(s + classes + c, 0, 2);
            const Vec<T> v = shifted_exp<T, F>(load(s + c), splat(shift));
            z += v;
            if (Keep) store<T>(e + c, v);
        }
        total += static_cast<double>(sum<T>(z));
        if (c < end) {
            const int rest = static_cast<int>(end - c);
            const Vec<T> v = shifted_exp<T, F>(load_partial(s + c, rest), splat(shift));
            for (int i = 0; i < rest; ++i) total += static_cast<double>(v[i]);
            if (Keep) store_partial<T>(e + c, v, rest);
        }
    }
    return total;
}
template <class T>
S4J_INLINE T log_of(double z) {
    return log<T>(splat(static_cast<T>(z)))[0];
}

template <class T, RowFunction F>
void many_classes(const RowTask<T>& task) {
    const int64_t classes = task.classes;
    const bool past = task.row != nullptr;
    // Rows that go past the caches together.
    const int64_t block = past && classes < kRowStage<T> ? kRowStage<T> / classes : 1;
    for (int64_t r = 0; r < task.rows; ++r) {
        const T* s = task.logits + r * classes;
        T* out = task.out ? task.out + r * classes : nullptr;
        const int64_t staged = r % block;
        T* e = past ? task.row + staged * classes : out;
        const auto finish = [&](const T* from, auto f) {
            if (block == 1) return write(out, from, classes, past, f);
            write(e, from, classes, false, f);
            if (staged == block - 1 || r == task.rows - 1)
                write(out - staged * classes, task.row, (staged + 1) * classes, true,
                      [](Vec<T> v) { return v; });
        };
        const T m = row_maximum(s, classes);
        if constexpr (F == RowFunction::kSoftmax) {
            const T f = static_cast<T>(1 / row_sum<T, F, true>(s, classes, m, e));
            finish(e, [=](Vec<T> v) { return v * f; });
        } else if constexpr (F == RowFunction::kLogSoftmax) {
            const T log_z = log_of<T>(row_sum<T, F, false>(s, classes, m, nullptr));
            finish(s, [=](Vec<T> v) { return (v - m) - log_z; });
        } else if constexpr (F == RowFunction::kLogSumExp) {
            const T shift = finite_part(m);
            task.out[r] = m + log_of<T>(row_sum<T, F, false>(s, classes, shift, nullptr));
        } else {
            const int32_t label = label_of(task, r);
            const bool known = label >= 0;
            const T of_label = known ? s[label] : std::numeric_limits<T>::quiet_NaN();
            const T weight = task.weights ? task.weights[r] : T(1);
            const double z =
                out ? row_sum<T, F, true>(s, classes, m, e) : row_sum<T, F, false>(s, classes, m, nullptr);
            const T loss = ((m - of_label) + log_of<T>(z)) * weight;
            if (task.losses) task.losses[r] = loss;
            *task.loss += static_cast<double>(loss);
            if (!out) continue;
            const T factor = static_cast<T>(task.scale * static_cast<double>(weight));
            const T f = known ? static_cast<T>(static_cast<double>(factor) / z) : of_label;
            // Subtracted before the row is written: it may be on its way past the caches.
            if (known) e[label] -= static_cast<T>(z);
            finish(e, [=](Vec<T> v) { return v * f; });
        }
    }
}

template <class T>
void row_function(RowFunction function, const RowTask<T>& task) {
    const auto run = [&]<RowFunction F>() {
        task.classes <= kColumnClasses ? few_classes<T, F>(task) : many_classes<T, F>(task);
    };
    switch (function) {
        case RowFunction::kSoftmax:
            run.template operator()<RowFunction::kSoftmax>();
            break;
        case RowFunction::kLogSoftmax:
            run.template operator()<RowFunction::kLogSoftmax>();
            break;
        case RowFunction::kLogSumExp:
            run.template operator()<RowFunction::kLogSumExp>();
            break;
        case RowFunction::kCrossEntropy:
            run.template operator()<RowFunction::kCrossEntropy>();
            break;
    }
    if (task.row) stream_fence();
}

}  // namespace s4j::S4J_ISA
