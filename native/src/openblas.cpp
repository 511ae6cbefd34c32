#include "openblas.h"

#include <atomic>
#include <mutex>

#include "status.h"

#if defined(_WIN32)
#    include <windows.h>
#else
#    include <dlfcn.h>
#endif
#if defined(__linux__)
#    include <sched.h>
#endif

namespace s4j {

namespace {

// Has an address of this library.
const char kHere = 0;

#if defined(_WIN32)

constexpr const char* kName = "s4j_blas.dll";

std::string narrow(const std::wstring& text) {
    std::string bytes(4 * text.size() + 1, '\0');
    bytes.resize(static_cast<size_t>(WideCharToMultiByte(CP_UTF8, 0, text.data(),
                                                         static_cast<int>(text.size()), bytes.data(),
                                                         static_cast<int>(bytes.size()), nullptr, nullptr)));
    return bytes;
}

std::wstring folder() {
    HMODULE here = nullptr;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       reinterpret_cast<LPCWSTR>(&kHere), &here);
    std::wstring path(32768, L'\0');
    path.resize(GetModuleFileNameW(here, path.data(), static_cast<DWORD>(path.size())));
    return path.substr(0, path.find_last_of(L"\\/") + 1);
}

void* open(std::string& path) {
    std::wstring file = folder();
    for (const char* c = kName; *c; ++c) file += static_cast<wchar_t>(*c);
    path = narrow(file);
    const HMODULE library = LoadLibraryExW(file.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!library)
        throw Failure(S4J_UNSUPPORTED,
                      path + ": cannot be opened: Windows error " + std::to_string(GetLastError()));
    return reinterpret_cast<void*>(library);
}

void* find(void* library, const char* name) {
    return reinterpret_cast<void*>(GetProcAddress(reinterpret_cast<HMODULE>(library), name));
}

#else

#    if defined(__APPLE__)
constexpr const char* kName = "libs4j_blas.dylib";
#    else
constexpr const char* kName = "libs4j_blas.so";
#    endif

std::string folder() {
    Dl_info here;
    if (!dladdr(&kHere, &here) || !here.dli_fname) return "./";
    const std::string path = here.dli_fname;
    const size_t end = path.find_last_of('/');
    return end == std::string::npos ? "./" : path.substr(0, end + 1);
}

// Only this thread's calls see it: neither is another OpenBLAS called in its place, as it is linked to bind to
// itself, nor it in another's.
void* open(std::string& path) {
    path = folder() + kName;
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) throw Failure(S4J_UNSUPPORTED, dlerror());
    return library;
}

void* find(void* library, std::string name) {
#    if defined(__linux__)
    // As cmake/PrivateOpenBlas.java has renamed them: whoever looks for them in all that is open finds others.
    name[0] += 1;
    name[1] -= 33;
#    endif
    return dlsym(library, name.c_str());
}

#endif

// OpenBLAS starts a thread for each processor that it may use when it is opened, and raises SIGINT where it
// cannot. While one of these lives there is one processor; our lanes call it, each for itself.
class OneProcessor {
  public:
#if defined(__linux__)
    OneProcessor() noexcept {
        if (sched_getaffinity(0, sizeof before_, before_) != 0) return;
        cpu_set_t one[kSets] = {};
        for (int cpu = 0; cpu < kSets * CPU_SETSIZE; ++cpu) {
            if (!CPU_ISSET_S(cpu, sizeof before_, before_)) continue;
            CPU_SET_S(cpu, sizeof one, one);
            changed_ = sched_setaffinity(0, sizeof one, one) == 0;
            return;
        }
    }
    ~OneProcessor() {
        if (changed_) sched_setaffinity(0, sizeof before_, before_);
    }

  private:
    static constexpr int kSets = 8;
    cpu_set_t before_[kSets] = {};
    bool changed_ = false;
#else
    OneProcessor() noexcept {}
    ~OneProcessor() {}
#endif
    OneProcessor(const OneProcessor&) = delete;
    OneProcessor& operator=(const OneProcessor&) = delete;
};

template <class F>
void bind(void* library, const std::string& path, const char* name, F& function) {
    function = reinterpret_cast<F>(find(library, name));
    if (!function) throw Failure(S4J_UNSUPPORTED, path + ": is not OpenBLAS, it has no " + name);
}

OpenBlas opened() {
    OpenBlas blas;
    void* library;
    {
        const OneProcessor one;
        library = open(blas.path);
    }
    bind(library, blas.path, "cblas_sgemm", blas.sgemm);
    bind(library, blas.path, "cblas_dgemm", blas.dgemm);
    bind(library, blas.path, "openblas_get_corename", blas.corename);
    bind(library, blas.path, "openblas_get_config", blas.config);
    bind(library, blas.path, "openblas_set_num_threads", blas.set_num_threads);
    // For ever, as nobody else can change it.
    blas.set_num_threads(1);
    return blas;
}

}  // namespace

const OpenBlas& openblas() {
    static std::atomic<const OpenBlas*> ready{nullptr};
    static std::mutex mutex;
    if (const OpenBlas* blas = ready.load(std::memory_order_acquire)) return *blas;
    const std::lock_guard lock(mutex);
    if (!ready.load(std::memory_order_relaxed))
        ready.store(new OpenBlas(opened()), std::memory_order_release);
    return *ready.load(std::memory_order_relaxed);
}

}  // namespace s4j
