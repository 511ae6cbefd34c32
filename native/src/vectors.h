// Parameter vectors: sums in double, cut by length alone and combined in order, so that they have the same
// bits for any number of threads.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "parallel.h"

namespace s4j {

class Vectors {
  public:
    Vectors(int64_t size, int threads)
        : size(size),
          threads(threads_for(size, threads)),
          tile_(std::max(kLeastTile, (size + kMostTiles - 1) / kMostTiles)),
          tiles_((size + tile_ - 1) / tile_) {}

    const int64_t size;
    const int threads;

    // Calls f(begin, end) for every tile.
    template <class F>
    void each(const F& f) const {
        parallel_for(tiles_, threads,
                     [&](int64_t tile, int) { f(tile * tile_, std::min((tile + 1) * tile_, size)); });
    }
    // The sum of term(i) over all i.
    template <class Term>
    double sum(const Term& term) const {
        double sums[kMostTiles];
        each([&](int64_t begin, int64_t end) {
            double sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t i = begin; i < end; ++i) sum += term(i);
            sums[begin / tile_] = sum;
        });
        double total = 0;
        for (int64_t t = 0; t < tiles_; ++t) total += sums[t];
        return total;
    }
    // out[i] = value(i) for all i
    template <class T, class Value>
    void set(T* out, const Value& value) const {
        each([&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) out[i] = value(i);
        });
    }

    template <class T>
    double dot(const T* a, const T* b) const {
        return sum([=](int64_t i) { return static_cast<double>(a[i]) * static_cast<double>(b[i]); });
    }
    template <class T>
    double norm(const T* a) const {
        return std::sqrt(dot(a, a));
    }
    template <class T>
    void copy(const T* from, T* to) const {
        set(to, [=](int64_t i) { return from[i]; });
    }
    // out = a + factor b
    template <class T>
    void add(const T* a, double factor, const T* b, T* out) const {
        const T f = static_cast<T>(factor);
        set(out, [=](int64_t i) { return a[i] + f * b[i]; });
    }
    template <class T>
    void scale(double factor, T* a) const {
        const T f = static_cast<T>(factor);
        set(a, [=](int64_t i) { return f * a[i]; });
    }
    // The largest |term(i)|; NaN where one is among them.
    template <class Term>
    double largest(const Term& term) const {
        double tops[kMostTiles];
        each([&](int64_t begin, int64_t end) {
            double top = 0;
            for (int64_t i = begin; i < end; ++i) {
                const double v = std::abs(static_cast<double>(term(i)));
                top = v > top || std::isnan(v) ? v : top;
            }
            tops[begin / tile_] = top;
        });
        double top = 0;
        for (int64_t t = 0; t < tiles_; ++t)
            if (tops[t] > top || std::isnan(tops[t])) top = tops[t];
        return top;
    }
    template <class T>
    double max_abs(const T* a) const {
        return largest([=](int64_t i) { return a[i]; });
    }

  private:
    static constexpr int64_t kLeastTile = 16384, kMostTiles = 64;
    const int64_t tile_, tiles_;
};

}  // namespace s4j
