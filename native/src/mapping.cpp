#include "mapping.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "status.h"

#if defined(_WIN32)
#    include <windows.h>

#    include <system_error>
#else
#    include <fcntl.h>
#    include <sys/mman.h>
#    include <sys/stat.h>
#    include <unistd.h>
#endif

namespace s4j {

#if defined(_WIN32)

namespace {

struct Handle {
    HANDLE value;
    ~Handle() {
        if (value && value != INVALID_HANDLE_VALUE) CloseHandle(value);
    }
};

void require(bool condition) {
    if (condition) return;
    const int error = static_cast<int>(GetLastError());
    const std::error_condition known = std::system_category().default_error_condition(error);
    throw Failure(S4J_BAD_ARGUMENT, known.category() == std::generic_category()
                                        ? known.message()
                                        : "Windows error " + std::to_string(error));
}

std::wstring wide(const char* utf8) {
    const int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, nullptr, 0);
    require(units > 0);
    std::wstring text(static_cast<size_t>(units), L'\0');
    MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, text.data(), units);
    return text;
}

}  // namespace

const void* map_file(const char* path, int64_t* bytes) {
    const Handle file{CreateFileW(wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                                  FILE_ATTRIBUTE_NORMAL, nullptr)};
    require(file.value != INVALID_HANDLE_VALUE);
    LARGE_INTEGER size;
    require(GetFileSizeEx(file.value, &size));
    if (size.QuadPart == 0) throw Failure(S4J_BAD_ARGUMENT, "it is empty");
    // The view keeps file and mapping open.
    const Handle mapping{CreateFileMappingW(file.value, nullptr, PAGE_READONLY, 0, 0, nullptr)};
    require(mapping.value);
    const void* address = MapViewOfFile(mapping.value, FILE_MAP_READ, 0, 0, 0);
    require(address);
    *bytes = size.QuadPart;
    return address;
}

void unmap_file(const void* address, int64_t) noexcept {
    if (address) UnmapViewOfFile(address);
}

bool has_address_space(int64_t bytes) noexcept {
    void* room = VirtualAlloc(nullptr, static_cast<SIZE_T>(bytes), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (room) VirtualFree(room, 0, MEM_RELEASE);
    return room != nullptr;
}

#else

namespace {

struct Descriptor {
    int value;
    ~Descriptor() {
        if (value >= 0) close(value);
    }
};

void require(bool condition) {
    if (!condition) throw Failure(S4J_BAD_ARGUMENT, std::strerror(errno));
}

}  // namespace

const void* map_file(const char* path, int64_t* bytes) {
    const Descriptor file{open(path, O_RDONLY | O_CLOEXEC)};
    require(file.value >= 0);
    struct stat status {};
    require(fstat(file.value, &status) == 0);
    if (!S_ISREG(status.st_mode)) throw Failure(S4J_BAD_ARGUMENT, "it is not a regular file");
    if (status.st_size == 0) throw Failure(S4J_BAD_ARGUMENT, "it is empty");
    void* address = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_SHARED, file.value, 0);
    require(address != MAP_FAILED);
    *bytes = status.st_size;
    return address;
}

void unmap_file(const void* address, int64_t bytes) noexcept {
    if (address) munmap(const_cast<void*>(address), static_cast<size_t>(bytes));
}

bool has_address_space(int64_t bytes) noexcept {
    void* room =
        mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return false;
    munmap(room, static_cast<size_t>(bytes));
    return true;
}

#endif

}  // namespace s4j
