// Softmax and its relatives on given logits: rows cut over threads.
#pragma once

#include "kernels.h"

namespace s4j {

// Runs the function on all rows of the task, whose `row` is ignored. The rows' sum of losses is assigned.
template <class T>
void row_function(RowFunction function, RowTask<T> task, int threads);

}  // namespace s4j
