package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main method in a JVM of its own, with this one's class path unless the command has another. */
final class ChildJvm {

    private ChildJvm() {}

    /** How it ended, and what it printed on both streams. */
    record Outcome(int status, String output) {}

    static Outcome run(Class<?> main, List<String> options, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        return run(command(main, options, arguments), environment);
    }

    /** Starts one that the caller ends; what it prints is there to be read. */
    static Process start(Class<?> main, String... arguments) throws IOException {
        return new ProcessBuilder(command(main, List.of(), arguments))
                .redirectErrorStream(true)
                .start();
    }

    static List<String> command(Class<?> main, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xcheck:jni");
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs any command. */
    static Outcome run(List<String> command, Map<String, String> environment) throws IOException, InterruptedException {
        Path output = Files.createTempFile("softmax4j", ".out");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("SOFTMAX4J_"));
            builder.environment().putAll(environment);
            Process process = builder.start();
            boolean ended = process.waitFor(120L * Emulator.PATIENCE, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            String text = Files.readString(output, StandardCharsets.UTF_8);
            assertTrue(ended, () -> "not done in time; it printed: " + text);
            return new Outcome(process.exitValue(), text);
        } finally {
            Files.delete(output);
        }
    }
}
