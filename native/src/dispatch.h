// Which kernels run: chosen once, by CPU features or by name.
#pragma once

#include <string>

namespace s4j {

// Null or empty: the best this CPU has. Throws Failure for a name that is unknown or that this CPU lacks.
void choose_kernels(const char* name);
const char* chosen_kernels() noexcept;
const char* supported_kernels();
const char* cpu_features();

}  // namespace s4j
