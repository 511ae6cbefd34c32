// What is minimised: a loss over labelled data, and a penalty.
#pragma once

#include <array>
#include <cstdint>
#include <tuple>
#include <vector>

#include "data.h"
#include "softmax4j.h"

namespace s4j {

// The same values in both element types.
using Values = std::tuple<std::vector<float>, std::vector<double>>;
template <class T>
const T* values_or_null(const Values& values) {
    const std::vector<T>& v = std::get<std::vector<T>>(values);
    return v.empty() ? nullptr : v.data();
}

// 1 / |x| of n values; 1 where they are all 0.
template <class T>
T inverse_norm(const T* x, int64_t n);
// That of row i, wherever and however it is stored; `own`: place for a row's values as the kernels read them.
template <class T>
T inverse_norm(const Rows<T>& rows, int64_t i, int64_t features, T* own);

struct Loss {
    s4j_loss kind = S4J_CROSS_ENTROPY;
    std::array<double, S4J_LOSS_OPTIONS> options{};
    // Of the classes, or empty:
    Values uniform;   // what smoothing adds to the targets; 0 where masked
    Values positive;  // weights of S4J_SIGMOID
    std::vector<bool> masked;

    static Loss of(int kind, const double* options);

    bool of_sigmoids() const { return kind == S4J_SIGMOID || kind == S4J_CLIPPED_SIGMOID; }
    bool takes_targets() const { return kind == S4J_CROSS_ENTROPY || of_sigmoids(); }
    bool has_hessian() const { return kind == S4J_CROSS_ENTROPY || kind == S4J_FOCAL || kind == S4J_SIGMOID; }
    double smoothing() const { return kind == S4J_CROSS_ENTROPY ? options[0] : 0; }
    double z_loss() const { return kind == S4J_CROSS_ENTROPY ? options[1] : 0; }
    // What all scores are multiplied by.
    double score_factor() const { return kind == S4J_CROSS_ENTROPY && options[2] != 0 ? 1 / options[2] : 1; }
    // Whether nothing but the differences of the scores counts, and RowScores::shift.
    bool shiftable() const { return !of_sigmoids() && kind != S4J_MARGIN; }
    // 0: none.
    double clip() const {
        return kind == S4J_CLIPPED_CROSS_ENTROPY || kind == S4J_CLIPPED_SIGMOID ? options[0] : 0;
    }
    // Cross-entropy of labels, perhaps smoothed over all classes: there are kernels for all of it.
    bool direct(bool targets) const {
        return kind == S4J_CROSS_ENTROPY && !targets && z_loss() == 0 && score_factor() == 1 &&
               (smoothing() == 0 || masked.empty());
    }
    // Weights of S4J_SIGMOID, C values.
    void set_positive_weights(const double* values, int64_t classes);
    // Sets what depends on options, mask and the number of classes.
    void complete(int64_t classes);
    // Scores of masked classes start from -inf.
    template <class T>
    void mask(T* start) const;
};

}  // namespace s4j

struct s4j_objective {
    const s4j_data* data;
    int64_t classes;
    bool intercept;
    double l2;
    s4j::Loss loss;
    double total_weight;  // of the rows, with the weights of the classes
    s4j::Values weights;  // of the rows, where other than the data's
    s4j::Values factors;  // of the rows' scores, where there are any

    // Throws Failure where the parts do not fit together.
    s4j_objective(const s4j_data* data, int64_t classes, bool intercept, double l2, s4j::Loss loss);
    void set_class_weights(const double* values);
    void set_positive_weights(const double* values);
    void set_mask(const double* values);
    bool has_targets() const { return data->targets && loss.takes_targets(); }

    // The data's rows, as the loss sees them.
    template <class T>
    s4j::Rows<T> rows() const;
};
