#include "data_hash.h"

#include <algorithm>
#include <cstring>

#include "parallel.h"

namespace s4j {

namespace {

constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;

// The finaliser of SplitMix64: every bit of the result depends on every bit of x.
uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

// Of `count` bytes: four lanes of multiplications, so that memory is the limit.
uint64_t hash(uint64_t seed, const void* memory, int64_t count) {
    const char* bytes = static_cast<const char*>(memory);
    uint64_t lanes[4] = {seed, seed + 1, seed + 2, seed + 3}, words[4];
    int64_t i = 0;
    for (; i + 32 <= count; i += 32) {
        std::memcpy(words, bytes + i, 32);
        for (int k = 0; k < 4; ++k) {
            lanes[k] = (lanes[k] ^ words[k]) * kOdd;
            lanes[k] ^= lanes[k] >> 29;
        }
    }
    std::fill(words, words + 4, 0);
    if (count > i) std::memcpy(words, bytes + i, static_cast<size_t>(count - i));
    uint64_t all = static_cast<uint64_t>(count);
    for (int k = 0; k < 4; ++k) all = mix(all ^ mix(lanes[k] ^ words[k]));
    return all;
}

}  // namespace

uint64_t data_hash(const s4j_data& data, int threads) {
    constexpr int64_t kMostTasks = 256;
    const int64_t bytes = data.type == S4J_F32 ? 4 : 8, each = (data.rows + kMostTasks - 1) / kMostTasks;
    uint64_t parts[kMostTasks];
    const auto rows_hash = [&](int64_t first, int64_t last) {
        uint64_t h = 0;
        const auto add = [&](const void* values, int64_t width) {
            if (values) h = hash(h, static_cast<const char*>(values) + first * width, (last - first) * width);
        };
        add(data.labels, sizeof(int32_t));
        add(data.weights, bytes);
        add(data.targets, bytes * data.target_classes);
        if (data.offsets) {
            add(data.offsets, sizeof(int64_t));
            const int64_t from = data.offsets[first], count = data.offsets[last] - from;
            h = hash(h, data.indices + from, count * 4);
            return hash(h, static_cast<const char*>(data.features) + from * bytes, count * bytes);
        }
        const int64_t width = data.element_bytes();
        for (int64_t i = first; i < last; ++i)
            h = hash(h, static_cast<const char*>(data.features) + i * data.stride * width,
                     data.columns * width);
        return h;
    };
    const int64_t tasks = (data.rows + each - 1) / each;
    parallel_for(tasks, threads, [&](int64_t task, int) {
        parts[task] = rows_hash(task * each, std::min((task + 1) * each, data.rows));
    });
    const int64_t shape[] = {data.rows, data.columns, data.type, data.format, data.target_classes};
    uint64_t h = hash(0, shape, sizeof shape);
    h = hash(h, parts, tasks * 8);
    h = hash(h, data.scale.data(), static_cast<int64_t>(data.scale.size()) * 8);
    return hash(h, data.offset.data(), static_cast<int64_t>(data.offset.size()) * 8);
}

}  // namespace s4j
