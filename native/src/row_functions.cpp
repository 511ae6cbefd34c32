#include "row_functions.h"

#include <algorithm>

#include "parallel.h"
#include "scratch.h"

namespace s4j {

namespace {

// Logits of one task: enough that a second thread is worth waking up for the next one.
constexpr int64_t kTaskBytes = int64_t{128} << 10;
// Results of this size go past the caches where a row is so long that what is written in one go makes up for
// waiting for the memory, and so short that it and its exponentials fit the second-level cache.
constexpr int64_t kPastBytes = int64_t{16} << 20;
constexpr int64_t kLeastRowBytes = int64_t{64} << 10, kMostRowBytes = int64_t{192} << 10;

}  // namespace

template <class T>
void row_function(RowFunction function, RowTask<T> task, int threads) {
    const int64_t classes = task.classes, row_bytes = classes * static_cast<int64_t>(sizeof(T));
    const bool losses = function == RowFunction::kCrossEntropy;
    const bool matrix = function != RowFunction::kLogSumExp && task.out;
    // Stores past the caches need the alignment that all others do without.
    const bool past = matrix && task.out != task.logits && row_bytes >= kLeastRowBytes &&
                      row_bytes <= kMostRowBytes && task.rows >= kPastBytes / row_bytes &&
                      reinterpret_cast<uintptr_t>(task.out) % sizeof(T) == 0;
    const int64_t n = std::max<int64_t>(kTaskBytes / row_bytes, 1);
    const int64_t tasks = (task.rows + n - 1) / n;
    const int64_t workers = past ? std::min<int64_t>(tasks, threads) : 0;
    const int64_t row_size = Scratch::size_of<T>(classes);
    Scratch scratch(workers * row_size + (losses ? Scratch::size_of<double>(tasks) : 0));
    T* rows = scratch.take<T>(workers * row_size / static_cast<int64_t>(sizeof(T)));
    double* sums = losses ? scratch.take<double>(tasks) : nullptr;
    parallel_for(tasks, threads, [&](int64_t i, int worker) {
        const int64_t first = i * n;
        RowTask<T> part = task;
        double sum = 0;
        part.rows = std::min(n, task.rows - first);
        part.logits += first * classes;
        if (part.out) part.out += first * (matrix ? classes : 1);
        part.row = past ? rows + worker * row_size / static_cast<int64_t>(sizeof(T)) : nullptr;
        if (losses) {
            part.labels += first;
            if (part.weights) part.weights += first;
            if (part.losses) part.losses += first;
            part.loss = &sum;
        }
        kernels<T>().row_function(function, part);
        if (losses) sums[i] = sum;
    });
    if (!losses) return;
    *task.loss = 0;
    for (int64_t i = 0; i < tasks; ++i) *task.loss += sums[i];
}

template void row_function<float>(RowFunction, RowTask<float>, int);
template void row_function<double>(RowFunction, RowTask<double>, int);

}  // namespace s4j
