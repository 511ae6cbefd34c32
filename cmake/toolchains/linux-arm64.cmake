# On arm64 itself, the machine's own compiler. Elsewhere Debian's cross compiler (package g++-aarch64-linux-gnu);
# the test programs run in an emulator (package qemu-user-static), where it is installed.
if(NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(CMAKE_SYSTEM_NAME Linux)
    set(CMAKE_SYSTEM_PROCESSOR aarch64)
    set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
    set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
    set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
    set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
    find_program(S4J_QEMU qemu-aarch64-static)
    if(S4J_QEMU)
        set(CMAKE_CROSSCOMPILING_EMULATOR "${S4J_QEMU};-L;/usr/aarch64-linux-gnu")
    endif()
    # It takes some twenty times as long as a processor would.
    set(S4J_QUICK_TESTS ON CACHE BOOL "")
endif()
