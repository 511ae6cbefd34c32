// Each optimizer rule, step by step, against the formulas of softmax4j.h in float64.
#include <algorithm>

#include "buffers.h"
#include "check.h"
#include "kernels.h"
#include "rules.h"

using namespace check;

namespace {

constexpr int kSteps = 12;

double rate(int t) {
    return 0.05 / std::sqrt(static_cast<double>(t));
}

template <class T>
void follows_the_formulas(const Case& c, int64_t n, s4j::Random& random) {
    Fenced<T> w_fence(n), g_fence(n), slot_fence(S4J_SLOTS * n);
    T* w = w_fence.last(n);
    T* g = g_fence.last(n);
    T* slots = slot_fence.last(S4J_SLOTS * n);
    fill(w, n, random);
    std::fill_n(slots, S4J_SLOTS * n, T(0));
    if (c.rule == S4J_ADAGRAD) std::fill_n(slots, n, static_cast<T>(c.hyper[1]));
    std::vector<Stepped> expected;
    for (int64_t i = 0; i < n; ++i)
        expected.push_back({c.rule, c.hyper, c.hyper[4], static_cast<double>(w[i])});
    for (int t = 1; t <= kSteps; ++t) {
        fill(g, n, random, t == 5 ? 100 : 1);
        if (t == 3) g[0] = 0;
        CHECK_EQUAL(call_update(c, rate(t), t, w, g, slots, n), S4J_OK);
        for (int64_t i = 0; i < n; ++i) {
            Stepped& r = expected[i];
            const double before = r.w;
            r.step(static_cast<double>(g[i]), rate(t), t);
            // Errors of the state add up over the steps; a centred variance loses digits to cancellation.
            const double move = std::fabs(r.w - before) + rate(t);
            const double allowed =
                kEpsilon<T> * (t * (std::fabs(r.w) + 20 * move) + (c.hyper[3] != 0 ? 1e3 : 0) * move);
            about("%s %s n %d element %d step %d", sizeof(T) == 4 ? "float" : "double", c.name,
                  static_cast<int>(n), static_cast<int>(i), t);
            CHECK_NEAR(w[i], r.w, allowed);
        }
    }
}

// The core's own way in: gradient in parts, l2, new parameters beside the old ones, a part of the vector.
template <class T>
void sums_parts_and_penalty(const Case& c, int64_t n, s4j::Random& random) {
    const int64_t begin = n / 4, end = n - n / 5;
    std::vector<T> w(static_cast<size_t>(n)), updated(w.size(), T(7)), parts[3], slots[3];
    fill(w.data(), n, random);
    std::vector<Stepped> expected;
    for (int64_t i = 0; i < n; ++i)
        expected.push_back({c.rule, c.hyper, c.rule == S4J_ADAM ? c.hyper[4] : 0, static_cast<double>(w[i])});
    const T* pointers[3];
    for (int p = 0; p < 3; ++p) {
        parts[p].resize(w.size());
        pointers[p] = parts[p].data();
        slots[p].resize(w.size(), p == 0 && c.rule == S4J_ADAGRAD ? static_cast<T>(c.hyper[1]) : T(0));
    }
    const double l2 = 0.25;
    for (int t = 1; t <= 2; ++t) {
        for (auto& p : parts) fill(p.data(), n, random);
        const s4j::Update<T> u{c.rule,   c.hyper,
                               rate(t),  t,
                               w.data(), updated.data(),
                               pointers, 3,
                               l2,       {slots[0].data(), slots[1].data(), slots[2].data()},
                               nullptr,  0,
                               0,        expected[0].decay};
        CHECK(s4j::kernels<T>().update(u, begin, end));
        about("%s %s in parts, step %d", sizeof(T) == 4 ? "float" : "double", c.name, t);
        for (int64_t i = 0; i < n; ++i) {
            if (i < begin || i >= end) {
                CHECK_NEAR(updated[i], 7, 0);
                continue;
            }
            double g = l2 * expected[i].w;
            for (const auto& p : parts) g += static_cast<double>(p[i]);
            const double before = expected[i].w;
            expected[i].step(g, rate(t), t);
            // A gradient near zero whose sign decides, as after one step of Adam, multiplies its own error.
            const double near_zero = 4 * kEpsilon<T> / (std::fabs(g) + kEpsilon<T>);
            CHECK_NEAR(updated[i], expected[i].w,
                       kEpsilon<T> * (8 + (c.hyper[3] != 0 ? 1e3 : 0)) +
                           near_zero * (std::fabs(expected[i].w - before) + rate(t)) * 10);
            w[i] = updated[i];
            expected[i].w = static_cast<double>(w[i]);
        }
    }
}

template <class T>
void finds_non_finite(const Case& c, s4j::Random& random) {
    about("%s %s", sizeof(T) == 4 ? "float" : "double", c.name);
    for (const int64_t n : {1, 17, 600}) {
        std::vector<T> w(static_cast<size_t>(n)), g(w.size());
        fill(g.data(), n, random);
        const auto status = [&](double lr) {
            std::vector<T> slots(static_cast<size_t>(S4J_SLOTS * n), T(0.01));
            fill(w.data(), n, random);
            return call_update(c, lr, 1, w.data(), g.data(), slots.data(), n);
        };
        CHECK_EQUAL(status(0.1), S4J_OK);
        for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
            const T before = g[at];
            g[at] = kNaN<T>;
            CHECK_EQUAL(status(0.1), S4J_NON_FINITE);
            CHECK_CONTAINS(s4j_last_error(), "not finite");
            g[at] = before;
        }
        g[n - 1] = 4;
        CHECK_EQUAL(status(std::numeric_limits<double>::max()), S4J_NON_FINITE);
        // A mean of squares that overflows would hold its parameter still for ever.
        if (c.rule == S4J_ADAGRAD || c.rule == S4J_RMSPROP || c.rule == S4J_ADAM) {
            g[n / 2] = std::numeric_limits<T>::max() / 8;
            CHECK_EQUAL(status(0.1), S4J_NON_FINITE);
            g[n / 2] = 1;
        }
        CHECK_EQUAL(status(0.1), S4J_OK);
    }
}

template <class T>
void run(const Arguments& arguments) {
    s4j::Random random(13);
    for (const Case& c : kCases) {
        // Around vectors, and around the tile of 512 elements.
        for (const int64_t n : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 511, 512, 513, 1500, 20'000}) {
            if (n > (arguments.quick ? 40 : 2000) && c.rule != S4J_SGD) continue;
            if (arguments.quick && n > 2000) continue;
            follows_the_formulas<T>(c, n, random);
        }
        sums_parts_and_penalty<T>(c, arguments.quick ? 60 : 1100, random);
        finds_non_finite<T>(c, random);
    }
}

void every_rule_has_a_case() {
    for (int rule = 0;; ++rule) {
        double w = 1;
        const double g = 1, hyper[S4J_HYPER] = {0.5, 0.5, 0.5};
        double slots[S4J_SLOTS] = {};
        if (s4j_update_f64(rule, hyper, 0.1, 1, &w, &g, slots, 1) == S4J_BAD_ARGUMENT) break;
        about("rule %d", rule);
        CHECK(
            std::any_of(std::begin(kCases), std::end(kCases), [=](const Case& c) { return c.rule == rule; }));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    every_rule_has_a_case();
    run<float>(arguments);
    run<double>(arguments);
    return finish("optimizer");
}
