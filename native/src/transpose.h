// Sparse rows: the facts that must hold of them, and their transpose.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels.h"
#include "softmax4j.h"

namespace s4j {

// Rows of a block of the transpose, by the number of rows alone: the errors of a block are to be held at
// once.
int64_t transpose_rows(int64_t rows);

// Bytes that the transpose of any sparse matrix of this shape takes at most.
int64_t transpose_bytes(s4j_type type, int64_t rows, int64_t columns, int64_t entries);

// The columns of sparse rows, by blocks of transpose_rows rows: so each row of a gradient is summed in
// registers and written once for a block. The entries of a column are in the order of the rows.
class Transpose {
  public:
    // Throws std::bad_alloc.
    Transpose(s4j_type type, const int64_t* offsets, const int32_t* indices, const void* values, int64_t rows,
              int64_t columns, int threads);
    ~Transpose();
    Transpose(const Transpose&) = delete;
    Transpose& operator=(const Transpose&) = delete;

    int64_t rows() const { return all_rows_; }
    int64_t block_rows() const { return block_rows_; }
    // The non-empty columns of block b; rows count from its first one.
    int64_t columns(int64_t b) const { return blocks_[b].columns; }
    template <class T>
    SparseColumns<T> block(int64_t b) const {
        return {blocks_[b].list, blocks_[b].starts, rows_, static_cast<const T*>(values_)};
    }

  private:
    struct Block {
        int64_t columns;
        int32_t* list;
        int64_t* starts;  // columns + 1, into the entries of all blocks
    };
    template <class T>
    void fill(const int64_t* offsets, const int32_t* indices, const T* values, int64_t rows, int64_t columns,
              int threads);

    const int64_t all_rows_, block_rows_;
    std::vector<Block> blocks_;
    char* memory_;
    int32_t* rows_;
    void* values_;
};

// Index of the first of `rows` + 1 offsets that is below the one before it (the first: not 0), or -1.
int64_t first_bad_offset(const int64_t* offsets, int64_t rows);

// Index of the first entry that is outside 0..columns-1 or, where `ascending`, not above the one before it in
// its row, or -1.
int64_t first_bad_entry(const int64_t* offsets, const int32_t* indices, int64_t rows, int64_t columns,
                        bool ascending);

// Sorts the entries of each row by column, and adds up those of one column, in double; the offsets are those
// of what is left.
template <class T>
void sum_duplicates(int64_t* offsets, int32_t* indices, T* values, int64_t rows);

}  // namespace s4j
