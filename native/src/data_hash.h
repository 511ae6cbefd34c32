// A number for the content of data, by which a run that goes on knows its data again.
#pragma once

#include "data.h"

namespace s4j {

uint64_t data_hash(const s4j_data& data, int threads);

}  // namespace s4j
