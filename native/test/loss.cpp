// Loss and gradient in each regime where values are exceptional: huge scores, classes and rows that take no
// part, values that are not numbers. Ordinary values are grid.cpp's.
#include "problem.h"

using namespace check;

namespace {

template <class T>
void matches(const Problem<T>& p, int regime) {
    std::vector<T> gradient;
    double loss = 0;
    if (!CHECK(evaluate(p, regime, &loss, &gradient) == S4J_OK)) return;
    const Reference expected = reference(p, p.total_weight());
    const bool narrow = sizeof(T) == 4;
    // Relative, above the rounding of one row's scores: the gradient of rows that the model gets right is
    // nothing but that.
    const double floor = 4 * kEpsilon<T>;
    CHECK_NEAR(loss, expected.loss, (narrow ? 1e-5 : 1e-13) * std::fabs(expected.loss) + floor);
    CHECK_NEAR(distance(gradient.data(), expected.gradient), 0,
               (narrow ? 1e-5 : 1e-13) * norm(expected.gradient) + floor * expected.scale);
}

// Every sum is exact, so that the scores' size does not hide in their rounding.
template <class T>
void huge_scores(int64_t n, int64_t d, int64_t c, int regime, s4j::Random& random) {
    Problem<T> p(n, d, c, true, random);
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < d; ++j)
            p.x[i * p.stride + j] = static_cast<T>(static_cast<int>(random.below(17)) - 8);
    for (T& w : p.parameters) w = static_cast<T>(static_cast<int>(random.below(2001)) - 1000);
    about("%s %s %dx%dx%d huge scores", kTypeName<T>, kRegimes[regime], static_cast<int>(n),
          static_cast<int>(d), static_cast<int>(c));
    matches(p, regime);
}

// Classes whose intercept is -inf take no part, wherever the tiles end.
template <class T>
void masked_classes(int64_t n, int64_t d, int64_t c, int64_t masked, int regime, s4j::Random& random) {
    Problem<T> p(n, d, c, true, random);
    for (int64_t k = 0; k < masked; ++k) p.parameters[d * c + k] = -kInfinity<T>;
    for (int32_t& y : p.labels) y = static_cast<int32_t>(masked + y % (c - masked));
    about("%s %s %dx%dx%d with %d masked classes", kTypeName<T>, kRegimes[regime], static_cast<int>(n),
          static_cast<int>(d), static_cast<int>(c), static_cast<int>(masked));
    matches(p, regime);
}

// A row that is no number, or has no class left, makes the objective NaN or infinite, not a crash or a
// plausible value.
template <class T>
void bad_values(int64_t d, int64_t c, int regime, s4j::Random& random) {
    const auto objective = [&](const Problem<T>& p) {
        std::vector<T> gradient;
        double loss = 0;
        CHECK_EQUAL(evaluate(p, regime, &loss, &gradient), S4J_OK);
        return loss;
    };
    about("%s %s bad values %dx%d", kTypeName<T>, kRegimes[regime], static_cast<int>(d), static_cast<int>(c));
    Problem<T> p(70, d, c, true, random);
    for (const T bad : {kNaN<T>, kInfinity<T>, -kInfinity<T>}) {
        Problem<T> q = p;
        q.x[33 * q.stride + d / 2] = bad;
        CHECK(!std::isfinite(objective(q)));
    }
    Problem<T> q = p;
    q.parameters[d * c + p.labels[0]] = -kInfinity<T>;
    CHECK_NEAR(objective(q), c == 1 ? NAN : HUGE_VAL, 0);
    std::fill(q.parameters.begin() + d * c, q.parameters.end(), -kInfinity<T>);
    CHECK(std::isnan(objective(q)));
}

// The only class has probability 1 whatever its score: no loss, no gradient but the penalty's.
template <class T>
void one_class(int64_t n, int64_t d, int regime, s4j::Random& random) {
    Problem<T> p(n, d, 1, true, random);
    about("%s %s %dx%dx1", kTypeName<T>, kRegimes[regime], static_cast<int>(n), static_cast<int>(d));
    for (const double l2 : {0.0, 0.5}) {
        p.l2 = l2;
        matches(p, regime);
    }
}

template <class T>
void run() {
    s4j::Random random(5);
    for (const int regime : std::vector<int>{S4J_AUTO, S4J_SMALL, S4J_MEDIUM, S4J_LARGE}) {
        huge_scores<T>(100, 20, 10, regime, random);
        huge_scores<T>(33, 65, 31, regime, random);
        masked_classes<T>(40, 5, 10, 3, regime, random);
        one_class<T>(1, 1, regime, random);
        one_class<T>(513, 65, regime, random);
        bad_values<T>(20, 7, regime, random);
        bad_values<T>(3, 1, regime, random);
    }
    for (const int regime : std::vector<int>{S4J_MEDIUM, S4J_LARGE}) {
        huge_scores<T>(70, 20, 600, regime, random);
        masked_classes<T>(40, 5, 700, 520, regime, random);
        bad_values<T>(20, 600, regime, random);
    }
}

}  // namespace

int main(int argc, char** argv) {
    start(argc, argv);
    run<float>();
    run<double>();
    return finish("loss");
}
