// The objective of a linear softmax model as what a solver minimises.
#pragma once

#include <optional>

#include "curvature.h"
#include "objective.h"
#include "softmax.h"
#include "softmax_dual.h"
#include "solver.h"

namespace s4j {

template <class T>
class SoftmaxGoal final : public Goal<T> {
  public:
    using Goal<T>::size;
    using Goal<T>::penalised;

    // What it holds for a method, and the scratch of its passes, which it holds too, in bytes.
    static int64_t state(const Shape& shape, const SolverSettings& settings, int threads);
    static int64_t scratch(const Shape& shape, const SolverSettings& settings, int threads, int64_t limit);

    SoftmaxGoal(const s4j_objective& objective, const SolverSettings& settings, int threads, int64_t limit,
                Scratch& state);

    double evaluate(const T* w, T* gradient) override;
    void multiply(const T* w, const T* direction, T* product) override;
    bool approximate(const T* w) override;
    void precondition(const T* v, T* out) override { curvature_->solve(v, out); }
    bool precondition_free(const T* v, T* out) override;
    double minorant(const T* free, T* slope, double* value) override;
    void state(State& state) override;
    Dual<T>* dual() override { return dual_ ? &*dual_ : nullptr; }

  private:
    // Whether there will be products with the Hessian: Newton's, and of the intercept on the way to a gap.
    static bool multiplies(const Shape& shape, const SolverSettings& settings) {
        return settings.method == S4J_NEWTON || shape.intercept;
    }
    void balance(const T* w, T* gradient) const;
    void anchor(T* point);

    const s4j_objective& objective_;
    const int64_t features_, classes_;
    // How the passes are cut, and what they work in: one place for both kinds.
    const Fitted evaluation_, product_;
    Scratch work_;
    std::optional<Curvature<T>> curvature_;
    std::optional<SoftmaxDual<T>> dual_;
    // For minorants: the gradient where all parameters are 0, and the mean row.
    T* anchor_;
    T* mean_row_;
    bool anchored_ = false;
    bool balanced_ = false;  // whether gradients of the data sum to 0 over the classes
};

}  // namespace s4j
