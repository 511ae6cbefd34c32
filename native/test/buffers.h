// Random values, and memory whose end is the end of a page that may be touched.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "pages.h"
#include "random.h"

namespace check {

// Uniform in [-1, 1).
inline double uniform(s4j::Random& random) {
    return static_cast<double>(random.next() >> 11) * 0x1p-52 - 1;
}

template <class T>
void fill(T* values, int64_t n, s4j::Random& random, double scale = 1) {
    for (int64_t i = 0; i < n; ++i) values[i] = static_cast<T>(uniform(random) * scale);
}

// Memory before a page that faults: last(n) are the last n elements, so the start is rarely aligned and a
// read or write past the end ends the program.
template <class T>
class Fenced {
  public:
    explicit Fenced(int64_t most) : pages_(most * static_cast<int64_t>(sizeof(T))) {}
    T* last(int64_t n) { return reinterpret_cast<T*>(pages_.end()) - n; }

  private:
    Pages pages_;
};

template <class T>
constexpr double kEpsilon = std::numeric_limits<T>::epsilon();
template <class T>
constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();
template <class T>
constexpr T kInfinity = std::numeric_limits<T>::infinity();

}  // namespace check
