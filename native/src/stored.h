// Data that is stored otherwise than as values of its type, and what is learnt of its columns.
#pragma once

#include <memory>

#include "data.h"

namespace s4j {

// Scales and offsets of a view: none (affine 0), one of each, or one of each per column.
void set_affine(s4j_data& data, int64_t affine, const double* scale, const double* offset);

// As s4j_data_first_non_finite; throws std::bad_alloc.
int64_t first_non_finite(const s4j_data& data, int threads);

// As s4j_data_moments and s4j_moments_bytes.
void moments(const s4j_data& data, int threads, int64_t scratch_limit, double* mean, double* deviation);
int64_t moments_bytes(s4j_type type, bool sparse, int64_t rows, int64_t columns, int64_t scratch_limit);

// As s4j_data_standardized.
std::unique_ptr<s4j_data> standardized(const s4j_data& data, const double* mean, const double* deviation,
                                       int threads);

}  // namespace s4j
