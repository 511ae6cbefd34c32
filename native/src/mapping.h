// Files as memory, and room for it: the only place that knows the operating system's way to it.
#pragma once

#include <cstdint>

namespace s4j {

// A whole file, for reading; throws Failure with what the operating system says.
const void* map_file(const char* path, int64_t* bytes);
void unmap_file(const void* address, int64_t bytes) noexcept;

// Whether so many bytes more can be mapped now.
bool has_address_space(int64_t bytes) noexcept;

}  // namespace s4j
