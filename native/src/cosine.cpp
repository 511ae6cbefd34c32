// Scores that are cosines: W enters the loss through its classes' directions alone.
#include <algorithm>
#include <cmath>
#include <limits>

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

// The lengths of neighbouring classes' weights; 0 where all of those are, or next to nothing: the loss's scale over
// the length has no place in T.
template <class T>
void lengths(const Loss& loss, const T* weights, int64_t features, int64_t step, int width, double* out) {
    const double least = loss.options[0] / static_cast<double>(std::numeric_limits<T>::max());
    std::fill_n(out, width, 0.0);
    for (int64_t d = 0; d < features; ++d)
        for (int c = 0; c < width; ++c) {
            const double w = static_cast<double>(weights[d * step + c]);
            out[c] += w * w;
        }
    for (int c = 0; c < width; ++c) {
        double unit = 1;
        // Squares that leave the range of double: once more, by the largest weight.
        if (!(out[c] > 1e-250 && out[c] < 1e250)) {
            unit = out[c] = 0;
            for (int64_t d = 0; d < features; ++d)
                unit = std::max(unit, std::fabs(static_cast<double>(weights[d * step + c])));
            for (int64_t d = 0; d < features && unit >= std::numeric_limits<double>::min(); ++d) {
                const double w = static_cast<double>(weights[d * step + c]) / unit;
                out[c] += w * w;
            }
        }
        out[c] = unit * std::sqrt(out[c]);
        if (!(out[c] > least)) out[c] = 0;
    }
}

}  // namespace

template <class T>
void cosine_factors(const Plan& plan, const Loss& loss, const T* parameters, T* factors, int threads) {
    for_columns<T>(plan, threads, [&](int64_t at, int64_t step, int64_t first, int width) {
        double length[kMostWidth];
        lengths(loss, parameters + at, plan.shape.features, step, width, length);
        for (int c = 0; c < width; ++c)
            factors[first + c] = static_cast<T>(loss.options[0] / (length[c] > 0 ? length[c] : 1.0));
    });
}

// With s_c = k x . W_c / |W_c| the gradient by W_c is that by x . W_c, the parts' sum, times k / |W_c| as though that
// were constant, less its part along W_c.
template <class T>
void finish_cosines(const Plan& plan, const Loss& loss, const T* parameters, const T* factors,
                    Parts<T>& parts, int threads) {
    for_columns<T>(plan, threads, [&](int64_t at, int64_t step, int64_t first, int width) {
        double inverse[kMostWidth], along[kMostWidth] = {};
        lengths(loss, parameters + at, plan.shape.features, step, width, inverse);
        for (int c = 0; c < width; ++c) inverse[c] = inverse[c] > 0 ? 1 / inverse[c] : 0;
        for (int64_t d = 0; d < plan.shape.features; ++d)
            for (int c = 0; c < width; ++c) {
                const int64_t i = at + d * step + c;
                double sum = 0;
                const bool there = !parts.touched || parts.touched[d];
                for (int p = 0; there && p < parts.count; ++p) sum += static_cast<double>(parts.part[p][i]);
                along[c] += inverse[c] * static_cast<double>(parameters[i]) * sum;
            }
        for (int64_t d = 0; d < plan.shape.features; ++d)
            for (int c = 0; c < width; ++c) {
                const int64_t i = at + d * step + c;
                const double factor = static_cast<double>(factors[first + c]);
                const double less = inverse[c] * static_cast<double>(parameters[i]) * along[c];
                const bool there = !parts.touched || parts.touched[d];
                const double own = there ? static_cast<double>(parts.part[0][i]) : 0;
                parts.part[0][i] = static_cast<T>(factor * (own - less));
                for (int p = 1; p < parts.count; ++p)
                    parts.part[p][i] = static_cast<T>(factor * static_cast<double>(parts.part[p][i]));
            }
    });
    parts.touched = nullptr;
}

#define S4J_INSTANTIATE(T)                                                        \
    template void cosine_factors<T>(const Plan&, const Loss&, const T*, T*, int); \
    template void finish_cosines<T>(const Plan&, const Loss&, const T*, const T*, Parts<T>&, int);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
