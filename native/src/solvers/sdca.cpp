// Stochastic dual coordinate ascent: S. Shalev-Shwartz and T. Zhang, "Stochastic dual coordinate ascent
// methods for regularized loss minimization", JMLR 14 (2013). Its certificate is the duality gap.
#include <algorithm>
#include <cmath>

#include "../status.h"
#include "methods.h"

namespace s4j {

namespace {

template <class T>
class Sdca final : public Solver<T> {
    using Solver<T>::settings_;
    using Solver<T>::w_;
    using Solver<T>::gradient_;
    using Solver<T>::value_;
    using Solver<T>::at_;

  public:
    explicit Sdca(const Setup<T>& s)
        : Solver<T>(s.goal, s.settings, s.box, s.start, s.threads, s.state), dual_(s.goal.dual()) {
        if (!dual_)
            throw Failure(S4J_BAD_ARGUMENT,
                          "S4J_SDCA is for cross-entropy without z-loss, temperature and mask, with l2 > 0");
    }

    void state(State& s) override {
        Solver<T>::state(s);
        for (bool* flag : {&begun_, &swept_, &gauged_}) s.value(*flag);
        for (double* v : {&gap_, &estimate_, &best_estimate_, &best_value_}) s.value(*v);
        s.within(stale_, 0, this->kPatience);
    }

  private:
    // The estimate of a sweep is made while the dual is still rising: how much it may be above the gap.
    static constexpr double kEstimate = 8;

    // In parts, each of which is done once where it is stopped between them.
    bool advance() override {
        if (!begun_) dual_->begin(w_, gradient_, this->goal_.stop);
        begun_ = true;
        if (!swept_) estimate_ = dual_->sweep(w_, this->goal_.stop);
        swept_ = true;
        if (!gauged_) {
            const bool far = settings_.gap > 0 && estimate_ > kEstimate * settings_.gap * std::abs(value_);
            gap_ = far ? HUGE_VAL : dual_->settle(w_, this->goal_.stop);
        }
        gauged_ = true;
        value_ = this->evaluate(w_, gradient_);
        swept_ = gauged_ = false;
        return true;
    }
    // Where a sweep has left the conditions of the dual, it moves back to them.
    double bound() override {
        if (!begun_) return Solver<T>::bound();
        if (!std::isfinite(gap_)) {
            gap_ = dual_->settle(w_, this->goal_.stop);
            // What belongs together is not left in the middle.
            ++at_.evaluations;
            value_ = this->goal_.evaluate(w_, gradient_);
            this->assess();
        }
        return gap_;
    }
    // Value and estimate rise now and then on the way.
    bool stale() override {
        constexpr double kBetter = 0.95;
        const bool better = estimate_ < kBetter * best_estimate_ || value_ < best_value_ - this->noise();
        best_estimate_ = std::min(best_estimate_, estimate_);
        best_value_ = std::min(best_value_, value_);
        stale_ = better ? 0 : stale_ + 1;
        return stale_ >= this->kPatience;
    }
    bool reaches_gap() override {
        if (!begun_) return Solver<T>::reaches_gap();
        if (!std::isfinite(gap_)) return false;
        this->certify();
        return this->in_gap();
    }

    Dual<T>* const dual_;
    bool begun_ = false;
    bool swept_ = false, gauged_ = false;  // parts of an iteration that are done
    double gap_ = HUGE_VAL;                // of goal and dual at w_, where it is known
    double estimate_ = HUGE_VAL, best_estimate_ = HUGE_VAL, best_value_ = HUGE_VAL;
    int stale_ = 0;
};

}  // namespace

template <class T>
std::unique_ptr<Solver<T>> make_sdca(const Setup<T>& setup) {
    return std::make_unique<Sdca<T>>(setup);
}
template std::unique_ptr<Solver<float>> make_sdca<float>(const Setup<float>&);
template std::unique_ptr<Solver<double>> make_sdca<double>(const Setup<double>&);

}  // namespace s4j
