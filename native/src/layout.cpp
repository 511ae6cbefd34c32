// Parameters between the ABI's layout and the layouts of the regimes.
#include <algorithm>

#include "kernels.h"
#include "softmax.h"

namespace s4j {

template <class T>
void pack_parameters(const Shape& shape, const Layout& layout, const T* parameters, T* packed) {
    if (layout.as_in_abi()) {
        std::copy_n(parameters, layout.total, packed);
        return;
    }
    const int64_t D = shape.features, C = shape.classes;
    std::fill_n(packed, layout.total, T(0));
    if (layout.regime == S4J_MEDIUM) {
        kernels<T>().panel_pack(parameters, C, D, C, packed);
    } else {
        const int64_t stride = padded_features<T>(D);
        for (int64_t c = 0; c < C; ++c)
            for (int64_t d = 0; d < D; ++d) packed[c * stride + d] = parameters[d * C + c];
    }
    std::copy_n(parameters + D * C, shape.intercept_count(), packed + layout.weights);
}

template <class T>
void unpack_parameters(const Shape& shape, const Layout& layout, const T* packed, T* parameters) {
    if (layout.as_in_abi()) {
        std::copy_n(packed, layout.total, parameters);
        return;
    }
    const int64_t D = shape.features, C = shape.classes;
    if (layout.regime == S4J_MEDIUM) {
        kernels<T>().panel_unpack(packed, D, C, parameters, C, true);
    } else {
        const int64_t stride = padded_features<T>(D);
        for (int64_t d = 0; d < D; ++d)
            for (int64_t c = 0; c < C; ++c) parameters[d * C + c] = packed[c * stride + d];
    }
    std::copy_n(packed + layout.weights, shape.intercept_count(), parameters + D * C);
}

template <class T>
void clear_padding(const Shape& shape, const Layout& layout, T* packed) {
    if (layout.as_in_abi()) return;
    const int64_t D = shape.features, C = shape.classes;
    if (layout.regime == S4J_MEDIUM) {
        const int64_t width = kernels<T>().panel_classes;
        T* last = packed + C / width * width * D;
        if (C % width != 0)
            for (int64_t d = 0; d < D; ++d)
                std::fill(last + d * width + C % width, last + (d + 1) * width, T(0));
    } else {
        const int64_t stride = padded_features<T>(D);
        for (int64_t c = 0; c < C; ++c) std::fill(packed + c * stride + D, packed + (c + 1) * stride, T(0));
    }
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
void start_scores(const Plan& plan, const T* parameters, T padding, T* start) {
    const int64_t classes = plan.shape.classes, padded = plan.panels * kernels<T>().panel_classes;
    if (plan.shape.intercept)
        std::copy_n(parameters + plan.layout.weights, classes, start);
    else
        std::fill_n(start, classes, T(0));
    std::fill(start + classes, start + padded, padding);
}

#define S4J_INSTANTIATE(T)                                                         \
    template void pack_parameters<T>(const Shape&, const Layout&, const T*, T*);   \
    template void unpack_parameters<T>(const Shape&, const Layout&, const T*, T*); \
    template void clear_padding<T>(const Shape&, const Layout&, T*);               \
    template int64_t packed_scratch<T>(const Plan&);                               \
    template const T* packed_parameters<T>(const Plan&, const T*, Scratch&);       \
    template void start_scores<T>(const Plan&, const T*, T, T*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
