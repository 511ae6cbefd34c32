#include "scratch.h"

#include <array>
#include <cstdlib>
#include <mutex>
#include <new>

#if defined(_WIN32)
#    include <malloc.h>
#endif

#include "softmax4j.h"

namespace s4j {

void* allocate_aligned(int64_t bytes) {
    if (bytes < 0) throw std::bad_alloc();
    const size_t rounded = (static_cast<size_t>(bytes > 0 ? bytes : 1) + 63) / 64 * 64;
#if defined(_WIN32)
    void* memory = _aligned_malloc(rounded, 64);
#else
    void* memory = std::aligned_alloc(64, rounded);
#endif
    if (!memory) throw std::bad_alloc();
    return memory;
}

void free_aligned(void* memory) noexcept {
#if defined(_WIN32)
    _aligned_free(memory);
#else
    std::free(memory);
#endif
}

namespace {

struct Block {
    char* memory = nullptr;
    int64_t bytes = 0;
};

// At most kBlocks free blocks of S4J_POOL_BYTES together stay with the process.
constexpr int kBlocks = 16;
std::mutex mutex;
std::array<Block, kBlocks> pool;
int64_t pooled = 0;

// The smallest free block that is large enough and not wastefully so.
Block take_block(int64_t bytes) {
    const std::lock_guard lock(mutex);
    Block* best = nullptr;
    for (Block& b : pool)
        if (b.memory && b.bytes >= bytes && b.bytes / 4 <= bytes + 4096 && (!best || b.bytes < best->bytes))
            best = &b;
    if (!best) return {};
    const Block found = *best;
    pooled -= found.bytes;
    *best = {};
    return found;
}

bool keep_block(Block block) {
    const std::lock_guard lock(mutex);
    if (pooled + block.bytes > S4J_POOL_BYTES) return false;
    for (Block& b : pool)
        if (!b.memory) {
            b = block;
            pooled += block.bytes;
            return true;
        }
    return false;
}

}  // namespace

Scratch::Scratch(int64_t bytes) {
    Block block = take_block(bytes);
    if (!block.memory) block = {static_cast<char*>(allocate_aligned(bytes)), bytes};
    block_ = block.memory;
    bytes_ = block.bytes;
}

Scratch::~Scratch() {
    if (block_ && !keep_block({block_, bytes_})) free_aligned(block_);
}

}  // namespace s4j
