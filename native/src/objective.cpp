#include "objective.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "kernels.h"
#include "status.h"

namespace s4j {

namespace {

void require(bool condition, const std::string& text) {
    if (!condition) throw Failure(S4J_BAD_ARGUMENT, text);
}

void require_option(bool condition, const char* name, const char* accepted, double value) {
    require(condition, std::string(name) + " must be " + accepted + ", was " + std::to_string(value));
}

void require_clip(double e) {
    require_option(e > 0 && e < 0.5, "clip", "in (0, 1/2)", e);
}

template <class T>
void assign(Values& values, int64_t count, double value) {
    std::get<std::vector<T>>(values).assign(static_cast<size_t>(count), static_cast<T>(value));
}

// f(T()) for the type of the data.
template <class F>
void with_type(const s4j_data& data, F&& f) {
    data.type == S4J_F32 ? f(float()) : f(double());
}

}  // namespace

// Scaled by the largest value, so that no square leaves the range.
template <class T>
T inverse_norm(const T* x, int64_t n) {
    double largest = 0, sum = 0;
    for (int64_t d = 0; d < n; ++d) largest = std::max(largest, std::fabs(static_cast<double>(x[d])));
    if (largest == 0) return 1;
    for (int64_t d = 0; d < n; ++d) {
        const double v = static_cast<double>(x[d]) / largest;
        sum += v * v;
    }
    return static_cast<T>(1 / largest / std::sqrt(sum));
}

template <class T>
T inverse_norm(const Rows<T>& rows, int64_t i, int64_t features, T* own) {
    if (rows.offsets) return inverse_norm(rows.entries(i).values, rows.entries(i).count);
    const T* x = rows.row(i);
    if (!rows.stored) return inverse_norm(x, features);
    kernels<T>().stage_rows(rows.source, &x, 1, features, own, features, nullptr, 0);
    return inverse_norm(own, features);
}

#define S4J_INSTANTIATE(T)                         \
    template T inverse_norm<T>(const T*, int64_t); \
    template T inverse_norm<T>(const Rows<T>&, int64_t, int64_t, T*);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

Loss Loss::of(int kind, const double* options) {
    require(kind >= S4J_CROSS_ENTROPY && kind <= S4J_CLIPPED_SIGMOID,
            "loss must be a s4j_loss, was " + std::to_string(kind));
    Loss loss;
    loss.kind = static_cast<s4j_loss>(kind);
    if (options) std::copy_n(options, S4J_LOSS_OPTIONS, loss.options.begin());
    const auto& o = loss.options;
    const auto finite = [](double v) { return v >= 0 && std::isfinite(v); };
    switch (loss.kind) {
        case S4J_CROSS_ENTROPY:
            require_option(o[0] >= 0 && o[0] < 1, "smoothing", "in [0, 1)", o[0]);
            require_option(finite(o[1]), "z-loss", "finite and not negative", o[1]);
            require_option(finite(o[2]) && (o[2] == 0 || std::isfinite(1 / o[2])), "temperature",
                           "positive and finite, and one over it", o[2]);
            break;
        case S4J_FOCAL:
            require_option(finite(o[0]), "gamma", "finite and not negative", o[0]);
            break;
        case S4J_MARGIN:
            require_option(o[0] > 0 && std::isfinite(o[0]), "scale", "positive and finite", o[0]);
            require_option(o[1] >= 0 && o[1] < std::numbers::pi, "margin", "in [0, pi)", o[1]);
            require_option(o[2] == 0 || o[2] == 1, "angular", "0 or 1", o[2]);
            break;
        case S4J_SIGMOID:
            break;
        case S4J_CLIPPED_CROSS_ENTROPY:
        case S4J_CLIPPED_SIGMOID:
            require_clip(o[0]);
            break;
    }
    return loss;
}

void Loss::set_positive_weights(const double* values, int64_t classes) {
    require(kind == S4J_SIGMOID, "positive weights are for S4J_SIGMOID");
    require(values, "positive weights must not be null");
    for (int64_t c = 0; c < classes; ++c)
        require_option(values[c] > 0 && std::isfinite(values[c]), "positive weights", "positive and finite",
                       values[c]);
    std::get<0>(positive).assign(values, values + classes);
    std::get<1>(positive).assign(values, values + classes);
}

void Loss::complete(int64_t classes) {
    uniform = {};
    if (smoothing() == 0) return;
    const int64_t out = std::count(masked.begin(), masked.end(), true);
    const double share = smoothing() / static_cast<double>(classes - out);
    assign<float>(uniform, classes, share);
    assign<double>(uniform, classes, share);
    for (size_t c = 0; c < masked.size(); ++c)
        if (masked[c]) std::get<0>(uniform)[c] = std::get<1>(uniform)[c] = 0;
}

template <class T>
void Loss::mask(T* start) const {
    for (size_t c = 0; c < masked.size(); ++c)
        if (masked[c]) start[c] = -std::numeric_limits<T>::infinity();
}
template void Loss::mask<float>(float*) const;
template void Loss::mask<double>(double*) const;

}  // namespace s4j

using namespace s4j;

s4j_objective::s4j_objective(const s4j_data* d, int64_t c, bool with_intercept, double penalty, Loss l)
    : data(d),
      classes(c),
      intercept(with_intercept),
      l2(penalty),
      loss(std::move(l)),
      total_weight(d->total_weight) {
    require(data->labels || has_targets(),
            data->targets ? "this loss needs labels, the data has targets alone" : "data must have labels");
    require(!data->targets || loss.takes_targets(), "this loss takes labels, not targets");
    require(
        !has_targets() || data->target_classes == classes,
        "targets have " + std::to_string(data->target_classes) + " classes, not " + std::to_string(classes));
    loss.complete(classes);
    if (loss.kind != S4J_MARGIN) return;
    require(!intercept, "a loss of margins has no intercept");
    with_type(*data, [&]<class T>(T) {
        assign<T>(factors, data->rows, 1);
        const Rows<T> all = Rows<T>::all(*data);
        std::vector<T> own(static_cast<size_t>(data->stored() ? padded_affine(data->columns) : 0));
        for (int64_t i = 0; i < data->rows; ++i)
            std::get<std::vector<T>>(factors)[i] = inverse_norm(all, i, data->columns, own.data());
    });
}

void s4j_objective::set_class_weights(const double* values) {
    require(!has_targets(), "weights of classes need labels, the data has targets");
    with_type(*data, [&]<class T>(T) {
        const Rows<T> all = Rows<T>::all(*data);
        std::vector<double> of_class(static_cast<size_t>(classes), 0.0);
        if (values) {
            std::copy_n(values, classes, of_class.begin());
            for (int64_t c = 0; c < classes; ++c)
                require(of_class[c] >= 0 && std::isfinite(of_class[c]),
                        "weights of classes must be finite and not negative, that of class " +
                            std::to_string(c) + " was " + std::to_string(of_class[c]));
        } else {
            for (int64_t i = 0; i < data->rows; ++i)
                of_class[all.labels[i]] += static_cast<double>(all.weight(i));
            for (double& w : of_class)
                if (w > 0) w = data->total_weight / (static_cast<double>(classes) * w);
        }
        std::vector<T> of_row(static_cast<size_t>(data->rows));
        double total = 0;
        for (int64_t i = 0; i < data->rows; ++i) {
            of_row[i] = static_cast<T>(static_cast<double>(all.weight(i)) * of_class[all.labels[i]]);
            total += static_cast<double>(of_row[i]);
        }
        require(
            total > 0 && std::isfinite(total),
            "weights of classes must leave a positive, finite sum of weights, was " + std::to_string(total));
        std::get<std::vector<T>>(weights) = std::move(of_row);
        total_weight = total;
    });
}

void s4j_objective::set_positive_weights(const double* values) {
    loss.set_positive_weights(values, classes);
}

void s4j_objective::set_mask(const double* values) {
    require(loss.clip() == 0, "a clipped loss takes no mask");
    require(values, "the mask must not be null");
    std::vector<bool> mask(static_cast<size_t>(classes));
    for (int64_t c = 0; c < classes; ++c) mask[c] = values[c] != 0;
    require(std::count(mask.begin(), mask.end(), false) > 0, "the mask must leave a class");
    with_type(*data, [&]<class T>(T) {
        const Rows<T> all = rows<T>();
        const auto refuse = [](int64_t row, int64_t c) {
            throw Failure(S4J_BAD_ARGUMENT, "row " + std::to_string(row) + " has the masked class " +
                                                std::to_string(c) + " as its label or target");
        };
        for (int64_t i = 0; i < data->rows; ++i) {
            if (!all.targets && mask[all.labels[i]]) refuse(i, all.labels[i]);
            for (int64_t c = 0; all.targets && c < classes; ++c)
                if (mask[c] && all.targets[i * classes + c] != 0) refuse(i, c);
        }
    });
    loss.masked = std::move(mask);
    loss.complete(classes);
}

template <class T>
Rows<T> s4j_objective::rows() const {
    Rows<T> rows = Rows<T>::all(*data);
    if (const T* own = values_or_null<T>(weights)) rows.weights = own;
    rows.factors = values_or_null<T>(factors);
    if (has_targets()) {
        rows.targets = static_cast<const T*>(data->targets);
        rows.classes = classes;
    }
    return rows;
}
template Rows<float> s4j_objective::rows<float>() const;
template Rows<double> s4j_objective::rows<double>() const;
