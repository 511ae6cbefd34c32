// Features as they can be stored.
#pragma once

#include <bit>

#include "problem.h"

namespace check {

// What the header promises, in plain arithmetic; volatile, because compilers contract.
template <class T>
T stored_value(double stored, double scale, double offset) {
    const volatile double product = stored * scale;
    return static_cast<T>(product + offset);
}

// A problem whose features are stored in a format, up to the end of a page; p.x holds their values.
template <class T>
struct Stored {
    Problem<T> p;
    const int format;
    const int64_t size, affine;
    Fenced<char> memory;
    char* bytes;
    std::vector<double> scale, offset;

    Stored(int stored_format, int64_t scales, Problem<T> problem, s4j::Random& random)
        : p(std::move(problem)),
          format(stored_format),
          size(format == S4J_UINT8      ? 1
               : format == S4J_BFLOAT16 ? 2
                                        : static_cast<int64_t>(sizeof(T))),
          affine(scales),
          memory(static_cast<int64_t>(p.x.size()) * size),
          bytes(memory.last(static_cast<int64_t>(p.x.size()) * size)) {
        for (int64_t i = 0; i < affine; ++i) {
            scale.push_back(uniform(random) / (format == S4J_UINT8 ? 100 : 1));
            // Without an offset bytes take a way of their own.
            offset.push_back(affine == 1 && random.below(2) != 0 ? 0 : uniform(random));
        }
        for (int64_t i = 0; i < p.rows; ++i)
            for (int64_t d = 0; d < p.features; ++d) {
                const int64_t at = i * p.stride + d;
                const double v = put(at, random);
                const int64_t a = affine == 1 ? 0 : d;
                p.x[at] = affine == 0 ? static_cast<T>(v) : stored_value<T>(v, scale[a], offset[a]);
            }
    }
    // Stores a random value and returns it.
    double put(int64_t at, s4j::Random& random) {
        if (format == S4J_UINT8) {
            const auto byte = static_cast<uint8_t>(random.below(256));
            std::memcpy(bytes + at, &byte, 1);
            return byte;
        }
        T real = static_cast<T>(uniform(random));
        if (format == S4J_BFLOAT16) {
            const auto bits = static_cast<uint16_t>(std::bit_cast<uint32_t>(static_cast<float>(real)) >> 16);
            std::memcpy(bytes + 2 * at, &bits, 2);
            return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
        }
        std::memcpy(bytes + at * size, &real, sizeof real);
        return static_cast<double>(real);
    }
    Data data() const {
        return Data(s4j_data_create_stored(kType<T>, format, bytes, p.rows, p.features, p.stride, affine,
                                           scale.data(), offset.data(), p.labels.data(),
                                           p.weights.empty() ? nullptr : p.weights.data()));
    }
};

}  // namespace check
