// The parallel loop: the only place that knows of the threads it runs on.
#pragma once

#include <algorithm>
#include <cstdint>

namespace s4j {

// The body of a loop: called once for each task in [0, tasks); worker < threads says which of the threads
// runs it.
using ParallelBody = void (*)(const void* body, int64_t task, int worker);
void parallel_tasks(int64_t tasks, int threads, ParallelBody run, const void* body) noexcept;

// Runs f(task, worker) for all tasks on at most `threads` threads, in any order: on the calling one, and on
// those of the process's own that are free. f must not throw: an exception that left the loop would end the
// process.
template <class F>
void parallel_for(int64_t tasks, int threads, const F& f) noexcept {
    parallel_tasks(
        tasks, threads,
        [](const void* body, int64_t task, int worker) { (*static_cast<const F*>(body))(task, worker); }, &f);
}

// How many of `threads` are worth waking for work of so many operations: values read and computed with, or
// some eight multiplications of a kernel. Results must not depend on it.
inline int threads_for(int64_t operations, int threads) {
    // Some 5 to 20 microseconds: a few times what a thread that is awake takes to begin.
    constexpr int64_t kEach = 16384;
    return static_cast<int>(std::clamp<int64_t>(operations / kEach, 1, threads));
}

}  // namespace s4j
