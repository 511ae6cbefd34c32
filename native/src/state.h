// What decides how an object goes on, as bytes: each class lists its members once, in state(State&), and that
// counts them, saves them, restores them and checks what was restored.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "status.h"

namespace s4j {

// A pass over the members, in their order, which is that of the bytes. Only the bytes [first, first + count)
// are copied, so that a large state needs no memory beside itself.
class State {
  public:
    static State counting() { return State(kSaving, 0, 0, nullptr); }
    static State saving(int64_t first, int64_t count, void* to) { return State(kSaving, first, count, to); }
    static State restoring(int64_t first, int64_t count, const void* from) {
        return State(kRestoring, first, count, const_cast<void*>(from));
    }
    // After all bytes were restored: they may come from anywhere.
    static State checking() { return State(kChecking, 0, 0, nullptr); }

    template <class V>
    void value(V& v) {
        V copy = v;
        values(&copy, 1);
        if (mode_ == kRestoring) v = copy;
    }
    // Any byte is a bool here.
    void value(bool& v) {
        auto byte = static_cast<uint8_t>(v);
        value(byte);
        v = byte != 0;
    }
    // `used` false: their bytes are there, and mean nothing.
    template <class V>
    void values(V* v, int64_t n, bool used = true) {
        static_assert(std::is_trivially_copyable_v<V> && !std::is_same_v<V, bool>);
        const int64_t bytes = n * static_cast<int64_t>(sizeof(V));
        const int64_t begin = std::max(at_, first_), end = std::min(at_ + bytes, first_ + count_);
        if (begin < end) {
            char *own = reinterpret_cast<char*>(v) + (begin - at_), *other = memory_ + (begin - first_);
            const auto length = static_cast<size_t>(end - begin);
            if (mode_ == kRestoring)
                std::memcpy(own, other, length);
            else if (used)
                std::memcpy(other, own, length);
            else
                std::memset(other, 0, length);
        }
        at_ += bytes;
    }
    // The same of numbers that are finite in every state that a run can have.
    template <class V>
    void finite(V* v, int64_t n, bool used = true) {
        values(v, n, used);
        if (mode_ == kChecking && used) require(std::all_of(v, v + n, [](V x) { return std::isfinite(x); }));
    }
    // The same of a whole number within bounds.
    template <class V>
    void within(V& v, int64_t least, int64_t most) {
        value(v);
        require(static_cast<int64_t>(v) >= least && static_cast<int64_t>(v) <= most);
    }
    void require(bool condition) const {
        if (mode_ == kChecking && !condition)
            throw Failure(S4J_BAD_ARGUMENT, "the state is damaged: it has a value that no run can have");
    }

    int64_t size() const { return at_; }

  private:
    enum Mode { kSaving, kRestoring, kChecking };

    State(Mode mode, int64_t first, int64_t count, void* memory)
        : mode_(mode), first_(first), count_(count), memory_(static_cast<char*>(memory)) {}

    const Mode mode_;
    const int64_t first_, count_;
    char* const memory_;
    int64_t at_ = 0;
};

// Copies a part of an object's state out; returns how many bytes there are in all.
template <class Object>
int64_t save_state(Object& object, int64_t first, int64_t count, void* to) {
    State state = State::saving(first, count, to);
    object.state(state);
    return state.size();
}

// Takes a part of a state of `size` bytes in; the object is not to be used before the last part has come.
template <class Object>
void restore_state(Object& object, int64_t first, int64_t count, int64_t size, const void* from) {
    if (first < 0 || count < 0 || count > size - first)
        throw Failure(S4J_BAD_ARGUMENT, "first and count must name bytes of the state");
    State part = State::restoring(first, count, from);
    object.state(part);
    if (first + count < size) return;
    if (part.size() != size)
        throw Failure(S4J_BAD_ARGUMENT, "the state has " + std::to_string(size) +
                                            " bytes, here it must have " + std::to_string(part.size()));
    State check = State::checking();
    object.state(check);
}

}  // namespace s4j
