#include "blas.h"

#include "openblas.h"

namespace s4j {

static int to_blas(int64_t n) {
    return static_cast<int>(n);
}

void gemm(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
          float beta, float* c, int64_t ldc) noexcept {
    openblas().sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, to_blas(m), to_blas(n), to_blas(k), 1, a,
                     to_blas(lda), b, to_blas(ldb), beta, c, to_blas(ldc));
}
void gemm(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b, int64_t ldb,
          double beta, double* c, int64_t ldc) noexcept {
    openblas().dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, to_blas(m), to_blas(n), to_blas(k), 1, a,
                     to_blas(lda), b, to_blas(ldb), beta, c, to_blas(ldc));
}

void add_product(int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda, const float* b,
                 int64_t ldb, float* c, int64_t ldc) noexcept {
    openblas().sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, to_blas(m), to_blas(n), to_blas(k), alpha, a,
                     to_blas(lda), b, to_blas(ldb), 1, c, to_blas(ldc));
}
void add_product(int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda, const double* b,
                 int64_t ldb, double* c, int64_t ldc) noexcept {
    openblas().dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, to_blas(m), to_blas(n), to_blas(k), alpha, a,
                     to_blas(lda), b, to_blas(ldb), 1, c, to_blas(ldc));
}

}  // namespace s4j
