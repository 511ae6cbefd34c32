// Which kernels this CPU gets, and which are refused; a CPU that is known says which kernels and which core of OpenBLAS:
//
//   dispatch_test [KERNELS CORE]
#include <string>

#include "check.h"
#include "config.h"

using namespace check;

int main(int argc, char** argv) {
    CHECK_EQUAL(s4j_initialize(nullptr), S4J_OK);
    const std::string chosen = s4j_kernels(), supported = s4j_supported_kernels();
    std::printf("kernels: %s, of %s; OpenBLAS: %s; the CPU has %s\n", chosen.c_str(), supported.c_str(),
                s4j_blas_core(), s4j_cpu_features());
    // The best comes first.
    CHECK_TEXT(supported.substr(0, supported.find(',')).c_str(), chosen.c_str());
    if (argc == 3) {
        CHECK_TEXT(chosen.c_str(), argv[1]);
        CHECK_TEXT(s4j_blas_core(), argv[2]);
    }

#define S4J_NAME(name, id) name,
    for (const char* name : {S4J_FOR_EACH_ISA(S4J_NAME)}) {
        about("%s", name);
        const bool here = (", " + supported + ",").find(std::string(", ") + name + ",") != std::string::npos;
        CHECK_EQUAL(s4j_initialize(name), here ? S4J_OK : S4J_UNSUPPORTED);
        // A refusal changes nothing.
        CHECK_TEXT(s4j_kernels(), here ? name : chosen.c_str());
        if (here) CHECK_EQUAL(s4j_initialize(nullptr), S4J_OK);
    }
    return finish("dispatch");
}
