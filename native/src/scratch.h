// Scratch memory that outlives a call: blocks go back to a small pool, so that repeated calls allocate
// nothing and touch no fresh pages.
#pragma once

#include <cstddef>
#include <cstdint>

namespace s4j {

// 64-byte aligned; throws std::bad_alloc.
void* allocate_aligned(int64_t bytes);
void free_aligned(void* memory) noexcept;

// A block from the pool for one call. Pieces are carved off in order, each 64-byte aligned.
class Scratch {
  public:
    explicit Scratch(int64_t bytes);
    // Holds nothing: only counts what would be taken. The pieces must not be used.
    Scratch() = default;
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    template <class T>
    T* take(int64_t count) {
        T* piece = reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(block_) + static_cast<uintptr_t>(used_));
        used_ += size_of<T>(count);
        return piece;
    }
    // What take<T>(count) uses up.
    template <class T>
    static int64_t size_of(int64_t count) {
        return (count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
    }
    void rewind() { used_ = 0; }
    int64_t bytes() const { return bytes_; }
    int64_t used() const { return used_; }

  private:
    char* block_ = nullptr;
    int64_t bytes_ = 0;
    int64_t used_ = 0;
};

}  // namespace s4j
