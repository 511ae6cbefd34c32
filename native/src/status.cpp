#include "status.h"

#include <cstdio>

namespace s4j {

// A fixed buffer: reporting that memory has run out must not need any.
static thread_local char text_of_last_error[512] = "";

void set_last_error(const char* text) noexcept {
    std::snprintf(text_of_last_error, sizeof text_of_last_error, "%s", text);
}

const char* last_error() noexcept {
    return text_of_last_error;
}

}  // namespace s4j
