#include "scratch.h"

#include <array>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

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

// Out of the pool, which is locked.
Block taken(Block& block) {
    pooled -= block.bytes;
    return std::exchange(block, Block{});
}

// The smallest free block that is large enough and not wastefully so.
Block take_block(int64_t bytes) {
    const std::lock_guard lock(mutex);
    Block* best = nullptr;
    for (Block& b : pool)
        if (b.memory && b.bytes >= bytes && b.bytes / 4 <= bytes + 4096 && (!best || b.bytes < best->bytes))
            best = &b;
    return best ? taken(*best) : Block{};
}

// A free block of at least so many bytes, the smallest such; the largest of all where there is none.
Block drop_block(int64_t bytes) {
    const std::lock_guard lock(mutex);
    Block* best = nullptr;
    for (Block& b : pool)
        if (b.memory && (!best || (best->bytes < bytes ? b.bytes > best->bytes
                                                       : b.bytes >= bytes && b.bytes < best->bytes)))
            best = &b;
    return best ? taken(*best) : Block{};
}

// Frees as much of what lies free as is about to be allocated: so what the process holds is never more than
// what calls have held at one time.
void make_room(int64_t bytes) {
    for (int64_t freed = 0; freed < bytes;) {
        const Block block = drop_block(bytes - freed);
        if (!block.memory) return;
        freed += block.bytes;
        free_aligned(block.memory);
    }
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
    if (!block.memory) {
        make_room(bytes);
        block = {static_cast<char*>(allocate_aligned(bytes)), bytes};
    }
    block_ = block.memory;
    bytes_ = block.bytes;
}

Scratch::~Scratch() {
    if (block_ && !keep_block({block_, bytes_})) free_aligned(block_);
}

}  // namespace s4j
