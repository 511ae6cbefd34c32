// A solver on a softmax objective, behind the C ABI.
#pragma once

#include <memory>

#include "objective.h"
#include "plan.h"
#include "solver.h"

struct s4j_solver {
    virtual ~s4j_solver() = default;
    virtual const s4j::Standing& iterate(s4j_stop_asked stop) = 0;
    virtual const s4j::Standing& certify(s4j_stop_asked stop) = 0;
    virtual void state(s4j::State& state) = 0;
    virtual void parameters(void* out) const = 0;
};

namespace s4j {

struct SolvingOptions {
    const s4j_objective* objective;
    int method;
    const double* options;
    const void *lower, *upper, *parameters;
    int threads;
    int64_t scratch_limit;
};

struct SolvingBytes {
    int64_t state, scratch;
};

template <class T>
SolvingBytes solving_bytes(const Shape& shape, int method, const double* options, bool bounded, int threads,
                           int64_t scratch_limit);

std::unique_ptr<s4j_solver> make_solving(const SolvingOptions& options);

}  // namespace s4j
