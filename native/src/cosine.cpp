// Scores that are cosines: W enters the loss through its classes' directions alone.
#include <algorithm>
#include <cmath>

#include "parallel.h"
#include "regimes.h"

namespace s4j {

namespace {

constexpr int kMostWidth = 64;

// Neighbouring classes whose weights lie side by side, feature by feature.
struct Columns {
    int64_t count, width, stride, step;  // groups, their classes, elements to the next group and feature

    template <class T>
    static Columns of(const Plan& plan) {
        const int64_t D = plan.shape.features, C = plan.shape.classes;
        if (plan.regime == S4J_SMALL) return {C, 1, padded_features<T>(D), 1};
        if (plan.regime != S4J_MEDIUM) return {(C + kMostWidth - 1) / kMostWidth, kMostWidth, kMostWidth, C};
        const int64_t width = kernels<T>().panel_classes;
        return {plan.panels, width, D * width, width};
    }
};

// f(group's first element, first class, classes) for the groups, on threads
template <class T, class F>
void for_columns(const Plan& plan, int threads, F f) {
    const Columns columns = Columns::of<T>(plan);
    parallel_for(columns.count, threads_for(plan.layout.total, threads), [&](int64_t group, int) {
        const int64_t first = group * columns.width;
        f(group * columns.stride, columns.step, first,
          static_cast<int>(std::min(columns.width, plan.shape.classes - first)));
    });
}

}  // namespace

template <class T>
void cosine_factors(const Plan& plan, const Loss& loss, const T* parameters, T* factors, int threads) {
    for_columns<T>(plan, threads, [&](int64_t at, int64_t step, int64_t first, int width) {
        double squares[kMostWidth] = {};
        for (int64_t d = 0; d < plan.shape.features; ++d)
            for (int c = 0; c < width; ++c) {
                const double w = static_cast<double>(parameters[at + d * step + c]);
                squares[c] += w * w;
            }
        for (int c = 0; c < width; ++c)
            factors[first + c] =
                static_cast<T>(loss.options[0] / (squares[c] > 0 ? std::sqrt(squares[c]) : 1.0));
    });
}

// With s_c = k x . W_c / |W_c| the gradient by W_c is that by the scores as though |W_c| were constant, less
// its part along W_c.
template <class T>
void remove_lengths(const Plan& plan, const T* parameters, Parts<T>& parts, int threads) {
    for_columns<T>(plan, threads, [&](int64_t at, int64_t step, int64_t, int width) {
        double squares[kMostWidth] = {}, along[kMostWidth] = {};
        for (int64_t d = 0; d < plan.shape.features; ++d)
            for (int c = 0; c < width; ++c) {
                const int64_t i = at + d * step + c;
                const double w = static_cast<double>(parameters[i]);
                double sum = 0;
                const bool there = !parts.touched || parts.touched[d];
                for (int p = 0; there && p < parts.count; ++p) sum += static_cast<double>(parts.part[p][i]);
                squares[c] += w * w;
                along[c] += w * sum;
            }
        for (int c = 0; c < width; ++c) along[c] = squares[c] > 0 ? along[c] / squares[c] : 0;
        for (int64_t d = 0; d < plan.shape.features; ++d)
            for (int c = 0; c < width; ++c) {
                const int64_t i = at + d * step + c;
                const T less = static_cast<T>(along[c] * static_cast<double>(parameters[i]));
                const bool there = !parts.touched || parts.touched[d];
                parts.part[0][i] = there ? parts.part[0][i] - less : -less;
            }
    });
    parts.touched = nullptr;
}

#define S4J_INSTANTIATE(T)                                                        \
    template void cosine_factors<T>(const Plan&, const Loss&, const T*, T*, int); \
    template void remove_lengths<T>(const Plan&, const T*, Parts<T>&, int);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
