// The threads of the parallel loop: how many there are, what they cost while they sleep, and that calls go on
// where the system gives no more.
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "problem.h"

#if defined(__linux__)
#    include <dirent.h>
#    include <sys/resource.h>
#endif

// A sanitizer has a pthread_create of its own.
#if defined(__linux__) && !defined(S4J_SANITIZED)
#    define S4J_REFUSES 1
#endif

#if S4J_REFUSES
#    include <dlfcn.h>

namespace {
std::atomic<int> threads_left{1 << 30};
}

// The program's own definition takes the place of libc's in all its libraries.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) noexcept {
    static const auto create =
        reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
    if (threads_left.fetch_sub(1) <= 0) return EAGAIN;
    return create(thread, attributes, run, argument);
}
#endif

using namespace check;
using namespace std::chrono_literals;

namespace {

// Whether f() came true within the time that a busy machine may take.
template <class F>
bool soon(const F& f) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!f())
        if (std::chrono::steady_clock::now() > end)
            return false;
        else
            std::this_thread::yield();
    return true;
}

// Runs f on so many threads, and waits for them.
template <class F>
void on_threads(int n, const F& f) {
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i) threads.emplace_back(f, i);
    for (std::thread& t : threads) t.join();
}

// How many threads a loop of so many tasks had, where each waits for `expected` of them to be there.
int threads_of(int tasks, int threads, int expected) {
    std::mutex mutex;
    std::set<std::thread::id> seen;
    std::set<int> workers;
    std::atomic<int> begun{0};
    s4j::parallel_for(tasks, threads, [&](int64_t, int worker) {
        {
            const std::lock_guard lock(mutex);
            seen.insert(std::this_thread::get_id());
            workers.insert(worker);
            CHECK(worker >= 0 && worker < threads);
        }
        ++begun;
        soon([&] { return begun >= expected; });
    });
    CHECK_EQUAL(static_cast<int>(workers.size()), static_cast<int>(seen.size()));
    return static_cast<int>(seen.size());
}

void every_task_once() {
    for (const int threads : {1, 2, 3, 16, 1024, 5000})
        for (const int tasks : {0, 1, 2, 7, 1000}) {
            about("%d tasks on %d threads", tasks, threads);
            std::vector<std::atomic<int>> runs(static_cast<size_t>(tasks));
            s4j::parallel_for(tasks, threads, [&](int64_t task, int) { ++runs[task]; });
            bool once = true;
            for (const auto& r : runs) once = once && r == 1;
            CHECK(once);
        }
}

// Loops in loops, by many callers at once: none waits for another's threads.
void nested() {
    about("nested");
    std::atomic<long> sum{0};
    on_threads(8, [&](int) {
        for (int i = 0; i < 20; ++i)
            s4j::parallel_for(6, 4, [&](int64_t, int) {
                s4j::parallel_for(5, 3, [&](int64_t task, int) {
                    s4j::parallel_for(4, 4, [&](int64_t inner, int) { sum += task * inner; });
                });
            });
    });
    CHECK_EQUAL(sum, 8L * 20 * 6 * (0 + 1 + 2 + 3 + 4) * (0 + 1 + 2 + 3));
}

// Calls at the same time share the threads; one that asks for no other takes none.
void shares() {
    about("shares");
    CHECK_EQUAL(threads_of(4, 4, 4), 4);
    CHECK_EQUAL(threads_of(9, 4, 4), 4);
    CHECK_EQUAL(threads_of(2, 4, 2), 2);
    CHECK_EQUAL(threads_of(4, 1, 1), 1);
    for (const int threads : {1, 4}) {
        about("beside a loop on %d", threads);
        std::atomic<bool> begun{false}, ended{false};
        std::thread other([&] {
            s4j::parallel_for(2, threads, [&](int64_t, int) {
                begun = true;
                soon([&] { return ended.load(); });
            });
        });
        CHECK(soon([&] { return begun.load(); }));
        const int expected = threads == 1 ? 4 : 2;
        CHECK_EQUAL(threads_of(4, 4, expected), expected);
        ended = true;
        other.join();
    }
}

#if defined(__linux__)

int os_threads() {
    int n = 0;
    DIR* tasks = opendir("/proc/self/task");
    if (!tasks) return -1;
    while (const dirent* entry = readdir(tasks)) n += entry->d_name[0] != '.';
    closedir(tasks);
    return n;
}

double cpu_seconds() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// However many callers there were or are: those, and what one of them asked for.
void bounded() {
    constexpr int kAsked = 16, kCallers = 100;
    const auto work = [](int) {
        std::atomic<int64_t> sum{0};
        for (int i = 0; i < 5; ++i)
            s4j::parallel_for(64, kAsked, [&](int64_t task, int) {
                for (int64_t j = 0; j < 2000; ++j) sum += j ^ task;
            });
    };
    const int before = os_threads();
    about("%d callers one after another", kCallers);
    for (int i = 0; i < kCallers; ++i) on_threads(1, work);
    CHECK(os_threads() - before <= kAsked - 1);
    about("%d callers at once", kCallers);
    std::atomic<int> most{0}, running{0};
    on_threads(kCallers, [&](int i) {
        ++running;
        soon([&] { return running == kCallers; });
        work(i);
        for (int now = os_threads(), seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
    });
    CHECK(most - before <= kCallers + kAsked - 1);
    CHECK(soon([&] { return os_threads() - before <= kAsked - 1; }));
}

void asleep() {
    about("asleep");
    s4j::parallel_for(64, 8, [](int64_t, int) {});
    std::this_thread::sleep_for(20ms);
    const double before = cpu_seconds();
    std::this_thread::sleep_for(500ms);
    CHECK(cpu_seconds() - before < 0.02);
}

#endif

#if S4J_REFUSES

std::vector<float> gradient(const Problem<float>& p, int threads) {
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, p.intercept, 0.1);
    std::vector<float> g(p.parameters.size());
    double loss = 0;
    CHECK_EQUAL(
        s4j_loss_gradient(goal.get(), S4J_AUTO, p.parameters.data(), g.data(), threads, S4J_NO_LIMIT, &loss),
        S4J_OK);
    return g;
}

// While nothing has been started yet: with none, with one, then with as many as are asked for.
void refused() {
    s4j::Random random(5);
    const Problem<float> p(4000, 64, 40, true, random);
    const std::vector<float> alone = gradient(p, 1);
    for (const int given : {0, 1}) {
        about("%d threads given", given);
        threads_left = given;
        CHECK_EQUAL(threads_of(4, 4, given + 1), given + 1);
        CHECK(gradient(p, 8) == alone);
        std::this_thread::sleep_for(150ms);
        // After a refusal it is not asked again for 100 ms, which may be over here on a busy machine.
        const auto begun = std::chrono::steady_clock::now();
        CHECK_EQUAL(threads_of(4, 4, given + 1), given + 1);
        const int left = threads_left;
        CHECK_EQUAL(threads_of(4, 4, given + 1), given + 1);
        CHECK(threads_left == left || std::chrono::steady_clock::now() - begun > 90ms);
        std::this_thread::sleep_for(150ms);
    }
    about("all given");
    threads_left = 1 << 30;
    CHECK_EQUAL(threads_of(4, 4, 4), 4);
    CHECK(gradient(p, 8) == alone);
}

#endif

}  // namespace

int main(int argc, char** argv) {
    start(argc, argv);
#if S4J_REFUSES
    refused();
#endif
#if defined(__linux__)
    bounded();
    asleep();
#endif
    every_task_once();
    nested();
    shares();
    return finish("parallel");
}
