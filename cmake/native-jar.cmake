# What the native jar has beside the library: its module, named as JavaCPP names its own, and which files GraalVM's
# native-image is to keep.
#
#   cmake -DS4J_PLATFORM=linux-x86_64 -DS4J_JAVA_HOME=JDK -DS4J_CLASSES=TARGET/classes -DS4J_OUTPUT=FOLDER -P native-jar.cmake

string(REPLACE "-" "." module "io.github.softmax4j.${S4J_PLATFORM}")
set(source "${S4J_OUTPUT}-module/module-info.java")
file(WRITE "${source}" "open module ${module} {\n    requires transitive io.github.softmax4j;\n}\n")
execute_process(
    COMMAND "${S4J_JAVA_HOME}/bin/javac" --release 17 -Xlint:-module --module-path "${S4J_CLASSES}" -d "${S4J_OUTPUT}" "${source}"
    RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "javac could not compile ${source}")
endif()

# JavaCPP, which does not compile here, lists its C++ sources.
set(metadata "${S4J_OUTPUT}/META-INF/native-image/${S4J_PLATFORM}/jnisoftmax4j")
file(WRITE "${metadata}/resource-config.json"
     "{\"resources\": [{\"pattern\": \"io/github/softmax4j/internal/${S4J_PLATFORM}/.*\"}]}\n")
