// What is minimised: a loss over labelled data, and a penalty.
#pragma once

#include <array>
#include <cstdint>

#include "data.h"
#include "softmax4j.h"

namespace s4j {

struct Loss {
    s4j_loss kind = S4J_CROSS_ENTROPY;
    std::array<double, S4J_LOSS_OPTIONS> options{};

    static Loss of(int kind, const double* options);
};

}  // namespace s4j

struct s4j_objective {
    const s4j_data* data;
    int64_t classes;
    bool intercept;
    double l2;
    s4j::Loss loss;
};
