// Losses over softmax and sigmoids with their options, and their gradients by naive formulas in a wider type, written as
// the papers have them.
#pragma once

#include <numbers>

#include "storages.h"

namespace check {

struct LossCase {
    const char* name;
    int kind;
    double options[S4J_LOSS_OPTIONS];
    bool targets = false;  // soft ones, or for sigmoids several of 0..1
    bool masked = false, class_weights = false, positive = false;
};

template <class T>
struct LossProblem {
    Problem<T> p;
    const LossCase& c;
    std::vector<T> targets;
    std::vector<double> class_weights, positive, mask;
    const Stored<T>* stored = nullptr;  // the same rows, stored otherwise
    bool sparse = false;                // the same rows, given as sparse ones
    std::vector<int64_t> offsets{0};
    std::vector<int32_t> indices;
    std::vector<T> values;

    LossProblem(const LossCase& of, int64_t n, int64_t d, int64_t classes, s4j::Random& random)
        : p(n, d, classes, of.kind != S4J_MARGIN && n % 2 == 1, random), c(of) {
        for (T& w : p.parameters) w /= 2;
        p.l2 = 0.05;
        if (n % 3 == 1) p.weigh(random);
        const int64_t first = of.masked && classes > 2 ? classes / 3 : 0;
        if (first > 0) {
            mask.assign(static_cast<size_t>(classes), 0);
            for (int64_t k = 0; k < first; ++k) mask[k] = 1;
            for (int32_t& y : p.labels) y = static_cast<int32_t>(first + y % (classes - first));
        }
        const auto some = [&](std::vector<double>& v) {
            v.resize(static_cast<size_t>(classes));
            for (double& w : v) w = 1.25 + uniform(random);
        };
        if (of.class_weights) some(class_weights);
        if (of.positive) some(positive);
        if (!of.targets) return;
        targets.assign(static_cast<size_t>(n * classes), 0);
        for (int64_t i = 0; i < n; ++i) {
            T* t = &targets[i * classes];
            double sum = 0;
            for (int64_t k = first; k < classes; ++k)
                sum += static_cast<double>(
                    t[k] = static_cast<T>(random.below(3) == 0 ? 0 : 1 + uniform(random)));
            if (sum == 0) sum = static_cast<double>(t[classes - 1] = 1);
            for (int64_t k = 0; k < classes; ++k)
                t[k] =
                    of.kind == S4J_CROSS_ENTROPY ? static_cast<T>(static_cast<double>(t[k]) / sum) : t[k] / 2;
        }
    }

    void make_sparse() {
        sparse = true;
        for (int64_t i = 0; i < p.rows; ++i) {
            for (int64_t d = 0; d < p.features; ++d) {
                if ((i + d) % 3 == 0) p.x[i * p.stride + d] = 0;
                if (p.x[i * p.stride + d] == 0) continue;
                indices.push_back(static_cast<int32_t>(d));
                values.push_back(p.x[i * p.stride + d]);
            }
            offsets.push_back(static_cast<int64_t>(values.size()));
        }
    }

    template <class F>
    int with_objective(F f) const {
        const T* weights = p.weights.empty() ? nullptr : p.weights.data();
        const Data data(sparse   ? s4j_sparse_create(kType<T>, offsets.data(), indices.data(), values.data(),
                                                     p.rows, p.features, p.labels.data(), weights, 2)
                        : stored ? stored->data().release()
                                 : p.data());
        if (c.targets) CHECK_EQUAL(s4j_data_targets(data.get(), targets.data(), p.classes), S4J_OK);
        int status = -1;
        const Objective o(
            s4j_objective_create(data.get(), p.classes, p.intercept, p.l2, c.kind, c.options, &status));
        if (!o) return status;
        const auto set = [&](int what, const std::vector<double>& v) {
            if (!v.empty() && status == S4J_OK) status = s4j_objective_set(o.get(), what, v.data());
        };
        set(S4J_CLASS_WEIGHTS, class_weights);
        set(S4J_POSITIVE_WEIGHTS, positive);
        set(S4J_CLASS_MASK, mask);
        return status == S4J_OK ? f(o.get()) : status;
    }
    int evaluate(int regime, int threads, double* loss, std::vector<T>* gradient) const {
        if (gradient) gradient->assign(p.parameters.size(), kNaN<T>);
        return with_objective([&](const s4j_objective* o) {
            return s4j_loss_gradient(o, regime, p.parameters.data(), gradient ? gradient->data() : nullptr,
                                     threads, S4J_NO_LIMIT, loss);
        });
    }
};

// A row's loss and its derivatives by the scores; for margins the scores are cosines.
template <class W>
struct NaiveRow {
    W loss = 0;
    std::vector<W> errors;
    // How much of a relative error of 1 in what they are made of can get into loss and errors, per unit of score.
    W size = 1;

    template <class T>
    NaiveRow(const LossProblem<T>& q, int64_t row, const std::vector<W>& scores)
        : errors(scores.size(), W(0)) {
        const LossCase& c = q.c;
        const int64_t C = q.p.classes;
        const auto on = [&](int64_t k) { return q.mask.empty() || q.mask[k] == 0; };
        const int32_t y = q.p.labels[row];
        std::vector<W> t(scores.size(), W(0));
        for (int64_t k = 0; k < C; ++k) t[k] = c.targets ? W(q.targets[row * C + k]) : W(k == y);
        if (c.kind == S4J_SIGMOID || c.kind == S4J_CLIPPED_SIGMOID) {
            const bool clipped = c.kind == S4J_CLIPPED_SIGMOID;
            const W e = c.options[0];
            for (int64_t k = 0; k < C; ++k) {
                if (!on(k)) continue;
                const W rest = std::log1p(std::exp(-std::abs(scores[k]))), p = 1 / (1 + std::exp(-scores[k]));
                const W w = q.positive.empty() ? 1 : W(q.positive[k]);
                const W off =
                    clipped ? -std::log(1 - std::clamp(p, e, 1 - e)) : std::max(scores[k], W(0)) + rest;
                const W of = clipped ? -std::log(std::clamp(p, e, 1 - e)) : std::max(-scores[k], W(0)) + rest;
                loss += w * t[k] * of + (1 - t[k]) * off;
                errors[k] = clipped ? std::clamp(p, e, 1 - e) - t[k] : (1 - t[k]) * p - w * t[k] * (1 - p);
                size += (1 + w) * (clipped ? 1 / e : 1);
            }
            return;
        }
        std::vector<W> s = scores;
        const W m = c.options[1], pi = std::numbers::pi_v<W>;
        W slope = 1;
        if (c.kind == S4J_MARGIN) {
            const W angle = std::acos(std::clamp(scores[y], W(-1), W(1))), sine = std::abs(std::sin(angle));
            if (c.options[2] == 0)
                s[y] -= m;
            else if (angle + m < pi)
                s[y] = std::cos(angle + m), slope = std::sin(angle + m) / sine;
            else
                s[y] -= m * std::sin(m);
            for (W& v : s) v *= W(c.options[0]);
            size = c.options[0] * (1 + c.options[0]);
            // The angle of nearly parallel vectors, and the place where the label's score goes on otherwise.
            if (c.options[2] != 0)
                size *= std::abs(angle + m - pi) < 1e-3 ? INFINITY : 1 + 1 / (sine * sine * sine);
        }
        const bool plain = c.kind == S4J_CROSS_ENTROPY;
        const W temperature = plain && c.options[2] != 0 ? c.options[2] : 1;
        W top = -INFINITY, z = 0, left = 0, others = 0;
        for (int64_t k = 0; k < C; ++k) s[k] /= temperature;
        for (int64_t k = 0; k < C; ++k)
            if (on(k)) top = std::max(top, s[k]);
        std::vector<W> p(s.size(), W(0));
        for (int64_t k = 0; k < C; ++k)
            if (on(k)) {
                z += p[k] = std::exp(s[k] - top), left += 1;
                if (k != y) others += p[k];
            }
        for (W& v : p) v /= z;
        const W lse = top + std::log(z);
        if (plain) {
            const W e = c.options[0], zl = c.options[1];
            loss = zl * lse * lse;
            for (int64_t k = 0; k < C; ++k) {
                if (!on(k)) continue;
                const W target = (1 - e) * t[k] + e / left;
                loss += target * (lse - s[k]);
                errors[k] = (p[k] - target + 2 * zl * lse * p[k]) / temperature;
            }
            if (c.targets) {
                W sum = 0;
                for (const W v : t) sum += v;
                loss += (1 - e) * (1 - sum) * lse;  // rounded targets
            }
            size = (1 + 1 / temperature) / temperature * (1 + 2 * zl * (1 + std::abs(lse)));
        } else if (c.kind == S4J_FOCAL) {
            const W g = c.options[0], q1 = others / z, log_p = s[y] - lse;
            loss = -std::pow(q1, g) * log_p;
            // By p, and times p.
            const W by_p = (g == 0 || q1 == 0 ? 0 : g * std::pow(q1, g - 1) * log_p * p[y]) - std::pow(q1, g);
            for (int64_t k = 0; k < C; ++k) errors[k] = by_p * (W(k == y) - p[k]);
            size = (1 + g) * (1 + g) * (1 + std::abs(log_p));
        } else if (c.kind == S4J_MARGIN) {
            loss = lse - s[y];
            for (int64_t k = 0; k < C; ++k)
                errors[k] = W(c.options[0]) * (k == y ? (p[k] - 1) * slope : p[k]);
        } else {
            const W e = c.options[0];
            loss = -std::log(std::clamp(p[y], e, 1 - e));
            for (int64_t k = 0; k < C; ++k) errors[k] = std::clamp(p[k], e, 1 - e) - t[k];
            size = 1 / e;
        }
    }
};

// The scales are those of problem.h, with what loss and scores make of rounding errors.
struct LossReference : Reference {
    double loss_scale = 0;
};

template <class T>
LossReference naive(const LossProblem<T>& q, const std::vector<typename WideOf<T>::type>& w) {
    using W = typename WideOf<T>::type;
    const Problem<T>& p = q.p;
    const int64_t D = p.features, C = p.classes;
    const bool cosines = q.c.kind == S4J_MARGIN;
    std::vector<W> gradient(w.size(), 0), lengths(static_cast<size_t>(C), W(1));
    std::vector<bool> none(lengths.size());
    W shortest = cosines ? INFINITY : 1;
    for (int64_t k = 0; cosines && k < C; ++k) {
        W sum = 0;
        for (int64_t d = 0; d < D; ++d) sum += w[d * C + k] * w[d * C + k];
        lengths[k] = std::sqrt(sum);
        // As the header has it: a class that counts as one without weights.
        if (lengths[k] <= W(q.c.options[0]) / W(std::numeric_limits<T>::max()))
            lengths[k] = 1, none[k] = true;
        shortest = std::min(shortest, lengths[k]);
    }
    std::vector<W> s(static_cast<size_t>(C));
    W total = 0, loss = 0;
    LossReference r;
    for (int64_t i = 0; i < p.rows; ++i) {
        const T* x = &p.x[i * p.stride];
        W square = p.intercept;
        for (int64_t d = 0; d < D; ++d) square += W(x[d]) * W(x[d]);
        const W length = cosines ? std::sqrt(square) : W(1);
        W most = 1;
        for (int64_t k = 0; k < C; ++k) {
            s[k] = p.intercept ? w[D * C + k] : W(0);
            W terms = std::abs(s[k]);
            for (int64_t d = 0; d < D; ++d) {
                s[k] += W(x[d]) * w[d * C + k];
                terms += std::abs(W(x[d]) * w[d * C + k]);
            }
            s[k] = none[k] ? W(0) : s[k] / (length * lengths[k]);
            most = std::max(most, terms / (length * lengths[k]));
        }
        const NaiveRow<W> row(q, i, s);
        const W weight = W(p.weight(i)) * (q.class_weights.empty() ? W(1) : W(q.class_weights[p.labels[i]]));
        total += weight;
        loss += weight * row.loss;
        const double size = static_cast<double>(weight * row.size * (1 + most));
        r.loss_scale += size;
        r.scale += size * static_cast<double>(std::sqrt(square) / length / shortest);
        for (int64_t k = 0; k < C; ++k) {
            const W e = weight * row.errors[k];
            for (int64_t d = 0; d < D; ++d)
                gradient[d * C + k] +=
                    cosines ? e * (W(x[d]) / length - s[k] * w[d * C + k] / lengths[k]) / lengths[k]
                            : e * W(x[d]);
            if (p.intercept) gradient[D * C + k] += e;
        }
    }
    W penalty = 0;
    for (W& g : gradient) g /= total;
    for (int64_t i = 0; i < D * C; ++i) {
        penalty += w[i] * w[i];
        gradient[i] += W(p.l2) * w[i];
    }
    r.loss = static_cast<double>(loss / total + W(p.l2) / 2 * penalty);
    r.gradient.assign(gradient.begin(), gradient.end());
    r.loss_scale = r.loss_scale / static_cast<double>(total) + p.l2 * static_cast<double>(penalty);
    r.scale = r.scale / static_cast<double>(total) + p.l2 * std::sqrt(static_cast<double>(penalty));
    return r;
}

}  // namespace check
