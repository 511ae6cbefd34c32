// Rows in the format they are stored in, to rows of values: value = T(double(stored) * scale + offset),
// product and sum rounded one by one, so that the same lines of any language give the same bits.
#pragma once

#include "../kernels.h"
#include "simd.h"

namespace s4j::S4J_ISA {

// Values that are converted at once, in double as two halves.
constexpr int kStep = kLanes<float>;
constexpr int kHalf = kLanes<double>;
struct Doubles {
    Vec<double> half[2];
};
// The upper half of a float.
struct BFloat16 {
    uint16_t bits;
};

// Keeps the compiler from contracting a product and a sum into one operation.
S4J_INLINE Vec<double> rounded(Vec<double> v) {
#if defined(S4J_VECTOR_BYTES)
    volatile Vec<double> stored = v;
    return stored;
#elif defined(__x86_64__)
    asm("" : "+v"(v));
    return v;
#else
    asm("" : "+w"(v));
    return v;
#endif
}

S4J_INLINE Vec<int32_t> widen(const uint8_t* p) {
#if defined(__AVX512F__) && !defined(S4J_VECTOR_BYTES)
    // With all lanes chosen: GCC warns of the header's undefined operand otherwise.
    return Vec<int32_t>(
        _mm512_maskz_cvtepu8_epi32(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__AVX2__) && !defined(S4J_VECTOR_BYTES)
    return Vec<int32_t>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#elif defined(__SSE4_1__) && !defined(S4J_VECTOR_BYTES)
    int32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return Vec<int32_t>(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
#else
    Vec<int32_t> v;
    for (int i = 0; i < kStep; ++i) v[i] = p[i];
    return v;
#endif
}
S4J_INLINE Vec<int32_t> widen(const BFloat16* p) {
#if defined(__AVX512F__) && !defined(S4J_VECTOR_BYTES)
    return Vec<int32_t>(
        _mm512_maskz_cvtepu16_epi32(0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
#elif defined(__AVX2__) && !defined(S4J_VECTOR_BYTES)
    return Vec<int32_t>(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__SSE4_1__) && !defined(S4J_VECTOR_BYTES)
    return Vec<int32_t>(_mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#else
    Vec<int32_t> v;
    for (int i = 0; i < kStep; ++i) v[i] = p[i].bits;
    return v;
#endif
}

// The halves of a vector of floats or integers as doubles.
template <class V>
S4J_INLINE Doubles to_doubles(V v) {
    using Half = std::make_integer_sequence<int, kHalf>;
    return {__builtin_convertvector(part<kHalf, 0>(v, Half{}), Vec<double>),
            __builtin_convertvector(part<kHalf, kHalf>(v, Half{}), Vec<double>)};
}

// What is stored, as floats where those are exact, as doubles otherwise.
S4J_INLINE Vec<float> stored(const uint8_t* p) {
    return __builtin_convertvector(widen(p), Vec<float>);
}
S4J_INLINE Vec<float> stored(const BFloat16* p) {
    const Vec<int32_t> bits = widen(p) << 16;
    Vec<float> v;
    __builtin_memcpy(&v, &bits, sizeof v);
    return v;
}
S4J_INLINE Vec<float> stored(const float* p) {
    return load(p);
}
S4J_INLINE Doubles stored(const double* p) {
    return {load(p), load(p + kHalf)};
}
S4J_INLINE Doubles as_doubles(Vec<float> v) {
    return to_doubles(v);
}
S4J_INLINE Doubles as_doubles(const Doubles& v) {
    return v;
}
// Bytes are whole numbers: one conversion is enough.
template <class S>
S4J_INLINE Doubles stored_doubles(const S* p) {
    if constexpr (sizeof(S) == 1)
        return to_doubles(widen(p));
    else
        return as_doubles(stored(p));
}

S4J_INLINE void put(double* to, const Doubles& v) {
    store<double>(to, v.half[0]);
    store<double>(to + kHalf, v.half[1]);
}
S4J_INLINE void put(double* to, Vec<float> v) {
    put(to, to_doubles(v));
}
S4J_INLINE void put(float* to, Vec<float> v) {
    store<float>(to, v);
}
S4J_INLINE void put(float* to, const Doubles& v) {
    using Half = typename VectorOf<float, kHalf>::type;
    const Half low = __builtin_convertvector(v.half[0], Half),
               high = __builtin_convertvector(v.half[1], Half);
    store<float>(to, join(low, high, std::make_integer_sequence<int, kStep>{}));
}

S4J_INLINE Vec<float> rounded(Vec<float> v) {
    return Vec<float>(rounded(Vec<double>(v)));
}

// The value itself, one scale and offset, one of each per feature.
struct Plain {
    template <class S>
    S4J_INLINE auto operator()(const S* p, int64_t) const {
        return stored(p);
    }
};
struct OneAffine {
    double scale, offset;
    template <class S>
    S4J_INLINE Doubles operator()(const S* p, int64_t) const {
        Doubles v = stored_doubles(p);
        for (Vec<double>& half : v.half) half = rounded(half * scale) + offset;
        return v;
    }
};
// One scale for bytes, within float: the first product is exact.
struct SplitScale {
    float high, low;
    S4J_INLINE Vec<float> operator()(const uint8_t* p, int64_t) const {
        const Vec<float> v = stored(p);
        return v * high + rounded(v * low);
    }
};
struct Affine {
    const double *scale, *offset;
    template <class S>
    S4J_INLINE Doubles operator()(const S* p, int64_t d) const {
        Doubles v = stored_doubles(p);
        for (int h = 0; h < 2; ++h)
            v.half[h] = rounded(v.half[h] * load(scale + d + h * kHalf)) + load(offset + d + h * kHalf);
        return v;
    }
};

template <class T, class S, class Map>
S4J_INLINE void stage_all(const Map& map, const T* const* rows, int n, int64_t features, T* to,
                          int64_t stride, const T* const* next_rows, int next_n) {
    constexpr int64_t kLine = 64 / sizeof(S);
    for (int r = 0; r < n; ++r, to += stride) {
        const S* x = reinterpret_cast<const S*>(rows[r]);
        if (r < next_n) {
            const S* next = reinterpret_cast<const S*>(next_rows[r]);
            for (int64_t d = 0; d < features; d += kLine) __builtin_prefetch(next + d, 0, 2);
        }
        int64_t d = 0;
        for (; d + kStep <= features; d += kStep) put(to + d, map(x + d, d));
        if (d == features) continue;
        S rest[kStep] = {};
        T values[kStep];
        __builtin_memcpy(rest, x + d, static_cast<size_t>(features - d) * sizeof(S));
        put(values, map(rest, d));
        __builtin_memcpy(to + d, values, static_cast<size_t>(features - d) * sizeof(T));
    }
}

template <class T>
void stage_rows(const Source& source, const T* const* rows, int n, int64_t features, T* to, int64_t stride,
                const T* const* next_rows, int next_n) {
    const auto as = [&]<class S>(S) {
        if (!source.scale)
            stage_all<T, S>(Plain{}, rows, n, features, to, stride, next_rows, next_n);
        else if (!source.per_feature)
            stage_all<T, S>(OneAffine{*source.scale, *source.offset}, rows, n, features, to, stride,
                            next_rows, next_n);
        else
            stage_all<T, S>(Affine{source.scale, source.offset}, rows, n, features, to, stride, next_rows,
                            next_n);
    };
    if (source.split)
        stage_all<T, uint8_t>(SplitScale{source.split[0], source.split[1]}, rows, n, features, to, stride,
                              next_rows, next_n);
    else if (source.format == S4J_UINT8)
        as(uint8_t{});
    else if (source.format == S4J_BFLOAT16)
        as(BFloat16{});
    else
        as(T{});
}

template <class T>
void moments(const T* x, int64_t stride, int n, int64_t features, const double* weights,
             double* __restrict mean, double* __restrict squares) {
    double total = 0;
    for (int r = 0; r < n; ++r) total += weights[r];
    constexpr int64_t kTile = 256;
    for (int64_t start = 0; start < features; start += kTile) {
        const int64_t end = start + kTile < features ? start + kTile : features;
        for (int64_t d = start; d < end; ++d) mean[d] = squares[d] = 0;
        // Sums of the distances from the first row: of a constant column these are exact.
        for (int r = 1; r < n; ++r) {
            const T* row = x + r * stride;
            const double w = weights[r];
#pragma omp simd
            for (int64_t d = start; d < end; ++d)
                mean[d] += w * (static_cast<double>(row[d]) - static_cast<double>(x[d]));
        }
#pragma omp simd
        for (int64_t d = start; d < end; ++d) mean[d] = static_cast<double>(x[d]) + mean[d] / total;
        for (int r = 0; r < n; ++r) {
            const T* row = x + r * stride;
            const double w = weights[r];
#pragma omp simd
            for (int64_t d = start; d < end; ++d) {
                const double deviation = static_cast<double>(row[d]) - mean[d];
                squares[d] += w * deviation * deviation;
            }
        }
    }
}

}  // namespace s4j::S4J_ISA
