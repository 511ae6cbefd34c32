# The one table of instruction sets: each row is a name and the flags that its kernel unit is compiled with.
# Rows go from the most portable to the fastest; the order is the order of preference, reversed, at load.
# The C++ identifier of a row is its name with '-' turned into '_'.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(S4J_ISAS x86-64-v2 x86-64-v3 x86-64-v4)
    set(S4J_FLAGS_x86-64-v2 -march=x86-64-v2)
    set(S4J_FLAGS_x86-64-v3 -march=x86-64-v3)
    set(S4J_FLAGS_x86-64-v4 -march=x86-64-v4 -mprefer-vector-width=512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
    set(S4J_ISAS neon)
    set(S4J_FLAGS_neon -march=armv8-a)
else()
    message(FATAL_ERROR "softmax4j has no instruction-set table for ${CMAKE_SYSTEM_PROCESSOR}")
endif()
