// Optimizer state and its step. Knows nothing of softmax: parameters and gradients are vectors here.
#pragma once

#include <array>
#include <cmath>

#include "kernels.h"
#include "softmax4j.h"

namespace s4j {

struct OptimizerSpec {
    s4j_rule rule;
    std::array<double, S4J_HYPER> hyper;

    static OptimizerSpec of(int rule, const double* hyper);
    // How many vectors of state the rule keeps, always the first ones.
    int slots() const;
    double initial_slot() const { return rule == S4J_ADAGRAD ? hyper[1] : 0; }
    double decay() const { return rule == S4J_ADAM ? hyper[4] : 0; }
};

// What a step does beside its rule; see s4j_step_option.
struct StepOptions {
    double l1 = 0, decay = 0, lower = -HUGE_VAL, upper = HUGE_VAL, clip_value = HUGE_VAL,
           clip_norm = HUGE_VAL;

    // Null: none.
    static StepOptions of(const double* options);
};

// Refuses what is no learning rate.
void require_rate(double learning_rate);

// Sum of the squares of the gradient's elements, on at most `threads` threads.
template <class T>
double gradient_square(const Update<T>& update, int64_t begin, int64_t end, int threads);

// One step over the parameters [begin, end) on at most `threads` threads. False where a new parameter or its
// state is not finite.
template <class T>
bool step(const Update<T>& update, int64_t begin, int64_t end, int threads);

}  // namespace s4j
