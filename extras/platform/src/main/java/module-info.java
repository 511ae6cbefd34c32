/** softmax4j; the modules of the native libraries are added with {@code --add-modules}, as that of softmax4j says. */
module io.github.softmax4j.platform {
    requires transitive io.github.softmax4j;
}
