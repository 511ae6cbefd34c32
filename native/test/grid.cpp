// Loss and gradient of ordinary data over a grid of shapes, in each regime, against naive loops in a wider
// type: 1e-5 for float, 1e-13 for double, relative.
#include "plan.h"
#include "problem.h"

using namespace check;
using s4j::Plan;
using s4j::Shape;

namespace {

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;

int shapes[2];
double worst_loss[2][4], worst_gradient[2][4];

template <class T>
struct Grid {
    const bool quick;
    s4j::Random random{5};

    // Every regime that can take the shape, with and without intercept, penalty, row weights and a gap
    // between rows.
    void check(int64_t n, int64_t d, int64_t c) {
        if (quick && n * d * c > 200'000) return;
        ++shapes[sizeof(T) / 8];
        Problem<T> p(n, d, c, random.below(2) != 0, random);
        // No class takes nearly all of a row: what is left, and with it the gradient, would be of the size of
        // rounding errors.
        for (T& w : p.parameters) w /= 2;
        if (random.below(2) != 0) p.l2 = 0.1;
        if (random.below(2) != 0) p.weigh(random);
        agrees(p, {S4J_SMALL, S4J_MEDIUM, S4J_LARGE});
    }

    void agrees(const Problem<T>& p, const std::vector<s4j_regime>& regimes) {
        const int64_t n = p.rows, d = p.features, c = p.classes;
        const Reference expected = reference(p, p.total_weight());
        const s4j_regime chosen = s4j::choose_regime<T>({n, d, c, p.intercept});
        for (const s4j_regime regime : regimes) {
            about("%s %s %dx%dx%d intercept %d l2 %g weights %d stride %d", kTypeName<T>, kRegimes[regime],
                  static_cast<int>(n), static_cast<int>(d), static_cast<int>(c), p.intercept, p.l2,
                  !p.weights.empty(), static_cast<int>(p.stride));
            std::vector<T> gradient;
            double loss = 0, alone = 0;
            const int status = evaluate(p, regime, &loss, &gradient);
            if (regime == S4J_SMALL && c > s4j::kSmallClasses) {
                CHECK_EQUAL(status, S4J_BAD_ARGUMENT);
                continue;
            }
            if (!CHECK(status == S4J_OK)) continue;
            const double loss_error = std::fabs(loss - expected.loss) / std::fabs(expected.loss);
            const double gradient_error =
                distance(gradient.data(), expected.gradient) / norm(expected.gradient);
            CHECK_NEAR(loss_error, 0, kTolerance<T>);
            CHECK_NEAR(gradient_error, 0, kTolerance<T>);
            double& l = worst_loss[sizeof(T) / 8][regime];
            double& g = worst_gradient[sizeof(T) / 8][regime];
            l = std::fmax(l, loss_error);
            g = std::fmax(g, gradient_error);

            CHECK_EQUAL(evaluate<T>(p, regime, &alone, nullptr), S4J_OK);
            CHECK_NEAR(alone, loss, 0);
            if (regime != chosen) continue;
            std::vector<T> of_auto;
            CHECK_EQUAL(evaluate(p, S4J_AUTO, &alone, &of_auto), S4J_OK);
            CHECK_NEAR(alone, loss, 0);
            CHECK(std::memcmp(of_auto.data(), gradient.data(), gradient.size() * sizeof(T)) == 0);
        }
    }

    // Both sides of each switch of the regime, found by walking over the classes.
    void switches() {
        for (const int64_t d : {1, 17, 128, 784, 1025, 4096, 40'000}) {
            std::printf("%s, %d features: ", kTypeName<T>, static_cast<int>(d));
            s4j_regime regime = s4j::choose_regime<T>({1, d, 1, true});
            std::printf("%s", kRegimes[regime]);
            for (int64_t c = 2; c <= 50'000; ++c) {
                const s4j_regime next = s4j::choose_regime<T>({1, d, c, true});
                if (next == regime) continue;
                std::printf(", %s from %d classes on", kRegimes[next], static_cast<int>(c));
                regime = next;
                const int64_t rows = std::clamp<int64_t>(2'000'000 / (d * c), 2, 70);
                check(rows, d, c - 1);
                check(rows - 1, d, c);
            }
            std::printf("\n");
        }
    }

    // Row counts around one and two blocks, around where the work gets a second lane, and the one whose last
    // lane has the fewest rows.
    void row_edges(s4j_regime regime, int64_t d, int64_t c) {
        const auto plan = [&](int64_t n) { return s4j::make_plan<T>({n, d, c, true}, regime); };
        const int64_t most = 10'000'000 / (d * c);
        const int64_t block = plan(most).block;
        for (const int64_t n : {block - 1, block, block + 1, 2 * block, 2 * block + 1}) check(n, d, c);
        int64_t second = 1;
        while (second < most && plan(second).lanes == 1) ++second;
        if (second == most) return;
        check(second - 1, d, c);
        check(second, d, c);
        int64_t shortest = second, fewest = second;
        for (int64_t n = second; n < most && fewest > 1; ++n) {
            const Plan p = plan(n);
            const int64_t last = n - (p.lanes - 1) * p.rows_per_lane;
            if (last < fewest) shortest = n, fewest = last;
        }
        check(shortest, d, c);
    }

    // The same row and label a million times: every addition of a sum rounds in the same direction, so that
    // errors grow with the number of additions and not with its root.
    void repeated_rows() {
        if (quick) return;
        Problem<T> p(1'000'000, 4, 3, true, random);
        for (T& w : p.parameters) w /= 2;
        for (int64_t i = 1; i < p.rows; ++i) std::copy_n(p.x.data(), p.features, &p.x[i * p.stride]);
        std::fill(p.labels.begin(), p.labels.end(), 0);
        agrees(p, {S4J_SMALL, S4J_MEDIUM, S4J_LARGE});
    }

    // The edges of vectors, register tiles, row blocks and class tiles, a part of their combinations.
    void small_shapes(const std::vector<int64_t>& ns, const std::vector<int64_t>& ds,
                      const std::vector<int64_t>& cs, uint64_t one_in) {
        for (const int64_t n : ns)
            for (const int64_t d : ds)
                for (const int64_t c : cs)
                    if (n * d * c <= 3'000'000 &&
                        random.below(n * d * c < 2000 && !quick ? 1 : one_in * (quick ? 30 : 1)) == 0)
                        check(n, d, c);
    }

    void run() {
        const int64_t most = s4j::kSmallClasses;
        small_shapes({1, 2, 7, 8, 9, 31, 32, 33, 64, 65, 257},
                     {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 784},
                     {2, 3, 6, 7, 12, 13, 24, 25, most - 1, most, most + 1}, 16);
        small_shapes({1, 9, 63, 65, 200, 511, 513, 1025}, {1, 2, 17, 65, 128, 300},
                     {2, 10, 33, 64, 65, 255, 256, 257, 513, 2100}, 16);
        switches();
        row_edges(S4J_SMALL, 40, 10);
        row_edges(S4J_SMALL, 784, 5);
        row_edges(S4J_SMALL, 3, most);
        row_edges(S4J_MEDIUM, 40, 100);
        row_edges(S4J_MEDIUM, 100, 600);
        row_edges(S4J_LARGE, 17, 300);
        row_edges(S4J_LARGE, 3, 2100);
        repeated_rows();
        // From end to end.
        check(1, 1, 2);
        check(100'000, 1, 2);
        check(1'000'000, 4, 3);
        check(100'000, 16, 10);
        check(70'001, 7, 5);
        check(1000, 784, 10);
        check(100, 4096, 32);
        check(1000, 4096, 2);
        check(100'000, 2, 40);
        check(40'000, 3, 50);
        check(3000, 64, 70);
        check(2500, 30, 150);
        check(2, 4096, 1000);
        check(300, 2, 10'000);
        check(8, 16, 50'000);
        check(1, 100, 50'000);
    }
};

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    Grid<float>{arguments.quick}.run();
    Grid<double>{arguments.quick}.run();
    for (int t = 0; t < 2; ++t) {
        std::printf("%s: %d shapes\n", t == 0 ? "float" : "double", shapes[t]);
        for (int r = 1; r < 4; ++r)
            std::printf("%s %s: relative error of the loss %.2g, of the gradient %.2g\n",
                        t == 0 ? "float" : "double", kRegimes[r], worst_loss[t][r], worst_gradient[t][r]);
    }
    return finish("grid");
}
