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
// Lanes that are transposed together, 16 bytes: shuffles stay within them on every instruction set.
template <class T>
constexpr int kGroup = 16 / sizeof(T);
// Values whose exponentials are added up in T; sums of tiles are added up in double.
constexpr int64_t kSumTile = 512;
// How far ahead of short rows memory is fetched, in bytes: the hardware stops at the end of a page.
constexpr int kAhead = 2048;

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
// In every group of lanes, a[i][j] becomes a[j][i].
template <class T>
S4J_INLINE void transpose(Vec<T>* a) {
    constexpr std::make_integer_sequence<int, kLanes<T>> lanes{};
    if constexpr (kGroup<T> == 4) {
        interleave<T>(a[0], a[1], lanes);
        interleave<T>(a[2], a[3], lanes);
        exchange<T, 2>(a[0], a[2], lanes);
        exchange<T, 2>(a[1], a[3], lanes);
        const Vec<T> second = a[1];
        a[1] = a[2];
        a[2] = second;
    } else {
        exchange<T, 1>(a[0], a[1], lanes);
    }
}

// N lanes: groups from addresses that are `step` values apart.
template <class T, int N>
S4J_INLINE auto load_groups(const T* p, int64_t step) {
    if constexpr (N == kGroup<T>) {
        typename VectorOf<T, N>::type v;
        __builtin_memcpy(&v, p, sizeof v);
        return v;
    } else {
        return join(load_groups<T, N / 2>(p, step), load_groups<T, N / 2>(p + N / 2 / kGroup<T> * step, step),
                    std::make_integer_sequence<int, N>{});
    }
}
template <class T, int Offset>
S4J_INLINE void store_group(T* p, Vec<T> v) {
    const auto group = part<kGroup<T>, Offset>(v, std::make_integer_sequence<int, kGroup<T>>{});
    __builtin_memcpy(p, &group, sizeof group);
}
// Stores rows in their order.
template <class T, int... I>
S4J_INLINE void store_groups(T* p, int64_t step, const Vec<T>* tile, std::integer_sequence<int, I...>) {
    constexpr int G = kGroup<T>;
    (store_group<T, I / G * G>(p + I * step, tile[I % G]), ...);
}

// Calls f(c) for the first classes of tiles of kGroup; the last one steps back over classes that are done.
template <class T, class F>
S4J_INLINE void for_tiles(int classes, F&& f) {
    constexpr int G = kGroup<T>;
    int c = 0;
    for (; c + G < classes; c += G) f(c);
    f(classes > G ? classes - G : 0);
}
// kLanes rows of C to max(C, kGroup) columns, kColumnRows values apart; reads kGroup values of each row,
// however short.
template <class T>
S4J_INLINE void rows_to_columns(const T* rows, int classes, T* columns) {
    constexpr int G = kGroup<T>;
    for_tiles<T>(classes, [&](int c) {
        Vec<T> tile[G];
#pragma GCC unroll 4
        for (int i = 0; i < G; ++i) tile[i] = load_groups<T, kLanes<T>>(rows + i * classes + c, G * classes);
        transpose<T>(tile);
#pragma GCC unroll 4
        for (int i = 0; i < G; ++i) store<T>(columns + (c + i) * kColumnRows<T>, tile[i]);
    });
}
// And back, values becoming f(value): what short rows write too much, the next ones write over.
template <class T, class F>
S4J_INLINE void columns_to_rows(const T* columns, int classes, T* rows, F f) {
    constexpr int G = kGroup<T>;
    for_tiles<T>(classes, [&](int c) {
        Vec<T> tile[G];
#pragma GCC unroll 4
        for (int i = 0; i < G; ++i) tile[i] = f(load(columns + (c + i) * kColumnRows<T>));
        transpose<T>(tile);
        store_groups<T>(rows + c, classes, tile, std::make_integer_sequence<int, kLanes<T>>{});
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

// exp(s - shift) 2^64. With a shift that is finite_part, and not the maximum, there are larger values; they
// count 1.
template <class T, RowFunction F>
S4J_INLINE Vec<T> shifted_exp(Vec<T> s, Vec<T> shift) {
    const Vec<T> x = s - shift;
    return scaled_exp<T>(F == RowFunction::kLogSumExp ? (x > T(0) ? Vec<T>{} : x) : x);
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
// z = sum of exp(s - shift) 2^64; the exponentials replace s where `Keep`.
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
// kColumnRows rows as columns, n of them real, the first being row `first` of the task; to(f) takes a matrix
// of results f(v, vector v of a column).
template <class T, RowFunction F, class To>
S4J_INLINE void columns_function(const RowTask<T>& task, T* s, int64_t first, int n, To to) {
    constexpr int L = kLanes<T>, R = kColumnRows<T>;
    const int classes = static_cast<int>(task.classes);
    Columns<T> m, z;
    column_maximum(s, classes, m);
    if constexpr (F == RowFunction::kSoftmax) {
        column_sum<T, F, true>(s, classes, m, z);
        S4J_BOTH z[v] = T(1) / z[v];
        to([&](int v, Vec<T> e) { return e * z[v]; });
    } else if constexpr (F == RowFunction::kLogSoftmax) {
        column_sum<T, F, false>(s, classes, m, z);
        S4J_BOTH z[v] = log<T>(z[v] * kUnscale<T>);
        to([&](int v, Vec<T> x) { return (x - m[v]) - z[v]; });
    } else if constexpr (F == RowFunction::kLogSumExp) {
        alignas(64) T results[R];
        Columns<T> shift;
        S4J_BOTH shift[v] = finite_part(m[v]);
        column_sum<T, F, false>(s, classes, shift, z);
        S4J_BOTH store<T>(results + v * L, m[v] + log<T>(z[v] * kUnscale<T>));
        for (int r = 0; r < n; ++r) task.out[first + r] = results[r];
    } else {
        alignas(64) T of_label[R] = {}, weight[R] = {}, factor[R] = {}, loss[R], sum[R];
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
        S4J_BOTH store<T>(sum + v * L, z[v]);
        S4J_BOTH z[v] *= kUnscale<T>;
        S4J_BOTH store<T>(loss + v * L,
                          ((m[v] - load(of_label + v * L)) + log<T>(z[v])) * load(weight + v * L));
        for (int r = 0; r < n; ++r) {
            if (task.losses) task.losses[first + r] = loss[r];
            *task.loss += static_cast<double>(loss[r]);
        }
        if (!task.out) return;
        for (int r = 0; r < n; ++r)
            if (label[r] >= 0) s[label[r] * R + r] -= sum[r];
        S4J_BOTH z[v] = load(factor + v * L) / z[v];
        to([&](int v, Vec<T> e) { return e * kUnscale<T> * z[v]; });
    }
}

template <class T, RowFunction F>
void few_classes(const RowTask<T>& task) {
    constexpr int L = kLanes<T>, R = kColumnRows<T>, G = kGroup<T>;
    alignas(64) T columns[kColumnClasses * R];
    alignas(64) T padded[kColumnClasses * R + G] = {};
    alignas(64) T staged[kColumnClasses * R + G];
    const int classes = static_cast<int>(task.classes);
    // What the loads of R rows need to find.
    const int64_t reach = static_cast<int64_t>(R - 1) * classes + (classes > G ? classes : G);
    for (int64_t r = 0; r < task.rows; r += R) {
        const T* rows = task.logits + r * classes;
        const int n = static_cast<int>(std::min<int64_t>(task.rows - r, R));
        for (int i = 0; i < R * classes; i += 64 / static_cast<int>(sizeof(T)))
            __builtin_prefetch(rows + kAhead / static_cast<int>(sizeof(T)) + i);
        if ((task.rows - r) * classes < reach) {
            for (int i = 0; i < n * classes; ++i) padded[i] = rows[i];
            rows = padded;
        }
        S4J_BOTH rows_to_columns(rows + v * L * classes, classes, columns + v * L);
        columns_function<T, F>(task, columns, r, n, [&](auto f) {
            T* out = task.out + r * classes;
            const bool whole = n == R && classes >= G;
            T* results = whole ? out : staged;
            S4J_BOTH columns_to_rows(columns + v * L, classes, results + v * L * classes,
                                     [=](Vec<T> x) { return f(v, x); });
            if (!whole) write(out, staged, n * classes, false, [](Vec<T> x) { return x; });
        });
    }
}
#undef S4J_BOTH

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
// sum of exp(s - shift) 2^64; the exponentials go to e, which may be s, where `Keep`. The next row is fetched
// on the way.
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
    for (int64_t r = 0; r < task.rows; ++r) {
        const T* s = task.logits + r * classes;
        T* out = task.out ? task.out + r * classes : nullptr;
        T* e = past ? task.row : out;
        const auto finish = [&](const T* from, auto f) { write(out, from, classes, past, f); };
        const T m = row_maximum(s, classes);
        if constexpr (F == RowFunction::kSoftmax) {
            const T f = static_cast<T>(1 / row_sum<T, F, true>(s, classes, m, e));
            finish(e, [=](Vec<T> v) { return v * f; });
        } else if constexpr (F == RowFunction::kLogSoftmax) {
            const T log_z = log_of<T>(kUnscale<double> * row_sum<T, F, false>(s, classes, m, nullptr));
            finish(s, [=](Vec<T> v) { return (v - m) - log_z; });
        } else if constexpr (F == RowFunction::kLogSumExp) {
            const T shift = finite_part(m);
            task.out[r] = m + log_of<T>(kUnscale<double> * row_sum<T, F, false>(s, classes, shift, nullptr));
        } else {
            const int32_t label = label_of(task, r);
            const bool known = label >= 0;
            const T of_label = known ? s[label] : std::numeric_limits<T>::quiet_NaN();
            const T weight = task.weights ? task.weights[r] : T(1);
            const double scaled_z =
                out ? row_sum<T, F, true>(s, classes, m, e) : row_sum<T, F, false>(s, classes, m, nullptr);
            const double z = scaled_z * kUnscale<double>;
            const T loss = ((m - of_label) + log_of<T>(z)) * weight;
            if (task.losses) task.losses[r] = loss;
            *task.loss += static_cast<double>(loss);
            if (!out) continue;
            const T factor = static_cast<T>(task.scale * static_cast<double>(weight));
            const T f = known ? static_cast<T>(static_cast<double>(factor) / z) : of_label;
            // Subtracted before the row is written: it may be on its way past the caches.
            if (known) e[label] -= static_cast<T>(scaled_z);
            finish(e, [=](Vec<T> v) { return v * kUnscale<T> * f; });
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
