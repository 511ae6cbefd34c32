// The plan of a call: which regime a shape gets, and that lanes, blocks and tiles cover the shape once.
#include "plan.h"

#include <algorithm>
#include <vector>

#include "check.h"

using namespace check;
using s4j::Plan;
using s4j::Shape;

namespace {

// Where the regimes change, on both sides of each switch: by classes and by the bytes of the parameters.
// A change of the constants in plan.cpp is a change here.
struct Choice {
    int64_t features, classes;
    s4j_regime single, twice;  // for float and for double
};
constexpr Choice kChoices[] = {
    // small to medium: 32 classes, 4 MiB of weights
    {1, 1, S4J_SMALL, S4J_SMALL},
    {1, 32, S4J_SMALL, S4J_SMALL},
    {1, 33, S4J_MEDIUM, S4J_MEDIUM},
    {784, 32, S4J_SMALL, S4J_SMALL},
    {784, 33, S4J_MEDIUM, S4J_MEDIUM},
    {16'384, 32, S4J_SMALL, S4J_SMALL},
    {16'385, 32, S4J_SMALL, S4J_MEDIUM},
    {32'768, 32, S4J_SMALL, S4J_MEDIUM},
    {32'769, 32, S4J_MEDIUM, S4J_LARGE},
    {524'288, 1, S4J_SMALL, S4J_SMALL},
    {524'289, 1, S4J_SMALL, S4J_MEDIUM},
    {1'048'576, 1, S4J_SMALL, S4J_MEDIUM},
    {1'048'577, 1, S4J_MEDIUM, S4J_LARGE},
    // medium to large: 2048 classes, 8 MiB of weights
    {1, 2048, S4J_MEDIUM, S4J_MEDIUM},
    {1, 2049, S4J_LARGE, S4J_LARGE},
    {512, 2048, S4J_MEDIUM, S4J_MEDIUM},
    {513, 2048, S4J_MEDIUM, S4J_LARGE},
    {1024, 2048, S4J_MEDIUM, S4J_LARGE},
    {1025, 2048, S4J_LARGE, S4J_LARGE},
    {4096, 256, S4J_MEDIUM, S4J_MEDIUM},
    {4096, 257, S4J_MEDIUM, S4J_LARGE},
    {4096, 512, S4J_MEDIUM, S4J_LARGE},
    {4096, 513, S4J_LARGE, S4J_LARGE},
    {2'097'152, 1, S4J_MEDIUM, S4J_LARGE},
    {2'097'153, 1, S4J_LARGE, S4J_LARGE},
    {4096, 100'000, S4J_LARGE, S4J_LARGE},
};

void regimes() {
    for (const Choice& c : kChoices)
        for (const int64_t rows : {int64_t{1}, int64_t{1'000'000'000}})
            for (const bool intercept : {false, true}) {
                about("%d rows, %d features, %d classes, intercept %d", static_cast<int>(rows),
                      static_cast<int>(c.features), static_cast<int>(c.classes), intercept);
                const Shape shape{rows, c.features, c.classes, intercept};
                CHECK_EQUAL(s4j::choose_regime<float>(shape), c.single);
                CHECK_EQUAL(s4j::choose_regime<double>(shape), c.twice);
                CHECK_EQUAL(s4j::make_plan<float>(shape, S4J_AUTO).regime, c.single);
                CHECK_EQUAL(s4j::make_plan<double>(shape, S4J_AUTO).regime, c.twice);
            }
}

// `tiles` tiles of `tile` cover n, and none is empty.
void covers(int64_t tiles, int64_t tile, int64_t n) {
    CHECK(tile >= 1);
    CHECK(tiles >= 1);
    CHECK(tiles * tile >= n);
    CHECK((tiles - 1) * tile < n);
}

template <class T>
void cut(const Shape& shape, s4j_regime regime) {
    const Plan plan = s4j::make_plan<T>(shape, regime);
    about("%d bytes, regime %d: %.0f rows, %d features, %d classes", static_cast<int>(sizeof(T)), plan.regime,
          static_cast<double>(shape.rows), static_cast<int>(shape.features), static_cast<int>(shape.classes));
    CHECK(plan.block >= 1);
    if (plan.regime == S4J_SMALL) CHECK(plan.block <= s4j::kRowBlock);
    CHECK(plan.layout.total >= shape.weight_count() + shape.intercept_count());
    if (plan.regime == S4J_LARGE) {
        CHECK_EQUAL(plan.lanes, 1);
        CHECK(plan.block <= shape.rows);
        covers(plan.row_tiles(), plan.row_tile, plan.block);
        covers(plan.class_tiles(), plan.class_tile, shape.classes);
        covers(plan.feature_tiles(), plan.feature_tile, shape.features);
        return;
    }
    covers(plan.lanes, plan.rows_per_lane, shape.rows);
}

void cuts() {
    for (const int64_t n : std::vector<int64_t>{1, 2, 7, 8, 31, 32, 33, 511, 513, 1024, 1025, 4999, 70'001,
                                                1'000'003, 3'000'000'000, int64_t{1} << 40})
        for (const int64_t d : std::vector<int64_t>{1, 3, 16, 100, 784, 4096, 40'000, 3'000'000})
            for (const int64_t c : std::vector<int64_t>{1, 2, 10, 32, 33, 255, 257, 2048, 2049, 50'000}) {
                const Shape shape{n, d, c, true};
                for (const s4j_regime regime : {S4J_AUTO, S4J_SMALL, S4J_MEDIUM, S4J_LARGE}) {
                    if (regime == S4J_SMALL && c > s4j::kSmallClasses) continue;
                    cut<float>(shape, regime);
                    cut<double>(shape, regime);
                }
            }
}

}  // namespace

int main(int argc, char** argv) {
    start(argc, argv);
    regimes();
    cuts();
    return finish("plan");
}
