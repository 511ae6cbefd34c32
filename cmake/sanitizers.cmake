# S4J_SANITIZE=ON builds everything with AddressSanitizer and UndefinedBehaviourSanitizer, for the native tests.

option(S4J_SANITIZE "AddressSanitizer and UndefinedBehaviourSanitizer" OFF)
if(S4J_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()
