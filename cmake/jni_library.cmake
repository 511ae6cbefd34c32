# jnisoftmax4j: the core and JavaCPP's glue as the library that the platform's jar holds. It exports the C ABI and JNI alone,
# and finds the libraries beside it.

include(sorted_jni)
s4j_sorted_jni(sources "${S4J_JNI_DIR}")
add_library(jnisoftmax4j SHARED ${S4J_OBJECTS} ${sources})
target_include_directories(jnisoftmax4j PRIVATE include)
# The glue brings its own jni_md.h, so that any platform's will do.
file(GLOB jni_md "${S4J_JAVA_HOME}/include/*/jni_md.h")
get_filename_component(jni_md "${jni_md}" DIRECTORY)
target_include_directories(jnisoftmax4j SYSTEM PRIVATE "${S4J_JAVA_HOME}/include" "${jni_md}")
# It is not ours to format or to warn about, and it is never hot.
set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-w;-O1")
if(WIN32)
    # The rest of windows.h makes macros of plain words such as "hyper".
    set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_DEFINITIONS WIN32_LEAN_AND_MEAN)
endif()
target_link_libraries(jnisoftmax4j PRIVATE s4j_parallel)

if(WIN32)
    set_target_properties(jnisoftmax4j PROPERTIES PREFIX "")
    target_link_options(jnisoftmax4j PRIVATE -s)
elseif(APPLE)
    set(exports "${CMAKE_CURRENT_SOURCE_DIR}/softmax4j.symbols")
    set_target_properties(jnisoftmax4j PROPERTIES INSTALL_NAME_DIR @rpath INSTALL_RPATH "@loader_path/.")
    target_link_options(jnisoftmax4j PRIVATE -Wl,-dead_strip -Wl,-x "-Wl,-exported_symbols_list,${exports}")
else()
    set(exports "${CMAKE_CURRENT_SOURCE_DIR}/softmax4j.map")
    set_target_properties(jnisoftmax4j PROPERTIES INSTALL_RPATH "$ORIGIN")
    target_link_options(jnisoftmax4j PRIVATE -Wl,--no-undefined -Wl,--gc-sections "-Wl,--version-script=${exports}" -s)
endif()
set_target_properties(jnisoftmax4j PROPERTIES
    BUILD_WITH_INSTALL_RPATH ON LINK_DEPENDS "${exports}" LIBRARY_OUTPUT_DIRECTORY "${S4J_OPENBLAS_FOLDER}")

set(folder "io/github/softmax4j/internal/${S4J_PLATFORM}")
install(FILES $<TARGET_FILE:jnisoftmax4j> "${S4J_OPENBLAS}" DESTINATION "${folder}")
