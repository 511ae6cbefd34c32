// One kernel unit: compiled once per row of cmake/isa.cmake with that row's flags, in the namespace S4J_ISA.
// Nothing outside this namespace may be defined here: a function shared by units could carry one unit's
// instructions into a CPU that lacks them.
#include "../kernels.h"
#include "dual.h"
#include "losses.h"
#include "panels.h"
#include "row_functions.h"
#include "rows.h"
#include "small.h"
#include "sparse.h"
#include "stage.h"
#include "update.h"

namespace s4j::S4J_ISA {

template <class T>
constexpr Kernels<T> table() {
    return {
        .stage_rows = stage_rows<T>,
        .moments = moments<T>,
        .block_scores = block_scores<T>,
        .block_cross_entropy = block_cross_entropy<T>,
        .block_probabilities = block_probabilities<T>,
        .block_tangent = block_tangent<T>,
        .block_arg_max = block_arg_max<T>,
        .block_gradient = block_gradient<T>,
        .panel_classes = kPanelClasses<T>,
        .panel_stride = kPanelStride<T>,
        .panel_scores = panel_scores<T>,
        .panel_cross_entropy = panel_cross_entropy<T>,
        .panel_exp = panel_exp<T>,
        .panel_scale = panel_scale<T>,
        .panel_dot = panel_dot<T>,
        .panel_tangent = panel_tangent<T>,
        .panel_probabilities = panel_probabilities<T>,
        .panel_arg_max = panel_arg_max<T>,
        .panel_gradient = panel_gradient<T>,
        .panel_pack = panel_pack<T>,
        .panel_unpack = panel_unpack<T>,
        .sparse_scores = sparse_scores<T>,
        .sparse_gradient = sparse_gradient<T>,
        .sparse_scatter = sparse_scatter<T>,
        .dual_step = dual_step<T>,
        .block_exp = block_exp<T>,
        .tile_scale = tile_scale<T>,
        .tile_dot = tile_dot<T>,
        .tile_products = tile_products<T>,
        .tile_errors = tile_errors<T>,
        .tile_tangents = tile_tangents<T>,
        .tile_sigmoid = tile_sigmoid<T>,
        .sigmoid = sigmoid<T>,
        .exp_row = exp_row<T>,
        .scale_row = scale_row<T>,
        .add_row = add_row<T>,
        .widen_add = widen_add<T>,
        .reduce = reduce<T>,
        .arg_max = arg_max<T>,
        .row_scores = row_scores<T>,
        .row_function = row_function<T>,
        .gradient_square = gradient_square<T>,
        .update = update<T>,
        .all_finite = all_finite<T>,
        .exp = exp_all<T>,
        .log = log_all<T>,
    };
}

extern const Kernels<float> kFloat;
extern const Kernels<double> kDouble;
const Kernels<float> kFloat = table<float>();
const Kernels<double> kDouble = table<double>();

}  // namespace s4j::S4J_ISA
