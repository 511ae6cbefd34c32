// Labels, scores and probabilities for batches of rows and for single rows.
#pragma once

#include "data.h"
#include "plan.h"
#include "softmax4j.h"

namespace s4j {

// What a caller wants of a batch; null is not computed.
template <class T>
struct Predictions {
    int32_t* labels = nullptr;   // N
    T* scores = nullptr;         // N x C
    T* probabilities = nullptr;  // N x C
    double* loss = nullptr;      // mean over the row weights, without penalty
};

// What predict needs of scratch.
template <class T>
int64_t predict_scratch(const Shape& shape, int threads);

// form: of s4j_form
template <class T>
void predict(const s4j_data& data, int64_t classes, bool intercept, int form, const T* parameters,
             const Predictions<T>& out, int threads);

// The class of one row, and its probabilities where those are not null; -1 - d where x[d] is the first bad
// value.
template <class T>
int32_t predict_row(const T* parameters, int64_t features, int64_t classes, bool intercept, int form,
                    const T* x, T* probabilities);

// Likewise; -1 - k where entry k is the first one that is not finite, not a feature, or not above the one
// before it.
template <class T>
int32_t predict_row(const T* parameters, int64_t features, int64_t classes, bool intercept, int form,
                    const SparseRow<T>& row, T* probabilities);

}  // namespace s4j
