// The shared library loads as the JVM loads it, has JNI's entry points, and computes by the OpenBLAS beside it.
//   library_test <library>
#include <cstdint>

#include "check.h"

#if defined(_WIN32)
#    include <windows.h>
#    undef near
#else
#    include <dlfcn.h>
#endif

namespace {

#if defined(_WIN32)
void* load(const char* path) {
    void* library = reinterpret_cast<void*>(LoadLibraryA(path));
    if (!library) std::printf("%s: Windows error %d\n", path, static_cast<int>(GetLastError()));
    return library;
}
void* find(void* library, const char* name) {
    return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}
#else
void* load(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) std::printf("%s: %s\n", path, dlerror());
    return library;
}
void* find(void* library, const char* name) {
    return dlsym(library, name);
}
#endif

// A function of JNI that needs no environment: s4j_allocate(bytes).
using Allocate = int64_t (*)(void* env, void* type, int64_t bytes);
constexpr const char* kAllocate = "Java_io_github_softmax4j_internal_NativeApi_s4j_1allocate";

// -log(1/2): the rows' scores are equal. Large enough for OpenBLAS, whose core's name is asked for as well.
void computes(void* library) {
    const auto initialize = reinterpret_cast<decltype(&s4j_initialize)>(find(library, "s4j_initialize"));
    const auto core = reinterpret_cast<decltype(&s4j_blas_core)>(find(library, "s4j_blas_core"));
    const auto path = reinterpret_cast<decltype(&s4j_blas_path)>(find(library, "s4j_blas_path"));
    const auto create = reinterpret_cast<decltype(&s4j_data_create)>(find(library, "s4j_data_create"));
    const auto predict = reinterpret_cast<decltype(&s4j_predict)>(find(library, "s4j_predict"));
    if (!CHECK(initialize && core && path && create && predict)) return;
    CHECK_EQUAL(initialize(nullptr), S4J_OK);
    CHECK(std::strlen(core()) > 0);
    static double features[300 * 20], parameters[20 * 2000];
    static int32_t labels[300];
    double loss = 0;
    s4j_data* data = create(S4J_F64, features, 300, 20, 20, labels, nullptr);
    CHECK_EQUAL(predict(data, 2000, 0, 0, parameters, nullptr, nullptr, nullptr, 2, &loss), S4J_OK);
    CHECK_NEAR(loss, std::log(2000.0), 1e-12);
    std::printf("OpenBLAS runs as %s, %s\n", core(), path());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    void* library = load(argv[1]);
    if (!CHECK(library)) return check::finish("library");
    CHECK(find(library, "JNI_OnLoad"));
    const auto allocate = reinterpret_cast<Allocate>(find(library, kAllocate));
    if (CHECK(allocate)) {
        const int64_t address = allocate(nullptr, nullptr, 1000);
        CHECK(address != 0 && address % 64 == 0);
    }
    computes(library);
    return check::finish("library");
}
