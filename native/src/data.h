// A view of training data in the caller's memory, and the rows of it that one call takes.
#pragma once

#include <cstdint>

#include "softmax4j.h"

struct s4j_data {
    s4j_type type;
    const void* features;  // rows x columns, `stride` elements from row to row
    int64_t rows, columns, stride;
    const int32_t* labels;  // rows, or null
    const void* weights;    // rows, or null
    double total_weight;    // sum of the row weights; rows where there are none
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

    static Rows all(const s4j_data& data) {
        return {static_cast<const T*>(data.features),
                data.stride,
                data.labels,
                static_cast<const T*>(data.weights),
                nullptr,
                0,
                data.rows};
    }
    int64_t number(int64_t i) const { return index ? index[first + i] : first + i; }
    const T* row(int64_t i) const { return features + number(i) * stride; }
    int32_t label(int64_t i) const { return labels[number(i)]; }
    T weight(int64_t i) const { return weights ? weights[number(i)] : T(1); }
};

}  // namespace s4j
