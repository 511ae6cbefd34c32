#include "dispatch.h"

#include <array>
#include <cstring>

#include "config.h"
#include "kernels.h"
#include "status.h"

#if defined(__x86_64__)
#    include <cpuid.h>
#endif

namespace s4j {

#define S4J_DECLARE(name, id)             \
    namespace id {                        \
    extern const Kernels<float> kFloat;   \
    extern const Kernels<double> kDouble; \
    }
S4J_FOR_EACH_ISA(S4J_DECLARE)
#undef S4J_DECLARE

namespace {

struct Feature {
    const char* name;
    bool present;
};

// What the rows of the table need, and what `doctor` shows.
#if defined(__x86_64__)
#    define S4J_FEATURE(name)                       \
        Feature {                                   \
            name, __builtin_cpu_supports(name) != 0 \
        }
// A bit of ecx, for features that Clang 17 has no name for.
bool cpuid_bit(unsigned leaf, int bit) {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(leaf, &eax, &ebx, &ecx, &edx) != 0 && (ecx >> bit & 1) != 0;
}
const auto& features() {
    static const std::array list{
        S4J_FEATURE("sse3"),
        S4J_FEATURE("ssse3"),
        S4J_FEATURE("sse4.1"),
        S4J_FEATURE("sse4.2"),
        S4J_FEATURE("popcnt"),
        S4J_FEATURE("avx"),
        S4J_FEATURE("avx2"),
        S4J_FEATURE("fma"),
        S4J_FEATURE("bmi"),
        S4J_FEATURE("bmi2"),
        Feature{"f16c", cpuid_bit(1, 29)},
        Feature{"lzcnt", cpuid_bit(0x80000001, 5)},
        Feature{"movbe", cpuid_bit(1, 22)},
        S4J_FEATURE("avx512f"),
        S4J_FEATURE("avx512bw"),
        S4J_FEATURE("avx512cd"),
        S4J_FEATURE("avx512dq"),
        S4J_FEATURE("avx512vl"),
    };
    return list;
}
bool supports(const char* isa) {
    const auto has = [](std::initializer_list<const char*> names) {
        for (const char* name : names)
            for (const Feature& f : features())
                if (std::strcmp(f.name, name) == 0 && !f.present) return false;
        return true;
    };
    if (!has({"sse3", "ssse3", "sse4.1", "sse4.2", "popcnt"})) return false;
    if (std::strcmp(isa, "x86-64-v2") == 0) return true;
    if (!has({"avx", "avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt", "movbe"})) return false;
    if (std::strcmp(isa, "x86-64-v3") == 0) return true;
    return has({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"});
}
#else
const auto& features() {
    static const std::array list{Feature{"neon", true}};
    return list;
}
bool supports(const char*) {
    return true;
}
#endif

struct Candidate {
    const char* name;
    const Kernels<float>* single;
    const Kernels<double>* wide;
};

#define S4J_CANDIDATE(name, id) Candidate{name, &id::kFloat, &id::kDouble},
constexpr Candidate kCandidates[] = {S4J_FOR_EACH_ISA(S4J_CANDIDATE)};
#undef S4J_CANDIDATE

const Candidate* chosen = &kCandidates[0];

// Calls f for the candidates this CPU can run, best first, until f returns true.
template <class F>
const Candidate* first_supported(F f) {
    for (auto c = std::rbegin(kCandidates); c != std::rend(kCandidates); ++c)
        if (supports(c->name) && f(*c)) return &*c;
    return nullptr;
}

}  // namespace

void choose_kernels(const char* name) {
    const bool any = !name || !*name;
    const Candidate* found =
        first_supported([&](const Candidate& c) { return any || std::strcmp(c.name, name) == 0; });
    if (found) {
        chosen = found;
        return;
    }
    if (any)
        throw Failure(S4J_UNSUPPORTED,
                      std::string("this CPU has none of the instruction sets softmax4j needs, the "
                                  "least being ") +
                          kCandidates[0].name + "; it has: " + cpu_features());
    for (const Candidate& c : kCandidates)
        if (std::strcmp(c.name, name) == 0)
            throw Failure(S4J_UNSUPPORTED,
                          std::string("kernels '") + name +
                              "' need instructions this CPU lacks; it can run: " + supported_kernels());
    throw Failure(S4J_BAD_ARGUMENT, std::string("kernels '") + name +
                                        "' do not exist; this CPU can run: " + supported_kernels());
}

const char* chosen_kernels() noexcept {
    return chosen->name;
}

const char* supported_kernels() {
    static const std::string names = [] {
        std::string s;
        first_supported([&](const Candidate& c) {
            s.append(s.empty() ? "" : ", ").append(c.name);
            return false;
        });
        return s;
    }();
    return names.c_str();
}

const char* cpu_features() {
    static const std::string names = [] {
        std::string s;
        for (const Feature& f : features())
            if (f.present) s.append(s.empty() ? "" : " ").append(f.name);
        return s;
    }();
    return names.c_str();
}

template <>
const Kernels<float>& kernels<float>() {
    return *chosen->single;
}
template <>
const Kernels<double>& kernels<double>() {
    return *chosen->wide;
}

}  // namespace s4j
