// Mini-batch training: the order of the rows, and one step = gather, loss, gradient, update.
#pragma once

#include <memory>

#include "objective.h"
#include "optimizer.h"
#include "plan.h"
#include "softmax4j.h"
#include "state.h"

struct s4j_trainer {
    virtual ~s4j_trainer() = default;
    virtual void shuffle() = 0;
    virtual void rebind(const s4j_objective& objective, int64_t batch) = 0;
    // False where the loss, a new parameter or its state is not finite; the parameters are then as before.
    virtual bool step(int64_t first, int64_t count, double learning_rate) = 0;
    virtual double take_loss() = 0;
    virtual void parameters(void* out) const = 0;
    virtual void state(s4j::State& state) = 0;
};

namespace s4j {

struct TrainerOptions {
    const s4j_objective* objective;
    int rule;
    const double* hyper;
    StepOptions step;
    const void* parameters;
    int64_t batch;
    uint64_t seed;
    int threads;
    int64_t scratch_limit;
};

// What a trainer holds: parameters, slots and the order of the rows; and the scratch of a step, which is
// above its limit where not even the smallest cut fits it.
struct TrainerBytes {
    int64_t state, scratch;
};

// batch: the shape of a full one; rows: of the data.
template <class T>
TrainerBytes trainer_bytes(const Shape& batch, int64_t rows, const OptimizerSpec& optimizer, int threads,
                           int64_t scratch_limit);

std::unique_ptr<s4j_trainer> make_trainer(const TrainerOptions& options);

}  // namespace s4j
