package io.github.softmax4j.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The versions this jar was built as and with. */
record Versions(String softmax4j, String javacpp) {

    static Versions read() {
        Properties properties = new Properties();
        try (InputStream in = Versions.class.getResourceAsStream("versions.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Versions(properties.getProperty("softmax4j"), properties.getProperty("javacpp"));
    }

    /** Coordinates of our jar for a platform. */
    String softmax4jFor(String platform) {
        return "io.github.softmax4j:softmax4j:" + softmax4j + ":" + platform;
    }

    /** Coordinates of the artifact without code that depends on all the others. */
    String platformJar() {
        return "io.github.softmax4j:softmax4j-platform:" + softmax4j;
    }

    /** Coordinates of JavaCPP's plain jar. */
    String javacppJar() {
        return "org.bytedeco:javacpp:" + javacpp;
    }
}
