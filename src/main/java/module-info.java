/**
 * Linear softmax (multinomial logistic) classifiers. The native library is in a module of its own per platform, such as {@code
 * io.github.softmax4j.linux.x86_64}; the application adds it and that of JavaCPP with {@code --add-modules}.
 */
module io.github.softmax4j {
    requires org.bytedeco.javacpp;
    requires jdk.management;

    exports io.github.softmax4j;
}
