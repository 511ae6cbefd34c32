# s4j_parallel: what native/src/parallel.cpp runs its loop on.
#
# macOS has libdispatch in its system library; an OpenMP runtime would have to be bundled, and two copies of LLVM's in
# one process end it. S4J_LIBDISPATCH=ON runs the tests on it elsewhere (Debian: package libdispatch-dev).

option(S4J_LIBDISPATCH "The parallel loop on libdispatch instead of OpenMP" ${APPLE})

find_package(Threads REQUIRED)
add_library(s4j_parallel INTERFACE)
target_link_libraries(s4j_parallel INTERFACE Threads::Threads)
if(S4J_LIBDISPATCH)
    target_compile_definitions(s4j_parallel INTERFACE S4J_LIBDISPATCH)
    if(NOT APPLE)
        target_link_libraries(s4j_parallel INTERFACE dispatch)
    endif()
elseif(MINGW)
    # FindOpenMP would name the runtime's import library and so its DLL.
    target_compile_options(s4j_parallel INTERFACE -fopenmp)
    target_link_options(s4j_parallel INTERFACE -fopenmp -static)
else()
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    target_link_libraries(s4j_parallel INTERFACE OpenMP::OpenMP_CXX)
endif()
