// Newton's method in a trust region, its steps by conjugate gradients: T. Steihaug, "The conjugate gradient
// method and trust regions in large scale optimization", SIAM J. Numer. Anal. 20 (1983); C.-J. Lin, R. C.
// Weng and S. S. Keerthi, "Trust region Newton method for large-scale logistic regression", JMLR 9 (2008).
// The region is an ellipsoid of the preconditioner.
#include <cmath>

#include "methods.h"

namespace s4j {

namespace {

template <class T>
class Newton final : public Solver<T> {
    using Solver<T>::goal_;
    using Solver<T>::settings_;
    using Solver<T>::v_;
    using Solver<T>::w_;
    using Solver<T>::gradient_;
    using Solver<T>::value_;
    using Solver<T>::at_;

  public:
    explicit Newton(const Setup<T>& s)
        : Solver<T>(s.goal, s.settings, s.box, s.start, s.threads, s.state),
          step_(s.state.template take<T>(v_.size)),
          residual_(s.state.template take<T>(v_.size)),
          scaled_(s.state.template take<T>(v_.size)),
          direction_(s.state.template take<T>(v_.size)),
          product_(s.state.template take<T>(v_.size)) {}

    static int64_t state(int64_t size) { return 5 * Scratch::size_of<T>(size); }

    void state(State& s) override {
        Solver<T>::state(s);
        for (double* v : {&radius_, &length_, &first_size_}) s.finite(v, 1);
        for (bool* flag : {&boundary_, &preconditioned_}) s.value(*flag);
    }

  private:
    static constexpr int kMostProducts = 500, kMostTries = 20;
    // Steps that gain less than this share of what was predicted are not taken.
    static constexpr double kAccept = 1e-4;

    void precondition(const T* v, T* out) {
        if (preconditioned_)
            goal_.precondition(v, out);
        else
            v_.copy(v, out);
    }

    // Writes step_ and residual_ = -(gradient + Hessian step); returns the model's gain, positive.
    double solve(double size) {
        v_.set(step_, [](int64_t) { return T(0); });
        v_.set(residual_, [&](int64_t i) { return -gradient_[i]; });
        precondition(residual_, scaled_);
        v_.copy(scaled_, direction_);
        double square = size * size;
        // As exact as quadratic convergence asks for, and not more than the gap does.
        const double tolerance = std::min(0.3, std::sqrt(size / first_size_)) * size;
        const double enough =
            goal_.l2 > 0 ? std::sqrt(0.2 * settings_.gap * goal_.l2 * std::abs(at_.value)) : 0;
        double step_step = 0, step_direction = 0, direction_direction = square;
        boundary_ = false;
        for (int k = 0; k < kMostProducts; ++k) {
            this->multiply(direction_, product_);
            const double curvature = v_.dot(direction_, product_);
            const double alpha = square / curvature;
            const double longer =
                step_step + 2 * alpha * step_direction + alpha * alpha * direction_direction;
            if (!(curvature > 0) || longer > radius_ * radius_) {
                // To the boundary.
                const double missing = radius_ * radius_ - step_step;
                const double root =
                    std::sqrt(step_direction * step_direction + direction_direction * missing);
                const double beta = step_direction > 0 ? missing / (step_direction + root)
                                                       : (root - step_direction) / direction_direction;
                v_.add(step_, beta, direction_, step_);
                v_.add(residual_, -beta, product_, residual_);
                boundary_ = true;
                step_step = radius_ * radius_;
                break;
            }
            v_.add(step_, alpha, direction_, step_);
            v_.add(residual_, -alpha, product_, residual_);
            step_step = longer;
            precondition(residual_, scaled_);
            const double next = v_.dot(residual_, scaled_);
            if (!(next > tolerance * tolerance) || v_.norm(residual_) <= enough) break;
            const double beta = next / square;
            square = next;
            v_.add(scaled_, beta, direction_, direction_);
            step_direction = beta * (step_direction + alpha * direction_direction);
            direction_direction = square + beta * beta * direction_direction;
        }
        length_ = std::sqrt(step_step);
        // -g's - s'Hs / 2, as H s = -g - r.
        return 0.5 * (v_.dot(step_, residual_) - v_.dot(step_, gradient_));
    }

    bool advance() override {
        Undo undo(radius_, length_, first_size_, boundary_, preconditioned_);
        preconditioned_ = this->approximate();
        precondition(gradient_, scaled_);
        const double size = std::sqrt(v_.dot(gradient_, scaled_));
        if (radius_ == 0) {
            first_size_ = size;
            radius_ = preconditioned_ ? 4 * size : size;
        }
        first_size_ = std::max(first_size_, size);
        for (int tries = 0; tries < kMostTries; ++tries) {
            const double predicted = solve(size);
            const double length = this->v_.max_abs(step_);
            if (!(predicted > 0) || !std::isfinite(predicted)) return false;
            // direction_ and product_ are free now: the new point, and its gradient.
            v_.add(w_, 1, step_, direction_);
            const double value = this->evaluate(direction_, product_);
            const double gain = value_ - value;
            const double share = gain / predicted;
            bool taken = share > kAccept;
            if (std::isfinite(value) && predicted < this->noise() && std::abs(gain) <= this->noise()) {
                // Values say nothing any more; gradients still do.
                precondition(product_, scaled_);
                taken = v_.dot(product_, scaled_) < size * size;
                if (!taken) return false;
            } else if (!(share >= 0.25)) {
                radius_ = 0.25 * length_;
            } else if (share > 0.75 && boundary_) {
                radius_ *= 4;
            }
            if (taken) {
                at_.step = length;
                std::swap(w_, direction_);
                std::swap(gradient_, product_);
                value_ = value;
                return true;
            }
            if (!(length > 0)) return false;
        }
        return false;
    }

    T *step_, *residual_, *scaled_, *direction_, *product_;
    double radius_ = 0, length_ = 0;  // of the region and of the step, in the preconditioner's norm
    double first_size_ = 0;
    bool boundary_ = false, preconditioned_ = false;
};

}  // namespace

template <class T>
int64_t newton_state(int64_t size, const SolverSettings&) {
    return Newton<T>::state(size);
}
template <class T>
std::unique_ptr<Solver<T>> make_newton(const Setup<T>& setup) {
    return std::make_unique<Newton<T>>(setup);
}

#define S4J_INSTANTIATE(T)                                            \
    template int64_t newton_state<T>(int64_t, const SolverSettings&); \
    template std::unique_ptr<Solver<T>> make_newton<T>(const Setup<T>&);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
