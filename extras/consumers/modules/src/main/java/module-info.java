module consumer {
    requires io.github.softmax4j;
}
