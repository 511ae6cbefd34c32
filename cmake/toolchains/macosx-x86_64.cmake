# Xcode's compiler, on macOS.
if(NOT CMAKE_HOST_SYSTEM_NAME STREQUAL "Darwin")
    message(FATAL_ERROR "macosx-x86_64 is built on macOS, this is ${CMAKE_HOST_SYSTEM_NAME}")
endif()
set(CMAKE_OSX_ARCHITECTURES x86_64)
# isa.cmake goes by it.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_OSX_DEPLOYMENT_TARGET 11.0)
