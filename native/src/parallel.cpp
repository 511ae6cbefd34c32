// One set of threads for the whole process, however many callers there are. The calling thread always works
// itself and never waits for another to become free, so a loop ends, with the same bits, on however few
// threads there are: on its own where the system gives no more, or inside another loop.
#include "parallel.h"

#if defined(_WIN32)
#    include <windows.h>
#else
#    include <dlfcn.h>
#    include <signal.h>
#endif
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <new>

namespace s4j {

namespace {

using Clock = std::chrono::steady_clock;

// Workers beside the callers, at most: one less than the threads that a call may have.
constexpr int kMostWorkers = 1023;
// How long a thread looks for what it waits for before it sleeps: longer than from one loop of a step to its
// next, shorter than what another program would miss.
constexpr std::chrono::microseconds kSpin{100};
// A worker ends when it has had nothing to do for so long.
constexpr std::chrono::seconds kIdle{10};
// No thread is asked for so long after the system has refused one.
constexpr std::chrono::milliseconds kRefused{100};
// That of the JVM's own threads, on which callers run the same loops.
constexpr size_t kStackBytes = size_t{1} << 20;

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

template <class Done>
bool spin_until(const Done& done) {
    const auto end = Clock::now() + kSpin;
    do {
        for (int i = 0; i < 16; ++i) {
            if (done()) return true;
            pause();
        }
    } while (Clock::now() < end);
    return false;
}

struct Loop {
    const int64_t tasks;
    const ParallelBody run;
    const void* const body;
    std::atomic<int64_t> next{0};
    std::atomic<int> workers{0};

    bool has_tasks() const { return next.load(std::memory_order_relaxed) < tasks; }
    void work(int worker) {
        for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;)
            run(body, task, worker);
    }
};

// A worker's place: it stays for the next thread when one ends.
class Worker {
  public:
    explicit Worker(int number) : number_(number) {}

    // Has it run the loop where it is free, or where there is no thread and one may be started.
    bool offer(Loop& loop, bool start) {
        uintptr_t state = state_.load(std::memory_order_relaxed);
        if (state == kFree && state_.compare_exchange_strong(state, offered(loop))) {
            if (asleep_.load()) {
                { const std::lock_guard lock(mutex_); }
                wake_.notify_one();
            }
            return true;
        }
        if (state != kNoThread || !start || !state_.compare_exchange_strong(state, offered(loop)))
            return false;
        if (start_thread()) return true;
        state_.store(kNoThread);
        return false;
    }

    // Takes back the loop if it has not begun, else waits until it has ended.
    void end(const Loop& loop) {
        uintptr_t state = state_.load(std::memory_order_acquire);
        if (state == offered(loop) && state_.compare_exchange_strong(state, kFree)) return;
        const uintptr_t busy = offered(loop) | kBusy;
        const auto ended = [&] { return state_.load() != busy; };
        if (state != busy || spin_until(ended)) return;
        std::unique_lock lock(mutex_);
        ++awaited_;
        while (!ended_.wait_for(lock, kIdle, ended)) {
        }  // wait() would need a newer libstdc++
        --awaited_;
    }

  private:
    // What a worker does: nothing, as there is no thread or as it is free, or it is offered a loop, whose address
    // this is then, or it runs that.
    static constexpr uintptr_t kNoThread = 0, kFree = 2, kBusy = 1;
    static uintptr_t offered(const Loop& loop) { return reinterpret_cast<uintptr_t>(&loop); }

    bool start_thread() {
        static std::atomic<Clock::rep> refused{0};
        const Clock::rep now = Clock::now().time_since_epoch().count();
        const Clock::rep last = refused.load(std::memory_order_relaxed);
        if (last != 0 && now - last < std::chrono::duration_cast<Clock::duration>(kRefused).count())
            return false;
        pthread_attr_t attributes;
        if (pthread_attr_init(&attributes) != 0) return false;
        pthread_attr_setstacksize(&attributes, kStackBytes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_t thread;
        const auto run = [](void* worker) -> void* {
            static_cast<Worker*>(worker)->run();
            return nullptr;
        };
        const bool started = create(&thread, &attributes, run);
        pthread_attr_destroy(&attributes);
        if (!started) refused.store(now, std::memory_order_relaxed);
        return started;
    }

    // Signals are for the program's own threads, but those that a thread causes itself and those of profilers.
    bool create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*)) {
#if defined(_WIN32)
        return pthread_create(thread, attributes, run, this) == 0;
#else
        sigset_t blocked, before;
        sigfillset(&blocked);
        for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGPROF})
            sigdelset(&blocked, signal);
        pthread_sigmask(SIG_SETMASK, &blocked, &before);
        const bool started = pthread_create(thread, attributes, run, this) == 0;
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return started;
#endif
    }

    void run() {
        set_name();
        while (true) {
            uintptr_t state = state_.load(std::memory_order_acquire);
            if (state == kFree) state = wait();
            if (state == kFree) {
                if (state_.compare_exchange_strong(state, kNoThread)) return;
                continue;
            }
            if (!state_.compare_exchange_strong(state, state | kBusy)) continue;
            Loop& loop = *reinterpret_cast<Loop*>(state);
            loop.work(loop.workers.fetch_add(1, std::memory_order_relaxed) + 1);
            // From here on there may be no loop any more.
            state_.store(kFree);
            if (awaited_.load() > 0) {
                { const std::lock_guard lock(mutex_); }
                ended_.notify_all();
            }
        }
    }

    // The state when there is a loop, or when there has been none for long.
    uintptr_t wait() {
        const auto has_loop = [&] { return state_.load() != kFree; };
        if (!spin_until(has_loop)) {
            std::unique_lock lock(mutex_);
            asleep_.store(true);
            wake_.wait_for(lock, kIdle, has_loop);
            asleep_.store(false);
        }
        return state_.load();
    }

    void set_name() const {
#if !defined(_WIN32)
        char name[16];
        std::snprintf(name, sizeof name, "softmax4j-%d", number_);
#    if defined(__APPLE__)
        pthread_setname_np(name);
#    else
        pthread_setname_np(pthread_self(), name);
#    endif
#endif
    }

    std::atomic<uintptr_t> state_{kNoThread};
    std::atomic<bool> asleep_{false};
    std::atomic<int> awaited_{0};  // by so many callers
    const int number_;
    std::mutex mutex_;
    std::condition_variable wake_, ended_;
};

// Never freed: threads sleep on them when the process ends.
std::atomic<Worker*> workers[kMostWorkers];
// Places that have been in use: [0, used).
std::atomic<int> used{0};

// A sleeping thread's code must stay, also when the class loader that brought the library is gone.
void keep_code() {
#if defined(_WIN32)
    HMODULE module;
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                       reinterpret_cast<LPCSTR>(&keep_code), &module);
#else
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(&keep_code), &info) != 0)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
#endif
}

// The worker at place i; null where there is no memory for it.
Worker* worker_at(int i) {
    Worker* worker = workers[i].load(std::memory_order_acquire);
    if (worker) return worker;
    static std::once_flag kept;
    std::call_once(kept, keep_code);
    auto* made = new (std::nothrow) Worker(i + 1);
    if (!made || workers[i].compare_exchange_strong(worker, made))
        worker = made;
    else
        delete made;
    int before = used.load();
    while (before <= i && !used.compare_exchange_weak(before, i + 1)) {
    }
    return worker;
}

// Offers the loop to as many workers as are wanted and free, while it has tasks; there may be `most` of them.
// Returns the end of the places that were asked.
int recruit(Loop& loop, int wanted, int most) {
    int i = 0;
    for (const int end = std::max(most, used.load()); wanted > 0 && i < end && loop.has_tasks(); ++i) {
        Worker* worker = worker_at(i);
        if (worker && worker->offer(loop, i < most)) --wanted;
    }
    return i;
}

// Calls that are in a loop now and could use more threads. Each gets its share of them, so that many callers at
// once - a server's request threads - fill the processors instead of fighting over them.
std::atomic<int> callers{0};

}  // namespace

void parallel_tasks(int64_t tasks, int threads, ParallelBody run, const void* body) noexcept {
    Loop loop{tasks, run, body};
    if (tasks <= 1 || threads <= 1) return loop.work(0);
    const int sharing = callers.fetch_add(1, std::memory_order_relaxed) + 1;
    const int team = static_cast<int>(std::min<int64_t>(tasks, threads / sharing));
    const int end = recruit(loop, team - 1, std::min(threads - 1, kMostWorkers));
    loop.work(0);
    for (int i = 0; i < end; ++i)
        if (Worker* worker = workers[i].load(std::memory_order_acquire)) worker->end(loop);
    callers.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace s4j
