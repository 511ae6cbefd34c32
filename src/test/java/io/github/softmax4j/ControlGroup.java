package io.github.softmax4j;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A control group with a limit of memory, of either version. */
record ControlGroup(Path folder, boolean second) {

    static ControlGroup create(long limit) {
        Path root = Path.of("/sys/fs/cgroup");
        boolean second = Files.exists(root.resolve("cgroup.controllers"));
        Path parent = second ? root : root.resolve("memory");
        Path folder = parent.resolve("softmax4j-" + ProcessHandle.current().pid());
        try {
            Files.createDirectory(folder);
        } catch (IOException e) {
            assumeTrue(false, "no control group can be made: " + e);
        }
        ControlGroup group = new ControlGroup(folder, second);
        try {
            Files.writeString(folder.resolve(second ? "memory.max" : "memory.limit_in_bytes"), Long.toString(limit));
        } catch (IOException e) {
            group.remove();
            assumeTrue(false, "no memory limit can be set: " + e);
        }
        return group;
    }

    /** Runs what follows it within the group. */
    List<String> command() {
        return List.of("sh", "-c", "echo $$ > '" + folder + "/cgroup.procs' && exec \"$@\"", "sh");
    }

    /** A main method in a JVM within the group. */
    List<String> command(Class<?> main, List<String> options) {
        List<String> command = new ArrayList<>(command());
        command.addAll(ChildJvm.command(main, options));
        return command;
    }

    long timesAtLimit() throws IOException {
        if (!second) {
            return Long.parseLong(
                    Files.readString(folder.resolve("memory.failcnt")).strip());
        }
        return Files.readAllLines(folder.resolve("memory.events")).stream()
                .filter(line -> line.startsWith("max "))
                .mapToLong(line -> Long.parseLong(line.substring(4)))
                .sum();
    }

    void remove() {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            System.err.println("left behind: " + folder + ": " + e.getMessage());
        }
    }
}
