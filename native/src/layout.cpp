// Parameters between the ABI's layout and the layouts of the regimes.
#include <algorithm>
#include <limits>

#include "kernels.h"
#include "softmax.h"

namespace s4j {

namespace {

// f(index in the ABI's layout, index in the plan's, count): runs of weights that lie side by side in both,
// and in class-major layouts single ones.
template <class T, class F>
void for_weights(const Shape& shape, const Layout& layout, F&& f) {
    const int64_t D = shape.features, C = shape.classes;
    if (layout.regime == S4J_SMALL) {
        const int64_t stride = padded_features<T>(D);
        for (int64_t d = 0; d < D; ++d)
            for (int64_t c = 0; c < C; ++c) f(d * C + c, c * stride + d, 1);
    } else {
        const int64_t width = kernels<T>().panel_classes;
        for (int64_t first = 0; first < C; first += width)
            for (int64_t d = 0; d < D; ++d)
                f(d * C + first, first * D + d * width, std::min(width, C - first));
    }
    f(D * C, layout.weights, shape.intercept_count());
}

}  // namespace

template <class T>
void pack_parameters(const Shape& shape, const Layout& layout, const T* parameters, T* packed) {
    if (layout.as_in_abi()) {
        std::copy_n(parameters, layout.total, packed);
        return;
    }
    std::fill_n(packed, layout.total, T(0));
    for_weights<T>(shape, layout, [&](int64_t from, int64_t to, int64_t count) {
        for (int64_t i = 0; i < count; ++i) packed[to + i] = parameters[from + i];
    });
}

template <class T>
void unpack_parameters(const Shape& shape, const Layout& layout, const T* packed, T* parameters) {
    if (layout.as_in_abi()) {
        std::copy_n(packed, layout.total, parameters);
        return;
    }
    for_weights<T>(shape, layout, [&](int64_t to, int64_t from, int64_t count) {
        for (int64_t i = 0; i < count; ++i) parameters[to + i] = packed[from + i];
    });
}

template <class T>
int64_t packed_scratch(const Plan& plan) {
    return plan.layout.as_in_abi() ? 0 : Scratch::size_of<T>(plan.layout.total);
}

template <class T>
const T* packed_parameters(const Plan& plan, const T* parameters, Scratch& scratch) {
    if (plan.layout.as_in_abi()) return parameters;
    T* packed = scratch.take<T>(plan.layout.total);
    pack_parameters(plan.shape, plan.layout, parameters, packed);
    return packed;
}

template <class T>
void start_scores(const Plan& plan, const T* parameters, T* start) {
    const int64_t classes = plan.shape.classes, padded = plan.panels * kernels<T>().panel_classes;
    if (plan.shape.intercept)
        std::copy_n(parameters + plan.layout.weights, classes, start);
    else
        std::fill_n(start, classes, T(0));
    std::fill(start + classes, start + padded, -std::numeric_limits<T>::infinity());
}

#define S4J_INSTANTIATE(T)                                                         \
    template void pack_parameters<T>(const Shape&, const Layout&, const T*, T*);   \
    template void unpack_parameters<T>(const Shape&, const Layout&, const T*, T*); \
    template int64_t packed_scratch<T>(const Plan&);                               \
    template const T* packed_parameters<T>(const Plan&, const T*, Scratch&);       \
    template void start_scores<T>(const Plan&, const T*, T*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
