# OpenBLAS as the presets' jar brings it, unpacked in S4J_OPENBLAS_DIR.
#
# openblas::real is the library itself, for the native test programs.
# openblas::stub has only the name that JavaCPP gives OpenBLAS in its cache (libopenblas_nolapack): the shared
# library links to it, so that a user's choice of BLAS (org.bytedeco.openblas.load) reaches us as well.

if(NOT EXISTS "${S4J_OPENBLAS_DIR}/include/cblas.h")
    message(FATAL_ERROR "S4J_OPENBLAS_DIR must name the unpacked OpenBLAS of the presets, with include/cblas.h: "
                        "'${S4J_OPENBLAS_DIR}'")
endif()

add_library(openblas_real SHARED IMPORTED)
set_target_properties(openblas_real PROPERTIES IMPORTED_LOCATION "${S4J_OPENBLAS_DIR}/libopenblas.so.0")
target_include_directories(openblas_real SYSTEM INTERFACE "${S4J_OPENBLAS_DIR}/include")
add_library(openblas::real ALIAS openblas_real)

file(WRITE "${CMAKE_BINARY_DIR}/openblas_stub.c" "
void cblas_sgemm(void) {}
void cblas_dgemm(void) {}
void openblas_get_num_threads(void) {}
void openblas_set_num_threads(void) {}
void openblas_get_corename(void) {}
void openblas_get_config(void) {}
")
add_library(openblas_stub SHARED "${CMAKE_BINARY_DIR}/openblas_stub.c")
set_target_properties(openblas_stub PROPERTIES OUTPUT_NAME openblas_nolapack SOVERSION 0)
target_include_directories(openblas_stub SYSTEM INTERFACE "${S4J_OPENBLAS_DIR}/include")
add_library(openblas::stub ALIAS openblas_stub)
