// L-BFGS: D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale optimization", Math.
// Programming 45 (1989). Where the goal has an approximation of its Hessian, the pairs correct that.
#include <algorithm>
#include <cmath>

#include "../line_search.h"
#include "history.h"
#include "methods.h"

namespace s4j {

namespace {

template <class T>
class Lbfgs final : public Solver<T> {
    using Solver<T>::goal_;
    using Solver<T>::v_;
    using Solver<T>::w_;
    using Solver<T>::gradient_;
    using Solver<T>::value_;
    using Solver<T>::at_;

  public:
    explicit Lbfgs(const Setup<T>& s)
        : Solver<T>(s.goal, s.settings, s.box, s.start, s.threads, s.state),
          history_(v_, s.settings.memory, s.state),
          direction_(s.state.template take<T>(v_.size)),
          trial_(s.state.template take<T>(v_.size)),
          trial_gradient_(s.state.template take<T>(v_.size)) {}

    static int64_t state(int64_t size, const SolverSettings& settings) {
        return History<T>::state(size, settings.memory) + 3 * Scratch::size_of<T>(size);
    }

    void state(State& s) override {
        Solver<T>::state(s);
        history_.state(s);
        s.finite(&scale_, 1);
    }

  private:
    bool advance() override {
        Undo undo(history_.place());
        if (search()) return true;
        if (history_.count() == 0) return false;
        history_.clear();
        return search();
    }

    bool search() {
        const bool preconditioned = this->approximate();
        v_.copy(gradient_, direction_);
        history_.descend(direction_, [&](T* d) {
            if (preconditioned) {
                v_.copy(d, trial_);
                goal_.precondition(trial_, d);
                v_.scale(scale_, d);
            } else {
                v_.scale(history_.scale(), d);
            }
        });
        const double slope = v_.dot(gradient_, direction_);
        if (!(slope < 0)) return false;
        double first = 1;
        if (history_.count() == 0 && !preconditioned) first = std::min(1.0, 1 / v_.norm(direction_));
        double trial_value = 0;
        const auto at = [&](double step) {
            v_.add(w_, step, direction_, trial_);
            trial_value = this->evaluate(trial_, trial_gradient_);
            return Trial{step, trial_value, v_.dot(trial_gradient_, direction_)};
        };
        const Trial start{0, value_, slope};
        Search found = search_line(start, first, HUGE_VAL, this->noise(), at);
        if (!found.accepted) {
            // Better than nothing, if it is better at all.
            if (!(found.at.value < value_)) return false;
            at(found.at.step);
        }
        if (preconditioned) {
            // A sample of rows shows less curvature than there is: by so much, as far as this step can tell.
            const double right = found.at.step / (1 - found.at.slope / slope);
            if (right > 0) scale_ *= std::sqrt(std::clamp(right, 0.25, 4.0));
        }
        history_.add(w_, trial_, gradient_, trial_gradient_);
        at_.step = found.at.step * v_.max_abs(direction_);
        std::swap(w_, trial_);
        std::swap(gradient_, trial_gradient_);
        value_ = trial_value;
        return true;
    }

    History<T> history_;
    double scale_ = 1;  // of the goal's approximation
    T *direction_, *trial_, *trial_gradient_;
};

}  // namespace

template <class T>
int64_t lbfgs_state(int64_t size, const SolverSettings& settings) {
    return Lbfgs<T>::state(size, settings);
}
template <class T>
std::unique_ptr<Solver<T>> make_lbfgs(const Setup<T>& setup) {
    return std::make_unique<Lbfgs<T>>(setup);
}

#define S4J_INSTANTIATE(T)                                           \
    template int64_t lbfgs_state<T>(int64_t, const SolverSettings&); \
    template std::unique_ptr<Solver<T>> make_lbfgs<T>(const Setup<T>&);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
