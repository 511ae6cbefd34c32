#include "solver.h"

#include <algorithm>
#include <string>

#include "certificate.h"
#include "solvers/methods.h"
#include "status.h"

namespace s4j {

namespace {
// Pairs of a quasi-Newton method: what is asked for beyond them is not kept.
constexpr double kMostMemory = 1000;
}  // namespace

SolverSettings SolverSettings::of(int method, const double* options) {
    const auto require = [](bool condition, const char* text) {
        if (!condition) throw Failure(S4J_BAD_ARGUMENT, text);
    };
    require(method >= S4J_LBFGS && method <= S4J_SDCA, "method must be a s4j_method");
    const double memory = options[S4J_SOLVER_MEMORY];
    require(memory >= 1, "memory must be positive");
    const SolverSettings s{
        static_cast<s4j_method>(method),
        options[S4J_SOLVER_L1],
        options[S4J_SOLVER_GAP],
        options[S4J_SOLVER_GRADIENT],
        static_cast<int>(std::min(memory, kMostMemory)),
        options[S4J_SOLVER_LOWER],
        options[S4J_SOLVER_UPPER],
        options[S4J_SOLVER_CURVATURE] != 0 && (method == S4J_LBFGS || method == S4J_NEWTON)};
    require(s.l1 >= 0 && std::isfinite(s.l1) && (s.l1 == 0 || method == S4J_OWLQN),
            "l1 must be finite and not negative, and is for S4J_OWLQN");
    require(s.gap >= 0 && s.gradient >= 0, "gap and gradient must not be negative");
    require(s.lower <= s.upper, "lower must not be above upper");
    require(method == S4J_LBFGSB || (std::isinf(s.lower) && std::isinf(s.upper)),
            "bounds are for S4J_LBFGSB");
    return s;
}

namespace {

template <class T>
int64_t method_state(int64_t size, const SolverSettings& settings) {
    switch (settings.method) {
        case S4J_LBFGS:
            return lbfgs_state<T>(size, settings);
        case S4J_LBFGSB:
            return lbfgsb_state<T>(size, settings);
        case S4J_OWLQN:
            return owlqn_state<T>(size, settings);
        case S4J_SDCA:
            return 0;
        default:
            return newton_state<T>(size, settings);
    }
}

}  // namespace

template <class T>
int64_t solver_state(int64_t size, const SolverSettings& settings, bool free_parameters) {
    return (free_parameters ? 7 : 2) * Scratch::size_of<T>(size) + method_state<T>(size, settings);
}

template <class T>
Solver<T>::Solver(Goal<T>& goal, const SolverSettings& settings, const Box<T>& box, const T* start,
                  int threads, Scratch& state)
    : goal_(goal),
      settings_(settings),
      box_(box),
      v_(goal.size, threads),
      w_(state.take<T>(goal.size)),
      gradient_(state.take<T>(goal.size)) {
    if (goal.size > goal.penalised)
        for (T** room : {&slope_, &trial_, &trial_gradient_, &free_step_, &free_product_})
            *room = state.take<T>(goal.size);
    v_.set(w_, [&](int64_t i) { return box_.clamp(i, start[i]); });
}

template <class T>
double Solver<T>::evaluate(const T* w, T* gradient) {
    pause(goal_.stop);
    ++at_.evaluations;
    return goal_.evaluate(w, gradient);
}

template <class T>
void Solver<T>::multiply(const T* direction, T* product) {
    pause(goal_.stop);
    ++at_.products;
    goal_.multiply(w_, direction, product);
}

template <class T>
bool Solver<T>::approximate() {
    // Of a convex goal with a value that is positive at its minimum, this happens a few times.
    constexpr double kAged = 0.4;
    if (approximation_ == kUnknown || (approximation_ == kThere && value_ < kAged * approximated_at_)) {
        approximation_ = kUnknown;
        approximation_ = goal_.approximate(w_) ? kThere : kNone;
        approximated_at_ = value_;
    }
    return approximation_ == kThere;
}

template <class T>
T Solver<T>::reduced(int64_t i) const {
    const T w = w_[i], g = gradient_[i];
    if (settings_.l1 > 0 && i < goal_.penalised) {
        const T l1 = static_cast<T>(settings_.l1);
        if (w != 0) return w > 0 ? g + l1 : g - l1;
        return g > l1 ? g - l1 : g < -l1 ? g + l1 : T(0);
    }
    return w - box_.clamp(i, w - g);
}

template <class T>
double Solver<T>::penalty(const T* w) const {
    if (settings_.l1 == 0) return 0;
    const int64_t penalised = goal_.penalised;
    return settings_.l1 *
           v_.sum([=](int64_t i) { return i < penalised ? std::abs(static_cast<double>(w[i])) : 0.0; });
}

template <class T>
double Solver<T>::noise() const {
    return 2 * static_cast<double>(std::numeric_limits<T>::epsilon()) * std::abs(at_.value);
}

template <class T>
void Solver<T>::assess() {
    at_.value = value_ + penalty(w_);
    at_.gradient = v_.largest([this](int64_t i) { return reduced(i); });
    at_.bound = std::numeric_limits<double>::infinity();
    certified_ = false;
}

template <class T>
double Solver<T>::weights_bound() const {
    return goal_.convex ? penalised_bound(goal_, settings_.l1, box_, v_, w_, gradient_) : HUGE_VAL;
}

template <class T>
void Solver<T>::certify() {
    if (certified_ || !goal_.convex || !std::isfinite(at_.value)) return;
    Undo undo(at_);
    at_.bound = bound();
    certified_ = true;
}

template <class T>
double Solver<T>::bound() {
    return gap_bound(goal_, settings_.l1, box_, v_, w_, gradient_, value_, slope_);
}

// Moves the free parameters alone towards the minimum that they have; false where that fails. The approximation of the
// curvature is of an earlier point, and of each class by itself: its step may fail where conjugate gradients' does not.
template <class T>
bool Solver<T>::settle() {
    Undo undo(at_);
    return (approximate() && settle_by(true)) || settle_by(false);
}

template <class T>
bool Solver<T>::settle_by(bool approximation) {
    const int64_t penalised = goal_.penalised, count = goal_.size - penalised;
    const T* free = gradient_ + penalised;
    v_.set(free_step_, [](int64_t) { return T(0); });
    T* step = free_step_ + penalised;
    if (approximation) {
        if (!goal_.precondition_free(free, step)) return false;
    } else {
        // Conjugate gradients; trial_ and trial_gradient_ are free until the step is known.
        T *direction = trial_, *residual = trial_gradient_ + penalised;
        v_.set(direction, [](int64_t) { return T(0); });
        const auto dot = [=](const T* a, const T* b) {
            double sum = 0;
            for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
            return sum;
        };
        std::copy_n(free, count, residual);
        std::copy_n(free, count, direction + penalised);
        double square = dot(residual, residual);
        const double enough = 1e-4 * square;
        for (int64_t k = 0; k < std::min<int64_t>(count, 8) && square > enough; ++k) {
            multiply(direction, free_product_);
            const double curvature = dot(direction + penalised, free_product_ + penalised);
            if (!(curvature > 0)) break;
            const T alpha = static_cast<T>(square / curvature);
            for (int64_t i = 0; i < count; ++i) {
                step[i] += alpha * direction[penalised + i];
                residual[i] -= alpha * free_product_[penalised + i];
            }
            const double next = dot(residual, residual);
            for (int64_t i = 0; i < count; ++i)
                direction[penalised + i] =
                    residual[i] + static_cast<T>(next / square) * direction[penalised + i];
            square = next;
        }
    }
    v_.add(w_, -1, free_step_, trial_);
    const double value = evaluate(trial_, trial_gradient_);
    double before = 0, after = 0;
    for (int64_t i = penalised; i < goal_.size; ++i) {
        before = std::max(before, std::abs(static_cast<double>(gradient_[i])));
        after = std::max(after, std::abs(static_cast<double>(trial_gradient_[i])));
    }
    if (!(value <= value_ + noise() && after < 0.9 * before)) return false;
    v_.copy(trial_, w_);
    v_.copy(trial_gradient_, gradient_);
    value_ = value;
    return true;
}

template <class T>
bool Solver<T>::stops() {
    if (settled_ > 0) {
        // Gone on with: the rest has been asked.
    } else if (!std::isfinite(at_.value) || !std::isfinite(at_.gradient)) {
        at_.stop = S4J_STOP_NON_FINITE;
    } else if (at_.gradient == 0 || at_.gradient <= settings_.gradient) {
        at_.stop = S4J_STOP_GRADIENT;
    }
    if (at_.stop == S4J_RUNNING && settings_.gap > 0 && reaches_gap()) at_.stop = S4J_STOP_GAP;
    return at_.stop != S4J_RUNNING;
}

// The free parameters' part of the bound is linear in their gradient: where that is what is missing, a step
// of theirs alone makes up for it.
template <class T>
bool Solver<T>::reaches_gap() {
    for (;; ++settled_) {
        const double weights = weights_bound();
        if (!(weights <= settings_.gap * (at_.value - weights))) return false;
        certify();
        if (in_gap()) return true;
        if (!slope_ || box_.lowers || box_.uppers || settled_ == kMostSteps || !settle()) return false;
        assess();
    }
    return false;
}

// Neither value nor gradient.
template <class T>
bool Solver<T>::stale() {
    bool better = false;
    if (at_.value < best_value_ - noise()) {
        best_value_ = at_.value;
        better = true;
    }
    if (at_.gradient < 0.8 * best_gradient_) {
        best_gradient_ = at_.gradient;
        better = true;
    }
    stale_ = better ? 0 : stale_ + 1;
    return stale_ >= kPatience;
}

template <class T>
void Solver<T>::iterate() {
    if (at_.stop != S4J_RUNNING) return;
    if (!judging_) {
        Undo undo(at_);
        if (started_) {
            ++at_.iterations;
            moved_ = advance();
        } else {
            value_ = evaluate(w_, gradient_);
            started_ = true;
        }
        assess();
        judging_ = true;
        settled_ = 0;
    }
    if (!stops() && at_.iterations > 0 && (!moved_ || stale())) at_.stop = S4J_STOP_NO_PROGRESS;
    judging_ = false;
}

template <class T>
void Solver<T>::state(State& s) {
    s.finite(w_, v_.size);
    s.values(gradient_, v_.size, started_);
    s.value(value_);
    s.value(at_.value);
    s.value(at_.bound);
    s.value(at_.gradient);
    s.value(at_.step);
    for (int64_t* count : {&at_.iterations, &at_.evaluations, &at_.products}) s.within(*count, 0, INT32_MAX);
    s.within(at_.stop, S4J_RUNNING, S4J_STOP_NON_FINITE);
    for (bool* flag : {&started_, &certified_, &judging_, &moved_}) s.value(*flag);
    s.within(settled_, 0, kMostSteps);
    s.within(approximation_, kUnknown, kThere);
    s.value(approximated_at_);
    s.value(best_value_);
    s.value(best_gradient_);
    s.within(stale_, 0, kPatience);
}

template <class T>
std::unique_ptr<Solver<T>> make_solver(Goal<T>& goal, const SolverSettings& settings, const Box<T>& box,
                                       const T* start, int threads, Scratch& state) {
    const Setup<T> setup{goal, settings, box, start, threads, state};
    switch (settings.method) {
        case S4J_LBFGS:
            return make_lbfgs(setup);
        case S4J_LBFGSB:
            return make_lbfgsb(setup);
        case S4J_OWLQN:
            return make_owlqn(setup);
        case S4J_SDCA:
            return make_sdca(setup);
        default:
            return make_newton(setup);
    }
}

#define S4J_INSTANTIATE(T)                                                                             \
    template class Solver<T>;                                                                          \
    template int64_t solver_state<T>(int64_t, const SolverSettings&, bool);                            \
    template std::unique_ptr<Solver<T>> make_solver<T>(Goal<T>&, const SolverSettings&, const Box<T>&, \
                                                       const T*, int, Scratch&);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
