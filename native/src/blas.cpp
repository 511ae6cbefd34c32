#include "blas.h"

#include <mutex>

// What we use of cblas.h. The header itself needs types that not every compiler has.
extern "C" {
enum CblasOrder { CblasRowMajor = 101 };
enum CblasTranspose { CblasNoTrans = 111, CblasTrans = 112 };
void cblas_sgemm(CblasOrder, CblasTranspose, CblasTranspose, int m, int n, int k, float alpha, const float* a,
                 int lda, const float* b, int ldb, float beta, float* c, int ldc);
void cblas_dgemm(CblasOrder, CblasTranspose, CblasTranspose, int m, int n, int k, double alpha,
                 const double* a, int lda, const double* b, int ldb, double beta, double* c, int ldc);
void openblas_set_num_threads(int threads);
int openblas_get_num_threads();
char* openblas_get_corename();
char* openblas_get_config();
}

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

static int to_blas(int64_t n) {
    return static_cast<int>(n);
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
