// How failures travel: thrown as Failure inside the core, a status and a thread-local text outside.
#pragma once

#include <limits>
#include <stdexcept>
#include <string>

#include "softmax4j.h"

namespace s4j {

class Failure : public std::runtime_error {
  public:
    Failure(s4j_status status, const std::string& text) : std::runtime_error(text), status(status) {}
    s4j_status status;
};

// Bounds of the type: a finite one that it lacks would be infinite.
template <class T>
void require_bounds_in(double lower, double upper) {
    constexpr double kMost = static_cast<double>(std::numeric_limits<T>::max());
    if (lower > kMost) throw Failure(S4J_BAD_ARGUMENT, "lower must be finite in the element type");
    if (upper < -kMost) throw Failure(S4J_BAD_ARGUMENT, "upper must be finite in the element type");
}

void set_last_error(const char* text) noexcept;
const char* last_error() noexcept;

// Runs f and turns what it throws into a status. Nothing may leave the ABI by exception.
template <class F>
int guarded(F&& f) noexcept {
    try {
        f();
        return S4J_OK;
    } catch (const Failure& e) {
        set_last_error(e.what());
        return e.status;
    } catch (const std::bad_alloc&) {
        set_last_error("not enough native memory");
        return S4J_NO_MEMORY;
    } catch (const std::exception& e) {
        set_last_error(e.what());
        return S4J_INTERNAL;
    } catch (...) {
        set_last_error("unknown native error");
        return S4J_INTERNAL;
    }
}

}  // namespace s4j
