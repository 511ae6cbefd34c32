# s4j_sorted_jni(variable folder): copies JavaCPP's sources to the build folder with their functions in the order of their
# names, and sets the variable to the copies. JavaCPP's own order, that of reflection, changes from run to run, and the
# library would with it.
function(s4j_sorted_jni variable folder)
    # What CMake's lists would take for their own.
    foreach(code RANGE 1 3)
        string(ASCII ${code} escape_${code})
    endforeach()
    set(copies "")
    file(GLOB sources CONFIGURE_DEPENDS "${folder}/jni*.cpp")
    foreach(source IN LISTS sources)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
        file(READ "${source}" text)
        string(REPLACE ";" "${escape_1}" text "${text}")
        string(REPLACE "[" "${escape_2}" text "${text}")
        string(REPLACE "]" "${escape_3}" text "${text}")
        # Only its own tables name the callbacks; Windows would export them, as no list of what to export rules there.
        string(REGEX REPLACE "JNIEXPORT ([a-z]+ JavaCPP_)" "\\1" text "${text}")
        # The brace that closes extern "C" comes after the last function.
        string(REGEX REPLACE "\n\n}\n+$" "" text "${text}")
        string(REGEX REPLACE "\n(JNIEXPORT [a-z]+ JNICALL Java_)" ";\\1" functions "${text}")
        list(POP_FRONT functions head)
        # Blank lines stand between classes.
        list(TRANSFORM functions REPLACE "\n+$" "")
        list(SORT functions)
        list(JOIN functions "\n" functions)
        string(CONCAT text "${head}\n" "${functions}" "\n\n}\n")
        string(REPLACE "${escape_1}" ";" text "${text}")
        string(REPLACE "${escape_2}" "[" text "${text}")
        string(REPLACE "${escape_3}" "]" text "${text}")
        get_filename_component(name "${source}" NAME)
        file(CONFIGURE OUTPUT "jni/${name}" CONTENT "@text@" @ONLY)
        list(APPEND copies "${CMAKE_CURRENT_BINARY_DIR}/jni/${name}")
    endforeach()
    set(${variable} "${copies}" PARENT_SCOPE)
endfunction()
