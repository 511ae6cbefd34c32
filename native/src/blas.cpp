#include "blas.h"

#include <cblas.h>

#include <mutex>

namespace s4j {

namespace {
std::mutex mutex;
int users = 0;
int threads_before = 1;
}  // namespace

SingleThreadedBlas::SingleThreadedBlas() noexcept {
    const std::lock_guard lock(mutex);
    if (users++ == 0) {
        threads_before = openblas_get_num_threads();
        if (threads_before != 1) openblas_set_num_threads(1);
    }
}

SingleThreadedBlas::~SingleThreadedBlas() {
    const std::lock_guard lock(mutex);
    if (--users == 0 && threads_before != 1 && openblas_get_num_threads() == 1)
        openblas_set_num_threads(threads_before);
}

static blasint to_blas(int64_t n) {
    return static_cast<blasint>(n);
}

void gemm(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
          float beta, float* c, int64_t ldc) noexcept {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, to_blas(m), to_blas(n), to_blas(k), 1, a,
                to_blas(lda), b, to_blas(ldb), beta, c, to_blas(ldc));
}
void gemm(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b, int64_t ldb,
          double beta, double* c, int64_t ldc) noexcept {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, to_blas(m), to_blas(n), to_blas(k), 1, a,
                to_blas(lda), b, to_blas(ldb), beta, c, to_blas(ldc));
}

void add_product(int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda, const float* b,
                 int64_t ldb, float* c, int64_t ldc) noexcept {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, to_blas(m), to_blas(n), to_blas(k), alpha, a,
                to_blas(lda), b, to_blas(ldb), 1, c, to_blas(ldc));
}
void add_product(int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda, const double* b,
                 int64_t ldb, double* c, int64_t ldc) noexcept {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, to_blas(m), to_blas(n), to_blas(k), alpha, a,
                to_blas(lda), b, to_blas(ldb), 1, c, to_blas(ldc));
}

const char* blas_core() noexcept {
    return openblas_get_corename();
}
const char* blas_config() noexcept {
    return openblas_get_config();
}

}  // namespace s4j
