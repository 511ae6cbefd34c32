// A seeded generator that gives the same numbers everywhere.
#pragma once

#include <cstdint>
#include <utility>

namespace s4j {

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): one 64-bit state, equidistributed output.
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        uint64_t z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    // Uniform in [0, bound), by Lemire's multiply-and-reject (ACM TOMACS 2019).
    uint64_t below(uint64_t bound) {
        unsigned __int128 product = static_cast<unsigned __int128>(next()) * bound;
        if (static_cast<uint64_t>(product) < bound) {
            const uint64_t reject = -bound % bound;
            while (static_cast<uint64_t>(product) < reject)
                product = static_cast<unsigned __int128>(next()) * bound;
        }
        return static_cast<uint64_t>(product >> 64);
    }

    template <class T>
    void shuffle(T* values, int64_t n) {
        for (int64_t i = n - 1; i > 0; --i) std::swap(values[i], values[below(static_cast<uint64_t>(i) + 1)]);
    }

  private:
    uint64_t state_;
};

}  // namespace s4j
