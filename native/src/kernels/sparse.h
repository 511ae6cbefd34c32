// Sparse rows and columns against a row-major matrix: a broadcast value times a row of the matrix, sums of
// all classes in registers.
#pragma once

#include "../kernels.h"
#include "panels.h"
#include "tiles.h"

namespace s4j::S4J_ISA {

// Vectors of classes that are summed at once, beside as many totals.
constexpr int kSparseVectors = kRegisters == 32 ? 8 : 4;
// Entries whose sum goes to a second one, which keeps the error of long rows and columns small.
constexpr int64_t kSparseChunk = 1024;

// Chains of additions side by side, which hide the latency of one, as far as there are registers.
constexpr int sparse_chains(int vectors) {
    return vectors == 1 ? 4 : vectors * 3 <= kRegisters - 4 ? 2 : 1;
}

// The last of V vectors of a row of the matrix holds `tail` elements, all of them where Partial is false.
template <class T, int V, bool Partial>
S4J_INLINE Vec<T> load_class_vector(const T* row, int v, int tail) {
    return Partial && v == V - 1 ? load_partial(row + v * kLanes<T>, tail) : load(row + v * kLanes<T>);
}

// total += sum_k values[k] * row indices[k] of the matrix
template <class T, int V, bool Partial>
S4J_INLINE void add_rows(const T* values, const int32_t* indices, int64_t count, const T* matrix,
                         int64_t stride, int tail, Vec<T> (&total)[V]) {
    constexpr int U = sparse_chains(V);
    for (int64_t first = 0; first < count; first += kSparseChunk) {
        const int64_t end = count - first < kSparseChunk ? count : first + kSparseChunk;
        Vec<T> sums[U][V] = {};
        const auto add = [&](int64_t k, int chain) {
            const T* row = matrix + indices[k] * stride;
            const Vec<T> value = splat(values[k]);
            for (int v = 0; v < V; ++v)
                sums[chain][v] += value * load_class_vector<T, V, Partial>(row, v, tail);
        };
        int64_t k = first;
        for (; k + U <= end; k += U)
#pragma GCC unroll 4
            for (int u = 0; u < U; ++u) add(k + u, u);
        for (; k < end; ++k) add(k, 0);
        for (int v = 0; v < V; ++v) {
            for (int u = 1; u < U; ++u) sums[0][v] += sums[u][v];
            total[v] += sums[0][v];
        }
    }
}

// Calls f(first class, V, Partial, tail) for groups of at most kSparseVectors vectors of classes.
template <class T, class F>
S4J_INLINE void for_class_vectors(int64_t classes, F&& f) {
    constexpr int L = kLanes<T>;
    for (int64_t c = 0; c < classes; c += kSparseVectors * L) {
        const int64_t left = classes - c < kSparseVectors * L ? classes - c : kSparseVectors * L;
        const int tail = static_cast<int>(left % L);
        with_tile(
            static_cast<int>((left + L - 1) / L),
            [&](auto vectors) {
                if (tail > 0)
                    f(c, vectors, std::true_type{}, tail);
                else
                    f(c, vectors, std::false_type{}, L);
            },
            std::make_integer_sequence<int, kSparseVectors>{});
    }
}

template <class T>
void sparse_scores(const SparseRow<T>* rows, int n, const T* weights, int64_t classes, const T* start,
                   T* scores) {
    constexpr int L = kLanes<T>, P = kPanelClasses<T>;
    const auto place = [&](int64_t vector, int r) {
        return scores + vector / 2 * kPanelStride<T> + r * P + vector % 2 * L;
    };
    // Row by row: the rows of W that one needs are on few pages.
    for (int r = 0; r < n; ++r)
        for_class_vectors<T>(classes, [&](int64_t c, auto vectors, auto partial, int tail) {
            constexpr int V = decltype(vectors)::value;
            Vec<T> total[V];
            for (int v = 0; v < V; ++v) total[v] = load(start + c + v * L);
            add_rows<T, V, decltype(partial)::value>(rows[r].values, rows[r].indices, rows[r].count,
                                                     weights + c, classes, tail, total);
            for (int v = 0; v < V; ++v) store<T>(place(c / L + v, r), total[v]);
        });
    // The second vector of the last panel may have no class at all.
    const int64_t vectors = (classes + L - 1) / L;
    if (vectors % 2 != 0)
        for (int r = 0; r < n; ++r) store<T>(place(vectors, r), load(start + vectors * L));
}

template <class T>
void sparse_gradient(const SparseColumns<T>& x, int64_t first, int64_t last, const T* errors, int64_t stride,
                     int64_t classes, T* gradient, bool assign) {
    constexpr int L = kLanes<T>;
    for (int64_t i = first; i < last; ++i)
        for_class_vectors<T>(classes, [&](int64_t c, auto vectors, auto partial, int tail) {
            constexpr int V = decltype(vectors)::value;
            constexpr bool Partial = decltype(partial)::value;
            T* g = gradient + x.columns[i] * classes + c;
            Vec<T> total[V] = {};
            if (!assign)
                for (int v = 0; v < V; ++v) total[v] = load_class_vector<T, V, Partial>(g, v, tail);
            add_rows<T, V, Partial>(x.values + x.starts[i], x.rows + x.starts[i],
                                    x.starts[i + 1] - x.starts[i], errors + c, stride, tail, total);
            for (int v = 0; v < V - Partial; ++v) store<T>(g + v * L, total[v]);
            if (Partial) store_partial(g + (V - 1) * L, total[V - 1], tail);
        });
}

template <class T>
void sparse_scatter(const SparseRow<T>& row, const T* errors, int64_t classes, T* gradient,
                    uint8_t* touched) {
    constexpr int L = kLanes<T>;
    const int64_t whole = classes / L * L;
    const int tail = static_cast<int>(classes - whole);
    for (int64_t k = 0; k < row.count; ++k) {
        const int64_t d = row.indices[k];
        T* g = gradient + d * classes;
        const Vec<T> value = splat(row.values[k]);
        if (touched[d]) {
            for (int64_t c = 0; c < whole; c += L) store<T>(g + c, load(g + c) + value * load(errors + c));
            if (tail > 0)
                store_partial(g + whole,
                              load_partial(g + whole, tail) + value * load_partial(errors + whole, tail),
                              tail);
        } else {
            touched[d] = 1;
            for (int64_t c = 0; c < whole; c += L) store<T>(g + c, value * load(errors + c));
            if (tail > 0) store_partial<T>(g + whole, value * load_partial(errors + whole, tail), tail);
        }
    }
}

}  // namespace s4j::S4J_ISA
