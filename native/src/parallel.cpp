#include "parallel.h"

#if defined(__APPLE__)
#    include <dispatch/dispatch.h>
#else
#    include <omp.h>
#endif

#include <atomic>

namespace s4j {

namespace {

// Calls that are in a parallel loop now. Each gets its share of the threads, so that many callers at once - a
// server's request threads - fill the processors instead of fighting over them. Results do not depend on it.
std::atomic<int> callers{0};

#if defined(__APPLE__)

struct Loop {
    int64_t tasks;
    ParallelBody run;
    const void* body;
    std::atomic<int64_t> next{0};
};

// libdispatch runs `team` workers, on as many threads as it sees fit; each takes tasks until none is left.
void run_team(int64_t tasks, int team, ParallelBody run, const void* body) {
    Loop loop{tasks, run, body};
    dispatch_apply_f(static_cast<size_t>(team), dispatch_get_global_queue(DISPATCH_QUEUE_PRIORITY_DEFAULT, 0),
                     &loop, [](void* context, size_t worker) {
                         Loop& l = *static_cast<Loop*>(context);
                         for (int64_t task; (task = l.next.fetch_add(1)) < l.tasks;)
                             l.run(l.body, task, static_cast<int>(worker));
                     });
}

#else

void run_team(int64_t tasks, int team, ParallelBody run, const void* body) {
#    pragma omp parallel for num_threads(team) schedule(dynamic, 1)
    for (int64_t task = 0; task < tasks; ++task) run(body, task, omp_get_thread_num());
}

#endif

}  // namespace

void parallel_tasks(int64_t tasks, int threads, ParallelBody run, const void* body) noexcept {
    const int sharing = callers.fetch_add(1, std::memory_order_relaxed) + 1;
    const int64_t share = threads / sharing;
    const int team = static_cast<int>(tasks < share ? tasks : share);
    if (team <= 1)
        for (int64_t task = 0; task < tasks; ++task) run(body, task, 0);
    else
        run_team(tasks, team, run, body);
    callers.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace s4j
