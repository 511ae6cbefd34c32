// The methods behind make_solver.
#pragma once

#include "../solver.h"

namespace s4j {

template <class T>
struct Setup {
    Goal<T>& goal;
    const SolverSettings& settings;
    const Box<T>& box;
    const T* start;
    int threads;
    Scratch& state;
};

// What each holds beside what all do, in bytes, and how it is made.
template <class T>
int64_t lbfgs_state(int64_t size, const SolverSettings& settings);
template <class T>
std::unique_ptr<Solver<T>> make_lbfgs(const Setup<T>& setup);
template <class T>
int64_t lbfgsb_state(int64_t size, const SolverSettings& settings);
template <class T>
std::unique_ptr<Solver<T>> make_lbfgsb(const Setup<T>& setup);
template <class T>
int64_t owlqn_state(int64_t size, const SolverSettings& settings);
template <class T>
std::unique_ptr<Solver<T>> make_owlqn(const Setup<T>& setup);
template <class T>
int64_t newton_state(int64_t size, const SolverSettings& settings);
template <class T>
std::unique_ptr<Solver<T>> make_newton(const Setup<T>& setup);
template <class T>
std::unique_ptr<Solver<T>> make_sdca(const Setup<T>& setup);

}  // namespace s4j
