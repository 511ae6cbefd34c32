// One row's scores once more, where those of the kernels left the range of T: products of finite values, or sums of
// them, that overflow to an infinity, and infinities to NaN. Slow, and needs no memory.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "loss_block.h"
#include "plan.h"

namespace s4j {

template <class T>
class WideRow {
  public:
    // Where `long double` is no wider than double (macOS on arm64), scores of doubles stay as they were.
    using Wide = std::conditional_t<sizeof(T) == 4, double, long double>;

    // layout: of the parameters, by the regime that has it. start: what the classes' scores start from, -inf where they
    // are masked; or null. row: without indices where its values are those of all features.
    WideRow(s4j_regime layout, int64_t features, int64_t classes, const T* parameters, const T* start,
            const SparseRow<T>& row)
        : classes_(classes), parameters_(parameters), start_(start), row_(row) {
        if (layout == S4J_SMALL) {
            group_ = step_ = 1;
            group_stride_ = padded_features<T>(features);
        } else if (layout == S4J_MEDIUM) {
            group_ = step_ = kernels<T>().panel_classes;
            group_stride_ = features * group_;
        } else {
            group_ = group_stride_ = kMostGroup;
            step_ = classes_;
        }
    }

    // Writes the scores times factor and class_factors (null: all 1), less what is returned: where `shifted` the
    // largest of them, 0 otherwise.
    double scores(const Tiles<T>& tiles, T* to, double factor, const T* class_factors, bool shifted) const {
        Wide top = 0;
        if (shifted) top_class(factor, class_factors, &top);
        for_scores(factor, class_factors,
                   [&](int64_t c, Wide s) { tiles.score(to, 0, c) = static_cast<T>(s - top); });
        return static_cast<double>(top);
    }
    // The class of the largest score, the first of several; NaN, of features that are not finite, is none.
    int32_t label(double factor) const {
        Wide top;
        return top_class(factor, nullptr, &top);
    }
    // As scores, for derivatives of scores, which stay finite: what they are multiplied with may be 0.
    void tangents(const Tiles<T>& tiles, T* to, double factor, const T* class_factors) const {
        constexpr Wide kMost = std::numeric_limits<T>::max() / 2;  // of differences too
        for_scores(factor, class_factors, [&](int64_t c, Wide s) {
            tiles.score(to, 0, c) = static_cast<T>(std::clamp(s, -kMost, kMost));
        });
    }

  private:
    static constexpr int64_t kMostGroup = 64;

    int32_t top_class(double factor, const T* class_factors, Wide* top) const {
        int32_t label = -1;
        *top = -std::numeric_limits<Wide>::infinity();
        for_scores(factor, class_factors, [&](int64_t c, Wide s) {
            if (s > *top || (label < 0 && s == *top)) {
                *top = s;
                label = static_cast<int32_t>(c);
            }
        });
        return std::max(label, 0);
    }

    // f(class, score)
    template <class F>
    void for_scores(double factor, const T* class_factors, F f) const {
        for (int64_t first = 0; first < classes_; first += group_) {
            const int64_t n = std::min(group_, classes_ - first);
            const T* weights = parameters_ + first / group_ * group_stride_;
            Wide sums[kMostGroup];
            std::fill_n(sums, n, Wide(0));
            for (int64_t k = 0; k < row_.count; ++k) {
                const T* w = weights + (row_.indices ? row_.indices[k] : k) * step_;
                for (int64_t c = 0; c < n; ++c) sums[c] += static_cast<Wide>(row_.values[k]) * w[c];
            }
            for (int64_t c = 0; c < n; ++c) {
                const Wide start = start_ ? start_[first + c] : T(0);
                f(first + c, (sums[c] + start) * factor * (class_factors ? class_factors[first + c] : T(1)));
            }
        }
    }

    const int64_t classes_;
    const T* const parameters_;
    const T* const start_;
    const SparseRow<T> row_;
    // Classes that lie side by side, elements to the next ones, and to the next feature.
    int64_t group_, group_stride_, step_;
};

// A row of a block whose scores or tangents overflowed, once more from the start: its errors, or their tangents, in the
// place of the scores, and its loss. scores, tangents: of this row; rows: this row alone; tangent: null where there is
// no direction.
template <class T>
void mend_row(const Loss& loss, const Tiles<T>& tiles, BlockRows<T> rows, const T* class_factors,
              const WideRow<T>& score, const WideRow<T>* tangent, T* scores, T* tangents, T* row_loss) {
    const double factor = loss.score_factor() * (rows.factors ? static_cast<double>(rows.factors[0]) : 1.0);
    const double shift = score.scores(tiles, scores, factor, class_factors, loss.shiftable());
    if (tangent) tangent->tangents(tiles, tangents, factor, class_factors);
    rows.shifts = &shift;
    const auto exp = [&](T* s, int, T* maximum, T* sum) {
        T top = -std::numeric_limits<T>::infinity();
        for (int64_t c = 0; c < tiles.classes; ++c) top = std::max(top, tiles.score(s, 0, c));
        double z = 0;
        for (int64_t c = 0; c < tiles.classes; ++c) {
            T& e = tiles.score(s, 0, c);
            z += static_cast<double>(e = std::exp(e - top));
        }
        *maximum = top;
        *sum = static_cast<T>(z);
    };
    link_block(loss, tiles, rows, class_factors, scores, tangents, exp, row_loss);
}

}  // namespace s4j
