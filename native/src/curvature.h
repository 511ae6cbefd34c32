// An approximation of the Hessian of cross-entropy that is cheap to invert.
#pragma once

#include "objective.h"
#include "plan.h"
#include "scratch.h"
#include "solver.h"

namespace s4j {

// The Hessian is the mean over the rows of J_i (x) x_i x_i^T, J_i = diag(p_i) - p_i p_i^T, plus the penalty.
// In the eigenbasis u_1..u_C of the mean of J_i this keeps the C diagonal blocks, the mean of (u_k^T J_i u_k)
// x_i x_i^T, of a sample of the rows; a Kronecker factorisation (J. Martens and R. Grosse, ICML 2015) would
// take one and the same block, scaled, for all k. Each is factored by Cholesky.
template <class T>
class Curvature {
  public:
    // Whether it is worth its cost for a shape.
    static bool pays(const Shape& shape);
    static int64_t state(const Shape& shape, int threads);

    Curvature(const s4j_objective& objective, int threads, Scratch& state);

    // At new parameters, in the ABI's layout. False where a block has no factors: the parameters are not
    // sane.
    bool update(const T* parameters, s4j_stop_asked stop);
    void state(State& state);
    // out = the inverse of the approximation times v, both in the ABI's layout
    void solve(const T* v, T* out);
    // The same of the intercept's block alone, C values each.
    void solve_intercept(const T* v, T* out) const;

  private:
    // What it holds.
    struct Memory {
        T* staged;                        // columns x rows of the sample
        T* weighted;                      // the same, with the square roots of a block's weights
        T* probabilities;                 // rows of the sample x classes
        T* weights;                       // classes x rows of the sample: of each block
        T* factors;                       // classes x columns x columns, lower triangles
        T* solved;                        // classes x columns
        double* lanes;                    // kLanes x classes x classes: sums over some of the rows
        double *work, *vectors, *values;  // the mean of J, and in columns what diagonalises it
        T* rooms;                         // of the workers: rows of stored features as values

        Memory(const Shape& shape, int threads, Scratch& scratch);
    };

    void stage();
    bool factor(s4j_stop_asked stop);
    // Whether scores along an eigenvector of J move the probabilities of any row to speak of.
    bool moves(int64_t block) const { return m_.values[block] > least_; }

    const s4j_objective& objective_;
    const Shape shape_;
    const int threads_;
    const int64_t columns_;  // features, and a 1 for the intercept
    const int64_t rows_;     // of the sample
    const Memory m_;
    double least_ = 0;
    bool made_ = false;  // whether there are factors
};

}  // namespace s4j
