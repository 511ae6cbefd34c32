# The compiler of this machine, which is of this platform itself.
if(NOT CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux" OR NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL "x86_64")
    message(FATAL_ERROR "linux-x86_64 is built on Linux on x86_64, this is ${CMAKE_HOST_SYSTEM_NAME} on "
                        "${CMAKE_HOST_SYSTEM_PROCESSOR}")
endif()
