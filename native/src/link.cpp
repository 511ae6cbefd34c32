#include "link.h"

#include <algorithm>
#include <cmath>

namespace s4j {

namespace {

// Of the label: -log p, p, and 1 - p without cancellation.
struct OfLabel {
    double nll, p, rest;
    explicit OfLabel(const RowScores& row)
        : nll((row.maximum - row.of_label) + row.log_sum), p(std::exp(-nll)), rest(-std::expm1(-nll)) {}
    // -log p / (1 - p), which goes to 1 with the loss
    double ratio() const { return rest > 0 ? nll / rest : 1; }
};

// The focal loss's derivative by -log p is (1 - p)^(gamma) (1 + gamma p ratio). p times the ratio goes to 0
// with p, where the ratio may be infinite.
double focal_factor(double gamma, const OfLabel& y) {
    return std::pow(y.rest, gamma) * (1 + (y.p > 0 ? gamma * y.p * y.ratio() : 0));
}

// Of the focal factor, by log p. Where the label has all of the mass, nothing moves.
double focal_slope(double gamma, const OfLabel& y) {
    if (!(y.p > 0) || !(y.rest > 0)) return 0;
    return -gamma * std::pow(y.rest, gamma - 1) * y.p * (2 - y.nll + (gamma - 1) * y.p * y.ratio());
}

struct Margin {
    double scale, m;
    bool angular;
    explicit Margin(const Loss& loss)
        : scale(loss.options[0]), m(loss.options[1]), angular(loss.options[2] != 0) {}
    double cosine(double s) const { return std::clamp(s / scale, -1.0, 1.0); }
    bool passes_pi(double cosine) const { return cosine <= -std::cos(m); }
};

// Below this the sine of the angle, which the derivative by the cosine divides by, counts as this much: at
// angle 0 the derivative is infinite, and what it is multiplied with is 0.
constexpr double kLeastSine = 1e-4;

}  // namespace

RowErrors link_errors(const Loss& loss, bool targets, const RowScores& row) {
    const double lse = row.maximum + row.log_sum;
    if (loss.kind == S4J_CROSS_ENTROPY) {
        const double share = targets ? 0 : 1 - loss.smoothing();
        const double of_label = (row.maximum - row.of_label) + row.log_sum;
        const double value = (targets ? 0 : share * of_label) + (1 - share) * lse - row.dot;
        const double z = loss.z_loss();
        if (z == 0) return {value, 1, -share};
        const double whole = lse + row.shift;
        return {value + z * whole * whole, 1 + 2 * z * whole, -share};
    }
    const OfLabel y(row);
    switch (loss.kind) {
        case S4J_FOCAL: {
            const double gamma = loss.options[0], factor = focal_factor(gamma, y);
            return {std::pow(y.rest, gamma) * y.nll, factor, -factor};
        }
        case S4J_CLIPPED_CROSS_ENTROPY: {
            const double e = loss.clip();
            // max and min in this order keep NaN
            return {y.nll < -std::log1p(-e) ? -std::log1p(-e)
                    : y.nll > -std::log(e)  ? -std::log(e)
                                            : y.nll,
                    1, -1};
        }
        default:
            return {y.nll, 1, -1};
    }
}

RowTangents link_tangents(const Loss& loss, const RowScores& row, double mean, double of_label) {
    if (loss.kind == S4J_FOCAL) {
        const OfLabel y(row);
        const double factor = focal_factor(loss.options[0], y);
        const double change = focal_slope(loss.options[0], y) * (of_label - mean);
        return {factor, change - factor * mean, -change};
    }
    const double z = loss.z_loss();
    const double factor = z == 0 ? 1 : 1 + 2 * z * (row.maximum + row.log_sum + row.shift);
    return {factor, 2 * z * mean - factor * mean, 0};
}

double label_score(const Loss& loss, double s) {
    if (loss.kind != S4J_MARGIN || std::isnan(s)) return s;
    const Margin margin(loss);
    if (!margin.angular) return s - margin.scale * margin.m;
    const double cosine = margin.cosine(s), m = margin.m;
    if (margin.passes_pi(cosine)) return margin.scale * (cosine - m * std::sin(m));
    return margin.scale * (cosine * std::cos(m) - std::sqrt(1 - cosine * cosine) * std::sin(m));
}

double label_slope(const Loss& loss, double s) {
    if (loss.kind != S4J_MARGIN) return 1;
    const Margin margin(loss);
    const double cosine = margin.cosine(s), m = margin.m;
    if (!margin.angular || margin.passes_pi(cosine)) return 1;
    return std::cos(m) + std::sin(m) * cosine / std::max(std::sqrt(1 - cosine * cosine), kLeastSine);
}

}  // namespace s4j
