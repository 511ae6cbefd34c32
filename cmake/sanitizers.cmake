# S4J_SANITIZE builds everything with sanitizers, for the native tests: ON with AddressSanitizer and UndefinedBehaviourSanitizer,
# "thread" with ThreadSanitizer.

set(S4J_SANITIZE OFF CACHE STRING "ON: AddressSanitizer and UndefinedBehaviourSanitizer; thread: ThreadSanitizer")
if(S4J_SANITIZE STREQUAL "thread")
    set(sanitize -fsanitize=thread)
elseif(S4J_SANITIZE)
    set(sanitize -fsanitize=address,undefined)
endif()
if(S4J_SANITIZE)
    add_compile_options(${sanitize} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(${sanitize})
    add_compile_definitions(S4J_SANITIZED)
endif()
