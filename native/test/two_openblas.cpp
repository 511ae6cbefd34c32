// Another OpenBLAS in the process, opened for all of it, is not called in place of ours, nor ours in its place, nor is ours
// found by who looks for functions of its name in all that is open, as JavaCPP does.
//   two_openblas_test <other> first|last
#if defined(_WIN32)
int main() {
    return 77;
}
#else
#    include <dlfcn.h>

#    include <vector>

#    include "check.h"
#    include "openblas.h"

using namespace check;

namespace {

constexpr int kRows = 300, kColumns = 10, kDepth = 784;

using Dgemm = void (*)(const char*, const char*, const int*, const int*, const int*, const double*,
                       const double*, const int*, const double*, const int*, const double*, double*,
                       const int*);

void check_product(const std::vector<double>& c) {
    for (double value : c)
        if (!CHECK(value == kDepth)) return;
}

void ours() {
    const s4j::OpenBlas& blas = s4j::openblas();
    Dl_info home;
    if (CHECK(dladdr(reinterpret_cast<void*>(blas.dgemm), &home))) CHECK(blas.path == home.dli_fname);
    std::vector<double> a(kRows * kDepth, 1), b(kDepth * kColumns, 1), c(kRows * kColumns);
    blas.dgemm(s4j::CblasRowMajor, s4j::CblasNoTrans, s4j::CblasNoTrans, kRows, kColumns, kDepth, 1, a.data(),
               kDepth, b.data(), kColumns, 0, c.data(), kColumns);
    check_product(c);
}

void hidden() {
    void* library = dlopen(s4j::openblas().path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (!CHECK(library)) return;
    for (const char* name : {"openblas_set_num_threads", "openblas_get_num_threads", "cblas_dgemm", "dgemm_",
                             "gotoblas", "LAPACKE_dgesv"})
        CHECK(!dlsym(library, name));
    dlclose(library);
}

void other(void* library) {
    const auto dgemm = reinterpret_cast<Dgemm>(dlsym(library, "dgemm_"));
    if (!CHECK(dgemm)) return;
    const double one = 1, zero = 0;
    std::vector<double> a(kRows * kDepth, 1), b(kDepth * kColumns, 1), c(kRows * kColumns);
    dgemm("N", "N", &kRows, &kColumns, &kDepth, &one, a.data(), &kRows, b.data(), &kDepth, &zero, c.data(),
          &kRows);
    check_product(c);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const bool first = std::strcmp(argv[2], "first") == 0;
    if (!first) ours();
    void* library = dlopen(argv[1], RTLD_LAZY | RTLD_GLOBAL);
    if (!library) {
        std::printf("skipped: %s\n", dlerror());
        return 77;
    }
    for (int i = 0; i < 2; ++i) {
        other(library);
        ours();
    }
    hidden();
    return finish("two_openblas");
}
#endif
