// Each optimizer rule, step by step, against the formulas of softmax4j.h in float64.
#include "buffers.h"
#include "check.h"
#include "kernels.h"

using namespace check;

namespace {

// The state of one parameter.
struct Reference {
    int rule;
    const double* h;
    double decay;
    double w, a = 0, m = 0, v = 0, top = 0;

    void step(double g, double lr, int t) {
        switch (rule) {
            case S4J_SGD:
                w -= lr * g;
                return;
            case S4J_MOMENTUM:
                if (h[2] == 0) {
                    v = h[0] * v - lr * g;
                    w += v;
                } else {
                    v = t == 1 ? g : h[0] * v + (1 - h[1]) * g;
                    w -= lr * v;
                }
                return;
            case S4J_NESTEROV:
                v = t == 1 ? g : h[0] * v + g;
                w -= lr * (g + h[0] * v);
                return;
            case S4J_ADAGRAD:
                if (t == 1) a = h[1];
                a += g * g;
                w -= lr / (1 + (t - 1) * h[2]) * g / (std::sqrt(a) + h[0]);
                return;
            case S4J_RMSPROP: {
                a = h[0] * a + (1 - h[0]) * g * g;
                double variance = a;
                if (h[3] != 0) {
                    m = h[0] * m + (1 - h[0]) * g;
                    variance = a - m * m;
                }
                const double u = g / (std::sqrt(variance) + h[1]);
                if (h[2] > 0) {
                    v = h[2] * v + u;
                    w -= lr * v;
                } else {
                    w -= lr * u;
                }
                return;
            }
            default:
                w -= lr * decay * w;
                m = h[0] * m + (1 - h[0]) * g;
                v = h[1] * v + (1 - h[1]) * g * g;
                top = std::fmax(top, v);
                w -= lr / (1 - std::pow(h[0], t)) * m /
                     (std::sqrt(h[3] != 0 ? top : v) / std::sqrt(1 - std::pow(h[1], t)) + h[2]);
        }
    }
};

struct Case {
    const char* name;
    int rule;
    double hyper[S4J_HYPER];
};
const Case kCases[] = {
    {"sgd", S4J_SGD, {}},
    {"momentum", S4J_MOMENTUM, {0.9}},
    {"momentum, dampening ignored", S4J_MOMENTUM, {0.9, 0.4}},
    {"momentum, PyTorch", S4J_MOMENTUM, {0.9, 0, 1}},
    {"momentum, PyTorch, dampened", S4J_MOMENTUM, {0.9, 0.3, 1}},
    {"momentum 0", S4J_MOMENTUM, {0}},
    {"nesterov", S4J_NESTEROV, {0.95}},
    {"adagrad", S4J_ADAGRAD, {1e-10}},
    {"adagrad, initial and decay", S4J_ADAGRAD, {1e-7, 0.1, 0.05}},
    {"rmsprop", S4J_RMSPROP, {0.99, 1e-8}},
    {"rmsprop, momentum", S4J_RMSPROP, {0.9, 1e-6, 0.9}},
    {"rmsprop, centred", S4J_RMSPROP, {0.9, 1e-3, 0, 1}},
    {"rmsprop, centred, momentum", S4J_RMSPROP, {0.9, 1e-3, 0.5, 1}},
    {"adam", S4J_ADAM, {0.9, 0.999, 1e-8}},
    {"adam, amsgrad", S4J_ADAM, {0.9, 0.9, 1e-8, 1}},
    {"adamw", S4J_ADAM, {0.9, 0.999, 1e-8, 0, 0.1}},
    {"adamw, amsgrad", S4J_ADAM, {0.8, 0.95, 1e-5, 1, 0.02}},
    {"adam without moments", S4J_ADAM, {0, 0, 1e-8}},
};
constexpr int kSteps = 12;

int call_update(const Case& c, double lr, int64_t step, float* w, const float* g, float* slots, int64_t n) {
    return s4j_update_f32(c.rule, c.hyper, lr, step, w, g, slots, n);
}
int call_update(const Case& c, double lr, int64_t step, double* w, const double* g, double* slots,
                int64_t n) {
    return s4j_update_f64(c.rule, c.hyper, lr, step, w, g, slots, n);
}

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
    std::vector<Reference> expected;
    for (int64_t i = 0; i < n; ++i)
        expected.push_back({c.rule, c.hyper, c.hyper[4], static_cast<double>(w[i])});
    for (int t = 1; t <= kSteps; ++t) {
        fill(g, n, random, t == 5 ? 100 : 1);
        if (t == 3) g[0] = 0;
        CHECK_EQUAL(call_update(c, rate(t), t, w, g, slots, n), S4J_OK);
        for (int64_t i = 0; i < n; ++i) {
            Reference& r = expected[i];
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
    std::vector<Reference> expected;
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
        const s4j::Update<T> u{c.rule,
                               c.hyper,
                               rate(t),
                               t,
                               w.data(),
                               updated.data(),
                               pointers,
                               3,
                               l2,
                               expected[0].decay,
                               {slots[0].data(), slots[1].data(), slots[2].data()}};
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
        g[n - 1] = 1;
        CHECK_EQUAL(status(HUGE_VAL), S4J_NON_FINITE);
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

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments);
    run<double>(arguments);
    return finish("optimizer");
}
