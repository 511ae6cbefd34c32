#pragma once

#include <cstdint>

namespace s4j {

// FIPS 180-4. For the check of the library's own files at load: an implementation that is there at once.
void sha256(const uint8_t* data, int64_t count, uint8_t* hash);

}  // namespace s4j
