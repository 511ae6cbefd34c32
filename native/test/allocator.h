// Counts what a test program and its libraries allocate: glibc's allocator under the program's own names. Only where
// S4J_COUNTS_ALLOCATIONS is 1, and in one source file of a program.
#pragma once

#include <atomic>
#include <cstddef>

#if defined(S4J_SANITIZED) || !defined(__GLIBC__)
#    define S4J_COUNTS_ALLOCATIONS 0
#else
#    define S4J_COUNTS_ALLOCATIONS 1

#    include <malloc.h>
#    include <sys/syscall.h>
#    include <unistd.h>

namespace check {

// Calls; and bytes on the heap, now and at most since `peak` was last set.
inline std::atomic<long> allocations{0}, live{0}, peak{0};

inline void* counted(void* p) {
    ++allocations;
    const long now = live += static_cast<long>(malloc_usable_size(p));
    long most = peak;
    while (most < now && !peak.compare_exchange_weak(most, now)) {
    }
    return p;
}

}  // namespace check

// The program's own definitions take the place of libc's in all its libraries.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

void* malloc(size_t n) {
    return check::counted(__libc_malloc(n));
}
void* calloc(size_t n, size_t size) {
    return check::counted(__libc_calloc(n, size));
}
void* realloc(void* p, size_t n) {
    check::live -= static_cast<long>(malloc_usable_size(p));
    return check::counted(__libc_realloc(p, n));
}
void* aligned_alloc(size_t alignment, size_t n) {
    return check::counted(__libc_memalign(alignment, n));
}
void* memalign(size_t alignment, size_t n) {
    return check::counted(__libc_memalign(alignment, n));
}
int posix_memalign(void** p, size_t alignment, size_t n) {
    *p = check::counted(__libc_memalign(alignment, n));
    return *p ? 0 : 12;  // ENOMEM
}
void free(void* p) {
    check::live -= static_cast<long>(malloc_usable_size(p));
    __libc_free(p);
}
void* mmap(void* at, size_t n, int protection, int flags, int file, off_t offset) noexcept {
    ++check::allocations;
    return reinterpret_cast<void*>(syscall(SYS_mmap, at, n, protection, flags, file, offset));
}
}

#endif
