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

template <class T>
int64_t sum_loss_scratch(const Plan& plan, Gradient gradient, int threads) {
    switch (plan.regime) {
        case S4J_SMALL:
            return small_scratch<T>(plan, gradient != Gradient::kNone);
        case S4J_MEDIUM:
            return medium_scratch<T>(plan, gradient != Gradient::kNone, threads);
        default:
            return large_scratch<T>(plan, gradient != Gradient::kParts, threads);
    }
}

template <class T>
double sum_loss(const Plan& plan, const Rows<T>& rows, const T* parameters, double scale, Scratch& scratch,
                int threads, Parts<T>* parts) {
    switch (plan.regime) {
        case S4J_SMALL:
            return small_sum_loss(plan, rows, parameters, scale, scratch, threads, parts);
        case S4J_MEDIUM:
            return medium_sum_loss(plan, rows, parameters, scale, scratch, threads, parts);
        default:
            return large_sum_loss(plan, rows, parameters, scale, scratch, threads, parts);
    }
}

namespace {

template <class T>
int64_t loss_gradient_scratch(const Plan& plan, bool gradient, int threads) {
    return (gradient ? 2 : 1) * packed_scratch<T>(plan) +
           sum_loss_scratch<T>(plan, gradient ? Gradient::kInPlace : Gradient::kNone, threads);
}

}  // namespace

template <class T>
Fitted fit_loss_gradient(const Shape& shape, s4j_regime regime, bool gradient, int threads, int64_t limit) {
    Fitted fitted = fit_plan<T>(shape, regime, threads, limit, [](const Plan& plan, int workers) {
        return loss_gradient_scratch<T>(plan, true, workers);
    });
    if (fitted.bytes <= limit) fitted.bytes = loss_gradient_scratch<T>(fitted.plan, gradient, fitted.threads);
    return fitted;
}

template <class T>
double loss_gradient(const s4j_data& data, int64_t classes, bool intercept, double l2, s4j_regime regime,
                     const T* parameters, T* gradient, int most_threads, int64_t limit) {
    const Kernels<T>& k = kernels<T>();
    const Shape shape{data.rows, data.columns, classes, intercept};
    const Fitted fitted = fit_loss_gradient<T>(shape, regime, gradient != nullptr, most_threads, limit);
    require_scratch(fitted.bytes, limit);
    const Plan& plan = fitted.plan;
    const int threads = fitted.threads;
    Scratch scratch(fitted.bytes);
    const T* packed = packed_parameters(plan, parameters, scratch);
    T* reduced = gradient && !plan.layout.as_in_abi() ? scratch.take<T>(plan.layout.total) : gradient;

    Parts<T> parts;
    parts.in_place = gradient;
    const double loss = sum_loss(plan, Rows<T>::all(data), packed, 1 / data.total_weight, scratch, threads,
                                 gradient ? &parts : nullptr) /
                        data.total_weight;
    const bool finished = gradient && parts.part[0] == gradient && l2 == 0;
    if (gradient && !finished) {
        const int64_t weights = plan.layout.weights, total = plan.layout.total;
        parallel_for((total + kElementTile - 1) / kElementTile, threads, [&](int64_t task, int) {
            const int64_t begin = task * kElementTile, end = std::min(begin + kElementTile, total);
            // The penalty ends where the intercept begins.
            const int64_t split = std::clamp(weights, begin, end);
            k.reduce(parts.part, parts.count, packed, l2, reduced, begin, split);
            k.reduce(parts.part, parts.count, packed, 0, reduced, split, end);
        });
        if (!plan.layout.as_in_abi()) unpack_parameters(shape, plan.layout, reduced, gradient);
    }
    double penalty = 0;
    if (l2 != 0)
        for (int64_t d = 0; d < shape.features; ++d) {
            const T* row = parameters + d * classes;
            double sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t c = 0; c < classes; ++c)
                sum += static_cast<double>(row[c]) * static_cast<double>(row[c]);
            penalty += sum;
        }
    return loss + 0.5 * l2 * penalty;
}

#define S4J_INSTANTIATE(T)                                                                                  \
    template int64_t sum_loss_scratch<T>(const Plan&, Gradient, int);                                       \
    template Fitted fit_loss_gradient<T>(const Shape&, s4j_regime, bool, int, int64_t);                     \
    template double sum_loss<T>(const Plan&, const Rows<T>&, const T*, double, Scratch&, int, Parts<T>*);   \
    template double loss_gradient<T>(const s4j_data&, int64_t, bool, double, s4j_regime, const T*, T*, int, \
                                     int64_t);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
