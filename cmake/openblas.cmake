# OpenBLAS as the presets' jar brings it, unpacked in S4J_OPENBLAS_DIR.
#
# openblas::real is the library itself, for the native test programs.
# openblas::stub has only the name that JavaCPP gives OpenBLAS in its cache (libopenblas_nolapack): the shared
# library links to it, so that a user's choice of BLAS (org.bytedeco.openblas.load) reaches us as well.

if(NOT IS_DIRECTORY "${S4J_OPENBLAS_DIR}/include")
    message(FATAL_ERROR "S4J_OPENBLAS_DIR must name the unpacked OpenBLAS of the presets: '${S4J_OPENBLAS_DIR}'")
endif()

file(CONFIGURE OUTPUT openblas_stub/stub.c CONTENT "
void cblas_sgemm(void) {}
void cblas_dgemm(void) {}
void openblas_get_num_threads(void) {}
void openblas_set_num_threads(void) {}
void openblas_get_corename(void) {}
void openblas_get_config(void) {}
")
add_library(openblas_stub SHARED "${CMAKE_BINARY_DIR}/openblas_stub/stub.c")
set_target_properties(openblas_stub PROPERTIES
    OUTPUT_NAME openblas_nolapack PREFIX lib SOVERSION 0 C_VISIBILITY_PRESET default INSTALL_NAME_DIR @rpath
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/openblas_stub" RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/openblas_stub"
    ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/openblas_stub")
add_library(openblas::stub ALIAS openblas_stub)

# A folder with the library under the stub's name, and what it needs beside it: what JavaCPP's cache looks like. On Windows
# programs that link to the stub look for that name.
if(WIN32)
    set(S4J_OPENBLAS "${S4J_OPENBLAS_DIR}/libopenblas.dll")
    set(S4J_OPENBLAS_NAME libopenblas_nolapack.dll)
elseif(APPLE)
    set(S4J_OPENBLAS "${S4J_OPENBLAS_DIR}/libopenblas.0.dylib")
    set(S4J_OPENBLAS_NAME libopenblas_nolapack.0.dylib)
else()
    set(S4J_OPENBLAS "${S4J_OPENBLAS_DIR}/libopenblas.so.0")
    set(S4J_OPENBLAS_NAME libopenblas_nolapack.so.0)
endif()
set(S4J_OPENBLAS_FOLDER "${CMAKE_BINARY_DIR}/openblas")
file(MAKE_DIRECTORY "${S4J_OPENBLAS_FOLDER}")
file(GLOB libraries "${S4J_OPENBLAS_DIR}/libgfortran.*" "${S4J_OPENBLAS_DIR}/libgcc_s.*" "${S4J_OPENBLAS_DIR}/libquadmath.*")
foreach(library IN LISTS libraries)
    get_filename_component(name "${library}" NAME)
    file(CREATE_LINK "${library}" "${S4J_OPENBLAS_FOLDER}/${name}" SYMBOLIC COPY_ON_ERROR)
endforeach()
file(CREATE_LINK "${S4J_OPENBLAS}" "${S4J_OPENBLAS_FOLDER}/${S4J_OPENBLAS_NAME}" SYMBOLIC COPY_ON_ERROR)

if(WIN32)
    add_library(openblas::real ALIAS openblas_stub)
else()
    add_library(openblas_real SHARED IMPORTED)
    set_target_properties(openblas_real PROPERTIES IMPORTED_LOCATION "${S4J_OPENBLAS}")
    add_library(openblas::real ALIAS openblas_real)
endif()
