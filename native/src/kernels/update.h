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

// All bits, or none: as vectors compare. The exponent bits are all set in NaN and infinity alone.
S4J_INLINE int32_t not_finite(float x) {
    return (__builtin_bit_cast(int32_t, x) & 0x7F800000) == 0x7F800000 ? -1 : 0;
}
S4J_INLINE int64_t not_finite(double x) {
    return (__builtin_bit_cast(int64_t, x) & 0x7FF0000000000000) == 0x7FF0000000000000 ? -1 : 0;
}

// x moved into lower..upper; NaN stays.
template <class T>
S4J_INLINE T clamp(T x, T lower, T upper) {
    x = x < lower ? lower : x;
    return x > upper ? upper : x;
}

constexpr int64_t kUpdateTile = 512;

// The gradient at [start, start + n): in place where it is one part, in `sums` otherwise.
template <class T>
S4J_INLINE const T* summed(const Update<T>& u, int64_t start, int64_t n, T* sums) {
    const T* gradient = u.parts[0] + start;
    if (u.touched) {
        int64_t row = start / u.width;
        for (int64_t i = 0; i < n; ++row) {
            const int64_t stop = (row + 1) * u.width - start < n ? (row + 1) * u.width - start : n;
            if (u.touched[row])
                for (; i < stop; ++i) sums[i] = gradient[i];
            else
                for (; i < stop; ++i) sums[i] = 0;
        }
        return sums;
    }
    if (u.part_count == 1) return gradient;
    for (int64_t i = 0; i < n; ++i) sums[i] = gradient[i];
    for (int p = 1; p < u.part_count; ++p)
        for (int64_t i = 0; i < n; ++i) sums[i] += u.parts[p][start + i];
    return sums;
}

// What a rule makes of one parameter.
template <class T>
struct Moved {
    T w;  // its new value
    // How far it moves in the long run per step and unit of a constant gradient. The proximal step of l1
    // needs just that: at rest w = w - size g, so that g = -l1 sign(w), or |g| <= l1 at w = 0, only with this
    // size.
    T size;
    // Not negative: what would hold the parameter still for ever once it is infinite; 0 for rules without.
    T square = 0;
};

// Which options a loop over the parameters knows.
enum class Options { kNone, kWithoutL1, kAll };

// Applies `rule(i, g, w) -> Moved` to the elements [begin, end), g being their gradient; false where a new
// parameter or its state is not finite.
template <Options kOptions, class T, class Rule>
S4J_INLINE bool apply(const Update<T>& u, int64_t begin, int64_t end, Rule rule) {
    alignas(64) T sums[kUpdateTile];
    const T l2 = static_cast<T>(u.l2), l1 = static_cast<T>(u.l1);
    const T keep = static_cast<T>(1 - u.learning_rate * u.decay);
    const T lower = static_cast<T>(u.lower), upper = static_cast<T>(u.upper);
    const T scale = static_cast<T>(u.scale), clip = static_cast<T>(u.clip);
    auto bad = not_finite(T(0));
    for (int64_t start = begin; start < end; start += kUpdateTile) {
        const int64_t n = end - start < kUpdateTile ? end - start : kUpdateTile;
        const T* gradient = summed(u, start, n, sums);
        const T* parameters = u.parameters + start;
        T* updated = u.updated + start;
#pragma omp simd reduction(| : bad)
        for (int64_t i = 0; i < n; ++i) {
            T w = parameters[i];
            T g = gradient[i] + l2 * w;
            if constexpr (kOptions != Options::kNone) {
                bad |= not_finite(g);
                g *= scale;
                g = clamp(g, -clip, clip);
                w *= keep;
            }
            const Moved<T> moved = rule(start + i, g, w);
            // Both at once: a difference with an infinity is none that is finite.
            bad |= not_finite(moved.w - moved.square);
            w = moved.w;
            if constexpr (kOptions == Options::kAll) {
                const T threshold = l1 * moved.size;
                w -= clamp(w, -threshold, threshold);
            }
            if constexpr (kOptions != Options::kNone) w = clamp(w, lower, upper);
            updated[i] = w;
        }
    }
    return bad == 0;
}

template <class T>
double gradient_square(const Update<T>& u, int64_t begin, int64_t end) {
    alignas(64) T sums[kUpdateTile];
    const T l2 = static_cast<T>(u.l2);
    double square = 0;
    for (int64_t start = begin; start < end; start += kUpdateTile) {
        const int64_t n = end - start < kUpdateTile ? end - start : kUpdateTile;
        const T* gradient = summed(u, start, n, sums);
        const T* parameters = u.parameters + start;
        double tile = 0;
#pragma omp simd reduction(+ : tile)
        for (int64_t i = 0; i < n; ++i) {
            const double g = static_cast<double>(gradient[i] + l2 * parameters[i]);
            tile += g * g;
        }
        square += tile;
    }
    return square;
}

template <Options kOptions, class T>
bool update_with(const Update<T>& u, int64_t begin, int64_t end) {
    const auto run = [&](auto rule) { return apply<kOptions>(u, begin, end, rule); };
    const double* h = u.hyper;
    const T lr = static_cast<T>(u.learning_rate);
    const bool first = u.step == 1;
    T* s0 = u.slots[0];
    T* s1 = u.slots[1];
    T* s2 = u.slots[2];
    switch (u.rule) {
        case S4J_SGD:
            return run([=](int64_t, T g, T w) { return Moved<T>{w - lr * g, lr}; });
        case S4J_MOMENTUM: {
            const T mu = static_cast<T>(h[0]);
            if (h[2] == 0) {
                const T size = static_cast<T>(u.learning_rate / (1 - h[0]));
                return run([=](int64_t i, T g, T w) {
                    const T v = mu * s0[i] - lr * g;
                    s0[i] = v;
                    return Moved<T>{w + v, size};
                });
            } else {
                const T fresh = first ? T(1) : static_cast<T>(1 - h[1]);
                const T size = static_cast<T>(u.learning_rate * (1 - h[1]) / (1 - h[0]));
                return run([=](int64_t i, T g, T w) {
                    const T v = mu * s0[i] + fresh * g;
                    s0[i] = v;
                    return Moved<T>{w - lr * v, size};
                });
            }
        }
        case S4J_NESTEROV: {
            const T mu = static_cast<T>(h[0]), size = static_cast<T>(u.learning_rate / (1 - h[0]));
            return run([=](int64_t i, T g, T w) {
                const T v = mu * s0[i] + g;
                s0[i] = v;
                return Moved<T>{w - lr * (g + mu * v), size};
            });
        }
        case S4J_ADAGRAD: {
            const T epsilon = static_cast<T>(h[0]);
            const T rate = static_cast<T>(u.learning_rate / (1 + static_cast<double>(u.step - 1) * h[2]));
            return run([=](int64_t i, T g, T w) {
                const T a = s0[i] + g * g;
                s0[i] = a;
                const T divisor = root(a) + epsilon;
                return Moved<T>{w - rate * g / divisor, rate / divisor, a};
            });
        }
        case S4J_RMSPROP: {
            const T rho = static_cast<T>(h[0]), rest = static_cast<T>(1 - h[0]);
            const T epsilon = static_cast<T>(h[1]), momentum = static_cast<T>(h[2]);
            const T size = static_cast<T>(u.learning_rate / (1 - h[2]));
            const auto square = [=](int64_t i, T g) { return s0[i] = rho * s0[i] + rest * (g * g); };
            const auto centred = [=](int64_t i, T g, T a) {
                const T m = rho * s1[i] + rest * g;
                s1[i] = m;
                // Rounding can push the variance a hair below zero.
                const T variance = a - m * m;
                return variance > 0 ? variance : T(0);
            };
            const auto move = [=](T g, T w, T a, T divisor) {
                return Moved<T>{w - lr * (g / divisor), size / divisor, a};
            };
            const auto move_on = [=](int64_t i, T g, T w, T a, T divisor) {
                const T v = momentum * s2[i] + g / divisor;
                s2[i] = v;
                return Moved<T>{w - lr * v, size / divisor, a};
            };
            // A loop of its own for each, so that none has a branch.
            if (momentum > 0 && h[3] != 0)
                return run([=](int64_t i, T g, T w) {
                    const T a = square(i, g);
                    return move_on(i, g, w, a, root(centred(i, g, a)) + epsilon);
                });
            if (momentum > 0)
                return run([=](int64_t i, T g, T w) {
                    const T a = square(i, g);
                    return move_on(i, g, w, a, root(a) + epsilon);
                });
            if (h[3] != 0)
                return run([=](int64_t i, T g, T w) {
                    const T a = square(i, g);
                    return move(g, w, a, root(centred(i, g, a)) + epsilon);
                });
            return run([=](int64_t i, T g, T w) {
                const T a = square(i, g);
                return move(g, w, a, root(a) + epsilon);
            });
        }
        case S4J_ADAM: {
            const T b1 = static_cast<T>(h[0]), r1 = static_cast<T>(1 - h[0]);
            const T b2 = static_cast<T>(h[1]), r2 = static_cast<T>(1 - h[1]);
            const T epsilon = static_cast<T>(h[2]);
            const double t = static_cast<double>(u.step);
            const T rate = static_cast<T>(u.learning_rate / (1 - __builtin_pow(h[0], t)));
            const T unbias = static_cast<T>(1 / __builtin_sqrt(1 - __builtin_pow(h[1], t)));
            const bool amsgrad = h[3] != 0;
            const auto moments = [=](int64_t i, T g, T w, T v) {
                const T m = b1 * s0[i] + r1 * g;
                s0[i] = m;
                const T divisor = root(v) * unbias + epsilon;
                return Moved<T>{w - rate * m / divisor, lr / divisor, v};
            };
            if (amsgrad)
                return run([=](int64_t i, T g, T w) {
                    const T v = b2 * s1[i] + r2 * (g * g);
                    s1[i] = v;
                    const T top = s2[i] > v ? s2[i] : v;
                    s2[i] = top;
                    return moments(i, g, w, top);
                });
            else
                return run([=](int64_t i, T g, T w) {
                    const T v = b2 * s1[i] + r2 * (g * g);
                    s1[i] = v;
                    return moments(i, g, w, v);
                });
        }
    }
    return false;
}

template <class T>
bool update(const Update<T>& u, int64_t begin, int64_t end) {
    if (u.plain()) return update_with<Options::kNone>(u, begin, end);
    if (u.l1 == 0) return update_with<Options::kWithoutL1>(u, begin, end);
    return update_with<Options::kAll>(u, begin, end);
}

}  // namespace s4j::S4J_ISA
