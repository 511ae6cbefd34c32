# cmake -DS4J_NATIVE_DIR=native [-DS4J_FIX=ON] -P check-format.cmake: fails where a C++ file is not formatted; S4J_FIX
# formats instead. Version 14, because other versions format differently.

file(GLOB_RECURSE sources "${S4J_NATIVE_DIR}/*.h" "${S4J_NATIVE_DIR}/*.cpp")
if(S4J_FIX)
    set(mode -i)
else()
    set(mode --dry-run -Werror)
endif()
execute_process(COMMAND clang-format-14 ${mode} ${sources} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "C++ sources are not formatted; format them with "
                        "cmake -DS4J_NATIVE_DIR=native -DS4J_FIX=ON -P cmake/check-format.cmake")
endif()
