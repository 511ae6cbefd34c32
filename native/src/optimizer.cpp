#include "optimizer.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <string>

#include "parallel.h"
#include "status.h"

namespace s4j {

namespace {
// Elements of one task. Fixed, so that vector ends fall in the same places for any number of threads.
constexpr int64_t kTask = 16384;

// A rule that is missing here or below does not compile.
bool is_rule(int rule) {
    switch (static_cast<s4j_rule>(rule)) {
        case S4J_SGD:
        case S4J_MOMENTUM:
        case S4J_NESTEROV:
        case S4J_ADAGRAD:
        case S4J_RMSPROP:
        case S4J_ADAM:
            return true;
    }
    return false;
}

}  // namespace

OptimizerSpec OptimizerSpec::of(int rule, const double* hyper) {
    if (!is_rule(rule))
        throw Failure(S4J_BAD_ARGUMENT, "rule must be a s4j_rule, was " + std::to_string(rule));
    OptimizerSpec spec{static_cast<s4j_rule>(rule), {}};
    std::copy_n(hyper, S4J_HYPER, spec.hyper.begin());
    return spec;
}

int OptimizerSpec::slots() const {
    switch (rule) {
        case S4J_SGD:
            return 0;
        case S4J_MOMENTUM:
        case S4J_NESTEROV:
        case S4J_ADAGRAD:
            return 1;
        case S4J_RMSPROP:
            return hyper[2] > 0 ? 3 : hyper[3] != 0 ? 2 : 1;
        case S4J_ADAM:
            return hyper[3] != 0 ? 3 : 2;
    }
    return 0;
}

StepOptions StepOptions::of(const double* options) {
    if (!options) return {};
    const StepOptions o{options[S4J_L1],    options[S4J_DECAY],      options[S4J_LOWER],
                        options[S4J_UPPER], options[S4J_CLIP_VALUE], options[S4J_CLIP_NORM]};
    const auto require = [](bool condition, const char* text) {
        if (!condition) throw Failure(S4J_BAD_ARGUMENT, text);
    };
    require(o.l1 >= 0 && o.l1 < HUGE_VAL, "l1 must be finite and not negative");
    require(o.decay >= 0 && o.decay < HUGE_VAL, "decay must be finite and not negative");
    require(o.lower < o.upper, "lower must be below upper");
    require(o.clip_value > 0 && o.clip_norm > 0, "clip_value and clip_norm must be positive");
    return o;
}

void require_rate(double learning_rate) {
    if (!(learning_rate >= 0 && learning_rate < HUGE_VAL))
        throw Failure(S4J_BAD_ARGUMENT, "learning_rate must be finite and not negative");
}

template <class T>
double gradient_square(const Update<T>& update, int64_t begin, int64_t end, int threads) {
    constexpr int64_t kMostTasks = 16;
    double squares[kMostTasks];
    // Whole tasks, as few as make no more than the most.
    const int64_t length = ((end - begin) / (kMostTasks * kTask) + 1) * kTask;
    const int64_t tasks = (end - begin + length - 1) / length;
    const auto square = kernels<T>().gradient_square;
    parallel_for(tasks, threads_for(end - begin, threads), [&](int64_t task, int) {
        const int64_t first = begin + task * length;
        squares[task] = square(update, first, std::min(first + length, end));
    });
    return std::accumulate(squares, squares + tasks, 0.0);
}

template <class T>
bool step(const Update<T>& update, int64_t begin, int64_t end, int threads) {
    const auto apply = kernels<T>().update;
    std::atomic<bool> finite{true};
    parallel_for((end - begin + kTask - 1) / kTask, threads_for(end - begin, threads),
                 [&](int64_t task, int) {
                     const int64_t first = begin + task * kTask;
                     if (!apply(update, first, std::min(first + kTask, end)))
                         finite.store(false, std::memory_order_relaxed);
                 });
    return finite.load();
}

template double gradient_square<float>(const Update<float>&, int64_t, int64_t, int);
template double gradient_square<double>(const Update<double>&, int64_t, int64_t, int);
template bool step<float>(const Update<float>&, int64_t, int64_t, int);
template bool step<double>(const Update<double>&, int64_t, int64_t, int);

}  // namespace s4j
