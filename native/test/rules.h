// The optimizer rules, one parameter at a time in float64, as softmax4j.h has them.
#pragma once

#include <cmath>
#include <cstdint>

#include "softmax4j.h"

namespace check {

// One parameter, its state, and the rule that moves it.
struct Stepped {
    s4j_rule rule;
    const double* h;
    double decay;
    double w, a = 0, m = 0, v = 0, top = 0;
    double size = 0;  // of the last step, per unit of a gradient that stays the same

    void step(double g, double lr, int t) {
        switch (rule) {
            case S4J_SGD:
                w -= lr * g;
                size = lr;
                return;
            case S4J_MOMENTUM:
                if (h[2] == 0) {
                    v = h[0] * v - lr * g;
                    w += v;
                    size = lr / (1 - h[0]);
                } else {
                    v = t == 1 ? g : h[0] * v + (1 - h[1]) * g;
                    w -= lr * v;
                    size = lr * (1 - h[1]) / (1 - h[0]);
                }
                return;
            case S4J_NESTEROV:
                v = t == 1 ? g : h[0] * v + g;
                w -= lr * (g + h[0] * v);
                size = lr / (1 - h[0]);
                return;
            case S4J_ADAGRAD:
                if (t == 1) a = h[1];
                a += g * g;
                size = lr / (1 + (t - 1) * h[2]) / (std::sqrt(a) + h[0]);
                w -= size * g;
                return;
            case S4J_RMSPROP: {
                a = h[0] * a + (1 - h[0]) * g * g;
                double variance = a;
                if (h[3] != 0) {
                    m = h[0] * m + (1 - h[0]) * g;
                    variance = a - m * m;
                }
                const double u = g / (std::sqrt(variance) + h[1]);
                size = lr / (std::sqrt(variance) + h[1]) / (1 - h[2]);
                if (h[2] > 0) {
                    v = h[2] * v + u;
                    w -= lr * v;
                } else {
                    w -= lr * u;
                }
                return;
            }
            case S4J_ADAM:
                w -= lr * decay * w;
                m = h[0] * m + (1 - h[0]) * g;
                v = h[1] * v + (1 - h[1]) * g * g;
                top = std::fmax(top, v);
                size = lr / (std::sqrt(h[3] != 0 ? top : v) / std::sqrt(1 - std::pow(h[1], t)) + h[2]);
                w -= size * m / (1 - std::pow(h[0], t));
        }
    }
};

struct Case {
    const char* name;
    s4j_rule rule;
    double hyper[S4J_HYPER];
};
inline const Case kCases[] = {
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

inline int call_update(const Case& c, double lr, int64_t step, float* w, const float* g, float* slots,
                       int64_t n) {
    return s4j_update_f32(c.rule, c.hyper, lr, step, w, g, slots, n);
}
inline int call_update(const Case& c, double lr, int64_t step, double* w, const double* g, double* slots,
                       int64_t n) {
    return s4j_update_f64(c.rule, c.hyper, lr, step, w, g, slots, n);
}

}  // namespace check
