// One row's step of coordinate ascent on the dual of cross-entropy: see solvers/sdca.cpp.
#pragma once

#include <limits>

#include "../kernels.h"
#include "math.h"
#include "sparse.h"

namespace s4j::S4J_ISA {

// With scores s at the present weights and a = step.curvature, the new distribution q' maximises
// <s, q' - q> - sum q' log q' - a / 2 |q' - q|^2, so that for some number nu
//     log q'_c + a q'_c = s_c + a q_c - nu,    sum_c q'_c = 1.
// Newton's method on log q' and nu together (H.-F. Yu, F.-L. Huang and C.-J. Lin, "Dual coordinate descent
// methods for logistic regression and maximum entropy models", Machine Learning 85, 2011, take one pair of
// classes at a time).
template <class T>
double dual_step(const DualStep<T>& step) {
    constexpr int L = kLanes<T>, kMostIterations = 30;
    constexpr T kInfinity = std::numeric_limits<T>::infinity();
    // A step du of log q' leaves an error in q' of the order of q' du^2; times 1 + a, one in the scores.
    constexpr T kEnough = T(1e-4);
    const int64_t classes = step.classes, vectors = (classes + L - 1) / L, padded = vectors * L;
    T *s = step.room, *u = s + padded, *q = u + padded, *old = q + padded;
    const T a = step.curvature;
    T ones[L];
    for (int i = 0; i < L; ++i) ones[i] = i < classes - (vectors - 1) * L ? T(1) : T(0);
    const Vec<T> inside = load(ones);
    // What lies past the last class, as zero.
    const auto masked = [&](int64_t v, Vec<T> x) { return v + 1 == vectors ? x * inside : x; };

    // Whole vectors: what lies past the last class of a row is read, and not used.
    for_class_vectors<T>(padded, [&](int64_t c, auto count, auto, int) {
        constexpr int V = decltype(count)::value;
        Vec<T> total[V];
        for (int v = 0; v < V; ++v) total[v] = load(step.intercept + c + v * L);
        add_rows<T, V, false>(step.row.values, step.row.indices, step.row.count, step.weights + c, classes, L,
                              total);
        for (int v = 0; v < V; ++v) store<T>(s + c + v * L, total[v]);
    });
    for (int64_t c = classes; c < padded; ++c) s[c] = -kInfinity;
    Vec<T> most = load(s), exps{};
    for (int64_t v = 1; v < vectors; ++v) most = maximum<T>(load(s + v * L), most);
    const T top = largest<T>(most);
    for (int64_t v = 0; v < vectors; ++v) exps += masked(v, exp<T>(load(s + v * L) - top));
    const T log_sum_exp = top + log<T>(splat(sum<T>(exps)))[0];

    // From q' = q, where nu is log-sum-exp at the maximum of the whole dual.
    T nu = log_sum_exp;
    Vec<T> divergence{};
    for (int64_t c = classes; c < padded; ++c) s[c] = 0;
    for (int64_t c = 0; c < padded; ++c) q[c] = old[c] = c < classes ? step.q[c] : T(0);
    for (int64_t v = 0; v < vectors; ++v) {
        const Vec<T> p = load(q + v * L), least = splat(std::numeric_limits<T>::min());
        const Vec<T> log_p = log<T>(p > least ? p : least);
        divergence += p * (log_p - (load(s + v * L) - log_sum_exp));
        store<T>(u + v * L, log_p);
    }
    // How far from the conditions.
    const auto residual = [&](int64_t v, Vec<T> log_p, Vec<T> p) {
        return log_p + a * (p - load(old + v * L)) - load(s + v * L) + nu;
    };
    T total = 1;
    for (int k = 0; k < kMostIterations; ++k) {
        Vec<T> slopes{}, residuals{}, masses{};
        for (int64_t v = 0; v < vectors; ++v) {
            const Vec<T> p = load(q + v * L), slope = p / (T(1) + a * p);
            slopes += slope;
            residuals += slope * residual(v, load(u + v * L), p);
            masses += p;
        }
        nu += (sum<T>(masses) - sum<T>(residuals) - T(1)) / sum<T>(slopes);
        Vec<T> largest_move{};
        masses = Vec<T>{};
        for (int64_t v = 0; v < vectors; ++v) {
            const Vec<T> p = load(q + v * L), log_p = load(u + v * L);
            const Vec<T> move = -residual(v, log_p, p) / (T(1) + a * p);
            Vec<T> log_q = log_p + move;
            Vec<T> next = exp<T>(log_q);
            // log q + a q is convex in log q: a step upwards from far below overshoots. In q it is concave,
            // and a step from max(q, 1/a) does not.
            if (largest<T>(move) > T(1)) {
                const Vec<T> inverse = splat(T(1) / a);
                Vec<T> limit = (T(1) + move) * (p > inverse ? p : inverse);
                limit = limit < T(1) ? limit : splat(T(1));
                const auto over = (move > T(1)) & (next > limit);
                next = over ? limit : next;
                log_q = over ? log<T>(over ? limit : splat(T(1))) : log_q;
            }
            log_q = log_q < T(0) ? log_q : splat(T(0));
            next = masked(v, next < T(1) ? next : splat(T(1)));
            largest_move = maximum<T>(move * move * (p > next ? p : next), largest_move);
            masses += next;
            store<T>(u + v * L, log_q);
            store<T>(q + v * L, next);
        }
        total = sum<T>(masses);
        if (!(largest<T>(largest_move) * (T(1) + a) > kEnough)) break;
    }
    if (!(total > 0) || !(total < kInfinity)) return static_cast<double>(sum<T>(divergence));

    // The weights move by -weight_step times x (q' - q).
    const T scale = T(1) / total;
    T moved = 0;
    for (int64_t c = 0; c < classes; ++c) {
        const T next = q[c] * scale, change = next - step.q[c];
        step.q[c] = next;
        step.intercept[c] -= change * step.intercept_step;
        s[c] = -change * step.weight_step;
        moved = moved > change ? moved : change;
    }
    if (moved > std::numeric_limits<T>::epsilon())
        for_class_vectors<T>(padded, [&](int64_t c, auto count, auto, int) {
            constexpr int V = decltype(count)::value;
            Vec<T> errors[V];
            for (int v = 0; v < V; ++v) errors[v] = load(s + c + v * L);
            for (int64_t k = 0; k < step.row.count; ++k) {
                T* w = step.weights + step.row.indices[k] * classes + c;
                const Vec<T> x = splat(step.row.values[k]);
                for (int v = 0; v < V; ++v) store<T>(w + v * L, load(w + v * L) + x * errors[v]);
            }
        });
    return static_cast<double>(sum<T>(divergence));
}

}  // namespace s4j::S4J_ISA
