// Matrix products by OpenBLAS, each on the calling thread alone: the parallel loop is ours. All matrices are
// row-major.
#pragma once

#include <cstdint>

namespace s4j {

// C = A B + beta C;  A: m x k (rows of lda), B: k x n, C: m x n
void gemm(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
          float beta, float* c, int64_t ldc) noexcept;
void gemm(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b, int64_t ldb,
          double beta, double* c, int64_t ldc) noexcept;
// C += alpha A B^T;  A: m x k, B: n x k, C: m x n
void add_product(int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda, const float* b,
                 int64_t ldb, float* c, int64_t ldc) noexcept;
void add_product(int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda, const double* b,
                 int64_t ldb, double* c, int64_t ldc) noexcept;
// The largest dimension or stride that one call takes.
constexpr int64_t kMaxBlasSize = INT32_MAX;

}  // namespace s4j
