// How the work of one call is cut: the regime, the lanes, the blocks. A function of the shape and of a budget
// of memory alone, never of the number of threads: that is what makes results the same bits for any number of
// threads.
#pragma once

#include <cstdint>

#include "kernels.h"
#include "softmax4j.h"

namespace s4j {

struct Shape {
    int64_t rows, features, classes;
    bool intercept;
    bool sparse = false;
    bool stored = false;  // as s4j_data::stored

    int64_t weight_count() const { return features * classes; }
    int64_t intercept_count() const { return intercept ? classes : 0; }
};

constexpr int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

// Where parameters (and gradients) lie in memory, by regime. Small: C rows of padded_features(D) weights.
// Medium: panels of classes, D x panel_classes each. Large, sparse: D rows of C weights, as in the ABI. The
// intercept, if any, follows at `weights`, padded like the classes. All padding is zero.
struct Layout {
    s4j_regime regime;
    int64_t weights;  // elements of the weights, padding included
    int64_t total;    // with the intercept

    bool as_in_abi() const { return regime == S4J_LARGE || regime == S4J_SPARSE; }
};

struct Plan {
    s4j_regime regime;
    Shape shape;
    Layout layout;

    int64_t block;  // rows whose scores exist at once (per worker; in the large regime once)

    // Small and medium: each lane takes rows_per_lane consecutive rows and has a partial gradient of its own.
    int64_t lanes, rows_per_lane;
    // Medium, large and sparse: panels of classes.
    int64_t panels;

    // Large: tiles of one block's scores (row_tile x class_tile) and of the gradient (feature_tile x
    // class_tile). Sparse: rows that one task scores.
    int64_t row_tile, class_tile, feature_tile;
    int64_t sub_blocks() const { return (block + kPanelRows - 1) / kPanelRows; }
    int64_t row_tiles() const { return (block + row_tile - 1) / row_tile; }
    int64_t class_tiles() const { return (shape.classes + class_tile - 1) / class_tile; }
    int64_t feature_tiles() const { return (shape.features + feature_tile - 1) / feature_tile; }
};

constexpr int kMaxLanes = 16;
// From this on a budget cuts nothing.
constexpr int64_t kMostBudget = int64_t{64} << 20;

// Regime S4J_AUTO chooses. budget: bytes that the lanes' partial gradients, or the scores or errors of a
// block, are to stay within; one lane and the smallest block are always there. A forced regime must be able
// to take the shape; Failure otherwise.
template <class T>
Plan make_plan(const Shape& shape, s4j_regime regime, int64_t budget = kMostBudget);

template <class T>
Layout make_layout(const Shape& shape, s4j_regime regime);

// The regime that S4J_AUTO stands for; it depends on features, classes, element type and sparseness, not on
// rows.
template <class T>
s4j_regime choose_regime(const Shape& shape);

}  // namespace s4j
