// Cutting a range into register tiles whose sizes are known at compile time.
#pragma once

#include <type_traits>
#include <utility>

#include "simd.h"

namespace s4j::S4J_ISA {

// Calls f(std::integral_constant<int, K>) for a k in 1..sizeof...(K).
template <class F, int... K>
S4J_INLINE void with_tile(int k, F&& f, std::integer_sequence<int, K...>) {
    ((k == K + 1 ? f(std::integral_constant<int, K + 1>{}) : void()), ...);
}

// Calls f(first, std::integral_constant<int, Size>) for tiles of [0, n): all of them full but the last.
template <int Size, class F>
S4J_INLINE void for_tiles(int n, F&& f) {
    int first = 0;
    for (; first + Size <= n; first += Size) f(first, std::integral_constant<int, Size>{});
    if (first < n)
        with_tile(
            n - first, [&](auto rest) { f(first, rest); }, std::make_integer_sequence<int, Size - 1>{});
}

}  // namespace s4j::S4J_ISA
