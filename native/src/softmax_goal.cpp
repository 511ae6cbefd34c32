#include "softmax_goal.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace s4j {

namespace {

Shape shape_of(const s4j_objective& o) {
    return s4j::shape_of(*o.data, o.data->rows, o.classes, o.intercept);
}

// Cross-entropy of some targets, and nothing more: what the curvature and the minorants are made for.
bool is_cross_entropy(const Loss& loss) {
    return loss.kind == S4J_CROSS_ENTROPY && loss.z_loss() == 0 && loss.score_factor() == 1 &&
           loss.masked.empty();
}

}  // namespace

template <class T>
int64_t SoftmaxGoal<T>::state(const Shape& shape, const SolverSettings& settings, int threads) {
    const int64_t size = shape.weight_count() + shape.intercept_count();
    return (shape.intercept ? Scratch::size_of<T>(size) + Scratch::size_of<T>(shape.features) : 0) +
           (settings.curvature && Curvature<T>::pays(shape) ? Curvature<T>::state(shape, threads) : 0) +
           (settings.method == S4J_SDCA ? SoftmaxDual<T>::state(shape, threads) : 0);
}

template <class T>
int64_t SoftmaxGoal<T>::scratch(const Shape& shape, const SolverSettings& settings, int threads,
                                int64_t limit) {
    const int64_t evaluation = fit_loss_gradient<T>(shape, S4J_AUTO, true, threads, limit).bytes;
    if (!multiplies(shape, settings)) return evaluation;
    return std::max(evaluation, fit_hessian_product<T>(shape, S4J_AUTO, threads, limit).bytes);
}

template <class T>
SoftmaxGoal<T>::SoftmaxGoal(const s4j_objective& objective, const SolverSettings& settings, int threads,
                            int64_t limit, Scratch& state)
    : objective_(objective),
      features_(objective.data->columns),
      classes_(objective.classes),
      evaluation_(fit_loss_gradient<T>(shape_of(objective), S4J_AUTO, true, threads, limit)),
      product_(fit_hessian_product<T>(shape_of(objective), S4J_AUTO, threads, limit)),
      work_(scratch(shape_of(objective), settings, threads, limit)) {
    const Shape shape = shape_of(objective);
    penalised = shape.weight_count();
    size = penalised + shape.intercept_count();
    this->l2 = objective.l2;
    const Loss& loss = objective.loss;
    balanced_ = is_cross_entropy(loss) && !objective.has_targets();
    this->convex = loss.kind == S4J_SIGMOID || (loss.kind == S4J_CROSS_ENTROPY && loss.z_loss() == 0);
    anchor_ = shape.intercept ? state.take<T>(size) : nullptr;
    mean_row_ = shape.intercept ? state.take<T>(features_) : nullptr;
    if (settings.curvature && Curvature<T>::pays(shape) && is_cross_entropy(loss))
        curvature_.emplace(objective, threads, state);
    if (settings.method == S4J_SDCA && objective.l2 > 0 && is_cross_entropy(loss))
        dual_.emplace(objective, threads, state);
}

template <class T>
double SoftmaxGoal<T>::evaluate(const T* w, T* gradient) {
    work_.rewind();
    const double value = loss_gradient(objective_, evaluation_, w, gradient, work_);
    if (balanced_) balance(w, gradient);
    return value;
}

// What a feature adds to all classes alike moves no probability: over the classes its gradients sum to those of the
// penalty. The rest is rounding, which does not shrink with the gradient, and which dividing by a small l2 makes large.
template <class T>
void SoftmaxGoal<T>::balance(const T* w, T* gradient) const {
    constexpr int64_t kTile = 256;
    const int64_t C = classes_, rows = size / C;
    parallel_for((rows + kTile - 1) / kTile, evaluation_.threads, [&](int64_t tile, int) {
        for (int64_t d = tile * kTile; d < std::min((tile + 1) * kTile, rows); ++d) {
            const double l2 = d < features_ ? this->l2 : 0;
            double rest = 0;
            for (int64_t c = d * C; c < (d + 1) * C; ++c)
                rest += static_cast<double>(gradient[c]) - l2 * static_cast<double>(w[c]);
            const T share = static_cast<T>(rest / static_cast<double>(C));
            for (int64_t c = d * C; c < (d + 1) * C; ++c) gradient[c] -= share;
        }
    });
}

template <class T>
void SoftmaxGoal<T>::multiply(const T* w, const T* direction, T* product) {
    work_.rewind();
    hessian_product(objective_, product_, w, direction, product, work_);
}

template <class T>
bool SoftmaxGoal<T>::approximate(const T* w) {
    return curvature_ && curvature_->update(w, this->stop);
}

template <class T>
bool SoftmaxGoal<T>::precondition_free(const T* v, T* out) {
    if (!curvature_) return false;
    curvature_->solve_intercept(v, out);
    return true;
}

// By two passes over the data: their features may be stored in any way. point: a place for parameters.
template <class T>
void SoftmaxGoal<T>::anchor(T* point) {
    // Where the weights are 0, all rows have the same probabilities p, and the gradient of the first class is
    // the mean of (p_0 - t_0) x: twice that, for two p_0, gives the mean of x.
    const double others = static_cast<double>(classes_ - 1);
    std::fill_n(point, size, T(0));
    point[penalised] = static_cast<T>(std::log(3 * others));
    pause(this->stop);
    evaluate(point, anchor_);
    const double odds = std::exp(static_cast<double>(point[penalised]));
    const double more = odds / (odds + others) - 1 / static_cast<double>(classes_);
    for (int64_t d = 0; d < features_; ++d) mean_row_[d] = anchor_[d * classes_];
    point[penalised] = 0;
    pause(this->stop);
    evaluate(point, anchor_);
    for (int64_t d = 0; d < features_; ++d)
        mean_row_[d] = static_cast<T>(
            (static_cast<double>(mean_row_[d]) - static_cast<double>(anchor_[d * classes_])) / more);
    anchored_ = true;
}

// Cross-entropy is at least H(r) + (r - onehot(y)) . s for any distribution r over the classes, H(r) its
// entropy. As the mean over the rows this is affine in the parameters; its slope in the intercept is r minus
// the shares of the classes.
template <class T>
double SoftmaxGoal<T>::minorant(const T* free, T* slope, double* value) {
    if (classes_ < 2 || !is_cross_entropy(objective_.loss)) return 1;
    if (!anchored_) anchor(slope);
    const int64_t C = classes_;
    const double uniform = 1 / static_cast<double>(C);
    double mean = 0;
    // What is added to all intercepts alike moves nothing: that part of the gradient is rounding.
    for (int64_t c = 0; c < C; ++c) mean += static_cast<double>(free[c]) * uniform;
    const auto share = [&](int64_t c) { return uniform - static_cast<double>(anchor_[penalised + c]); };
    double ratio = 0;
    for (int64_t c = 0; c < C; ++c) {
        const double g = static_cast<double>(free[c]) - mean;
        if (g <= 0) continue;
        if (!(share(c) > 0)) return 1;
        ratio = std::max(ratio, g / share(c));
    }
    if (ratio == 0) return 0;
    *value = 0;
    T* r = slope + penalised;  // not asked for: a place for r
    for (int64_t c = 0; c < C; ++c) {
        const double p = std::max(share(c) - (static_cast<double>(free[c]) - mean) / ratio, 0.0);
        r[c] = static_cast<T>(p);
        if (p > 0) *value -= p * std::log(p);
    }
    for (int64_t d = 0; d < features_; ++d)
        for (int64_t c = 0; c < C; ++c)
            slope[d * C + c] =
                static_cast<T>(static_cast<double>(anchor_[d * C + c]) +
                               static_cast<double>(mean_row_[d]) * (static_cast<double>(r[c]) - uniform));
    return ratio / (1 + ratio);
}

template <class T>
void SoftmaxGoal<T>::state(State& s) {
    s.value(anchored_);
    if (anchor_) {
        s.finite(anchor_, size, anchored_);
        s.finite(mean_row_, features_, anchored_);
    }
    if (curvature_) curvature_->state(s);
    if (dual_) dual_->state(s);
}

template class SoftmaxGoal<float>;
template class SoftmaxGoal<double>;

}  // namespace s4j
