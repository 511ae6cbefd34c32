// A view of training data in the caller's memory, and the rows of it that one call takes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

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
    // How `features` are stored, and what makes values of them: none, one, or padded_affine(columns) of each.
    s4j_format format = S4J_REAL;
    std::vector<double> scale{}, offset{};
    std::vector<float> split{};                   // see Source
    std::shared_ptr<const void> owned = nullptr;  // what `features` are, where they are no one else's
    const void* targets = nullptr;                // rows x target_classes, or null
    int64_t target_classes = 0;

    // Whether the kernels cannot take the features as they lie.
    bool stored() const { return format != S4J_REAL || !scale.empty(); }
    int64_t element_bytes() const {
        if (format == S4J_REAL) return type == S4J_F32 ? 4 : 8;
        return format == S4J_UINT8 ? 1 : 2;
    }
    s4j::Source source() const {
        return {format, scale.empty() ? nullptr : scale.data(), offset.data(), scale.size() > 1,
                split.empty() ? nullptr : split.data()};
    }
};

namespace s4j {

// `count` rows: number i is row index[first + i] of the data where there is an index, and row first + i
// otherwise.
template <class T>
struct Rows {
    const char* features;
    int64_t stride, row_bytes;
    const int32_t* labels;
    const T* weights;
    const int64_t* index;
    int64_t first, count;
    // As in s4j_data.
    const int64_t* offsets;
    const int32_t* indices;
    const Transpose* transpose;
    // Where the rows must be staged: row(i) is then the address of what is stored.
    bool stored;
    Source source;
    const T* targets = nullptr;  // N x C: they count instead of the labels
    int64_t classes = 0;         // of the targets
    const T* factors = nullptr;  // N: of the scores

    static Rows all(const s4j_data& data) {
        return {static_cast<const char*>(data.features),
                data.stride,
                data.stride * data.element_bytes(),
                data.labels,
                static_cast<const T*>(data.weights),
                nullptr,
                0,
                data.rows,
                data.offsets,
                data.indices,
                data.transpose.get(),
                data.stored(),
                data.source()};
    }
    int64_t number(int64_t i) const { return index ? index[first + i] : first + i; }
    const T* row(int64_t i) const { return reinterpret_cast<const T*>(features + number(i) * row_bytes); }
    SparseRow<T> entries(int64_t i) const {
        const int64_t* at = offsets + number(i);
        return {reinterpret_cast<const T*>(features) + at[0], indices + at[0], at[1] - at[0]};
    }
    int32_t label(int64_t i) const { return labels[number(i)]; }
    T weight(int64_t i) const { return weights ? weights[number(i)] : T(1); }
};

}  // namespace s4j
