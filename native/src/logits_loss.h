// Losses of given logits: rows cut over threads.
#pragma once

#include "objective.h"

namespace s4j {

// See s4j_logits_loss. labels or targets.
template <class T>
struct LogitsTask {
    const T* logits;
    const int32_t* labels;
    int32_t ignored;
    const T* targets;
    const T* weights;
    T* losses;
    T* gradient;
    int64_t rows, classes;
    double scale;
};

// Returns the sum of the rows' losses.
template <class T>
double logits_loss(const Loss& loss, const LogitsTask<T>& task, int threads);

template <class T>
void sigmoids(const T* x, T* out, int64_t count, bool logarithm, int threads);

}  // namespace s4j
