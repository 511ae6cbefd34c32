// The loss of fixed problems is the same number on every platform, to 1e-12: naive loops in a wider type gave
// the constants once. What goes into the data is exact arithmetic on random integers.
#include "problem.h"

using namespace check;

namespace {

struct Fixed {
    int64_t rows, features, classes;
    s4j_regime regime;
    double loss;
};

constexpr Fixed kFixed[] = {
    {2000, 50, 10, S4J_SMALL, 2.4662272889635442},
    {300, 40, 100, S4J_MEDIUM, 4.8515700897135074},
    {50, 10, 2100, S4J_LARGE, 7.9238501145727485},
};

}  // namespace

int main(int argc, char** argv) {
    start(argc, argv);
    for (const Fixed& fixed : kFixed) {
        s4j::Random random(2026);
        Problem<double> p(fixed.rows, fixed.features, fixed.classes, true, random);
        for (double& w : p.parameters) w = uniform(random) / 4;
        p.l2 = 0x1p-10;
        p.weigh(random);
        about("%s", kRegimes[fixed.regime]);
        double loss = 0;
        std::vector<double> gradient;
        CHECK_EQUAL(evaluate(p, fixed.regime, &loss, &gradient), S4J_OK);
        std::printf("%s: %.17g\n", kRegimes[fixed.regime], loss);
        CHECK_NEAR(loss, fixed.loss, 1e-12 * fixed.loss);
        // The constants themselves.
        CHECK_NEAR(reference(p, p.total_weight()).loss, fixed.loss, 1e-15 * fixed.loss);
    }
    return finish("same_numbers");
}
