#include "softmax.h"

#include <algorithm>

#include "kernels.h"
#include "parallel.h"
#include "regimes.h"

namespace s4j {

namespace {

// Elements of a parameter vector that one task takes.
constexpr int64_t kElementTile = 32768;

}  // namespace

namespace {

template <class T>
int64_t regime_scratch(const Plan& plan, Wanted wanted, int threads) {
    switch (plan.regime) {
        case S4J_SMALL:
            return small_scratch<T>(plan, wanted, threads);
        case S4J_MEDIUM:
            return medium_scratch<T>(plan, wanted, threads);
        case S4J_SPARSE:
            return sparse_scratch<T>(plan, wanted, threads);
        default:
            return large_scratch<T>(plan, wanted, threads);
    }
}

template <class T>
double regime_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts) {
    switch (plan.regime) {
        case S4J_SMALL:
            return small_sum_loss(plan, pass, scratch, threads, parts);
        case S4J_MEDIUM:
            return medium_sum_loss(plan, pass, scratch, threads, parts);
        case S4J_SPARSE:
            return sparse_sum_loss(plan, pass, scratch, threads, parts);
        default:
            return large_sum_loss(plan, pass, scratch, threads, parts);
    }
}

}  // namespace

// Scratch is the same for every loss: a plan need not know it.
template <class T>
int64_t sum_loss_scratch(const Plan& plan, Wanted wanted, int threads) {
    return regime_scratch<T>(plan, wanted, threads) + Scratch::size_of<T>(plan.shape.classes);
}

template <class T>
double sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts) {
    T* class_factors = scratch.take<T>(plan.shape.classes);
    if (pass.loss.kind != S4J_MARGIN) return regime_loss(plan, pass, scratch, threads, parts);
    Pass<T> cosines = pass;
    cosines.class_factors = class_factors;
    cosine_factors(plan, pass.loss, pass.parameters, class_factors, threads);
    const double loss = regime_loss(plan, cosines, scratch, threads, parts);
    if (parts) finish_cosines(plan, pass.loss, pass.parameters, class_factors, *parts, threads);
    return loss;
}

namespace {

// With the copies of what goes in and comes out that are in another layout.
template <class T>
int64_t whole_scratch(const Plan& plan, Wanted wanted, int threads) {
    const int copies = (wanted.gradient == Gradient::kNone ? 1 : 2) + wanted.product;
    return copies * packed_scratch<T>(plan) + sum_loss_scratch<T>(plan, wanted, threads);
}

// The sum of the squares.
template <class T>
double squares(const T* values, int64_t n, int threads) {
    constexpr int64_t kTasks = 64;
    double sums[kTasks];
    const int64_t each = (n + kTasks - 1) / kTasks;
    parallel_for(kTasks, threads_for(n, threads), [&](int64_t task, int) {
        const int64_t end = std::min((task + 1) * each, n);
        double sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = task * each; i < end; ++i)
            sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
        sums[task] = sum;
    });
    double total = 0;
    for (const double sum : sums) total += sum;
    return total;
}

Shape shape_of(const s4j_objective& objective) {
    return s4j::shape_of(*objective.data, objective.data->rows, objective.classes, objective.intercept);
}

// The parts' sum, plus l2 times `penalised` (in the plan's layout, without its intercept), to `out` in the
// ABI's layout. Where those differ, `reduced` is a place for it in the plan's.
template <class T>
void finish(const Plan& plan, const Parts<T>& parts, const T* penalised, double l2, T* reduced, T* out,
            int threads) {
    if (parts.part[0] == out && l2 == 0) return;
    const Kernels<T>& k = kernels<T>();
    const int64_t weights = plan.layout.weights, total = plan.layout.total;
    parallel_for((total + kElementTile - 1) / kElementTile, threads_for(total * parts.count, threads),
                 [&](int64_t task, int) {
                     const int64_t begin = task * kElementTile, end = std::min(begin + kElementTile, total);
                     // The penalty ends where the intercept begins.
                     const int64_t split = std::clamp(weights, begin, end);
                     k.reduce(parts.part, parts.count, penalised, l2, reduced, begin, split);
                     k.reduce(parts.part, parts.count, penalised, 0, reduced, split, end);
                 });
    if (!plan.layout.as_in_abi()) unpack_parameters(plan.shape, plan.layout, reduced, out);
}

}  // namespace

template <class T>
Fitted fit_loss_gradient(const Shape& shape, s4j_regime regime, bool gradient, int threads, int64_t limit) {
    Fitted fitted = fit_plan<T>(shape, regime, threads, limit, [](const Plan& plan, int workers) {
        return whole_scratch<T>(plan, {Gradient::kInPlace}, workers);
    });
    if (fitted.bytes <= limit && !gradient)
        fitted.bytes = whole_scratch<T>(fitted.plan, {Gradient::kNone}, fitted.threads);
    return fitted;
}

template <class T>
double loss_gradient(const s4j_objective& objective, s4j_regime regime, const T* parameters, T* gradient,
                     int threads, int64_t limit) {
    const Fitted fitted =
        fit_loss_gradient<T>(shape_of(objective), regime, gradient != nullptr, threads, limit);
    require_scratch(fitted.bytes, limit);
    Scratch scratch(fitted.bytes);
    return loss_gradient(objective, fitted, parameters, gradient, scratch);
}

template <class T>
double loss_gradient(const s4j_objective& objective, const Fitted& fitted, const T* parameters, T* gradient,
                     Scratch& scratch) {
    const Plan& plan = fitted.plan;
    const T* packed = packed_parameters(plan, parameters, scratch);
    T* reduced = gradient && !plan.layout.as_in_abi() ? scratch.take<T>(plan.layout.total) : gradient;

    const double total = objective.total_weight, l2 = objective.l2;
    Parts<T> parts;
    parts.in_place = gradient;
    const Pass<T> pass{objective.loss, objective.rows<T>(), packed, nullptr, 1 / total};
    const double loss = sum_loss(plan, pass, scratch, fitted.threads, gradient ? &parts : nullptr) / total;
    if (gradient) finish(plan, parts, packed, l2, reduced, gradient, fitted.threads);
    return l2 == 0 ? loss : loss + 0.5 * l2 * squares(parameters, plan.shape.weight_count(), fitted.threads);
}

template <class T>
Fitted fit_hessian_product(const Shape& shape, s4j_regime regime, int threads, int64_t limit) {
    return fit_plan<T>(shape, regime, threads, limit, [](const Plan& plan, int workers) {
        return whole_scratch<T>(plan, {Gradient::kInPlace, true}, workers);
    });
}

template <class T>
void hessian_product(const s4j_objective& objective, s4j_regime regime, const T* parameters,
                     const T* direction, T* product, int threads, int64_t limit) {
    const Fitted fitted = fit_hessian_product<T>(shape_of(objective), regime, threads, limit);
    require_scratch(fitted.bytes, limit);
    Scratch scratch(fitted.bytes);
    hessian_product(objective, fitted, parameters, direction, product, scratch);
}

template <class T>
void hessian_product(const s4j_objective& objective, const Fitted& fitted, const T* parameters,
                     const T* direction, T* product, Scratch& scratch) {
    const Plan& plan = fitted.plan;
    const T* packed = packed_parameters(plan, parameters, scratch);
    const T* packed_direction = packed_parameters(plan, direction, scratch);
    T* reduced = plan.layout.as_in_abi() ? product : scratch.take<T>(plan.layout.total);
    Parts<T> parts;
    parts.in_place = product;
    const Pass<T> pass{objective.loss, objective.rows<T>(), packed, packed_direction,
                       1 / objective.total_weight};
    sum_loss(plan, pass, scratch, fitted.threads, &parts);
    finish(plan, parts, packed_direction, objective.l2, reduced, product, fitted.threads);
}

#define S4J_INSTANTIATE(T)                                                                          \
    template int64_t sum_loss_scratch<T>(const Plan&, Wanted, int);                                 \
    template double sum_loss<T>(const Plan&, const Pass<T>&, Scratch&, int, Parts<T>*);             \
    template Fitted fit_loss_gradient<T>(const Shape&, s4j_regime, bool, int, int64_t);             \
    template double loss_gradient<T>(const s4j_objective&, s4j_regime, const T*, T*, int, int64_t); \
    template double loss_gradient<T>(const s4j_objective&, const Fitted&, const T*, T*, Scratch&);  \
    template Fitted fit_hessian_product<T>(const Shape&, s4j_regime, int, int64_t);                 \
    template void hessian_product<T>(const s4j_objective&, s4j_regime, const T*, const T*, T*, int, \
                                     int64_t);                                                      \
    template void hessian_product<T>(const s4j_objective&, const Fitted&, const T*, const T*, T*, Scratch&);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
