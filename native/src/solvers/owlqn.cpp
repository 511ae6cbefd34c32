// OWL-QN: G. Andrew and J. Gao, "Scalable training of L1-regularized log-linear models", ICML 2007. L-BFGS on
// the smooth part, along the derivative of least size, within the orthant that it points into.
#include "history.h"
#include "methods.h"

namespace s4j {

namespace {

template <class T>
class OwlQn final : public Solver<T> {
    using Solver<T>::goal_;
    using Solver<T>::settings_;
    using Solver<T>::v_;
    using Solver<T>::w_;
    using Solver<T>::gradient_;
    using Solver<T>::value_;
    using Solver<T>::at_;

  public:
    explicit OwlQn(const Setup<T>& s)
        : Solver<T>(s.goal, s.settings, s.box, s.start, s.threads, s.state),
          history_(v_, s.settings.memory, s.state),
          slope_(s.state.template take<T>(v_.size)),
          direction_(s.state.template take<T>(v_.size)),
          trial_(s.state.template take<T>(v_.size)),
          trial_gradient_(s.state.template take<T>(v_.size)) {}

    static int64_t state(int64_t size, const SolverSettings& settings) {
        return History<T>::state(size, settings.memory) + 4 * Scratch::size_of<T>(size);
    }

    void state(State& s) override {
        Solver<T>::state(s);
        history_.state(s);
    }

  private:
    static constexpr double kDecrease = 1e-4;
    static constexpr int kMostTrials = 30;

    bool advance() override {
        Undo undo(history_.place());
        if (search()) return true;
        if (history_.count() == 0) return false;
        history_.clear();
        return search();
    }

    bool search() {
        v_.set(slope_, [&](int64_t i) { return this->reduced(i); });
        v_.copy(slope_, direction_);
        history_.descend(direction_, [&](T* d) { v_.scale(history_.scale(), d); });
        // Without l1 there are no orthants.
        const int64_t penalised = settings_.l1 > 0 ? goal_.penalised : 0;
        v_.set(direction_, [&](int64_t i) {
            return i < penalised && !(direction_[i] * slope_[i] < 0) ? T(0) : direction_[i];
        });
        if (!(v_.dot(slope_, direction_) < 0)) return false;

        const double size = v_.dot(slope_, slope_), before = at_.value;
        double step = history_.count() == 0 ? std::min(1.0, 1 / v_.norm(direction_)) : 1;
        for (int trials = 0; trials < kMostTrials; ++trials, step *= 0.5) {
            const T factor = static_cast<T>(step);
            v_.set(trial_, [&](int64_t i) {
                const T to = w_[i] + factor * direction_[i];
                if (i >= penalised) return to;
                const T side = w_[i] != 0 ? w_[i] : -slope_[i];
                return to * side > 0 ? to : T(0);
            });
            const double value = this->evaluate(trial_, trial_gradient_),
                         whole = value + this->penalty(trial_);
            const double along = v_.sum([&](int64_t i) {
                return static_cast<double>(slope_[i]) *
                       (static_cast<double>(trial_[i]) - static_cast<double>(w_[i]));
            });
            if (!(along < 0)) return false;
            if (!(whole <= before + kDecrease * along) && !within_noise(whole, before, size)) continue;
            history_.add(w_, trial_, gradient_, trial_gradient_);
            at_.step = step * v_.max_abs(direction_);
            std::swap(w_, trial_);
            std::swap(gradient_, trial_gradient_);
            value_ = value;
            return true;
        }
        return false;
    }

    // Where values say nothing any more, a derivative that gets smaller still does.
    bool within_noise(double value, double before, double size) {
        if (!(std::abs(value - before) <= this->noise())) return false;
        std::swap(w_, trial_);
        std::swap(gradient_, trial_gradient_);
        const double after = v_.sum([&](int64_t i) {
            const double r = static_cast<double>(this->reduced(i));
            return r * r;
        });
        std::swap(w_, trial_);
        std::swap(gradient_, trial_gradient_);
        return after < 0.99 * size;
    }

    History<T> history_;
    T *slope_, *direction_, *trial_, *trial_gradient_;
};

}  // namespace

template <class T>
int64_t owlqn_state(int64_t size, const SolverSettings& settings) {
    return OwlQn<T>::state(size, settings);
}
template <class T>
std::unique_ptr<Solver<T>> make_owlqn(const Setup<T>& setup) {
    return std::make_unique<OwlQn<T>>(setup);
}

#define S4J_INSTANTIATE(T)                                           \
    template int64_t owlqn_state<T>(int64_t, const SolverSettings&); \
    template std::unique_ptr<Solver<T>> make_owlqn<T>(const Setup<T>&);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
