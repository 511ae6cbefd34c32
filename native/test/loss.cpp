// Loss and gradient through each regime against naive loops.
#include <memory>

#include "problem.h"

using namespace check;

namespace {

constexpr const char* kRegimes[] = {"auto", "small", "medium", "large"};
double worst_loss[2][4], worst_gradient[2][4];

template <class T>
void matches(const Problem<T>& p, int regime, const Reference& expected) {
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    std::vector<T> gradient(p.parameters.size(), kNaN<T>);
    double loss = 0, alone = 0;
    const int status = s4j_loss_gradient(data.get(), p.classes, p.intercept, p.l2, regime,
                                         p.parameters.data(), gradient.data(), 2, &loss);
    if (!CHECK(status == S4J_OK)) return;
    CHECK_EQUAL(s4j_loss_gradient(data.get(), p.classes, p.intercept, p.l2, regime, p.parameters.data(),
                                  nullptr, 2, &alone),
                S4J_OK);
    CHECK_NEAR(alone, loss, 0);

    const bool narrow = sizeof(T) == 4;
    // Relative, above the rounding of one row's scores.
    const double floor = 4 * kEpsilon<T>;
    const double loss_error = std::fabs(loss - expected.loss);
    CHECK_NEAR(loss, expected.loss, (narrow ? 2e-5 : 1e-12) * std::fabs(expected.loss) + floor);
    const double size = norm(expected.gradient), error = distance(gradient.data(), expected.gradient);
    CHECK_NEAR(error, 0, (narrow ? 1e-5 : 1e-13) * size + floor * expected.scale);
    double& l = worst_loss[!narrow][regime];
    double& g = worst_gradient[!narrow][regime];
    l = std::fmax(l, loss_error / (std::fabs(expected.loss) + floor));
    g = std::fmax(g, error / (size + expected.scale * 1e-2));
}

template <class T>
void matches(const Problem<T>& p, int regime) {
    matches(p, regime, reference(p, p.total_weight()));
}

template <class T>
void random_shape(int64_t n, int64_t d, int64_t c, int regime, s4j::Random& random) {
    Problem<T> p(n, d, c, random.below(2) != 0, random);
    if (random.below(2) != 0) p.l2 = 0.1;
    if (random.below(2) != 0) p.weigh(random);
    about("%s %s %dx%dx%d intercept %d l2 %g weights %d stride %d", sizeof(T) == 4 ? "float" : "double",
          kRegimes[regime], static_cast<int>(n), static_cast<int>(d), static_cast<int>(c), p.intercept, p.l2,
          !p.weights.empty(), static_cast<int>(p.stride));
    matches(p, regime);
}

// Every sum is exact, so that the scores' size does not hide in their rounding.
template <class T>
void huge_scores(int64_t n, int64_t d, int64_t c, int regime, s4j::Random& random) {
    Problem<T> p(n, d, c, true, random);
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < d; ++j)
            p.x[i * p.stride + j] = static_cast<T>(static_cast<int>(random.below(17)) - 8);
    for (T& w : p.parameters) w = static_cast<T>(static_cast<int>(random.below(2001)) - 1000);
    about("%s %s %dx%dx%d huge scores", sizeof(T) == 4 ? "float" : "double", kRegimes[regime],
          static_cast<int>(n), static_cast<int>(d), static_cast<int>(c));
    matches(p, regime);
}

// Classes whose intercept is -inf take no part, wherever the tiles end.
template <class T>
void masked_classes(int64_t n, int64_t d, int64_t c, int64_t masked, int regime, s4j::Random& random) {
    Problem<T> p(n, d, c, true, random);
    for (int64_t k = 0; k < masked; ++k) p.parameters[d * c + k] = -kInfinity<T>;
    for (int32_t& y : p.labels) y = static_cast<int32_t>(masked + y % (c - masked));
    about("%s %s %dx%dx%d with %d masked classes", sizeof(T) == 4 ? "float" : "double", kRegimes[regime],
          static_cast<int>(n), static_cast<int>(d), static_cast<int>(c), static_cast<int>(masked));
    matches(p, regime);
}

// A row that is no number, or has no class left, makes the objective NaN or infinite, not a crash or a
// plausible value.
template <class T>
void bad_values(int64_t d, int64_t c, int regime, s4j::Random& random) {
    const auto objective = [&](const Problem<T>& p) {
        const std::unique_ptr<s4j_data, DataFree> data(p.data());
        std::vector<T> gradient(p.parameters.size());
        double loss = 0;
        CHECK_EQUAL(
            s4j_loss_gradient(data.get(), c, 1, 0, regime, p.parameters.data(), gradient.data(), 2, &loss),
            S4J_OK);
        return loss;
    };
    about("%s %s bad values %dx%d", sizeof(T) == 4 ? "float" : "double", kRegimes[regime],
          static_cast<int>(d), static_cast<int>(c));
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

// Sums over many rows keep their accuracy in single precision.
void million_rows(s4j::Random& random) {
    const Problem<float> p(1'000'000, 3, 24, true, random);
    const Reference expected = reference(p, p.total_weight());
    for (const int regime : std::vector<int>{S4J_SMALL, S4J_MEDIUM, S4J_LARGE}) {
        about("%s a million rows", kRegimes[regime]);
        matches(p, regime, expected);
    }
}

template <class T>
void run(const Arguments& arguments) {
    s4j::Random random(5);
    // N around blocks of 8..32, 64 and 512 rows; D around vectors and tiles; C around register tiles and
    // class tiles.
    const auto grid = [&](int regime, std::vector<int64_t> ns, std::vector<int64_t> ds,
                          std::vector<int64_t> cs, uint64_t one_in) {
        for (const int64_t n : ns)
            for (const int64_t d : ds)
                for (const int64_t c : cs) {
                    if (n * d * c > 3'000'000) continue;
                    if (random.below(n * d * c < 2000 ? 1 : one_in * (arguments.quick ? 30 : 1)) != 0)
                        continue;
                    if (arguments.quick && n * d * c > 200'000) continue;
                    random_shape<T>(n, d, c, regime, random);
                }
    };
    grid(S4J_SMALL, {1, 2, 7, 8, 9, 31, 32, 33, 64, 65, 257}, {1, 2, 3, 15, 16, 17, 63, 64, 65, 784},
         {1, 2, 3, 6, 7, 12, 13, 24, 25, 31, 32}, 8);
    grid(S4J_MEDIUM, {1, 2, 9, 63, 64, 65, 200, 511, 513}, {1, 2, 17, 65, 128, 300},
         {1, 2, 3, 10, 33, 64, 65, 257, 513}, 12);
    grid(S4J_LARGE, {1, 2, 9, 33, 65, 200, 511, 1025}, {1, 2, 17, 65, 130},
         {1, 2, 3, 65, 256, 257, 513, 2100}, 16);
    for (const int regime : std::vector<int>{S4J_AUTO, S4J_SMALL, S4J_MEDIUM, S4J_LARGE}) {
        huge_scores<T>(100, 20, 10, regime, random);
        huge_scores<T>(33, 65, 31, regime, random);
        masked_classes<T>(40, 5, 10, 3, regime, random);
        bad_values<T>(20, 7, regime, random);
        bad_values<T>(3, 1, regime, random);
    }
    for (const int regime : std::vector<int>{S4J_MEDIUM, S4J_LARGE}) {
        huge_scores<T>(70, 20, 600, regime, random);
        masked_classes<T>(40, 5, 700, 520, regime, random);
        bad_values<T>(20, 600, regime, random);
    }
    if (arguments.quick) return;
    // Several lanes; more rows per lane than a single-precision sum may take; more than one block of the
    // large regime.
    random_shape<T>(5000, 40, 10, S4J_SMALL, random);
    random_shape<T>(20'000, 3, 2, S4J_SMALL, random);
    random_shape<T>(70'001, 7, 5, S4J_SMALL, random);
    random_shape<T>(3001, 60, 70, S4J_MEDIUM, random);
    random_shape<T>(40'000, 3, 40, S4J_MEDIUM, random);
    random_shape<T>(2500, 30, 300, S4J_LARGE, random);
    random_shape<T>(40'000, 3, 40, S4J_LARGE, random);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments);
    run<double>(arguments);
    if (!arguments.quick) {
        s4j::Random random(6);
        million_rows(random);
    }
    for (int t = 0; t < 2; ++t)
        for (int r = 1; r < 4; ++r)
            std::printf("%s %s: relative error of the loss %.2g, of the gradient %.2g\n",
                        t == 0 ? "float" : "double", kRegimes[r], worst_loss[t][r], worst_gradient[t][r]);
    return finish("loss");
}
