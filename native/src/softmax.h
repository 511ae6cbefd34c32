// Loss and gradient of the linear softmax model, in regimes that never hold an N x C array.
#pragma once

#include <vector>

#include "data.h"
#include "fit.h"
#include "objective.h"
#include "plan.h"
#include "scratch.h"

namespace s4j {

// `rows` rows of the data.
inline Shape shape_of(const s4j_data& data, int64_t rows, int64_t classes, bool intercept) {
    return {rows, data.columns, classes, intercept, data.offsets != nullptr, data.stored()};
}

// The gradient of a call, as the sum of `count` parts in the plan's layout, intercept included.
template <class T>
struct Parts {
    static constexpr int kMost = 16;
    T* part[kMost];
    int count = 0;
    // Where the gradient goes if it comes as one part in place (large and sparse); null: into scratch.
    T* in_place = nullptr;
    // Sparse, not in place: null, or as Update::touched, of the rows of W.
    const uint8_t* touched = nullptr;
};

// What a pass is to leave: nothing but the loss, one part in place where the regime has that, or parts.
enum class Gradient { kNone, kInPlace, kParts };

// What a pass computes, as far as its scratch depends on it.
struct Wanted {
    Gradient gradient;
    bool product = false;  // the gradient is that of Pass::direction
};

// One pass over rows.
template <class T>
struct Pass {
    const Loss& loss;
    Rows<T> rows;
    const T* parameters;  // in the plan's layout
    // Null, or shaped like the parameters: then not the gradient is computed, but the Hessian's product with
    // this, and the loss is not.
    const T* direction;
    double scale;  // of the gradient
    // Of the classes' scores, set by sum_loss: null, or C values.
    const T* class_factors = nullptr;
    bool direct() const { return loss.direct(rows.targets != nullptr); }
};

// What sum_loss needs of scratch, on at most `threads` threads.
template <class T>
int64_t sum_loss_scratch(const Plan& plan, Wanted wanted, int threads);

// Of the pass's loss, sum_i weight_i * loss_i over the rows, in double. With parts: also the gradient of that
// sum times the pass's scale, left in scratch. The rows are plan.shape.rows many.
template <class T>
double sum_loss(const Plan& plan, const Pass<T>& pass, Scratch& scratch, int threads, Parts<T>* parts);

// Copies parameters between the ABI's layout and the plan's.
template <class T>
void pack_parameters(const Shape& shape, const Layout& layout, const T* parameters, T* packed);
template <class T>
void unpack_parameters(const Shape& shape, const Layout& layout, const T* packed, T* parameters);

// Sets the padding of the weights to zero, as the layout has it.
template <class T>
void clear_padding(const Shape& shape, const Layout& layout, T* packed);

// Parameters in the plan's layout: the caller's own where the layouts agree, a packed copy in scratch
// otherwise.
template <class T>
const T* packed_parameters(const Plan& plan, const T* parameters, Scratch& scratch);
template <class T>
int64_t packed_scratch(const Plan& plan);

// What the scores of a row start from: the intercept, or 0, and `padding` past the last class. parameters: in
// the plan's layout; start: panels x panel_classes.
template <class T>
void start_scores(const Plan& plan, const T* parameters, T padding, T* start);

// How loss_gradient cuts its work. With and without the gradient the cut is the same, and so the loss.
template <class T>
Fitted fit_loss_gradient(const Shape& shape, s4j_regime regime, bool gradient, int threads, int64_t limit);

// The objective over all of the data, and its gradient where that is not null; both in the ABI's layout.
// limit: bytes of scratch.
template <class T>
double loss_gradient(const s4j_objective& objective, s4j_regime regime, const T* parameters, T* gradient,
                     int threads, int64_t limit);
// The same, cut like that, with scratch of at least fitted.bytes.
template <class T>
double loss_gradient(const s4j_objective& objective, const Fitted& fitted, const T* parameters, T* gradient,
                     Scratch& scratch);

// The same for the product of the Hessian with a direction.
template <class T>
Fitted fit_hessian_product(const Shape& shape, s4j_regime regime, int threads, int64_t limit);
template <class T>
void hessian_product(const s4j_objective& objective, s4j_regime regime, const T* parameters,
                     const T* direction, T* product, int threads, int64_t limit);
template <class T>
void hessian_product(const s4j_objective& objective, const Fitted& fitted, const T* parameters,
                     const T* direction, T* product, Scratch& scratch);

}  // namespace s4j
