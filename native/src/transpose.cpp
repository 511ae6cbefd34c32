#include "transpose.h"

#include <algorithm>
#include <utility>

#include "parallel.h"
#include "scratch.h"

namespace s4j {

namespace {

// The errors of a block stay in the outer caches for some hundred classes, and its columns are long enough to
// pay for a visit.
constexpr int64_t kBlockRows = 16384;

int64_t blocks_of(int64_t rows) {
    return (rows + kBlockRows - 1) / kBlockRows;
}
int64_t value_bytes(s4j_type type, int64_t count) {
    return type == S4J_F32 ? Scratch::size_of<float>(count) : Scratch::size_of<double>(count);
}

}  // namespace

int64_t transpose_rows(int64_t rows) {
    const int64_t blocks = blocks_of(rows);
    return (rows + blocks - 1) / blocks;
}

int64_t transpose_bytes(s4j_type type, int64_t rows, int64_t columns, int64_t entries) {
    const int64_t blocks = blocks_of(rows);
    const int64_t lists = columns < entries / blocks ? columns * blocks : entries;
    return value_bytes(type, entries) + Scratch::size_of<int32_t>(entries) +
           Scratch::size_of<int32_t>(lists) + Scratch::size_of<int64_t>(lists + blocks);
}

Transpose::Transpose(s4j_type type, const int64_t* offsets, const int32_t* indices, const void* values,
                     int64_t rows, int64_t columns, int threads)
    : all_rows_(rows),
      block_rows_(transpose_rows(rows)),
      blocks_(static_cast<size_t>((rows + block_rows_ - 1) / block_rows_)),
      memory_(static_cast<char*>(allocate_aligned(transpose_bytes(type, rows, columns, offsets[rows])))),
      rows_(reinterpret_cast<int32_t*>(memory_)),
      values_(memory_ + Scratch::size_of<int32_t>(offsets[rows])) {
    try {
        if (type == S4J_F32)
            fill(offsets, indices, static_cast<const float*>(values), rows, columns, threads);
        else
            fill(offsets, indices, static_cast<const double*>(values), rows, columns, threads);
    } catch (...) {
        free_aligned(memory_);
        throw;
    }
}

Transpose::~Transpose() {
    free_aligned(memory_);
}

template <class T>
void Transpose::fill(const int64_t* offsets, const int32_t* indices, const T* values, int64_t rows,
                     int64_t columns, int threads) {
    const auto count = static_cast<int64_t>(blocks_.size());
    threads = static_cast<int>(std::min<int64_t>(threads, count));
    // Of each thread, by column: how many entries it has in a block, then where its next one goes.
    Scratch scratch(threads * Scratch::size_of<int64_t>(columns));
    const int64_t stride = Scratch::size_of<int64_t>(columns) / static_cast<int64_t>(sizeof(int64_t));
    int64_t* nexts = scratch.take<int64_t>(threads * stride);
    const auto block_range = [&](int64_t b) {
        return std::pair(b * block_rows_, std::min((b + 1) * block_rows_, rows));
    };
    const auto count_columns = [&](int64_t b, int64_t* next) {
        std::fill_n(next, columns, int64_t{0});
        const auto [begin, end] = block_range(b);
        for (int64_t k = offsets[begin]; k < offsets[end]; ++k) ++next[indices[k]];
    };
    // Twice: the lists can be laid out only when their lengths are known.
    parallel_for(count, threads, [&](int64_t b, int worker) {
        int64_t* next = nexts + worker * stride;
        count_columns(b, next);
        blocks_[b].columns = columns - std::count(next, next + columns, 0);
    });
    int64_t total = 0;
    for (const Block& block : blocks_) total += block.columns;
    auto* starts =
        reinterpret_cast<int64_t*>(static_cast<char*>(values_) + Scratch::size_of<T>(offsets[rows]));
    auto* lists = reinterpret_cast<int32_t*>(reinterpret_cast<char*>(starts) +
                                             Scratch::size_of<int64_t>(total + count));
    for (Block& block : blocks_) {
        block.starts = starts;
        block.list = lists;
        starts += block.columns + 1;
        lists += block.columns;
    }
    parallel_for(count, threads, [&](int64_t b, int worker) {
        int64_t* next = nexts + worker * stride;
        count_columns(b, next);
        const auto [begin, end] = block_range(b);
        int64_t at = offsets[begin], i = 0;
        for (int64_t c = 0; c < columns; ++c) {
            if (next[c] == 0) continue;
            blocks_[b].list[i] = static_cast<int32_t>(c);
            blocks_[b].starts[i++] = at;
            at += std::exchange(next[c], at);
        }
        blocks_[b].starts[i] = at;
        for (int64_t r = begin; r < end; ++r)
            for (int64_t k = offsets[r]; k < offsets[r + 1]; ++k) {
                const int64_t to = next[indices[k]]++;
                rows_[to] = static_cast<int32_t>(r - begin);
                static_cast<T*>(values_)[to] = values[k];
            }
    });
}

int64_t first_bad_offset(const int64_t* offsets, int64_t rows) {
    if (offsets[0] != 0) return 0;
    for (int64_t i = 1; i <= rows; ++i)
        if (offsets[i] < offsets[i - 1]) return i;
    return -1;
}

int64_t first_bad_entry(const int64_t* offsets, const int32_t* indices, int64_t rows, int64_t columns,
                        bool ascending) {
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t k = offsets[i]; k < offsets[i + 1]; ++k)
            if (indices[k] < 0 || indices[k] >= columns ||
                (ascending && k > offsets[i] && indices[k] <= indices[k - 1]))
                return k;
    return -1;
}

template <class T>
void sum_duplicates(int64_t* offsets, int32_t* indices, T* values, int64_t rows) {
    std::vector<std::pair<int32_t, T>> row;
    int64_t to = 0, from = 0;
    for (int64_t i = 0; i < rows; ++i) {
        row.clear();
        for (; from < offsets[i + 1]; ++from) row.emplace_back(indices[from], values[from]);
        std::stable_sort(row.begin(), row.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        for (size_t k = 0; k < row.size();) {
            const int32_t column = row[k].first;
            double sum = 0;
            for (; k < row.size() && row[k].first == column; ++k) sum += static_cast<double>(row[k].second);
            indices[to] = column;
            values[to++] = static_cast<T>(sum);
        }
        offsets[i + 1] = to;
    }
}

template void sum_duplicates<float>(int64_t*, int32_t*, float*, int64_t);
template void sum_duplicates<double>(int64_t*, int32_t*, double*, int64_t);

}  // namespace s4j
