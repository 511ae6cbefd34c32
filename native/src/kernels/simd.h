// Vectors of the widest kind that the unit's flags allow, on GCC's and Clang's vector extensions.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>
#if defined(__x86_64__)
#    include <immintrin.h>
#endif

namespace s4j::S4J_ISA {

#if defined(S4J_VECTOR_BYTES)
constexpr int kVectorBytes = S4J_VECTOR_BYTES;
#elif defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

// How many vector registers there are decides how large the register tiles are.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kRegisters = 32;
#else
constexpr int kRegisters = 16;
#endif

template <class T, int N>
struct VectorOf {
    typedef T type __attribute__((vector_size(N * sizeof(T))));
};
template <class T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));
template <class T>
using Vec = typename VectorOf<T, kLanes<T>>::type;

template <class T>
struct IntegerOf;
template <>
struct IntegerOf<float> {
    using type = int32_t;
};
template <>
struct IntegerOf<double> {
    using type = int64_t;
};
template <class T>
using IntVec = Vec<typename IntegerOf<T>::type>;

#define S4J_INLINE inline __attribute__((always_inline))

template <class T>
S4J_INLINE Vec<T> load(const T* p) {
    Vec<T> v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
template <class T>
S4J_INLINE void store(T* p, Vec<T> v) {
    __builtin_memcpy(p, &v, sizeof v);
}
template <class T>
S4J_INLINE Vec<T> splat(T x) {
    return x - Vec<T>{};
}

// Loads n < lanes elements, the others zero; reads nothing past them.
template <class T>
S4J_INLINE Vec<T> load_partial(const T* p, int n) {
#if defined(__AVX512F__) && !defined(S4J_VECTOR_BYTES)
    if constexpr (sizeof(T) == 4)
        return Vec<T>(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p));
    else
        return Vec<T>(_mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << n) - 1), p));
#elif defined(__AVX2__) && !defined(S4J_VECTOR_BYTES)
    const __m256i count = sizeof(T) == 4 ? _mm256_set1_epi32(n) : _mm256_set1_epi64x(n);
    if constexpr (sizeof(T) == 4)
        return Vec<T>(
            _mm256_maskload_ps(p, _mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))));
    else
        return Vec<T>(_mm256_maskload_pd(p, _mm256_cmpgt_epi64(count, _mm256_setr_epi64x(0, 1, 2, 3))));
#else
    Vec<T> v{};
    for (int i = 0; i < n; ++i) v[i] = p[i];
    return v;
#endif
}

// Stores the first n < lanes elements.
template <class T>
S4J_INLINE void store_partial(T* p, Vec<T> v, int n) {
#if defined(__AVX512F__) && !defined(S4J_VECTOR_BYTES)
    if constexpr (sizeof(T) == 4)
        _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), reinterpret_cast<__m512>(v));
    else
        _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << n) - 1), reinterpret_cast<__m512d>(v));
#else
    for (int i = 0; i < n; ++i) p[i] = v[i];
#endif
}

// Stores to an address that is a multiple of kVectorBytes past the caches, where the platform can: for
// results that will have left them before they are read. stream_fence() before the memory is handed on.
template <class T>
S4J_INLINE void stream(T* p, Vec<T> v) {
#if defined(__x86_64__) && !defined(S4J_VECTOR_BYTES)
#    if defined(__AVX512F__)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(p), reinterpret_cast<__m512i>(v));
#    elif defined(__AVX__)
    _mm256_stream_si256(reinterpret_cast<__m256i*>(p), reinterpret_cast<__m256i>(v));
#    else
    _mm_stream_si128(reinterpret_cast<__m128i*>(p), reinterpret_cast<__m128i>(v));
#    endif
#else
    store<T>(p, v);
#endif
}
S4J_INLINE void stream_fence() {
#if defined(__x86_64__)
    _mm_sfence();
#endif
}

// a > b ? a : b, also of NaN; what x86 has one instruction for, and compilers make two of.
template <class T>
S4J_INLINE Vec<T> maximum(Vec<T> a, Vec<T> b) {
#if defined(S4J_VECTOR_BYTES) || !defined(__x86_64__)
    return a > b ? a : b;
#elif defined(__AVX512F__)
    // With all lanes chosen: GCC warns of the header's undefined operand otherwise.
    if constexpr (sizeof(T) == 4)
        return Vec<T>(_mm512_maskz_max_ps(0xFFFF, __m512(a), __m512(b)));
    else
        return Vec<T>(_mm512_maskz_max_pd(0xFF, __m512d(a), __m512d(b)));
#elif defined(__AVX__)
    if constexpr (sizeof(T) == 4)
        return Vec<T>(_mm256_max_ps(__m256(a), __m256(b)));
    else
        return Vec<T>(_mm256_max_pd(__m256d(a), __m256d(b)));
#else
    if constexpr (sizeof(T) == 4)
        return Vec<T>(_mm_max_ps(__m128(a), __m128(b)));
    else
        return Vec<T>(_mm_max_pd(__m128d(a), __m128d(b)));
#endif
}

template <int N, int Offset, class V, int... I>
S4J_INLINE auto part(V v, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(v, v, (I + Offset)...);
}
template <class V, int... I>
S4J_INLINE auto join(V low, V high, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(low, high, I...);
}
// Folds the vector in halves: the order of additions is fixed.
template <class T, int N = kLanes<T>, class V, class F>
S4J_INLINE T fold(V v, F f) {
    if constexpr (N == 2) {
        return f(v[0], v[1]);
    } else {
        using Half = std::make_integer_sequence<int, N / 2>;
        return fold<T, N / 2>(f(part<N, 0>(v, Half{}), part<N, N / 2>(v, Half{})), f);
    }
}
template <class T>
S4J_INLINE T sum(Vec<T> v) {
    return fold<T>(v, [](auto a, auto b) { return a + b; });
}
template <class T>
S4J_INLINE T largest(Vec<T> v) {
    return fold<T>(v, [](auto a, auto b) { return a > b ? a : b; });
}

}  // namespace s4j::S4J_ISA
