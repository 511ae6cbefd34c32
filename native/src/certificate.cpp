#include "certificate.h"

#include <cmath>
#include <limits>

namespace s4j {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// h(u) - min h over [low, high], for h(v) = slope v + l2 / 2 v^2 + l1 |v|; without cancellation where u is
// close to the minimum.
double excess(double u, double slope, double l2, double l1, double low, double high) {
    if (l2 == 0) {
        // Piecewise linear: the minimum is at 0 or at an end.
        double least = 0;
        bool inside = l1 > 0 && low <= 0 && high >= 0;
        const auto h = [=](double v) { return slope * v + l1 * std::abs(v); };
        const auto offer = [&](double v) {
            least = inside ? std::min(least, h(v)) : h(v);
            inside = true;
        };
        const double down = slope - l1, up = slope + l1;  // the slopes below and above 0
        if (std::isfinite(low))
            offer(low);
        else if (down > 0)
            return kInfinity;
        if (std::isfinite(high))
            offer(high);
        else if (up < 0)
            return kInfinity;
        return inside ? std::max(h(u) - least, 0.0) : 0.0;
    }
    double best = slope > l1 ? (l1 - slope) / l2 : slope < -l1 ? (-l1 - slope) / l2 : 0.0;
    best = std::min(std::max(best, low), high);
    // The derivative just beside `best`, on u's side, times the way, and what the curvature adds. The bend of
    // l1 |v| lies at 0, which is no farther from u than `best` where the two have other signs.
    const double way = u - best;
    if (way == 0) return 0;
    const double kink = std::abs(u) - std::abs(best);
    return std::max((slope + l2 * best) * way + l1 * kink + 0.5 * l2 * way * way, 0.0);
}

}  // namespace

template <class T>
double penalised_bound(const Goal<T>& goal, double l1, const Box<T>& box, const Vectors& vectors, const T* w,
                       const T* gradient) {
    const int64_t penalised = goal.penalised;
    const double l2 = goal.l2;
    return vectors.sum([=, &box](int64_t i) {
        if (i >= penalised) return 0.0;
        const double u = static_cast<double>(w[i]);
        return excess(u, static_cast<double>(gradient[i]) - l2 * u, l2, l1, static_cast<double>(box.low(i)),
                      static_cast<double>(box.high(i)));
    });
}

template <class T>
double gap_bound(Goal<T>& goal, double l1, const Box<T>& box, const Vectors& vectors, const T* w,
                 const T* gradient, double value, T* slope) {
    const int64_t penalised = goal.penalised;
    const double l2 = goal.l2;
    const auto wide = [](T v) { return static_cast<double>(v); };

    // Free parameters that bounds do not hold.
    bool unbounded = false;
    for (int64_t i = penalised; i < goal.size; ++i)
        unbounded |=
            gradient[i] != 0 && !std::isfinite(gradient[i] > 0 ? wide(box.low(i)) : wide(box.high(i)));
    double mix = 0, constant = 0;
    if (unbounded) {
        mix = goal.minorant(gradient + penalised, slope, &constant);
        if (!(mix < 1)) return kInfinity;
    }
    // With f's own tangent at w, and the other function's share `mix`.
    double bound = vectors.sum([&](int64_t i) {
        double s = wide(gradient[i]);
        if (i >= penalised)
            return unbounded ? (1 - mix) * s * wide(w[i])
                             : excess(wide(w[i]), s, 0, 0, wide(box.low(i)), wide(box.high(i)));
        s -= l2 * wide(w[i]);
        if (mix > 0) s += mix * (wide(slope[i]) - s);
        return excess(wide(w[i]), s, l2, l1, wide(box.low(i)), wide(box.high(i)));
    });
    if (mix > 0) {
        const double squares =
            vectors.sum([&](int64_t i) { return i < penalised ? wide(w[i]) * wide(w[i]) : 0.0; });
        const double along =
            vectors.sum([&](int64_t i) { return i < penalised ? wide(slope[i]) * wide(w[i]) : 0.0; });
        bound += mix * (value - 0.5 * l2 * squares - constant - along);
    }
    return std::isnan(bound) ? kInfinity : std::max(bound, 0.0);
}

template double penalised_bound<float>(const Goal<float>&, double, const Box<float>&, const Vectors&,
                                       const float*, const float*);
template double penalised_bound<double>(const Goal<double>&, double, const Box<double>&, const Vectors&,
                                        const double*, const double*);
template double gap_bound<float>(Goal<float>&, double, const Box<float>&, const Vectors&, const float*,
                                 const float*, double, float*);
template double gap_bound<double>(Goal<double>&, double, const Box<double>&, const Vectors&, const double*,
                                  const double*, double, double*);

}  // namespace s4j
