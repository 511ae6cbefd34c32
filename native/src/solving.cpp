#include "solving.h"

#include "softmax_goal.h"
#include "status.h"

namespace s4j {

template <class T>
SolvingBytes solving_bytes(const Shape& shape, int method, const double* options, bool bounded, int threads,
                           int64_t scratch_limit) {
    const SolverSettings settings = SolverSettings::of(method, options);
    const int64_t size = shape.weight_count() + shape.intercept_count();
    return {solver_state<T>(size, settings, shape.intercept) +
                SoftmaxGoal<T>::state(shape, settings, threads) +
                (bounded ? 2 * Scratch::size_of<T>(size) : 0),
            SoftmaxGoal<T>::scratch(shape, settings, threads, scratch_limit)};
}

namespace {

template <class T>
class Solving final : public s4j_solver {
  public:
    explicit Solving(const SolvingOptions& o)
        : settings_(SolverSettings::of(o.method, o.options)),
          state_(fitting_state(o)),
          goal_(*o.objective, settings_, o.threads, o.scratch_limit, state_),
          box_{nullptr, nullptr, settings_.lower, settings_.upper, goal_.penalised} {
        require_bounds_in<T>(settings_.lower, settings_.upper);
        if (o.lower) {
            box_.lowers = copied(o.lower);
            box_.uppers = copied(o.upper);
        }
        solver_ =
            make_solver<T>(goal_, settings_, box_, static_cast<const T*>(o.parameters), o.threads, state_);
    }

    const Standing& iterate(s4j_stop_asked stop) override {
        goal_.stop = stop;
        solver_->iterate();
        return solver_->standing();
    }
    const Standing& certify(s4j_stop_asked stop) override {
        goal_.stop = stop;
        solver_->certify();
        return solver_->standing();
    }
    void state(State& s) override {
        solver_->state(s);
        goal_.state(s);
    }
    void parameters(void* out) const override {
        std::copy_n(solver_->parameters(), goal_.size, static_cast<T*>(out));
    }

  private:
    static int64_t fitting_state(const SolvingOptions& o) {
        const s4j_objective& objective = *o.objective;
        const SolvingBytes bytes = solving_bytes<T>(
            shape_of(*objective.data, objective.data->rows, objective.classes, objective.intercept), o.method,
            o.options, o.lower != nullptr, o.threads, o.scratch_limit);
        require_scratch(bytes.scratch, o.scratch_limit);
        return bytes.state;
    }
    const T* copied(const void* bounds) {
        T* copy = state_.take<T>(goal_.size);
        std::copy_n(static_cast<const T*>(bounds), goal_.size, copy);
        return copy;
    }

    const SolverSettings settings_;
    Scratch state_;
    SoftmaxGoal<T> goal_;
    Box<T> box_;
    std::unique_ptr<Solver<T>> solver_;
};

}  // namespace

std::unique_ptr<s4j_solver> make_solving(const SolvingOptions& options) {
    if (options.objective->data->type == S4J_F32) return std::make_unique<Solving<float>>(options);
    return std::make_unique<Solving<double>>(options);
}

template SolvingBytes solving_bytes<float>(const Shape&, int, const double*, bool, int, int64_t);
template SolvingBytes solving_bytes<double>(const Shape&, int, const double*, bool, int, int64_t);

}  // namespace s4j
