// exp and log as branch-free polynomials, at most 2 ULP, the same form on every platform.
// NaN stays NaN; exp(-inf) = 0 and exp(+inf) = inf; results below the normal range are rounded once, not
// flushed.
#pragma once

#include <limits>

#include "simd.h"

namespace s4j::S4J_ISA {

template <class T>
S4J_INLINE IntVec<T> bits(Vec<T> v) {
    return reinterpret_cast<IntVec<T>>(v);
}
template <class T>
S4J_INLINE Vec<T> from_bits(IntVec<T> v) {
    return reinterpret_cast<Vec<T>>(v);
}

template <class T>
struct FloatFormat;
template <>
struct FloatFormat<float> {
    static constexpr int mantissa = 23;
    static constexpr int32_t bias = 127;
    // Adding it rounds to an integer in the low bits of the sum.
    static constexpr float round = 0x1.8p23f;
    static constexpr int32_t round_bits = 0x4B400000;
    static constexpr int32_t sqrt_half_bits = 0x3F3504F3;
    static constexpr int32_t mantissa_bits = 0x007FFFFF;
    // exp is 0 below, infinite above.
    static constexpr float exp_low = -104.0f, exp_high = 89.0f;
    // ln 2 in two parts; multiples of the first by an exponent are exact.
    static constexpr float ln2_high = 0x1.63p-1f, ln2_low = -0x1.bd0106p-13f;
};
template <>
struct FloatFormat<double> {
    static constexpr int mantissa = 52;
    static constexpr int64_t bias = 1023;
    static constexpr double round = 0x1.8p52;
    static constexpr int64_t round_bits = 0x4338000000000000;
    static constexpr int64_t sqrt_half_bits = 0x3FE6A09E667F3BCD;
    static constexpr int64_t mantissa_bits = 0x000FFFFFFFFFFFFF;
    static constexpr double exp_low = -746.0, exp_high = 710.0;
    static constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
};

// (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2: minimax polynomials for the relative error of exp(r), which is
// below 2^-28 in single and 2^-57 in double precision.
S4J_INLINE Vec<float> exp_tail(Vec<float> r) {
    Vec<float> p = splat(0x1.6a241ap-10f);
    p = p * r + 0x1.1239f2p-7f;
    p = p * r + 0x1.5558f2p-5f;
    p = p * r + 0x1.555492p-3f;
    return p * r + 0x1.fffffcp-2f;
}
S4J_INLINE Vec<double> exp_tail(Vec<double> r) {
    Vec<double> p = splat(0x1.ad7f63049951cp-26);
    p = p * r + 0x1.28ad7cfb28ca6p-22;
    p = p * r + 0x1.71df256a68e1dp-19;
    p = p * r + 0x1.a0199a01e6458p-16;
    p = p * r + 0x1.a01a012a45996p-13;
    p = p * r + 0x1.6c16c1842db96p-10;
    p = p * r + 0x1.1111111127c2fp-7;
    p = p * r + 0x1.555555555086dp-5;
    p = p * r + 0x1.55555555554fap-3;
    return p * r + 0x1.000000000000ap-1;
}

// exp(x) = 2^n exp(r), x = n ln 2 + r. 2^n is applied in two halves, so that the result can leave the normal
// range at either end with a single rounding.
template <class T>
S4J_INLINE Vec<T> exp(Vec<T> x) {
    using F = FloatFormat<T>;
    x = x < F::exp_low ? splat(F::exp_low) : x;
    x = x > F::exp_high ? splat(F::exp_high) : x;
    const Vec<T> shifted = x * T(1.4426950408889634) + F::round;
    const Vec<T> n = shifted - F::round;
    const IntVec<T> exponent = bits<T>(shifted) - F::round_bits;
    const Vec<T> r = (x - n * F::ln2_high) - n * F::ln2_low;
    const Vec<T> p = (exp_tail(r) * (r * r) + r) + T(1);
    const IntVec<T> half = exponent >> 1;
    const Vec<T> scale1 = from_bits<T>((half + F::bias) << F::mantissa);
    const Vec<T> scale2 = from_bits<T>((exponent - half + F::bias) << F::mantissa);
    return p * scale1 * scale2;
}

// exp(x) 2^64 for x <= 0 or NaN, in fewer operations than exp: all powers of two are in the normal range.
// (Differences from a maximum that missed a NaN may be positive: they give anything.)
template <class T>
S4J_INLINE Vec<T> scaled_exp(Vec<T> x) {
    using F = FloatFormat<T>;
    // Adding it leaves the exponent of 2^(n + 64), as its bits are biased, in the low bits of the sum.
    constexpr T round = F::round + static_cast<T>(F::bias + 64);
    x = maximum<T>(splat(F::exp_low), x);
    const Vec<T> shifted = x * T(1.4426950408889634) + round;
    const Vec<T> n = shifted - round;
    const Vec<T> r = (x - n * F::ln2_high) - n * F::ln2_low;
    const Vec<T> p = (exp_tail(r) * r + T(1)) * r + T(1);
    return p * from_bits<T>(bits<T>(shifted) << F::mantissa);
}
// 1 of scaled_exp.
template <class T>
constexpr T kUnscale = T(0x1p-64);

// log(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)), plus e ln 2.
// Single: Cephes' logf. Double: fdlibm's series in s = f / (2 + f).
S4J_INLINE Vec<float> log_reduced(Vec<float> f, Vec<float> e) {
    Vec<float> p = splat(7.0376836292e-2f);
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    const Vec<float> square = f * f;
    Vec<float> y = p * f * square + e * FloatFormat<float>::ln2_low;
    y = y - square * 0.5f;
    return (f + y) + e * FloatFormat<float>::ln2_high;
}
S4J_INLINE Vec<double> log_reduced(Vec<double> f, Vec<double> e) {
    const Vec<double> s = f / (f + 2.0);
    const Vec<double> z = s * s;
    Vec<double> p = splat(1.479819860511658591e-01);
    p = p * z + 1.531383769920937332e-01;
    p = p * z + 1.818357216161805012e-01;
    p = p * z + 2.222219843214978396e-01;
    p = p * z + 2.857142874366239149e-01;
    p = p * z + 3.999999999940941908e-01;
    p = p * z + 6.666666666666735130e-01;
    const Vec<double> half_square = f * f * 0.5;
    const Vec<double> tail = s * (half_square + p * z) + e * FloatFormat<double>::ln2_low;
    return e * FloatFormat<double>::ln2_high - ((half_square - tail) - f);
}

// For normal positive x; infinity and NaN give themselves.
template <class T>
S4J_INLINE Vec<T> log(Vec<T> x) {
    using F = FloatFormat<T>;
    const IntVec<T> shifted = bits<T>(x) - F::sqrt_half_bits;
    const IntVec<T> exponent = shifted >> F::mantissa;
    const Vec<T> mantissa = from_bits<T>((shifted & F::mantissa_bits) + F::sqrt_half_bits);
    const Vec<T> e = from_bits<T>(exponent + F::round_bits) - F::round;
    const Vec<T> y = log_reduced(mantissa - T(1), e);
    return x < std::numeric_limits<T>::infinity() ? y : x;
}

}  // namespace s4j::S4J_ISA
