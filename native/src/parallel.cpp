#include "parallel.h"

#include <omp.h>

namespace s4j {

void parallel_tasks(int64_t tasks, int threads, ParallelBody run, const void* body) noexcept {
    if (threads <= 1 || tasks <= 1) {
        for (int64_t task = 0; task < tasks; ++task) run(body, task, 0);
        return;
    }
    const int team = static_cast<int>(tasks < threads ? tasks : threads);
#pragma omp parallel for num_threads(team) schedule(dynamic, 1)
    for (int64_t task = 0; task < tasks; ++task) run(body, task, omp_get_thread_num());
}

}  // namespace s4j
