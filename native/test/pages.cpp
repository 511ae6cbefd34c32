#include "pages.h"

#include <cstdlib>

#if defined(_WIN32)
#    include <windows.h>
#else
#    include <sys/mman.h>
#    include <unistd.h>
#endif

namespace check {

#if defined(_WIN32)

Pages::Pages(int64_t bytes) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    const int64_t page = system.dwPageSize, usable = (bytes + page - 1) / page * page;
    reserved_ = usable + page;
    memory_ = static_cast<char*>(VirtualAlloc(nullptr, reserved_, MEM_RESERVE, PAGE_NOACCESS));
    if (!memory_ || !VirtualAlloc(memory_, usable, MEM_COMMIT, PAGE_READWRITE)) std::abort();
    end_ = memory_ + usable;
}

Pages::~Pages() {
    VirtualFree(memory_, 0, MEM_RELEASE);
}

#else

Pages::Pages(int64_t bytes) {
    const int64_t page = sysconf(_SC_PAGESIZE), usable = (bytes + page - 1) / page * page;
    reserved_ = usable + page;
    void* memory = mmap(nullptr, reserved_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    memory_ = static_cast<char*>(memory);
    end_ = memory_ + usable;
    if (mprotect(end_, page, PROT_NONE) != 0) std::abort();
}

Pages::~Pages() {
    munmap(memory_, reserved_);
}

#endif

}  // namespace check
