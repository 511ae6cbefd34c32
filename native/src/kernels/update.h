// The optimizer rules: one pass over the parameters each, on plain loops that the compiler vectorises.
#pragma once

#include "../../include/softmax4j.h"
#include "../kernels.h"
#include "simd.h"

namespace s4j::S4J_ISA {

S4J_INLINE float root(float x) {
    return __builtin_sqrtf(x);
}
S4J_INLINE double root(double x) {
    return __builtin_sqrt(x);
}

// The exponent bits, all set in NaN and infinity alone.
S4J_INLINE int32_t not_finite(float x) {
    return (__builtin_bit_cast(int32_t, x) & 0x7F800000) == 0x7F800000;
}
S4J_INLINE int64_t not_finite(double x) {
    return (__builtin_bit_cast(int64_t, x) & 0x7FF0000000000000) == 0x7FF0000000000000;
}

// Applies `rule(i, g, w) -> new w` to the elements [begin, end), g being their gradient; false where a new w
// is not finite.
template <class T, class Rule>
S4J_INLINE bool apply(const Update<T>& u, int64_t begin, int64_t end, Rule rule) {
    constexpr int64_t kTile = 512;
    alignas(64) T sums[kTile];
    const T l2 = static_cast<T>(u.l2);
    auto bad = not_finite(T(0));
    for (int64_t start = begin; start < end; start += kTile) {
        const int64_t n = end - start < kTile ? end - start : kTile;
        const T* gradient = u.parts[0] + start;
        if (u.part_count > 1) {
            for (int64_t i = 0; i < n; ++i) sums[i] = gradient[i];
            for (int p = 1; p < u.part_count; ++p)
                for (int64_t i = 0; i < n; ++i) sums[i] += u.parts[p][start + i];
            gradient = sums;
        } else if (u.touched) {
            int64_t row = start / u.width;
            for (int64_t i = 0; i < n; ++row) {
                const int64_t stop = (row + 1) * u.width - start < n ? (row + 1) * u.width - start : n;
                if (u.touched[row])
                    for (; i < stop; ++i) sums[i] = gradient[i];
                else
                    for (; i < stop; ++i) sums[i] = 0;
            }
            gradient = sums;
        }
        const T* parameters = u.parameters + start;
        T* updated = u.updated + start;
#pragma omp simd reduction(| : bad)
        for (int64_t i = 0; i < n; ++i) {
            const T w = parameters[i];
            const T next = rule(start + i, gradient[i] + l2 * w, w);
            updated[i] = next;
            bad |= not_finite(next);
        }
    }
    return bad == 0;
}

template <class T>
bool update(const Update<T>& u, int64_t begin, int64_t end) {
    const double* h = u.hyper;
    const T lr = static_cast<T>(u.learning_rate);
    const bool first = u.step == 1;
    T* s0 = u.slots[0];
    T* s1 = u.slots[1];
    T* s2 = u.slots[2];
    switch (u.rule) {
        case S4J_SGD:
            return apply(u, begin, end, [=](int64_t, T g, T w) { return w - lr * g; });
        case S4J_MOMENTUM: {
            const T mu = static_cast<T>(h[0]);
            if (h[2] == 0) {
                return apply(u, begin, end, [=](int64_t i, T g, T w) {
                    const T v = mu * s0[i] - lr * g;
                    s0[i] = v;
                    return w + v;
                });
            } else {
                const T fresh = first ? T(1) : static_cast<T>(1 - h[1]);
                return apply(u, begin, end, [=](int64_t i, T g, T w) {
                    const T v = mu * s0[i] + fresh * g;
                    s0[i] = v;
                    return w - lr * v;
                });
            }
        }
        case S4J_NESTEROV: {
            const T mu = static_cast<T>(h[0]);
            return apply(u, begin, end, [=](int64_t i, T g, T w) {
                const T v = mu * s0[i] + g;
                s0[i] = v;
                return w - lr * (g + mu * v);
            });
        }
        case S4J_ADAGRAD: {
            const T epsilon = static_cast<T>(h[0]);
            const T rate = static_cast<T>(u.learning_rate / (1 + static_cast<double>(u.step - 1) * h[2]));
            return apply(u, begin, end, [=](int64_t i, T g, T w) {
                const T a = s0[i] + g * g;
                s0[i] = a;
                return w - rate * g / (root(a) + epsilon);
            });
        }
        case S4J_RMSPROP: {
            const T rho = static_cast<T>(h[0]), rest = static_cast<T>(1 - h[0]);
            const T epsilon = static_cast<T>(h[1]), momentum = static_cast<T>(h[2]);
            const bool centred = h[3] != 0;
            const auto direction = [=](int64_t i, T g) {
                const T a = rho * s0[i] + rest * (g * g);
                s0[i] = a;
                if (!centred) return g / (root(a) + epsilon);
                const T m = rho * s1[i] + rest * g;
                s1[i] = m;
                // Rounding can push the variance a hair below zero.
                const T variance = a - m * m;
                return g / (root(variance > 0 ? variance : T(0)) + epsilon);
            };
            if (momentum > 0)
                return apply(u, begin, end, [=](int64_t i, T g, T w) {
                    const T v = momentum * s2[i] + direction(i, g);
                    s2[i] = v;
                    return w - lr * v;
                });
            else
                return apply(u, begin, end, [=](int64_t i, T g, T w) { return w - lr * direction(i, g); });
        }
        default: {  // S4J_ADAM
            const T b1 = static_cast<T>(h[0]), r1 = static_cast<T>(1 - h[0]);
            const T b2 = static_cast<T>(h[1]), r2 = static_cast<T>(1 - h[1]);
            const T epsilon = static_cast<T>(h[2]);
            const double t = static_cast<double>(u.step);
            const T rate = static_cast<T>(u.learning_rate / (1 - __builtin_pow(h[0], t)));
            const T unbias = static_cast<T>(1 / __builtin_sqrt(1 - __builtin_pow(h[1], t)));
            const T keep = static_cast<T>(1 - u.learning_rate * u.decay);
            const bool amsgrad = h[3] != 0;
            const auto moments = [=](int64_t i, T g, T w, T v) {
                const T m = b1 * s0[i] + r1 * g;
                s0[i] = m;
                return keep * w - rate * m / (root(v) * unbias + epsilon);
            };
            if (amsgrad)
                return apply(u, begin, end, [=](int64_t i, T g, T w) {
                    const T v = b2 * s1[i] + r2 * (g * g);
                    s1[i] = v;
                    const T top = s2[i] > v ? s2[i] : v;
                    s2[i] = top;
                    return moments(i, g, w, top);
                });
            else
                return apply(u, begin, end, [=](int64_t i, T g, T w) {
                    const T v = b2 * s1[i] + r2 * (g * g);
                    s1[i] = v;
                    return moments(i, g, w, v);
                });
        }
    }
}

}  // namespace s4j::S4J_ISA
