// The dual of cross-entropy with an L2 penalty.
#pragma once

#include "kernels.h"
#include "objective.h"
#include "plan.h"
#include "random.h"
#include "scratch.h"
#include "solver.h"

namespace s4j {

// With row weights v_i of sum S and targets t_i, for distributions q_i over the classes and
// W(q) = -1 / (l2 S) sum_i v_i x_i (q_i - t_i)^T:
//
//     D(q) = 1/S sum_i v_i H(q_i) - l2/2 |W(q)|^2 <= F(W, b),    provided that sum_i v_i (q_i - t_i) = 0
//     F(W(q), b) - D(q) = 1/S sum_i v_i KL(q_i || softmax(W(q)^T x_i + b))
//
// The condition is the intercept's, which is not penalised; b is its multiplier. A sweep maximises the
// augmented Lagrangian (M. Hestenes, "Multiplier and gradient methods", JOTA 4, 1969) over every q_i once: as
// though the intercept was drawn to where the sweep began.
template <class T>
class SoftmaxDual final : public Dual<T> {
  public:
    static int64_t state(const Shape& shape, int threads);

    SoftmaxDual(const s4j_objective& objective, int threads, Scratch& state);

    void begin(const T* w, const T* gradient, s4j_stop_asked stop) override;
    double sweep(T* w, s4j_stop_asked stop) override;
    double settle(T* w, s4j_stop_asked stop) override;
    void state(State& state) override;

  private:
    // What it holds.
    struct Memory {
        T* q;              // N x C
        T* squares;        // N: |x_i|^2
        int64_t* order;    // N: of the rows, in a sweep
        T* weights;        // D x C: W(q), and slack for the kernels
        T* block_weights;  // D x C: of a block of rows
        uint8_t* touched;  // D: whether the block's have a row for a feature
        T* intercept;      // C, and slack
        double* surplus;   // C: mean of q_i - t_i
        double* shares;    // 3 x C: what make_feasible moves
        int32_t* columns;  // 0..D-1, the indices of dense rows; null where they are sparse
        double* terms;     // of tasks over rows
        T* rooms;          // of the workers: a row's values, what the kernels need, and C
        int64_t values_room, kernel_room, room;

        Memory(const Shape& shape, int threads, Scratch& scratch);
    };

    SparseRow<T> row(int64_t i, T* own) const;
    double weight(int64_t i) const { return static_cast<double>(rows_.weight(i)) / total_weight_; }
    // Calls f(i, c, t_ic) for all classes.
    template <class F>
    void for_targets(int64_t i, const F& f) const;
    // f(task, worker) for all tasks, on all threads; it may be stopped.
    template <class F>
    void for_parts(int64_t tasks, s4j_stop_asked stop, const F& f) const;
    // The mean of f(i, scores) over the rows, scores: C values for parameters as in the ABI.
    template <class F>
    double mean_over_rows(const T* weights, const T* intercept, s4j_stop_asked stop, const F& f) const;
    void find_surplus();
    void make_feasible();
    void make_weights(s4j_stop_asked stop);
    void add_block(int64_t first, int64_t last, int64_t d0, int64_t d1, T* room);
    void write(T* w) const;

    const Shape shape_;
    const Rows<T> rows_;
    const Loss& loss_;
    const double l2_, total_weight_;
    const int threads_;
    const double pull_;  // of the intercept, as l2 is that of the weights
    const Memory m_;
    Random random_{0};
    bool begun_ = false;
    bool feasible_ = false;  // moved there by a settling that is not over
    int64_t swept_ = 0;      // rows of a sweep that is not over
    double divergence_ = 0;  // of them
};

}  // namespace s4j
