#include "plan.h"

#include <algorithm>
#include <bit>
#include <string>

#include "blas.h"
#include "status.h"
#include "transpose.h"

namespace s4j {

namespace {

// A lane is worth starting from about this much work: handing it to a thread costs some microseconds, more on
// a busy machine.
constexpr int64_t kSmallLaneFlops = 4'000'000;
constexpr int64_t kMediumLaneFlops = 8'000'000;
// Class-major parameters must stay in the caches for the small kernels to pay.
constexpr int64_t kSmallParameterBytes = int64_t{4} << 20;
// Rows of a small block stay in L2 between scores and gradient.
constexpr int64_t kSmallBlockBytes = int64_t{192} << 10;
// Beyond this a private gradient per lane costs more than it saves.
constexpr int64_t kMediumParameterBytes = int64_t{8} << 20;
constexpr int64_t kMediumClasses = 2048;
constexpr int64_t kMediumPartialBytes = int64_t{52'000'000};
// Large: scores of one block, its rows, sub-blocks of it, one row of a tile of weights, tasks to share.
constexpr int64_t kLargeScoreBytes = int64_t{52'000'000};
constexpr int64_t kLargeStagedBytes = int64_t{64} << 20;
constexpr int64_t kLargeSubBlocks = 12;
constexpr int64_t kLargeTileBytes = 1024;
constexpr int64_t kLargeTasks = 16;
// Tasks to share out the rows of a sparse block.
constexpr int64_t kSparseTasks = 32;

int64_t round_up(int64_t a, int64_t b) {
    return ceil_div(a, b) * b;
}

// Lanes that are worth it for the work, and whose partial gradients fit the budget.
int64_t lanes_for(const Shape& shape, int64_t flops_per_lane, int64_t partial_bytes, int64_t budget) {
    // The product can pass 2^63; the quotient that matters is small.
    const double flops = 4.0 * static_cast<double>(shape.rows) * static_cast<double>(shape.features) *
                         static_cast<double>(shape.classes);
    const double worth =
        std::min(flops / static_cast<double>(flops_per_lane), static_cast<double>(kMaxLanes));
    const int64_t fit = std::max<int64_t>(budget / std::max<int64_t>(partial_bytes, 1), 1);
    const int64_t most = std::clamp<int64_t>(static_cast<int64_t>(worth), 1, fit);
    // A power of two deals them out evenly to 2, 4, 8 threads.
    return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(most)));
}

}  // namespace

template <class T>
s4j_regime choose_regime(const Shape& shape) {
    if (shape.sparse) return S4J_SPARSE;
    const int64_t size = sizeof(T);
    const int64_t bytes = shape.weight_count() * size;
    if (shape.classes <= kSmallClasses && bytes <= kSmallParameterBytes) return S4J_SMALL;
    if (shape.classes <= kMediumClasses && bytes <= kMediumParameterBytes) return S4J_MEDIUM;
    return S4J_LARGE;
}

template <class T>
Layout make_layout(const Shape& shape, s4j_regime regime) {
    switch (regime) {
        case S4J_SMALL: {
            const int64_t weights = shape.classes * padded_features<T>(shape.features);
            return {regime, weights, weights + shape.intercept_count()};
        }
        case S4J_MEDIUM: {
            const int64_t classes = round_up(shape.classes, kernels<T>().panel_classes);
            const int64_t weights = shape.features * classes;
            return {regime, weights, weights + (shape.intercept ? classes : 0)};
        }
        default:
            return {regime, shape.weight_count(), shape.weight_count() + shape.intercept_count()};
    }
}

template <class T>
Plan make_plan(const Shape& shape, s4j_regime regime, int64_t budget) {
    const int64_t size = sizeof(T);
    if (regime == S4J_AUTO) regime = choose_regime<T>(shape);
    if (shape.sparse != (regime == S4J_SPARSE))
        throw Failure(S4J_BAD_ARGUMENT, "the sparse regime is for sparse data, and for nothing else");
    if (regime == S4J_SMALL && shape.classes > kSmallClasses)
        throw Failure(S4J_BAD_ARGUMENT, "the small regime takes at most " + std::to_string(kSmallClasses) +
                                            " classes, not " + std::to_string(shape.classes));
    if (regime == S4J_LARGE && std::max(shape.features, shape.classes) > kMaxBlasSize)
        throw Failure(S4J_BAD_ARGUMENT,
                      "features and classes must be at most " + std::to_string(kMaxBlasSize));

    Plan plan{};
    plan.regime = regime;
    plan.shape = shape;
    plan.layout = make_layout<T>(shape, regime);
    plan.lanes = 1;
    plan.rows_per_lane = shape.rows;
    const int64_t partial_bytes = std::min(kMediumPartialBytes, budget);
    switch (regime) {
        case S4J_SMALL: {
            plan.block =
                std::clamp<int64_t>(kSmallBlockBytes / (shape.features * size) / 8 * 8, 8, kRowBlock);
            const int64_t wanted = lanes_for(shape, kSmallLaneFlops, plan.layout.total * size, partial_bytes);
            plan.rows_per_lane = round_up(ceil_div(shape.rows, wanted), plan.block);
            break;
        }
        case S4J_MEDIUM: {
            const int64_t wanted =
                lanes_for(shape, kMediumLaneFlops, plan.layout.total * size, partial_bytes);
            plan.panels = ceil_div(shape.classes, kernels<T>().panel_classes);
            plan.rows_per_lane = ceil_div(shape.rows, wanted);
            const int64_t blocks = ceil_div(plan.rows_per_lane, kPanelRows);
            plan.block = std::min<int64_t>(round_up(ceil_div(plan.rows_per_lane, blocks), 12), kPanelRows);
            break;
        }
        case S4J_SPARSE: {
            plan.panels = ceil_div(shape.classes, kernels<T>().panel_classes);
            const int64_t fit = budget / (shape.classes * size);
            const int64_t most = transpose_rows(shape.rows);
            plan.block = std::clamp(fit, std::min<int64_t>(8, most), most);
            plan.row_tile =
                std::clamp<int64_t>(round_up(ceil_div(plan.block, kSparseTasks), 8), 8, kPanelRows);
            return plan;
        }
        default: {
            const int64_t width = kernels<T>().panel_classes;
            plan.panels = ceil_div(shape.classes, width);
            const int64_t fit = std::min(
                std::min(kLargeScoreBytes, budget) / (plan.panels * kernels<T>().panel_stride * size),
                std::min(kLargeStagedBytes, budget) / (kPanelRows * shape.features * size));
            const int64_t all = ceil_div(shape.rows, kPanelRows);
            const int64_t blocks = ceil_div(all, std::clamp<int64_t>(fit, 1, kLargeSubBlocks));
            plan.block = std::min(ceil_div(all, blocks) * kPanelRows, shape.rows);
            plan.class_tile =
                std::clamp(shape.classes / kLargeTasks / width * width, width, kLargeTileBytes / size);
            const int64_t others = ceil_div(kLargeTasks, plan.class_tiles());
            plan.row_tile = round_up(ceil_div(plan.block, others), kPanelRows);
            plan.feature_tile = std::max<int64_t>(96, round_up(ceil_div(shape.features, others), 12));
            return plan;
        }
    }
    plan.lanes = ceil_div(shape.rows, plan.rows_per_lane);
    return plan;
}

template s4j_regime choose_regime<float>(const Shape&);
template s4j_regime choose_regime<double>(const Shape&);
template Layout make_layout<float>(const Shape&, s4j_regime);
template Layout make_layout<double>(const Shape&, s4j_regime);
template Plan make_plan<float>(const Shape&, s4j_regime, int64_t);
template Plan make_plan<double>(const Shape&, s4j_regime, int64_t);

}  // namespace s4j
