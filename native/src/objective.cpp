#include "objective.h"

#include <algorithm>
#include <string>

#include "status.h"

namespace s4j {

Loss Loss::of(int kind, const double* options) {
    if (kind != S4J_CROSS_ENTROPY)
        throw Failure(S4J_BAD_ARGUMENT, "loss must be a s4j_loss, was " + std::to_string(kind));
    Loss loss{static_cast<s4j_loss>(kind), {}};
    if (options) std::copy_n(options, S4J_LOSS_OPTIONS, loss.options.begin());
    return loss;
}

}  // namespace s4j
