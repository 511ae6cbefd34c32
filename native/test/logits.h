// The softmax of given logits in a wider type.
#pragma once

#include "problem.h"

namespace check {

// One row in the wider type, and bounds of the rounding errors in T, all in units of its epsilon. The sum: 2
// for each exponential, half of |d| for each difference d = s - m, half a unit for each addition, of which at
// most 512 follow each other.
template <class T>
using Wide = typename WideOf<T>::type;
template <class T>
struct Row {
    Wide<T> m = -kInfinity<T>, z = 0;
    double sum_error = 0;

    Row(const T* s, int64_t classes) {
        for (int64_t c = 0; c < classes; ++c) m = std::max(m, Wide<T>(s[c]));
        double differences = 0;
        for (int64_t c = 0; c < classes; ++c) {
            const Wide<T> e = std::exp(Wide<T>(s[c]) - m);
            z += e;
            if (e > 0) differences += static_cast<double>(e * (m - Wide<T>(s[c])));
        }
        sum_error = kEpsilon<T> * (4 + differences / static_cast<double>(z) / 2 +
                                   static_cast<double>(std::min<int64_t>(classes, 512)) / 2);
    }
    double log_sum_exp() const { return static_cast<double>(m + std::log(z)); }
    double log_error() const { return sum_error + kEpsilon<T> * (2 * static_cast<double>(std::log(z)) + 1); }
    double probability(T s) const { return static_cast<double>(std::exp(Wide<T>(s) - m) / z); }
    double probability_error(T s) const {
        const double d = std::fmin(static_cast<double>(m - Wide<T>(s)), 800);
        return probability(s) * (kEpsilon<T> * (d / 2 + 5) + sum_error) +
               2 * std::numeric_limits<T>::denorm_min();
    }
    double log_probability(T s) const { return static_cast<double>(Wide<T>(s) - m - std::log(z)); }
    double log_probability_error(T s) const {
        return log_error() + kEpsilon<T> * std::fabs(log_probability(s));
    }
};

}  // namespace check
