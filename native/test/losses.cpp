// Every loss and option in each regime, against naive formulas, and where a careless implementation fails.
#include "losses.h"

using namespace check;

namespace {

constexpr LossCase kCases[] = {
    {"smoothing", S4J_CROSS_ENTROPY, {0.1}},
    {"smoothing, class weights", S4J_CROSS_ENTROPY, {0.3}, false, false, true},
    {"smoothing, mask", S4J_CROSS_ENTROPY, {0.2}, false, true},
    {"mask", S4J_CROSS_ENTROPY, {}, false, true},
    {"class weights", S4J_CROSS_ENTROPY, {}, false, false, true},
    {"z-loss", S4J_CROSS_ENTROPY, {0, 0.02}},
    {"temperature", S4J_CROSS_ENTROPY, {0, 0, 2.5}},
    {"smoothing, z-loss, temperature", S4J_CROSS_ENTROPY, {0.15, 0.01, 0.7}},
    {"soft targets", S4J_CROSS_ENTROPY, {}, true},
    {"soft targets, all options", S4J_CROSS_ENTROPY, {0.1, 0.03, 1.5}, true, true},
    {"focal 2", S4J_FOCAL, {2}},
    {"focal 0.5, mask, class weights", S4J_FOCAL, {0.5}, false, true, true},
    {"focal 0", S4J_FOCAL, {0}},
    {"cosine margin", S4J_MARGIN, {4, 0.2, 0}},
    {"angular margin", S4J_MARGIN, {5, 0.4, 1}},
    {"angular margin past pi, mask", S4J_MARGIN, {3, 2.2, 1}, false, true},
    {"sigmoid", S4J_SIGMOID, {}},
    {"sigmoid, targets, positive weights", S4J_SIGMOID, {}, true, false, false, true},
    {"sigmoid, mask", S4J_SIGMOID, {}, false, true, true, true},
    {"clipped", S4J_CLIPPED_CROSS_ENTROPY, {0.05}},
    {"clipped sigmoid", S4J_CLIPPED_SIGMOID, {0.2}},
    {"clipped sigmoid, targets", S4J_CLIPPED_SIGMOID, {1e-6}, true},
};

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 2e-5 : 2e-13;

// The Hessian's product, against a difference of naive gradients.
template <class T>
void product(const LossProblem<T>& q, int regime, s4j::Random& random) {
    using W = typename WideOf<T>::type;
    const bool exists = q.c.kind == S4J_CROSS_ENTROPY || q.c.kind == S4J_FOCAL || q.c.kind == S4J_SIGMOID;
    std::vector<T> v(q.p.parameters.size()), product(v.size(), kNaN<T>), again(v.size(), kNaN<T>);
    fill(v.data(), static_cast<int64_t>(v.size()), random);
    const auto run = [&](int threads, std::vector<T>& out) {
        return q.with_objective([&](const s4j_objective* o) {
            return s4j_hessian_product(o, regime, q.p.parameters.data(), v.data(), out.data(), threads,
                                       S4J_NO_LIMIT);
        });
    };
    if (!exists) {
        CHECK_EQUAL(run(1, product), S4J_BAD_ARGUMENT);
        CHECK_CONTAINS(s4j_last_error(), "no second derivatives");
        return;
    }
    CHECK_EQUAL(run(2, product), S4J_OK);
    CHECK_EQUAL(run(1, again), S4J_OK);
    CHECK(std::memcmp(product.data(), again.data(), v.size() * sizeof(T)) == 0);
    const W step = W(1e-5);
    std::vector<W> above(q.p.parameters.begin(), q.p.parameters.end()), below = above;
    for (size_t i = 0; i < v.size(); ++i) above[i] += step * W(v[i]), below[i] -= step * W(v[i]);
    std::vector<double> expected = naive(q, above).gradient;
    const std::vector<double> minus = naive(q, below).gradient;
    for (size_t i = 0; i < v.size(); ++i)
        expected[i] = (expected[i] - minus[i]) / (2 * static_cast<double>(step));
    // The scores move by some 10 steps: a difference of gradients is off by the square of that.
    CHECK_NEAR(distance(product.data(), expected) / norm(expected), 0, sizeof(T) == 4 ? 3e-5 : 1e-8);
}

template <class T>
void matches(const LossCase& c, int64_t n, int64_t d, int64_t classes, int regime, s4j::Random& random) {
    LossProblem<T> q(c, n, d, classes, random);
    // Automatic, of sparse rows: there is one regime for those.
    if (regime == S4J_AUTO) q.make_sparse();
    about("%s %s %s %dx%dx%d", kTypeName<T>, regime == S4J_AUTO ? "sparse" : kRegimes[regime], c.name,
          static_cast<int>(n), static_cast<int>(d), static_cast<int>(classes));
    const Reference expected = naive(q, {q.p.parameters.begin(), q.p.parameters.end()});
    std::vector<T> gradient, again;
    double loss = 0, alone = 0, other = 0;
    if (!CHECK(q.evaluate(regime, 2, &loss, &gradient) == S4J_OK)) {
        std::printf("%s\n", s4j_last_error());
        return;
    }
    CHECK_NEAR(loss, expected.loss, kTolerance<T> * std::fabs(expected.loss));
    CHECK_NEAR(distance(gradient.data(), expected.gradient) / norm(expected.gradient), 0, kTolerance<T>);
    CHECK_EQUAL(q.evaluate(regime, 1, &other, &again), S4J_OK);
    CHECK(other == loss && std::memcmp(gradient.data(), again.data(), gradient.size() * sizeof(T)) == 0);
    CHECK_EQUAL(q.evaluate(regime, 3, &alone, nullptr), S4J_OK);
    CHECK(alone == loss);
    for (size_t k = 0; k < q.mask.size(); ++k)
        if (q.mask[k] != 0)
            for (int64_t f = 0; f < d; ++f)
                CHECK_NEAR(gradient[f * classes + k],
                           static_cast<T>(q.p.l2 * static_cast<double>(q.p.parameters[f * classes + k])), 0);
    product(q, regime, random);
}

template <class T>
void every_case(bool quick) {
    s4j::Random random(41);
    for (const LossCase& c : kCases) {
        for (const int64_t classes : {2, 10, 31}) {
            if (quick && classes != 10) continue;
            matches<T>(c, 37, 7, classes, S4J_SMALL, random);
            matches<T>(c, 130, 20, classes, S4J_MEDIUM, random);
            matches<T>(c, 101, 20, classes, S4J_LARGE, random);
            matches<T>(c, 131, 20, classes, S4J_AUTO, random);
        }
        if (quick) continue;
        matches<T>(c, 130, 5, 70, S4J_MEDIUM, random);
        matches<T>(c, 131, 5, 70, S4J_LARGE, random);
        matches<T>(c, 100, 9, 530, S4J_LARGE, random);
        matches<T>(c, 1600, 300, 5, S4J_SMALL, random);  // several lanes
    }
}

// Where the scores, and those of the direction, leave the range of T on their way, or the range of T altogether: the
// loss, its gradient and the products of the Hessian are those of exact arithmetic.
template <class T>
void overflows(const LossCase& c, int64_t n, int64_t d, int64_t classes, int regime, s4j::Random& random) {
    if (std::numeric_limits<typename WideOf<T>::type>::max_exponent <= std::numeric_limits<T>::max_exponent)
        return;
    const bool margin = c.kind == S4J_MARGIN;
    LossProblem<T> plain(c, n, d, classes, random);
    plain.p.l2 = 0;
    LossProblem<T> q = plain;
    const T big = sizeof(T) == 4 ? static_cast<T>(1e25) : static_cast<T>(1e200);
    const int64_t more = margin ? 0 : 2;
    std::vector<T> v(plain.p.parameters.size()), wide_v;
    fill(v.data(), static_cast<int64_t>(v.size()), random);
    if (margin) {
        // Cosines do not depend on lengths.
        for (int64_t i = 0; i < n; ++i)
            for (int64_t f = 0; f < d; ++f) q.p.x[i * q.p.stride + f] *= big;
        for (T& w : q.p.parameters) w *= big;
    } else {
        // Two features first whose products cancel, in every third row and two of three classes, from above and
        // from below.
        q.p.features = d + 2;
        q.p.stride = d + 2;
        q.p.x.assign(static_cast<size_t>(n * (d + 2)), T(0));
        for (int64_t i = 0; i < n; ++i) {
            T* row = &q.p.x[i * (d + 2)];
            if (i % 3 == 0) row[0] = row[1] = big;
            std::copy_n(&plain.p.x[i * plain.p.stride], d, row + 2);
        }
        const auto widen = [&](std::vector<T> narrow) {
            std::vector<T> pair(static_cast<size_t>(2 * classes), T(0));
            for (int64_t k = 0; k < classes; ++k)
                if (k % 3 < 2) pair[k] = k % 3 == 0 ? big : -big, pair[classes + k] = -pair[k];
            narrow.insert(narrow.begin(), pair.begin(), pair.end());
            return narrow;
        };
        q.p.parameters = widen(q.p.parameters);
        wide_v = widen(v);
    }
    if (regime == S4J_AUTO) plain.make_sparse();
    if (regime == S4J_AUTO) {
        // The same entries are left out.
        for (int64_t i = 0; i < n; ++i)
            for (int64_t f = 0; f < d; ++f)
                if (plain.p.x[i * plain.p.stride + f] == 0) q.p.x[i * q.p.stride + f + more] = 0;
        q.sparse = true;
        for (int64_t i = 0; i < n; ++i) {
            for (int64_t f = 0; f < q.p.features; ++f)
                if (const T value = q.p.x[i * q.p.stride + f]; value != 0) {
                    q.indices.push_back(static_cast<int32_t>(f));
                    q.values.push_back(value);
                }
            q.offsets.push_back(static_cast<int64_t>(q.values.size()));
        }
    }
    about("%s %s overflow, %s %dx%dx%d", kTypeName<T>, regime == S4J_AUTO ? "sparse" : kRegimes[regime],
          c.name, static_cast<int>(n), static_cast<int>(d), static_cast<int>(classes));
    const Reference expected = naive(plain, {plain.p.parameters.begin(), plain.p.parameters.end()});
    std::vector<T> gradient, again;
    double loss = 0, alone = 0;
    if (!CHECK(q.evaluate(regime, 2, &loss, &gradient) == S4J_OK)) {
        std::printf("%s\n", s4j_last_error());
        return;
    }
    CHECK_NEAR(loss, expected.loss, kTolerance<T> * std::fabs(expected.loss));
    for (T& g : gradient) g *= margin ? big : T(1);
    CHECK_NEAR(distance(gradient.data() + more * classes, expected.gradient) / norm(expected.gradient), 0,
               kTolerance<T>);
    CHECK_EQUAL(q.evaluate(regime, 1, &alone, nullptr), S4J_OK);
    CHECK(alone == loss);
    if (!plain.with_objective([&](const s4j_objective* o) {
            again.assign(v.size(), kNaN<T>);
            return s4j_hessian_product(o, regime, plain.p.parameters.data(), v.data(), again.data(), 2,
                                       S4J_NO_LIMIT);
        })) {
        std::vector<T> product(wide_v.size(), kNaN<T>);
        CHECK_EQUAL(q.with_objective([&](const s4j_objective* o) {
            return s4j_hessian_product(o, regime, q.p.parameters.data(), wide_v.data(), product.data(), 2,
                                       S4J_NO_LIMIT);
        }),
                    S4J_OK);
        const std::vector<double> wanted(again.begin(), again.end());
        CHECK_NEAR(distance(product.data() + more * classes, wanted) / norm(wanted), 0, kTolerance<T>);
    }
}

template <class T>
void every_overflow(bool quick) {
    s4j::Random random(43);
    for (const LossCase& c : kCases) {
        overflows<T>(c, 37, 7, 10, S4J_SMALL, random);
        overflows<T>(c, 131, 20, 31, S4J_MEDIUM, random);
        overflows<T>(c, 101, 20, 31, S4J_LARGE, random);
        overflows<T>(c, 131, 20, 10, S4J_AUTO, random);
        if (!quick) overflows<T>(c, 100, 9, 530, S4J_LARGE, random);  // several tiles of classes
    }
}

// One row x, one column of weights for each class, and the loss with its gradient.
template <class T>
struct Tiny {
    std::vector<T> x, w, gradient;
    std::vector<int32_t> labels{0};
    double loss = 0;
    int status = -1;

    Tiny(int kind, std::vector<double> options, std::vector<T> row, std::vector<T> weights, int regime)
        : x(std::move(row)), w(std::move(weights)), gradient(w.size(), kNaN<T>) {
        options.resize(S4J_LOSS_OPTIONS);
        const auto d = static_cast<int64_t>(x.size());
        const auto c = static_cast<int64_t>(w.size()) / d;
        const std::unique_ptr<s4j_data, DataFree> data(
            s4j_data_create(kType<T>, x.data(), 1, d, d, labels.data(), nullptr));
        const Objective o(s4j_objective_create(data.get(), c, 0, 0, kind, options.data(), &status));
        if (o) status = s4j_loss_gradient(o.get(), regime, w.data(), gradient.data(), 1, S4J_NO_LIMIT, &loss);
    }
    bool finite() const {
        bool ok = status == S4J_OK && std::isfinite(loss);
        for (const T g : gradient) ok = ok && std::isfinite(g);
        return ok;
    }
};

// Scores beyond the range of T, one above all others or several alike; and a loss beyond it, which is infinite, while
// the gradient is not.
template <class T>
void far_apart(int regime) {
    if (std::numeric_limits<typename WideOf<T>::type>::max_exponent <= std::numeric_limits<T>::max_exponent)
        return;
    about("%s %s far apart", kTypeName<T>, kRegimes[regime]);
    const T most = std::numeric_limits<T>::max(), large = most / 2;
    for (const double smoothing : {0.0, 0.1}) {
        const Tiny<T> alike(S4J_CROSS_ENTROPY, {smoothing}, {10}, {large, large, large, large}, regime);
        CHECK_NEAR(alike.loss, std::log(4.0), 1e-6);
        CHECK_NEAR(static_cast<double>(alike.gradient[1]), 10 * (0.25 - smoothing / 4), 1e-6);
        // Finite ones, whose sum is not: as for all smoothed losses, to the digits of log-sum-exp.
        const Tiny<T> sum(S4J_CROSS_ENTROPY, {smoothing}, {1}, {large, large, large, large}, regime);
        CHECK_NEAR(sum.loss, std::log(4.0),
                   1e-6 + (smoothing > 0 ? kEpsilon<T> : 0) * static_cast<double>(large));
        CHECK_NEAR(static_cast<double>(sum.gradient[1]), 0.25 - smoothing / 4, 1e-6);
        const Tiny<T> low(S4J_CROSS_ENTROPY, {smoothing}, {10}, {-large, -large, -large}, regime);
        CHECK_NEAR(low.loss, std::log(3.0), 1e-6);
    }
    const Tiny<T> right(S4J_CROSS_ENTROPY, {}, {10}, {large, -large}, regime);
    CHECK(right.loss == 0 && right.gradient[0] == 0 && right.gradient[1] == 0);
    const Tiny<T> wrong(S4J_CROSS_ENTROPY, {}, {10}, {-large, large}, regime);
    CHECK(wrong.loss == kInfinity<double> && wrong.gradient[0] == -10 && wrong.gradient[1] == 10);
    const Tiny<T> below(S4J_CROSS_ENTROPY, {}, {4}, {large, large / 2}, regime);
    CHECK(below.loss == 0 && below.gradient[1] == 0);
    const Tiny<T> focal(S4J_FOCAL, {2}, {10}, {-large, large}, regime);
    CHECK(focal.loss == kInfinity<double> && focal.gradient[0] == -10);
    const Tiny<T> clipped(S4J_CLIPPED_CROSS_ENTROPY, {0.1}, {10}, {-large, large}, regime);
    CHECK_NEAR(clipped.loss, -std::log(0.1), 1e-6);
    const Tiny<T> sigmoids(S4J_SIGMOID, {}, {10}, {large, -large, -large}, regime);
    CHECK(sigmoids.loss == 0 && sigmoids.gradient[0] == 0 && sigmoids.gradient[2] == 0);
    // Not finite, and so seen by every training: never a NaN that looks like a number.
    const Tiny<T> penalised(S4J_CROSS_ENTROPY, {0, 0.5}, {10}, {large, -large}, regime);
    CHECK(penalised.loss > static_cast<double>(most));
}

template <class T>
void traps(int regime) {
    about("%s %s traps", kTypeName<T>, kRegimes[regime]);
    using Row = std::vector<T>;
    const double pi = std::numbers::pi;
    for (const double angular : {0.0, 1.0}) {
        // Cosine exactly 1 and -1, a row of zeros, a class without weights.
        CHECK(Tiny<T>(S4J_MARGIN, {30, 0.5, angular}, {1, 0}, {2, 0, 0, 1}, regime).finite());
        CHECK(Tiny<T>(S4J_MARGIN, {30, 0.5, angular}, {-1, 0}, {2, 0, 0, 1}, regime).finite());
        CHECK(Tiny<T>(S4J_MARGIN, {30, 0.5, angular}, {0, 0}, {2, 0, 0, 1}, regime).finite());
        const Tiny<T> zero(S4J_MARGIN, {30, 0.5, angular}, {3, 4}, {0, 1, 0, 0}, regime);
        CHECK(zero.finite());
        // It learns as from a length of 1: the label's score rises along x.
        CHECK(zero.gradient[0] < 0 && zero.gradient[2] < 0);
        // So does a class whose weights are next to nothing: 30 over their length is beyond the range.
        const T little = std::numeric_limits<T>::min() / 64;
        const Tiny<T> short_one(S4J_MARGIN, {30, 0.5, angular}, {3, 4}, {little, 1, 0, 0}, regime);
        CHECK(short_one.finite());
        CHECK(short_one.loss == zero.loss && short_one.gradient == zero.gradient);
    }
    // Known angles: label at 60 degrees, another class at 90.
    const T half = T(0.5), high = static_cast<T>(std::sqrt(0.75));
    const auto cross_entropy = [](double label, double other) { return std::log1p(std::exp(other - label)); };
    const double narrow = sizeof(T) == 4 ? 2e-6 : 1e-14;
    CHECK_NEAR(Tiny<T>(S4J_MARGIN, {2, 0.3, 1}, Row{3, 0}, Row{half, 0, high, 7}, regime).loss,
               cross_entropy(2 * std::cos(pi / 3 + 0.3), 0), narrow);
    CHECK_NEAR(Tiny<T>(S4J_MARGIN, {2, 0.3, 0}, Row{3, 0}, Row{half, 0, high, 7}, regime).loss,
               cross_entropy(2 * (0.5 - 0.3), 0), narrow);
    // Past pi - m the label's score goes on falling as the angle grows.
    double before = -1;
    for (double angle = 0.01; angle < pi; angle += 0.02) {
        const Row w{static_cast<T>(std::cos(angle)), 0, static_cast<T>(std::sin(angle)), 1};
        const double loss = Tiny<T>(S4J_MARGIN, {10, 0.5, 1}, Row{1, 0}, w, regime).loss;
        CHECK(loss > before);
        before = loss;
    }
    // Labels that are certain, and labels whose probability underflows.
    for (const double gamma : {0.0, 0.5, 1.0, 2.0, 5.0}) {
        const Tiny<T> sure(S4J_FOCAL, {gamma}, {1}, {1000, 0, -1000}, regime);
        CHECK(sure.finite() && sure.loss == 0 && sure.gradient[0] == 0);
        const Tiny<T> lost(S4J_FOCAL, {gamma}, {1}, {-1000, 0, 1000}, regime);
        CHECK(lost.finite());
        CHECK_NEAR(lost.loss, 2000, 1e-3);
        CHECK_NEAR(static_cast<double>(lost.gradient[0]), -1, 1e-6);
    }
    // Clipped losses saturate at 13.8155, and their gradients never fall below the clip.
    const Tiny<T> lost(S4J_CLIPPED_CROSS_ENTROPY, {1e-6}, {1}, {-1000, 0, 1000}, regime);
    CHECK_NEAR(lost.loss, -std::log(1e-6), 1e-5);
    CHECK_NEAR(static_cast<double>(lost.gradient[1]), 1e-6, 1e-9);
    const Tiny<T> on(S4J_CLIPPED_SIGMOID, {1e-6}, {1}, {-1000, 0, 1000}, regime);
    CHECK_NEAR(on.loss, 2 * -std::log(1e-6) + std::log(2), 1e-5);
    CHECK_NEAR(static_cast<double>(on.gradient[0]), 1e-6 - 1, 1e-6);
    // Sigmoids far out: no overflow, and the tail's digits.
    const Tiny<T> far(S4J_SIGMOID, {}, {1}, {-1000, -20, 1000}, regime);
    CHECK(far.finite());
    CHECK_NEAR(far.loss, 2000, 1e-3);
    const Tiny<T> tail(S4J_SIGMOID, {}, {1}, {20, -30}, regime);
    CHECK_NEAR(tail.loss / (std::exp(-20.0) + std::exp(-30.0)), 1, sizeof(T) == 4 ? 1e-6 : 1e-8);
    CHECK_NEAR(static_cast<double>(tail.gradient[0]) / -std::exp(-20.0), 1, sizeof(T) == 4 ? 1e-6 : 1e-8);
}

// What does not fit together is refused, in words.
void refusals() {
    about("refusals");
    const double x[] = {1, 2}, targets[] = {0.5, 0.5, 1, 0};
    const int32_t labels[] = {0, 1};
    const std::unique_ptr<s4j_data, DataFree> data(s4j_data_create(S4J_F64, x, 2, 1, 1, labels, nullptr));
    const std::unique_ptr<s4j_data, DataFree> soft(s4j_data_create(S4J_F64, x, 2, 1, 1, nullptr, nullptr));
    CHECK_EQUAL(s4j_data_targets(soft.get(), targets, 2), S4J_OK);
    const auto refused = [](const s4j_data* d, int classes, int intercept, int kind,
                            std::vector<double> options, const char* text) {
        options.resize(S4J_LOSS_OPTIONS);
        int status = -1;
        const Objective o(s4j_objective_create(d, classes, intercept, 0, kind, options.data(), &status));
        CHECK(!o);
        CHECK_EQUAL(status, S4J_BAD_ARGUMENT);
        CHECK_CONTAINS(s4j_last_error(), text);
    };
    refused(data.get(), 2, 1, 99, {}, "99");
    refused(data.get(), 2, 1, S4J_CROSS_ENTROPY, {1}, "smoothing");
    refused(data.get(), 2, 1, S4J_CROSS_ENTROPY, {0, -1}, "z-loss");
    refused(data.get(), 2, 1, S4J_CROSS_ENTROPY, {0, 0, NAN}, "temperature");
    refused(data.get(), 2, 1, S4J_FOCAL, {-0.5}, "gamma");
    refused(data.get(), 2, 0, S4J_MARGIN, {0, 0.5}, "scale");
    refused(data.get(), 2, 0, S4J_MARGIN, {1, 3.2}, "margin");
    refused(data.get(), 2, 1, S4J_MARGIN, {1, 0.5}, "intercept");
    refused(data.get(), 2, 1, S4J_CLIPPED_SIGMOID, {0}, "clip");
    refused(soft.get(), 2, 1, S4J_FOCAL, {1}, "labels");
    refused(soft.get(), 3, 1, S4J_CROSS_ENTROPY, {}, "2 classes, not 3");
    int status = -1;
    const Objective o(s4j_objective_create(data.get(), 2, 1, 0, S4J_CROSS_ENTROPY, nullptr, &status));
    const Objective of_soft(s4j_objective_create(soft.get(), 2, 1, 0, S4J_CROSS_ENTROPY, nullptr, &status));
    const auto unset = [](s4j_objective* to, int what, std::vector<double> values, const char* text) {
        CHECK_EQUAL(s4j_objective_set(to, what, values.data()), S4J_BAD_ARGUMENT);
        CHECK_CONTAINS(s4j_last_error(), text);
    };
    unset(o.get(), S4J_CLASS_WEIGHTS, {1, -1}, "class 1");
    unset(o.get(), S4J_CLASS_WEIGHTS, {0, 0}, "positive");
    unset(o.get(), S4J_POSITIVE_WEIGHTS, {1, 1}, "SIGMOID");
    unset(o.get(), S4J_CLASS_MASK, {1, 1}, "leave a class");
    unset(o.get(), S4J_CLASS_MASK, {0, 1}, "row 1");
    unset(o.get(), 7, {0, 1}, "s4j_class_values");
    unset(of_soft.get(), S4J_CLASS_WEIGHTS, {1, 1}, "labels");
    unset(of_soft.get(), S4J_CLASS_MASK, {0, 1}, "row 0");

    const double bad[] = {0.5, 0.5, 0.7, 0.2, -0.1, 1.1};
    CHECK_EQUAL(s4j_first_bad_target(S4J_F64, bad, 1, 2, 1), -1);
    CHECK_EQUAL(s4j_first_bad_target(S4J_F64, bad, 2, 2, 1), 2);
    CHECK_EQUAL(s4j_first_bad_target(S4J_F64, bad, 2, 2, 0), -1);
    CHECK_EQUAL(s4j_first_bad_target(S4J_F64, bad, 3, 2, 0), 4);
}

// Balanced weights give every class that occurs the same say.
void balanced() {
    about("balanced class weights");
    const double x[] = {1, 1, 1, 1}, w[] = {0.3, -0.2, 0.1};
    const int32_t labels[] = {0, 0, 0, 1};
    const std::unique_ptr<s4j_data, DataFree> data(s4j_data_create(S4J_F64, x, 4, 1, 1, labels, nullptr));
    int status = -1;
    const auto loss = [&](const double* weights, bool set) {
        const Objective o(s4j_objective_create(data.get(), 3, 0, 0, S4J_CROSS_ENTROPY, nullptr, &status));
        double value = 0;
        if (set) CHECK_EQUAL(s4j_objective_set(o.get(), S4J_CLASS_WEIGHTS, weights), S4J_OK);
        CHECK_EQUAL(s4j_loss_gradient(o.get(), S4J_AUTO, w, nullptr, 1, S4J_NO_LIMIT, &value), S4J_OK);
        return value;
    };
    const double given[] = {4.0 / 9, 4.0 / 3, 5};
    CHECK_NEAR(loss(nullptr, true), loss(given, true), 1e-15);
    const double lse = std::log(std::exp(0.3) + std::exp(-0.2) + std::exp(0.1));
    CHECK_NEAR(loss(nullptr, true), lse - (0.3 - 0.2) / 2, 1e-15);
    CHECK_NEAR(loss(nullptr, false), lse - (3 * 0.3 - 0.2) / 4, 1e-15);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    every_case<float>(arguments.quick);
    every_case<double>(arguments.quick);
    every_overflow<float>(arguments.quick);
    every_overflow<double>(arguments.quick);
    for (const int regime : {S4J_SMALL, S4J_MEDIUM, S4J_LARGE}) {
        traps<float>(regime);
        traps<double>(regime);
        far_apart<float>(regime);
        far_apart<double>(regime);
    }
    refusals();
    balanced();
    return finish("losses");
}
