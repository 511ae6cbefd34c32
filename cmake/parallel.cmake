# s4j_parallel: what native/src/parallel.cpp runs its loop on.

find_package(Threads REQUIRED)
add_library(s4j_parallel INTERFACE)
target_link_libraries(s4j_parallel INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
