// A step along a descent direction: W. W. Hager and H. Zhang, "A new conjugate gradient method with
// guaranteed descent and an efficient line search", SIAM J. Optim. 16 (2005).
//
// Where values decide, a step ends with the strong Wolfe conditions; where they differ by less than their
// noise, slopes alone decide (the approximate Wolfe conditions), which is what lets single precision come as
// close to the minimum as its gradients are good.
#pragma once

#include <cmath>

namespace s4j {

// The objective along a direction.
struct Trial {
    double step, value, slope;
};

struct Search {
    static constexpr double kDecrease = 1e-4, kCurvature = 0.9;
    static constexpr int kMostTrials = 30;

    Trial at;       // the last one tried
    bool accepted;  // otherwise `at` is not to be used
};

// phi(step) gives a Trial; values and slopes that are not finite mean: too far. start: at step 0, of negative
// slope. most: the longest step. noise: differences of values below this say nothing.
template <class Phi>
Search search_line(const Trial& start, double first, double most, double noise, const Phi& phi) {
    const auto good = [&](const Trial& t) {
        if (t.value <= start.value + Search::kDecrease * t.step * start.slope) {
            if (std::abs(t.slope) <= -Search::kCurvature * start.slope) return true;
            if (t.step >= most && t.slope < 0) return true;
        }
        return t.value <= start.value + noise && t.slope >= Search::kCurvature * start.slope &&
               t.slope <= (2 * Search::kDecrease - 1) * start.slope;
    };
    // The minimum is between them: low descends and is not above the start, high ascends or is above it.
    Trial low = start, high{};
    bool bracketed = false;
    double step = std::min(first, most);
    for (int trials = 0; trials < Search::kMostTrials; ++trials) {
        const Trial t = phi(step);
        const bool finite = std::isfinite(t.value) && std::isfinite(t.slope);
        if (finite && good(t)) return {t, true};
        const double width = high.step - low.step;
        if (finite && t.slope < 0 && t.value <= start.value + noise) {
            low = t;
        } else {
            high = finite ? t : Trial{t.step, HUGE_VAL, HUGE_VAL};
            bracketed = true;
        }
        if (!bracketed) {
            if (step >= most) break;
            step = std::min(4 * step, most);
            continue;
        }
        const double next_width = high.step - low.step;
        // Where the slopes vanish between the two, if that is a place well inside; the middle otherwise.
        double inside = 0.5;
        if (std::isfinite(high.slope) && high.slope > 0 && !(width > 0 && next_width > 0.66 * width))
            inside = low.slope / (low.slope - high.slope);
        else if (!std::isfinite(high.value))
            inside = 0.1;
        else if (high.slope <= 0) {
            // By the parabola through both values and the lower slope.
            const double rise = high.value - low.value - low.slope * next_width;
            if (rise > 0) inside = -low.slope * next_width / (2 * rise);
        }
        inside = std::min(std::max(inside, 0.05), 0.95);
        step = low.step + inside * next_width;
        if (!(step > low.step && step < high.step)) break;
    }
    return {low, false};
}

}  // namespace s4j
