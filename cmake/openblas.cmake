# OpenBLAS as the presets' jar brings it, unpacked in S4J_OPENBLAS_DIR, made ours: S4J_OPENBLAS is a copy under a name that
# nobody else asks for, so that neither another OpenBLAS in the process is taken for it nor it for another. The core opens it
# from the folder that it lies in itself. The target s4j_openblas makes it.

if(NOT IS_DIRECTORY "${S4J_OPENBLAS_DIR}/include")
    message(FATAL_ERROR "S4J_OPENBLAS_DIR must name the unpacked OpenBLAS of the presets: '${S4J_OPENBLAS_DIR}'")
endif()

set(S4J_OPENBLAS_FOLDER "${CMAKE_BINARY_DIR}/openblas")
set(edit "${CMAKE_CURRENT_LIST_DIR}/PrivateOpenBlas.java")
find_program(S4J_JAVA java HINTS "${S4J_JAVA_HOME}/bin" ENV JAVA_HOME PATH_SUFFIXES bin NO_CMAKE_FIND_ROOT_PATH REQUIRED)
file(MAKE_DIRECTORY "${S4J_OPENBLAS_FOLDER}")
if(WIN32)
    set(source "${S4J_OPENBLAS_DIR}/libopenblas.dll")
    set(S4J_OPENBLAS "${S4J_OPENBLAS_FOLDER}/s4j_blas.dll")
    # The loader knows a DLL by the name of its file.
    set(make "${CMAKE_COMMAND}" -E copy "${source}" "${S4J_OPENBLAS}")
elseif(APPLE)
    set(source "${S4J_OPENBLAS_DIR}/libopenblas.0.dylib")
    set(S4J_OPENBLAS "${S4J_OPENBLAS_FOLDER}/libs4j_blas.dylib")
    set(make "${S4J_JAVA}" "${edit}" "${source}" libs4j_blas.dylib "${S4J_OPENBLAS}"
        COMMAND codesign --force --sign - "${S4J_OPENBLAS}")
else()
    set(source "${S4J_OPENBLAS_DIR}/libopenblas.so.0")
    set(S4J_OPENBLAS "${S4J_OPENBLAS_FOLDER}/libs4j_blas.so")
    set(make "${S4J_JAVA}" "${edit}" "${source}" libs4j_blas.so "${S4J_OPENBLAS}")
endif()
add_custom_command(OUTPUT "${S4J_OPENBLAS}" COMMAND ${make} DEPENDS "${source}" ${edit} VERBATIM)
add_custom_target(s4j_openblas DEPENDS "${S4J_OPENBLAS}")
