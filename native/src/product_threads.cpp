#include "product_threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <new>

#include "mapping.h"

namespace s4j {

namespace {

// 128 MB, and what starting the thread takes.
constexpr int64_t kBufferBytes = int64_t{132} << 20;
// OpenBLAS has places for twice as many buffers as threads, of which the presets' has 64.
constexpr int kMostThreads = 128;

std::mutex mutex;
// Never destroyed: the process may end during a call.
std::condition_variable& ended = *new std::condition_variable;
int promised = 0;             // threads that may be in products
std::atomic<int> inside{0};   // threads that are
std::atomic<int> buffers{0};  // that OpenBLAS has: for as many threads as were in products at once

// How many of `threads` there are places and memory for beside those that are promised; the mutex is held.
int affordable(int threads) {
    int count = std::min(threads, kMostThreads - promised);
    for (; count > 0; count /= 2) {
        const int more = promised + count - buffers;
        if (more <= 0 || has_address_space(more * kBufferBytes)) break;
    }
    return count;
}

}  // namespace

ProductThreads::ProductThreads(int threads) {
    std::unique_lock lock(mutex);
    for (; (count_ = affordable(threads)) == 0; ended.wait_for(lock, std::chrono::seconds(1)))
        if (promised == 0) throw std::bad_alloc();
    promised += count_;
}

ProductThreads::~ProductThreads() {
    {
        const std::lock_guard lock(mutex);
        promised -= count_;
    }
    ended.notify_all();
}

InProduct::InProduct() noexcept {
    const int now = ++inside;
    for (int most = buffers; now > most && !buffers.compare_exchange_weak(most, now);) {
    }
}

InProduct::~InProduct() {
    --inside;
}

}  // namespace s4j
