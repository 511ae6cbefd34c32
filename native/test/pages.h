// Memory from the operating system.
#pragma once

#include <cstdint>

namespace check {

// `bytes` to read and write, rounded up to whole pages, and then a page that faults.
class Pages {
  public:
    explicit Pages(int64_t bytes);
    ~Pages();
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    // Where the page that faults begins.
    char* end() { return end_; }

  private:
    char *memory_, *end_;
    int64_t reserved_;
};

}  // namespace check
