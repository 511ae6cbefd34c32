// OpenBLAS, which travels beside this library under a name of its own: nobody else in the process calls it or
// is called in its place.
#pragma once

#include <string>

namespace s4j {

// What we use of cblas.h. The header itself needs types that not every compiler has.
enum CblasOrder : int { CblasRowMajor = 101 };
enum CblasTranspose : int { CblasNoTrans = 111, CblasTrans = 112 };
template <class T>
using Gemm = void (*)(CblasOrder, CblasTranspose, CblasTranspose, int m, int n, int k, T alpha, const T* a,
                      int lda, const T* b, int ldb, T beta, T* c, int ldc);

struct OpenBlas {
    std::string path;  // of its file
    Gemm<float> sgemm = nullptr;
    Gemm<double> dgemm = nullptr;
    char* (*corename)() = nullptr;
    char* (*config)() = nullptr;
    void (*set_num_threads)(int) = nullptr;
};

// Opened by the first call that succeeds. A Failure says in the system's words why it cannot be.
const OpenBlas& openblas();

}  // namespace s4j
