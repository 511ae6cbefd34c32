// How far the objective is above its minimum, at most: docs/solvers.md has the derivation.
#pragma once

#include "solver.h"

namespace s4j {

// For f(w) + l2 / 2 |w_P|^2 + l1 |w_P|_1 within a box, f convex; gradient and value: of all but l1, at w.
// slope: `size` values to work with, where there are free parameters. Infinite where nothing can be said.
template <class T>
double gap_bound(Goal<T>& goal, double l1, const Box<T>& box, const Vectors& vectors, const T* w,
                 const T* gradient, double value, T* slope);

// Its part for the penalised parameters: what it is where the gradient of the free ones is 0.
template <class T>
double penalised_bound(const Goal<T>& goal, double l1, const Box<T>& box, const Vectors& vectors, const T* w,
                       const T* gradient);

}  // namespace s4j
