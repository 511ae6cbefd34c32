// Solvers of smooth objectives with a penalty, step by step. They know nothing of softmax: parameters and
// gradients are vectors here.
#pragma once

#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <tuple>

#include "scratch.h"
#include "softmax4j.h"
#include "state.h"
#include "vectors.h"

namespace s4j {

// Asks whether the caller wants an end, and leaves by a Failure where it does: what was begun is then done
// again, or gone on with, by the next call.
inline void pause(s4j_stop_asked stop) {
    if (stop && stop()) throw Failure(S4J_INTERRUPTED, "the caller has asked for an end");
}

// Takes variables back to what they were where a scope is left by an exception.
template <class... V>
class Undo {
  public:
    explicit Undo(V&... variables) : variables_(variables...), before_(variables...) {}
    ~Undo() {
        if (std::uncaught_exceptions() > exceptions_) variables_ = before_;
    }
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;

  private:
    const int exceptions_ = std::uncaught_exceptions();
    std::tuple<V&...> variables_;
    const std::tuple<V...> before_;
};

// The dual of a goal that is a mean over rows: one block of coordinates for each of them.
template <class T>
class Dual {
  public:
    virtual ~Dual() = default;
    // Starts close to what belongs to parameters w, where the goal has this gradient. Where it is stopped, it is called
    // again.
    virtual void begin(const T* w, const T* gradient, s4j_stop_asked stop) = 0;
    // Maximises over each block once, in a new order, and writes the parameters that belong to where that
    // leads. Returns an estimate of the gap between goal and dual. Where it is stopped on the way, the next call
    // goes on there.
    virtual double sweep(T* w, s4j_stop_asked stop) = 0;
    // Moves to where the dual is finite, writes the parameters that belong there, and returns how much the
    // goal is above the dual: an upper bound of how much it is above its minimum. Where it is stopped, the next call
    // goes on.
    virtual double settle(T* w, s4j_stop_asked stop) = 0;
    virtual void state(State& state) = 0;
};

// f(w) + l2 / 2 |w_P|^2, where w_P are the first `penalised` of the parameters; the others are free.
template <class T>
class Goal {
  public:
    virtual ~Goal() = default;

    int64_t size = 0, penalised = 0;
    double l2 = 0;
    // Whether f is convex; no gap is certified otherwise.
    bool convex = true;
    // Asked before each pass over the rows; may be null.
    s4j_stop_asked stop = nullptr;

    // The value at w, and the gradient, which may be anything where the value is not finite.
    virtual double evaluate(const T* w, T* gradient) = 0;
    // product = the Hessian at w times direction
    virtual void multiply(const T* w, const T* direction, T* product) = 0;

    // An approximation of the Hessian at w, symmetric and positive definite, for use until the next call;
    // false where there is none to be had.
    virtual bool approximate(const T* /*w*/) { return false; }
    // out = its inverse times v
    virtual void precondition(const T* /*v*/, T* /*out*/) {}
    // The same for the block of the free parameters alone; false where that is not to be had.
    virtual bool precondition_free(const T* /*v*/, T* /*out*/) { return false; }

    // For the certificate (docs/solvers.md) where there are free parameters: an affine function below f whose
    // slope in the free parameters is -free / mix, for the least `mix` in [0, 1) that there is one for.
    // Writes its slope in the penalised parameters, and its value at 0; slope has room for all parameters. Returns
    // mix, 0 where free is 0, or 1 where there is no such function; neither then says anything.
    virtual double minorant(const T* /*free*/, T* /*slope*/, double* /*value*/) { return 1; }

    // Null where there is none to be ascended.
    virtual Dual<T>* dual() { return nullptr; }

    // What it has found out on the way.
    virtual void state(State& /*state*/) {}
};

// The settings of a method, those of s4j_solver_create.
struct SolverSettings {
    s4j_method method;
    double l1;
    double gap;           // the relative gap to stop at; 0: never
    double gradient;      // the largest component of the (projected) gradient to stop at; 0: never
    int memory;           // pairs that the quasi-Newton methods keep
    double lower, upper;  // of the penalised parameters, where no bounds are given for each
    bool curvature;       // whether the goal may hold an approximation of the Hessian

    static SolverSettings of(int method, const double* options);
};

// Of each parameter; where there are none, of the penalised ones alone.
template <class T>
struct Box {
    const T *lowers, *uppers;  // or null
    double lower, upper;
    int64_t penalised;

    T low(int64_t i) const {
        return lowers          ? lowers[i]
               : i < penalised ? static_cast<T>(lower)
                               : -std::numeric_limits<T>::infinity();
    }
    T high(int64_t i) const {
        return uppers          ? uppers[i]
               : i < penalised ? static_cast<T>(upper)
                               : std::numeric_limits<T>::infinity();
    }
    T clamp(int64_t i, T v) const { return std::min(std::max(v, low(i)), high(i)); }
};

// Where a solver stands.
struct Standing {
    double value = std::numeric_limits<double>::quiet_NaN();  // of the whole objective, l1 included
    // The objective is at most this much above its minimum; infinite where nothing is certified.
    double bound = std::numeric_limits<double>::infinity();
    double gradient =
        0;  // the largest component of the gradient, projected or of least norm where it is not smooth
    double step = 0;  // the length of the last step, in the maximum norm
    int64_t iterations = 0, evaluations = 0, products = 0;
    int32_t stop = S4J_RUNNING;  // a s4j_stop; of bytes that are restored, any number until it is checked
};

template <class T>
class Solver {
  public:
    virtual ~Solver() = default;

    // One iteration, unless the solver has stopped. At the first call, the state before the first iteration.
    void iterate();
    const Standing& standing() const { return at_; }
    // The certificate at the current parameters, where it has not been given yet.
    void certify();
    const T* parameters() const { return w_; }
    virtual void state(State& s);

  protected:
    Solver(Goal<T>& goal, const SolverSettings& settings, const Box<T>& box, const T* start, int threads,
           Scratch& state);

    // What a method does: moves w_, and leaves value_ and gradient_ (of the smooth part) there; false where
    // it finds no better point. Where it is stopped, its members are as before, or it goes on at the next call.
    virtual bool advance() = 0;

    // An upper bound of how much the objective is above its minimum.
    virtual double bound();
    // Whether that is within the gap to stop at; may move the parameters to make it so.
    virtual bool reaches_gap();
    // What standing() says of w_, value_ and gradient_.
    void assess();
    // Whether nothing has got any better for kPatience iterations.
    virtual bool stale();
    static constexpr int kPatience = 12;

    // Brings the goal's approximation of the Hessian up to date, where the value says that it has aged; false
    // where there is none.
    bool approximate();
    // The smooth part at w; counts.
    double evaluate(const T* w, T* gradient);
    void multiply(const T* direction, T* product);
    // What of l1 and bounds is left of a gradient: zero at the minimum. The component of least size of the
    // subdifferential; the step to the projection on the box.
    T reduced(int64_t i) const;
    double penalty(const T* w) const;
    // Differences of values below this say nothing.
    double noise() const;
    bool in_gap() const { return at_.bound <= settings_.gap * (at_.value - at_.bound); }

    Goal<T>& goal_;
    const SolverSettings settings_;
    const Box<T> box_;
    const Vectors v_;
    T* w_;
    T* gradient_;
    double value_ = 0;  // of the smooth part
    Standing at_;

  private:
    static constexpr int kMostSteps = 6;  // of the free parameters alone, per iteration

    bool stops();
    double weights_bound() const;
    bool settle();
    bool settle_by(bool approximation);

    // Where there are free parameters: the minorant's slope, and room for a step of those parameters alone.
    T *slope_ = nullptr, *trial_ = nullptr, *trial_gradient_ = nullptr, *free_step_ = nullptr,
      *free_product_ = nullptr;
    bool started_ = false, certified_ = false;
    // Of an iteration: whether it has been to a new point and is to judge it, whether it has moved, and how often
    // the free parameters have been settled since.
    bool judging_ = false, moved_ = true;
    int settled_ = 0;
    enum Approximation : int32_t { kUnknown, kNone, kThere } approximation_ = kUnknown;
    double approximated_at_ = 0;  // the value then
    // The best so far, and for how many iterations.
    double best_value_ = std::numeric_limits<double>::infinity(), best_gradient_ = best_value_;
    int stale_ = 0;
};

// What a solver holds, in bytes.
template <class T>
int64_t solver_state(int64_t size, const SolverSettings& settings, bool free_parameters);

template <class T>
std::unique_ptr<Solver<T>> make_solver(Goal<T>& goal, const SolverSettings& settings, const Box<T>& box,
                                       const T* start, int threads, Scratch& state);

}  // namespace s4j
