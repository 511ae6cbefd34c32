#include "parallel.h"

#include <omp.h>

#include <atomic>

namespace s4j {

namespace {

// Calls that are in a parallel loop now. Each gets its share of the threads, so that many callers at once - a
// server's request threads - fill the processors instead of fighting over them. Results do not depend on it.
std::atomic<int> callers{0};

}  // namespace

void parallel_tasks(int64_t tasks, int threads, ParallelBody run, const void* body) noexcept {
    const int sharing = callers.fetch_add(1, std::memory_order_relaxed) + 1;
    const int64_t share = threads / sharing;
    const int team = static_cast<int>(tasks < share ? tasks : share);
    if (team <= 1) {
        for (int64_t task = 0; task < tasks; ++task) run(body, task, 0);
    } else {
#pragma omp parallel for num_threads(team) schedule(dynamic, 1)
        for (int64_t task = 0; task < tasks; ++task) run(body, task, omp_get_thread_num());
    }
    callers.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace s4j
