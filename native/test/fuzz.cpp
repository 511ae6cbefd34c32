// Calls of the whole ABI with shapes, options and values that random bytes decide, the same every time: what succeeds is
// compared with naive loops, what is refused must be refused by a status that softmax4j.h documents, with a text.
// --samples=N: N inputs.
#include <cstring>
#include <map>
#include <string>

#include "logits.h"
#include "losses.h"
#include "rules.h"

using namespace check;

namespace {

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 2e-5 : 2e-13;  // relative: that of losses.cpp

// The bytes of an input, zeros at their end; zeros stand for what is ordinary. Many values come from a generator that
// is seeded by the first ones.
class Input {
  public:
    Input(const uint8_t* bytes, size_t size) : bytes_(bytes), left_(size), random(number()) {}

    uint64_t number(int width = 8) {
        uint64_t n = 0;
        for (; width > 0; --width, n = n << 8 | (left_ > 0 ? --left_, *bytes_++ : 0)) {
        }
        return n;
    }
    int64_t below(int64_t n) {
        return static_cast<int64_t>(number(n <= 256 ? 1 : 4) % static_cast<uint64_t>(n));
    }
    // Rarely: not where the bytes have ended.
    bool one_in(int64_t n) { return below(n) == n - 1; }
    template <class V>
    V pick(std::initializer_list<V> of) {
        return of.begin()[below(static_cast<int64_t>(of.size()))];
    }
    // A count or a place that may be wrong.
    int64_t any() {
        return pick<int64_t>({1, 2, 3, 10, 40, 300, 0, -1, -2, INT32_MAX, int64_t{1} << 31, int64_t{1} << 40,
                              int64_t{1} << 59, int64_t{1} << 62, INT64_MAX, INT64_MIN,
                              static_cast<int64_t>(random.next())});
    }
    // A number that may be wrong.
    double odd() {
        return pick({uniform(random), 0.0, 1.0, -1.0, 1e-300, 1e-40, 5e-324, 1e38, 1e300, -1e300, HUGE_VAL,
                     -HUGE_VAL, static_cast<double>(kNaN<double>)});
    }

  private:
    const uint8_t* bytes_;
    size_t left_;

  public:
    s4j::Random random;
};

// Whether it succeeded; a refusal has a documented status and a text.
bool succeeded(int status, const char* call) {
    if (status == S4J_OK) return true;
    about("%s: status %d, %s", call, status, s4j_last_error());
    CHECK(status == S4J_BAD_ARGUMENT || status == S4J_NO_MEMORY || status == S4J_NON_FINITE);
    CHECK(*s4j_last_error() != 0);
    about("%s", call);
    return false;
}

template <class V>
bool same(const std::vector<V>& a, const std::vector<V>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(V)) == 0);
}
template <class T>
bool all_finite(const std::vector<T>& v) {
    return std::all_of(v.begin(), v.end(), [](T x) { return std::isfinite(x); });
}

// A loss, its options within their ranges.
LossCase loss_of(Input& in) {
    LossCase c{"fuzz", static_cast<int>(in.below(6)), {}};
    const bool clipped = c.kind == S4J_CLIPPED_CROSS_ENTROPY || c.kind == S4J_CLIPPED_SIGMOID;
    double* o = c.options;
    if (c.kind == S4J_CROSS_ENTROPY) {
        o[0] = in.pick({0.0, 0.1, 0.5});
        o[1] = in.pick({0.0, 0.0, 0.01, 0.3});
        o[2] = in.pick({0.0, 0.0, 1.0, 0.5, 3.0});
    } else if (c.kind == S4J_FOCAL) {
        o[0] = in.pick({0.0, 0.5, 1.0, 2.0, 5.0});
    } else if (c.kind == S4J_MARGIN) {
        o[0] = in.pick({1.0, 4.0, 16.0}), o[1] = in.pick({0.0, 0.2, 1.5, 3.0}), o[2] = in.pick({0.0, 1.0});
    } else if (clipped) {
        o[0] = in.pick({0.05, 1e-3, 0.3});
    }
    c.targets = (c.kind == S4J_CROSS_ENTROPY || c.kind == S4J_SIGMOID || c.kind == S4J_CLIPPED_SIGMOID) &&
                in.one_in(3);
    c.masked = !clipped && in.one_in(3);
    c.class_weights = !c.targets && in.one_in(3);
    c.positive = c.kind == S4J_SIGMOID && in.one_in(2);
    return c;
}

// A problem in one of all storages; `wild` where some of its values are out of the ordinary.
template <class T>
struct Wild {
    LossCase loss;
    LossProblem<T> q;
    std::unique_ptr<Stored<T>> stored;
    bool wild;

    explicit Wild(Input& in)
        : loss(loss_of(in)),
          q(loss, in.pick<int64_t>({3, 1, 2, 8, 33, 70}), 1 + in.below(in.one_in(8) ? 300 : 20),
            1 + in.below(in.one_in(8) ? 300 : 20), in.random),
          wild(in.one_in(6)) {
        Problem<T>& p = q.p;
        p.l2 = in.pick({0.05, 0.0, 1.0, 1e-6});
        const int storage = static_cast<int>(in.below(5));
        if (storage == 1 || storage == 2) {
            const int64_t affine = in.pick<int64_t>({1, p.features, 0});
            stored = std::make_unique<Stored<T>>(storage, affine, p, in.random);
            p.x = stored->p.x;
            q.stored = stored.get();
        }
        if (wild)
            for (int i = 0; i < 3; ++i) {
                std::vector<T>& of = in.pick<std::vector<T>*>({&p.parameters, &p.x})[0];
                if (&of == &p.parameters || !stored)
                    of[in.below(static_cast<int64_t>(of.size()))] = static_cast<T>(in.odd());
            }
        if (storage > 2) q.make_sparse();
        about("%s loss %d, %dx%dx%d, storage %d, wild %d", kTypeName<T>, loss.kind, static_cast<int>(p.rows),
              static_cast<int>(p.features), static_cast<int>(p.classes), storage, wild);
    }
    LossReference expected(const std::vector<T>& parameters) const {
        return naive(q, {parameters.begin(), parameters.end()});
    }
    // Where the naive formulas have numbers: one feature has no angles.
    bool comparable(const LossReference& r) const {
        return !wild && std::isfinite(r.loss) && std::isfinite(r.scale) && std::isfinite(norm(r.gradient));
    }
    void near(double loss_value, const T* gradient, const LossReference& r) const {
        if (!comparable(r)) return;
        CHECK_NEAR(loss_value, r.loss, kTolerance<T> * std::fabs(r.loss) + 8 * kEpsilon<T> * r.loss_scale);
        if (gradient) CHECK_NEAR(distance(gradient, r.gradient), 0, gradient_error(r));
    }
    static double gradient_error(const LossReference& r) {
        return kTolerance<T> * norm(r.gradient) + 8 * kEpsilon<T> * r.scale;
    }
};

// A limit of scratch around the least that the plan names.
template <class T>
int64_t limit_for(Input& in, const Wild<T>& w, int work) {
    int64_t least = 0, state = 0;
    const Problem<T>& p = w.q.p;
    CHECK_EQUAL(s4j_plan(kType<T>, w.q.sparse, w.stored != nullptr, p.rows, p.features, p.classes,
                         p.intercept, work, kCases[0].rule, kCases[0].hyper, 1, 1, 0, &least, &state),
                S4J_OK);
    return in.pick<int64_t>({S4J_NO_LIMIT, least, least + 1000, least - 1, least / 2, 0, -1, 100'000'000});
}

template <class T>
void losses(Input& in) {
    const Wild<T> w(in);
    const Problem<T>& p = w.q.p;
    const int regime =
        w.q.sparse ? in.pick<int>({S4J_AUTO, S4J_SPARSE, S4J_SMALL}) : static_cast<int>(in.below(5));
    const int64_t limit = limit_for(in, w, S4J_LOSS_GRADIENT);
    const int threads = 1 + static_cast<int>(in.below(4));
    std::vector<T> g[3], v(p.parameters.size()), u(v.size()), hv(v), hu(v);
    double loss[3];
    const int status = w.q.with_objective([&](const s4j_objective* o) {
        int result = S4J_OK;
        for (int i = 0; i < 3 && result == S4J_OK; ++i) {  // threads, one thread, the loss alone
            g[i].assign(p.parameters.size(), kNaN<T>);
            result = s4j_loss_gradient(o, regime, p.parameters.data(), i < 2 ? g[i].data() : nullptr,
                                       i == 1 ? 1 : threads, limit, &loss[i]);
        }
        return result;
    });
    if (succeeded(status, "loss_gradient")) {
        CHECK(std::memcmp(&loss[0], &loss[1], sizeof loss[0]) == 0 && same(g[0], g[1]));
        CHECK(loss[2] == loss[0] || (std::isnan(loss[2]) && std::isnan(loss[0])));
        w.near(loss[0], g[0].data(), w.expected(p.parameters));
    } else {
        CHECK(status == S4J_BAD_ARGUMENT);
    }
    // The Hessian is symmetric, and the gradient's derivative: to first order, of rounding that is relative to the step.
    fill(v.data(), static_cast<int64_t>(v.size()), in.random);
    fill(u.data(), static_cast<int64_t>(u.size()), in.random);
    const int product = w.q.with_objective([&](const s4j_objective* o) {
        const int first =
            s4j_hessian_product(o, regime, p.parameters.data(), v.data(), hv.data(), threads, S4J_NO_LIMIT);
        return first != S4J_OK ? first
                               : s4j_hessian_product(o, regime, p.parameters.data(), u.data(), hu.data(), 1,
                                                     S4J_NO_LIMIT);
    });
    if (!succeeded(product, "hessian_product")) return;
    const LossReference r = w.expected(p.parameters);
    if (!w.comparable(r)) return;
    double uhv = 0, vhu = 0, longest = 1;
    for (size_t i = 0; i < v.size(); ++i)
        uhv += static_cast<double>(u[i]) * static_cast<double>(hv[i]),
            vhu += static_cast<double>(v[i]) * static_cast<double>(hu[i]);
    for (const T x : p.x)
        if (std::isfinite(x)) longest = std::fmax(longest, std::fabs(static_cast<double>(x)));
    const double n = static_cast<double>(v.size());
    CHECK_NEAR(uhv, vhu,
               kTolerance<T> * (1 + std::fabs(uhv)) * n + 8 * kEpsilon<T> * r.scale * longest * n * n);
}

template <class T>
int32_t predict_row(const Problem<T>& p, int form, const T* x, T* probabilities) {
    if constexpr (sizeof(T) == 4)
        return s4j_predict_row_f32(p.parameters.data(), p.features, p.classes, p.intercept, form, x,
                                   probabilities);
    else
        return s4j_predict_row_f64(p.parameters.data(), p.features, p.classes, p.intercept, form, x,
                                   probabilities);
}

template <class T>
void prediction(Input& in) {
    const Wild<T> w(in);
    const Problem<T>& p = w.q.p;
    const int64_t N = p.rows, D = p.features, C = p.classes;
    const int form = static_cast<int>(in.below(p.intercept ? 2 : 4));
    std::vector<T> scores[2], probabilities[2], row(static_cast<size_t>(C));
    std::vector<int32_t> labels[2];
    double loss[2] = {};
    const Data data(w.stored ? w.stored->data().release() : p.data());
    for (int i = 0; i < 2; ++i) {
        scores[i].assign(static_cast<size_t>(N * C), kNaN<T>), probabilities[i] = scores[i];
        labels[i].assign(static_cast<size_t>(N), -1);
        if (!succeeded(s4j_predict(data.get(), C, p.intercept, form, p.parameters.data(), labels[i].data(),
                                   scores[i].data(), probabilities[i].data(), 1 + 2 * i, &loss[i]),
                       "predict"))
            return;
    }
    CHECK(same(scores[0], scores[1]) && same(probabilities[0], probabilities[1]) && labels[0] == labels[1]);
    for (int64_t i = 0; i < N; ++i) {
        const T *x = &p.x[i * p.stride], *s = &scores[0][i * C], *q = &probabilities[0][i * C];
        int64_t top = 0;
        for (int64_t c = 1; c < C; ++c)
            if (s[c] > s[top] || (std::isnan(s[top]) && !std::isnan(s[c]))) top = c;
        // In rows with scores that overflow, those of a wider type decide among equal ones.
        const bool overflowed = std::any_of(s, s + C, [](T v) { return !std::isfinite(v); });
        CHECK(labels[0][i] == top || (overflowed && s[labels[0][i]] == s[top]));
        const int32_t label = predict_row(p, form, x, row.data());
        if (w.wild) continue;
        Wide<T> square = 0;
        for (int64_t d = 0; d < D; ++d) square += Wide<T>(x[d]) * Wide<T>(x[d]);
        const Wide<T> length = form & S4J_UNIT_ROWS && square > 0 ? std::sqrt(square) : 1;
        const Row<T> softmax(s, C);
        CHECK(label >= 0 && label < C);
        for (int64_t c = 0; c < C; ++c) {
            Wide<T> sum = p.intercept ? p.parameters[D * C + c] : 0, terms = std::abs(sum);
            for (int64_t d = 0; d < D; ++d) {
                const Wide<T> term = Wide<T>(x[d]) / length * Wide<T>(p.parameters[d * C + c]);
                sum += term, terms += std::abs(term);
            }
            const double error = kEpsilon<T> * static_cast<double>(D + 3) * static_cast<double>(terms);
            CHECK_NEAR(s[c], static_cast<double>(sum), error);
            const double of = form & S4J_SIGMOIDS ? static_cast<double>(1 / (1 + std::exp(-Wide<T>(s[c]))))
                                                  : softmax.probability(s[c]);
            CHECK_NEAR(q[c], of,
                       form & S4J_SIGMOIDS ? 4 * kEpsilon<T>
                                           : 2 * softmax.probability_error(s[c]) + 8 * kEpsilon<T> * of);
            // Of a row alone the sums round otherwise.
            CHECK_NEAR(row[c], of, 4 * error + 8 * kEpsilon<T> + 2 * softmax.probability_error(s[c]));
        }
    }
}

// The bytes of a state, damaged in one place, must be refused or do no harm.
template <class Save>
std::vector<char> saved(Save save) {
    int64_t size = 0;
    CHECK_EQUAL(save(0, 0, nullptr, &size), S4J_OK);
    std::vector<char> bytes(static_cast<size_t>(size));
    CHECK_EQUAL(save(0, size, bytes.data(), &size), S4J_OK);
    return bytes;
}
void damage(std::vector<char>& bytes, Input& in) {
    const auto from = in.random.below(bytes.size());
    for (auto k = from; k < std::min<uint64_t>(from + 1 + in.random.below(8), bytes.size()); ++k)
        bytes[k] = in.pick<char>({static_cast<char>(0xFF), 0, 0x7F, static_cast<char>(in.random.next())});
}

template <class T>
void training(Input& in) {
    const Wild<T> w(in);
    const Problem<T>& p = w.q.p;
    const check::Case& rule = kCases[in.below(std::size(kCases))];
    double options[S4J_STEP_OPTIONS] = {0, 0, -HUGE_VAL, HUGE_VAL, HUGE_VAL, HUGE_VAL};
    if (in.one_in(2)) options[S4J_L1] = in.pick({0.1, 1e-3});
    if (in.one_in(3)) options[S4J_DECAY] = 0.1;
    if (in.one_in(3)) options[S4J_LOWER] = in.pick({-0.5, 0.125}), options[S4J_UPPER] = 0.5;
    if (in.one_in(4)) options[S4J_CLIP_VALUE] = 0.1;
    if (in.one_in(4)) options[S4J_CLIP_NORM] = in.pick({0.1, 10.0});
    if (in.one_in(16)) options[in.below(6)] = in.odd();
    const int64_t batch = in.one_in(2) ? 1 + in.below(p.rows) : p.rows;
    const int64_t limit = in.one_in(4) ? limit_for(in, w, S4J_TRAINING) : S4J_NO_LIMIT;
    const double rate = in.one_in(16) ? in.odd() : in.pick({0.1, 1.0});
    const int steps = 1 + static_cast<int>(in.below(4));
    const bool shuffled = in.one_in(2);
    std::vector<T> after[2];
    const int status = w.q.with_objective([&](const s4j_objective* o) {
        const auto made = [&](int threads, int* result) {
            return std::unique_ptr<s4j_trainer, DataFree>(s4j_trainer_create(
                o, rule.rule, rule.hyper, options, p.parameters.data(), batch, 5, threads, limit, result));
        };
        int ends[2] = {}, restores = S4J_OK;
        for (int i = 0; i < 2; ++i) {  // on one thread; on three, saved and restored before each step
            auto trainer = made(1 + 2 * i, &ends[i]);
            if (!trainer) return ends[i];
            if (shuffled) s4j_trainer_shuffle(trainer.get());
            for (int step = 0; step < steps && ends[i] == S4J_OK; ++step) {
                const auto save = [&](auto... a) { return s4j_trainer_save(trainer.get(), a...); };
                if (i == 1 && !w.wild) {
                    std::vector<char> bytes = saved(save);
                    const auto size = static_cast<int64_t>(bytes.size());
                    auto next = made(2, &restores), hurt = made(2, &restores);
                    CHECK_EQUAL(s4j_trainer_restore(next.get(), 0, size, size, bytes.data()), S4J_OK);
                    damage(bytes, in);
                    if (succeeded(s4j_trainer_restore(hurt.get(), 0, size, size, bytes.data()),
                                  "trainer_restore"))
                        succeeded(s4j_trainer_step(hurt.get(), 0, batch, rate), "trainer_step");
                    trainer = std::move(next);
                }
                ends[i] = s4j_trainer_step(trainer.get(), 0, batch, rate);
            }
            after[i].resize(p.parameters.size());
            s4j_trainer_parameters(trainer.get(), after[i].data());
        }
        CHECK_EQUAL(ends[0], ends[1]);
        return ends[0];
    });
    const bool done = succeeded(status, "training");
    CHECK(same(after[0], after[1]));
    if (!done || w.wild || rule.rule != S4J_SGD || batch != p.rows || steps > 1 || !std::isfinite(rate))
        return;
    const LossReference r = w.expected(p.parameters);
    if (!w.comparable(r)) return;
    // A step of SGD moves no further than its gradient errs.
    const double whole = norm(r.gradient),
                 scale = whole > options[S4J_CLIP_NORM] ? options[S4J_CLIP_NORM] / whole : 1;
    const size_t weights = static_cast<size_t>(p.features * p.classes);
    std::vector<double> wanted;
    for (size_t i = 0; i < p.parameters.size(); ++i) {
        const bool spared = i >= weights;
        double v = static_cast<double>(p.parameters[i]) * (spared ? 1 : 1 - rate * options[S4J_DECAY]);
        v -= rate * std::clamp(r.gradient[i] * scale, -options[S4J_CLIP_VALUE], options[S4J_CLIP_VALUE]);
        if (!spared) {
            v = std::copysign(std::fmax(std::fabs(v) - rate * options[S4J_L1], 0), v);
            v = std::fmax(options[S4J_LOWER], std::fmin(options[S4J_UPPER], v));
        }
        // A class without part in the objective keeps what it has.
        if (!w.q.mask.empty() && w.q.mask[i % static_cast<size_t>(p.classes)] != 0)
            v = static_cast<double>(after[0][i]);
        wanted.push_back(v);
    }
    CHECK_NEAR(distance(after[0].data(), wanted), 0,
               2 * std::fabs(rate) * Wild<T>::gradient_error(r) + 4 * kEpsilon<T> * (norm(wanted) + whole));
}

// One rule, on gradients that are given.
template <class T>
void updates(Input& in) {
    const check::Case& rule = kCases[in.below(std::size(kCases))];
    const int64_t n = in.below(40);
    std::vector<T> w(static_cast<size_t>(n)), g(w), slots(static_cast<size_t>(S4J_SLOTS * n));
    fill(w.data(), n, in.random);
    if (rule.rule == S4J_ADAGRAD) std::fill_n(slots.begin(), n, static_cast<T>(rule.hyper[1]));
    std::vector<Stepped> expected;
    for (const T v : w)
        expected.push_back(
            {rule.rule, rule.hyper, rule.rule == S4J_ADAM ? rule.hyper[4] : 0, static_cast<double>(v)});
    about("%s %s, %d parameters", kTypeName<T>, rule.name, static_cast<int>(n));
    for (int t = 1; t <= 3; ++t) {
        fill(g.data(), n, in.random);
        for (T& v : g) v += v < 0 ? T(-0.01) : T(0.01);  // a sign that is sure
        if (!succeeded(call_update(rule, 0.1, t, w.data(), g.data(), slots.data(), n), "update")) return;
        for (int64_t i = 0; i < n; ++i) {
            Stepped& r = expected[i];
            r.step(static_cast<double>(g[i]), 0.1, t);
            // As step_options.cpp has it.
            const double near_zero = 4 * kEpsilon<T> / (std::fabs(static_cast<double>(g[i])) + kEpsilon<T>);
            CHECK_NEAR(w[i], r.w, kEpsilon<T> * (8 + (rule.hyper[3] != 0 ? 1e3 : 0)) + near_zero * 2);
            r.w = static_cast<double>(w[i]);
        }
    }
}

int asked, stop_at;
int stop() {
    return ++asked == stop_at;
}

template <class T>
void solving(Input& in) {
    const Wild<T> w(in);
    const Problem<T>& p = w.q.p;
    const int method = static_cast<int>(in.below(6));
    double options[S4J_SOLVER_OPTIONS] = {in.pick({0.0, 1e-3}),
                                          in.pick({0.0, 1e-3}),
                                          static_cast<double>(1 + in.below(5)),
                                          0,
                                          -HUGE_VAL,
                                          HUGE_VAL,
                                          static_cast<double>(in.below(2)),
                                          0};
    if (method == S4J_OWLQN) options[S4J_SOLVER_L1] = in.pick({0.0, 1e-3, 0.3});
    if (method == S4J_LBFGSB)
        options[S4J_SOLVER_LOWER] = in.pick({-HUGE_VAL, -0.2, 0.1}),
        options[S4J_SOLVER_UPPER] = in.pick({HUGE_VAL, 0.3});
    if (in.one_in(16)) options[in.below(7)] = in.odd();
    const int64_t limit = in.one_in(8) ? in.any() : S4J_NO_LIMIT;
    const int most = static_cast<int>(in.below(12)), stop_here = 1 + static_cast<int>(in.below(40));
    std::vector<T> after[2];
    double at[2][S4J_STANDING] = {};
    const int status = w.q.with_objective([&](const s4j_objective* o) {
        int result = S4J_OK;
        const auto made = [&](int threads) {
            return std::unique_ptr<s4j_solver, DataFree>(s4j_solver_create(
                o, method, options, nullptr, nullptr, p.parameters.data(), threads, limit, &result));
        };
        for (int i = 0; i < 2; ++i) {  // as it is; stopped somewhere, saved, restored and gone on with
            auto solver = made(1 + 2 * i);
            if (!solver) return result;
            asked = 0, stop_at = i == 0 ? -1 : stop_here;
            for (int k = 0; k <= most; ++k) {
                result = s4j_solver_iterate(solver.get(), stop, at[i]);
                if (result != S4J_INTERRUPTED) continue;
                std::vector<char> bytes =
                    saved([&](auto... a) { return s4j_solver_save(solver.get(), a...); });
                const auto size = static_cast<int64_t>(bytes.size());
                auto next = made(2), hurt = made(2);
                const int restored = s4j_solver_restore(next.get(), 0, size, size, bytes.data());
                CHECK(restored == S4J_OK || w.wild);
                damage(bytes, in);
                double ignored[S4J_STANDING];
                if (succeeded(s4j_solver_restore(hurt.get(), 0, size, size, bytes.data()), "solver_restore"))
                    succeeded(s4j_solver_iterate(hurt.get(), nullptr, ignored), "solver_iterate");
                if (restored == S4J_OK) solver = std::move(next);
                result = s4j_solver_iterate(solver.get(), nullptr, at[i]);
            }
            if (!succeeded(result, "solver_iterate")) return result;
            after[i].resize(p.parameters.size());
            s4j_solver_parameters(solver.get(), after[i].data());
        }
        return result;
    });
    if (!succeeded(status, "solving")) return;
    CHECK(same(after[0], after[1]) && std::memcmp(at[0], at[1], sizeof at[0]) == 0);
    if (w.wild || !all_finite(after[0])) return;
    LossReference r = w.expected(after[0]);
    const auto weights = p.features * p.classes;
    double l1 = 0;
    for (int64_t i = 0; i < weights; ++i) {
        const double v = static_cast<double>(after[0][i]);
        l1 += options[S4J_SOLVER_L1] * std::fabs(v);
        const bool masked = !w.q.mask.empty() && w.q.mask[i % p.classes] != 0;
        CHECK(masked || (static_cast<T>(v) >= static_cast<T>(options[S4J_SOLVER_LOWER]) &&
                         static_cast<T>(v) <= static_cast<T>(options[S4J_SOLVER_UPPER])));
    }
    r.loss += l1, r.loss_scale += l1;
    const int reason = static_cast<int>(at[0][S4J_AT_STOP]);
    if (reason == S4J_STOP_NON_FINITE) {  // where a number of T has no room for loss or gradient
        const double most = static_cast<double>(std::numeric_limits<T>::max());
        CHECK(!(std::fabs(r.loss) <= most && norm(r.gradient) <= most));
        return;
    }
    w.near(at[0][S4J_AT_OBJECTIVE], nullptr, r);
    CHECK(at[0][S4J_AT_BOUND] >= 0 || std::isnan(at[0][S4J_AT_OBJECTIVE]));
}

template <class T>
void logits(Input& in) {
    const int64_t rows = in.below(20), classes = 1 + in.below(in.one_in(8) ? 600 : 40), n = rows * classes;
    std::vector<T> s(static_cast<size_t>(n)), out(s), gradient(s), losses(static_cast<size_t>(rows)),
        lse(losses);
    std::vector<int32_t> labels(losses.size());
    fill(s.data(), n, in.random, in.pick({3.0, 0.0, 100.0, 1e4, 1e30}));
    for (int32_t& y : labels) y = static_cast<int32_t>(in.random.below(static_cast<uint64_t>(classes)));
    const bool wild = n > 0 && in.one_in(5);
    if (wild)
        for (int i = 0; i < 3; ++i) s[in.random.below(s.size())] = static_cast<T>(in.odd());
    about("%s logits %dx%d wild %d", kTypeName<T>, static_cast<int>(rows), static_cast<int>(classes), wild);
    double loss = 0, sum = 0;
    const double none[S4J_LOSS_OPTIONS] = {};
    CHECK_EQUAL(s4j_row_function(kType<T>, S4J_SOFTMAX, s.data(), out.data(), 0, rows, classes, 2), S4J_OK);
    CHECK_EQUAL(s4j_row_function(kType<T>, S4J_LOG_SUM_EXP, s.data(), lse.data(), 0, rows, classes, 2),
                S4J_OK);
    CHECK_EQUAL(s4j_cross_entropy(kType<T>, s.data(), labels.data(), nullptr, losses.data(), gradient.data(),
                                  0, rows, classes, 1, 2, &loss),
                S4J_OK);
    CHECK_EQUAL(s4j_logits_loss(kType<T>, S4J_CROSS_ENTROPY, none, nullptr, s.data(), labels.data(), -1,
                                nullptr, nullptr, nullptr, nullptr, rows, classes, 1, 3, &sum),
                S4J_OK);
    double error = 0;
    for (int64_t i = 0; i < rows && !wild; ++i) {
        const Row<T> row(&s[i * classes], classes);
        const T y = s[i * classes + labels[i]];
        const double off = row.log_probability_error(y) + 2 * kEpsilon<T> * std::fabs(row.log_probability(y));
        error += off;
        CHECK_NEAR(losses[i], -row.log_probability(y), off);
        CHECK_NEAR(lse[i], row.log_sum_exp(), row.log_error() + kEpsilon<T> * std::fabs(row.log_sum_exp()));
        for (int64_t c = 0; c < classes; ++c) {
            const T v = s[i * classes + c];
            CHECK_NEAR(out[i * classes + c], row.probability(v), row.probability_error(v));
            CHECK_NEAR(gradient[i * classes + c], row.probability(v) - (c == labels[i]),
                       row.probability_error(v) + 3 * kEpsilon<T>);
        }
    }
    if (!wild) CHECK_NEAR(sum, loss, 2 * error + 1e-13 * std::fabs(loss));
    if (n == 0) return;
    LossCase c = loss_of(in);
    if (in.one_in(3)) c.options[in.below(3)] = in.odd();
    succeeded(s4j_logits_loss(kType<T>, c.kind, c.options, nullptr, s.data(), labels.data(),
                              static_cast<int32_t>(in.below(5)) - 1, nullptr, nullptr, losses.data(),
                              gradient.data(), rows, classes, in.odd(), 2, &sum),
              "logits_loss");
    CHECK_EQUAL(s4j_sigmoid(kType<T>, s.data(), out.data(), n, static_cast<int>(in.below(2)), 2), S4J_OK);
}

// Data: its moments, its views and parts, and what is looked for in it.
template <class T>
void data(Input& in) {
    const Wild<T> w(in);
    const Problem<T>& p = w.q.p;
    const auto D = static_cast<size_t>(p.features);
    const Data all(w.stored ? w.stored->data().release() : p.data());
    std::vector<double> mean(D), deviation(D), again(D), other(D);
    const int64_t least = s4j_moments_bytes(kType<T>, 0, p.rows, p.features, 0);
    const int64_t limit = in.pick<int64_t>({S4J_NO_LIMIT, least, least - 1, 0, -5});
    if (succeeded(s4j_data_moments(all.get(), 3, limit, mean.data(), deviation.data()), "moments")) {
        CHECK_EQUAL(s4j_data_moments(all.get(), 1, limit, again.data(), other.data()), S4J_OK);
        CHECK(same(mean, again) && same(deviation, other));
        CHECK(std::all_of(deviation.begin(), deviation.end(),
                          [](double v) { return v > 0 && std::isfinite(v); }));
        const Data view(s4j_data_standardized(all.get(), mean.data(), deviation.data(), 2));
        if (view && !w.wild &&
            s4j_data_moments(view.get(), 2, S4J_NO_LIMIT, again.data(), other.data()) == S4J_OK)
            for (size_t d = 0; d < D; ++d) {
                // An offset and what is stored may be far larger than their sum.
                const double offset =
                    w.stored && w.stored->affine > 0 ? w.stored->offset[w.stored->affine == 1 ? 0 : d] : 0;
                const double reach = (std::fabs(mean[d]) + std::fabs(offset)) / deviation[d];
                CHECK_NEAR(again[d], 0, 8 * kEpsilon<T> * (1 + reach));
            }
    }
    int64_t bad = -1;
    for (int64_t i = 0; i < p.rows && bad < 0; ++i)
        for (int64_t d = 0; d < p.features && bad < 0; ++d)
            if (!std::isfinite(p.x[i * p.stride + d])) bad = i * p.features + d;
    CHECK_EQUAL(s4j_data_first_non_finite(all.get(), 2), bad);
    CHECK(s4j_data_hash(all.get(), 1) == s4j_data_hash(all.get(), 3));
    const int64_t first = in.one_in(4) ? in.any() : in.below(p.rows), rows = in.one_in(4) ? in.any() : 1;
    const Data part(s4j_data_part(all.get(), first, rows));
    CHECK((part != nullptr) == (first >= 0 && rows >= 1 && first <= p.rows - rows));
    CHECK_EQUAL(s4j_first_bad_label(p.labels.data(), p.rows, p.classes), -1);

    // Sparse rows in any order, with duplicates.
    std::vector<int64_t> offsets{0};
    std::vector<int32_t> indices;
    std::vector<T> values;
    std::vector<std::map<int32_t, double>> sums(1 + static_cast<size_t>(in.below(6)));
    for (auto& row : sums) {
        for (int64_t k = in.below(8); k > 0; --k) {
            indices.push_back(static_cast<int32_t>(in.random.below(5)));
            values.push_back(static_cast<T>(uniform(in.random)));
            row[indices.back()] += static_cast<double>(values.back());
        }
        offsets.push_back(static_cast<int64_t>(indices.size()));
    }
    const auto n = static_cast<int64_t>(sums.size());
    CHECK_EQUAL(s4j_sum_duplicates(kType<T>, offsets.data(), indices.data(), values.data(), n), S4J_OK);
    CHECK_EQUAL(s4j_first_bad_offset(offsets.data(), n), -1);
    CHECK_EQUAL(s4j_first_bad_entry(offsets.data(), indices.data(), n, 5, 1), -1);
    for (int64_t i = 0, k = 0; i < n; ++i) {
        CHECK_EQUAL(offsets[i + 1] - offsets[i], static_cast<int64_t>(sums[i].size()));
        for (const auto& [index, sum] : sums[i]) {
            CHECK_EQUAL(indices[k], index);
            CHECK_NEAR(values[k++], sum, 4 * kEpsilon<T>);
        }
    }
}

// Numbers that fit nothing: a refusal, or what can be had.
template <class T>
void arguments(Input& in) {
    about("arguments");
    double options[8], hyper[S4J_HYPER];
    for (double& o : options) o = in.odd();
    for (double& h : hyper) h = in.odd();
    int64_t scratch = 0, state = 0;
    const auto number = [&] { return static_cast<int>(in.below(9)) - 1; };
    const int type = number(), threads = in.pick({1, 2, 0, -1, INT32_MAX});
    const int64_t rows = in.any(), columns = in.any(), classes = in.any(), limit = in.any();
    if (succeeded(s4j_plan(type, number(), number(), rows, columns, classes, number(), number(), number(),
                           hyper, in.any(), threads, limit, &scratch, &state),
                  "plan"))
        CHECK(scratch >= 0 && state >= 0);
    if (succeeded(s4j_solver_plan(type, number(), number(), rows, columns, classes, number(), number(),
                                  options, number(), threads, limit, &scratch, &state),
                  "solver_plan"))
        CHECK(scratch >= 0 && state >= 0);
    const std::vector<T> x(40, T(1));
    const int32_t y[40] = {};
    const double scales[40] = {};
    // Memory is read where there are weights or scales alone.
    const Data any(s4j_data_create_stored(type, number(), x.data(), rows, columns, in.any(), number(),
                                          nullptr, nullptr, y, nullptr));
    if (!any) CHECK(*s4j_last_error() != 0);
    const Data bytes(
        s4j_data_create_stored(kType<T>, S4J_UINT8, x.data(), 2, 5, 5, in.any(), scales, scales, y, nullptr));
    const Data small(s4j_data_create(kType<T>, x.data(), 4, 10, 10, in.one_in(3) ? nullptr : y, nullptr));
    int status = -1;
    const Objective o(s4j_objective_create(in.one_in(8) ? nullptr : small.get(),
                                           in.pick<int64_t>({1, 2, 4, 0, -1, INT64_MAX}), number(), in.odd(),
                                           number(), options, &status));
    CHECK_EQUAL(o == nullptr, !succeeded(status, "objective_create"));
    if (!o || s4j_plan(kType<T>, 0, 0, 4, 10, 4, 1, S4J_LOSS, 0, nullptr, 1, 1, S4J_NO_LIMIT, &scratch,
                       &state) != S4J_OK)
        return;
    s4j_trainer_free(nullptr), s4j_solver_free(nullptr), s4j_data_free(nullptr), s4j_objective_free(nullptr);
    // At most four classes: as many parameters as there may be.
    const Objective few(
        s4j_objective_create(small.get(), 1 + in.below(4), number(), 0.1, number(), nullptr, &status));
    if (!few) return;
    std::vector<double> of_classes(4);
    for (double& v : of_classes) v = in.odd();
    succeeded(s4j_objective_set(few.get(), number(), of_classes.data()), "objective_set");
    std::vector<T> w(44), g(w);
    fill(w.data(), 44, in.random);
    double loss;
    succeeded(s4j_loss_gradient(few.get(), number(), w.data(), g.data(), threads == INT32_MAX ? 300 : threads,
                                in.any(), &loss),
              "loss_gradient");
    const std::unique_ptr<s4j_trainer, DataFree> trainer(
        s4j_trainer_create(few.get(), number(), hyper, options, w.data(), in.any(), 1, 2, in.any(), &status));
    if (succeeded(status, "trainer_create"))
        succeeded(s4j_trainer_step(trainer.get(), in.any(), in.any(), in.odd()), "trainer_step");
    const std::unique_ptr<s4j_solver, DataFree> solver(
        s4j_solver_create(few.get(), number(), options, nullptr, nullptr, w.data(), 2, in.any(), &status));
    double at[S4J_STANDING];
    if (succeeded(status, "solver_create"))
        succeeded(s4j_solver_iterate(solver.get(), nullptr, at), "solver_iterate");
}

template <class T>
void run(Input& in) {
    switch (in.below(8)) {
        case 0:
            return losses<T>(in);
        case 1:
            return prediction<T>(in);
        case 2:
            return training<T>(in);
        case 3:
            return updates<T>(in);
        case 4:
            return solving<T>(in);
        case 5:
            return logits<T>(in);
        case 6:
            return data<T>(in);
        default:
            return arguments<T>(in);
    }
}

// Each of the kernels that this CPU has, by turns.
void choose_kernels(Input& in) {
    static const std::string names = s4j_supported_kernels();
    static const auto count = 1 + std::count(names.begin(), names.end(), ',');
    size_t at = 0;
    for (int64_t i = in.below(count); i > 0; --i) at = names.find(", ", at) + 2;
    CHECK_EQUAL(s4j_initialize(names.substr(at, names.find(',', at) - at).c_str()), S4J_OK);
}

void execute(const uint8_t* bytes, size_t size) {
    Input in(bytes, size);
    choose_kernels(in);
    if (in.below(2) == 0)
        run<float>(in);
    else
        run<double>(in);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    const int64_t inputs = arguments.samples > 0 ? arguments.samples : arguments.quick ? 200 : 5000;
    s4j::Random random(1);
    for (int64_t i = 0; i < inputs; ++i) {
        uint8_t bytes[96];
        for (uint8_t& b : bytes) b = static_cast<uint8_t>(random.next());
        const long before = failed;
        execute(bytes, sizeof bytes);
        if (failed > before) std::printf("    input %lld of this run\n", static_cast<long long>(i));
    }
    return finish("fuzz");
}
