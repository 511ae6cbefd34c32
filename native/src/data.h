// A view of training data in the caller's memory, and the rows of it that one call takes.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels.h"
#include "softmax4j.h"
#include "transpose.h"

struct s4j_data {
    s4j_type type;
    const void* features;  // rows x columns, `stride` elements from row to row; sparse: the entries' values
    int64_t rows, columns, stride;
    const int32_t* labels;  // rows, or null
    const void* weights;    // rows, or null
    double total_weight;    // sum of the row weights; rows where there are none

    // Sparse: entry k in [offsets[i], offsets[i + 1]) of row i lies in column indices[k], ascending. Null
    // where dense.
    const int64_t* offsets = nullptr;
    const int32_t* indices = nullptr;
    std::unique_ptr<const s4j::Transpose> transpose = nullptr;  // where there are labels too
};

namespace s4j {

// `count` rows: number i is row index[first + i] of the data where there is an index, and row first + i
// otherwise.
template <class T>
struct Rows {
    const T* features;
    int64_t stride;
    const int32_t* labels;
    const T* weights;
    const int64_t* index;
    int64_t first, count;
    // As in s4j_data.
    const int64_t* offsets;
    const int32_t* indices;
    const Transpose* transpose;

    static Rows all(const s4j_data& data) {
        return {static_cast<const T*>(data.features),
                data.stride,
                data.labels,
                static_cast<const T*>(data.weights),
                nullptr,
                0,
                data.rows,
                data.offsets,
                data.indices,
                data.transpose.get()};
    }
    int64_t number(int64_t i) const { return index ? index[first + i] : first + i; }
    const T* row(int64_t i) const { return features + number(i) * stride; }
    SparseRow<T> entries(int64_t i) const {
        const int64_t* at = offsets + number(i);
        return {features + at[0], indices + at[0], at[1] - at[0]};
    }
    int32_t label(int64_t i) const { return labels[number(i)]; }
    T weight(int64_t i) const { return weights ? weights[number(i)] : T(1); }
};

}  // namespace s4j
