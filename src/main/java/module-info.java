/**
 * Linear softmax (multinomial logistic) classifiers. The native library is in a module of its own per platform, such as {@code
 * io.github.softmax4j.linux.x86_64}; the application adds it and those of JavaCPP and OpenBLAS with {@code --add-modules}.
 */
module io.github.softmax4j {
    requires org.bytedeco.javacpp;
    requires org.bytedeco.openblas;

    exports io.github.softmax4j;
}
