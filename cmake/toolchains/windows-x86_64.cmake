# On Windows, the MinGW-w64 on the path. Elsewhere Debian's, with POSIX threads (package g++-mingw-w64-x86-64-posix); the
# test programs run in Wine (package wine64), where it is installed.
if(CMAKE_HOST_WIN32)
    set(CMAKE_C_COMPILER gcc)
    set(CMAKE_CXX_COMPILER g++)
else()
    set(CMAKE_SYSTEM_NAME Windows)
    set(CMAKE_SYSTEM_PROCESSOR x86_64)
    set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
    set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
    set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
    set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
    find_program(S4J_WINE wine)
    if(S4J_WINE)
        # In a folder of its own, without the parts for .NET and HTML, and quiet.
        set(CMAKE_CROSSCOMPILING_EMULATOR
            "${CMAKE_COMMAND};-E;env;WINEPREFIX=${CMAKE_BINARY_DIR}/wine;WINEDLLOVERRIDES=mscoree,mshtml=;WINEDEBUG=-all;${S4J_WINE}")
    endif()
    # Its long double and its thread switches take several times as long as they would elsewhere.
    set(S4J_QUICK_TESTS ON CACHE BOOL "")
endif()
