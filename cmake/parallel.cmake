# s4j_parallel: what native/src/parallel.cpp runs its loop on.

find_package(Threads REQUIRED)
add_library(s4j_parallel INTERFACE)
target_link_libraries(s4j_parallel INTERFACE Threads::Threads)
if(APPLE)
    # libdispatch, of the system's own library. An OpenMP runtime would have to be bundled, and two copies of LLVM's in
    # one process end it.
elseif(MINGW)
    # FindOpenMP would name the runtime's import library and so its DLL.
    target_compile_options(s4j_parallel INTERFACE -fopenmp)
    target_link_options(s4j_parallel INTERFACE -fopenmp)
else()
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    target_link_libraries(s4j_parallel INTERFACE OpenMP::OpenMP_CXX)
endif()
