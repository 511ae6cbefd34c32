// The least a test program needs: checks that count, say where and what, and go on.
#pragma once

#include <cinttypes>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "softmax4j.h"

namespace check {

inline long passed = 0, failed = 0;
inline char context[256] = "";
// Failures beyond these are only counted.
constexpr long kPrinted = 40;

// What the next checks are about: printed with their failures.
__attribute__((format(printf, 1, 2))) inline void about(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
}

inline bool record(bool ok, const char* file, int line, const char* text) {
    ++(ok ? passed : failed);
    if (ok || failed > kPrinted) return ok;
    std::printf("%s:%d: %s", file, line, text);
    if (*context) std::printf(" [%s]", context);
    std::printf("\n");
    return ok;
}

inline void near(double actual, double expected, double tolerance, const char* file, int line,
                 const char* text) {
    const bool same = std::isnan(expected) ? std::isnan(actual) : actual == expected;
    if (!record(same || std::fabs(actual - expected) <= tolerance, file, line, text) && failed <= kPrinted)
        std::printf("    %.17g, expected %.17g, difference %.3g, allowed %.3g\n", actual, expected,
                    std::fabs(actual - expected), tolerance);
}
inline void equal(int64_t actual, int64_t expected, const char* file, int line, const char* text) {
    if (!record(actual == expected, file, line, text) && failed <= kPrinted)
        std::printf("    %" PRId64 ", expected %" PRId64 "\n", actual, expected);
}
inline void text(const char* actual, const char* expected, const char* file, int line, const char* what) {
    if (!record(std::strcmp(actual, expected) == 0, file, line, what) && failed <= kPrinted)
        std::printf("    \"%s\", expected \"%s\"\n", actual, expected);
}
inline void contains(const char* actual, const char* part, const char* file, int line, const char* what) {
    if (!record(std::strstr(actual, part) != nullptr, file, line, what) && failed <= kPrinted)
        std::printf("    \"%s\" should contain \"%s\"\n", actual, part);
}

// Prints the last line; the exit status of the program.
inline int finish(const char* name) {
    std::printf("%s: %ld passed, %ld failed\n", name, passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

struct Arguments {
    const char* kernels = nullptr;
    bool quick = false;       // a small part of everything: for emulators
    bool exhaustive = false;  // every value: minutes
    int64_t samples = 0;      // how many random values, 0: the test's own default
};

inline constexpr int kSkipped = 77;

// Reads the arguments and chooses the kernels they name; ends the program where this CPU cannot run them.
inline Arguments start(int argc, char** argv) {
    Arguments a;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--quick") == 0)
            a.quick = true;
        else if (std::strcmp(argv[i], "--exhaustive") == 0)
            a.exhaustive = true;
        else if (std::strncmp(argv[i], "--samples=", 10) == 0)
            a.samples = std::atoll(argv[i] + 10);
        else
            a.kernels = argv[i];
    }
    const int status = s4j_initialize(a.kernels);
    if (status == S4J_UNSUPPORTED) {
        std::printf("skipped: %s\n", s4j_last_error());
        std::exit(kSkipped);
    }
    if (status != S4J_OK || (a.kernels && std::strcmp(s4j_kernels(), a.kernels) != 0)) {
        std::printf("kernels are %s, should be %s: %s\n", s4j_kernels(), a.kernels, s4j_last_error());
        std::exit(1);
    }
    return a;
}

}  // namespace check

#define CHECK(condition) check::record((condition), __FILE__, __LINE__, #condition)
#define CHECK_NEAR(actual, expected, tolerance) \
    check::near((actual), (expected), (tolerance), __FILE__, __LINE__, #actual)
#define CHECK_EQUAL(actual, expected) check::equal((actual), (expected), __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) check::text((actual), (expected), __FILE__, __LINE__, #actual)
#define CHECK_CONTAINS(actual, part) check::contains((actual), (part), __FILE__, __LINE__, #actual)
