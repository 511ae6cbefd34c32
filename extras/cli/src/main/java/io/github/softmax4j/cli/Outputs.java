package io.github.softmax4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** The files that one command writes: all of them appear, or none but a model. */
final class Outputs implements AutoCloseable {

    private final List<Output> files = new CopyOnWriteArrayList<>();
    private final List<Path> inputs;
    private final Set<Path> targets = new HashSet<>();
    private final Thread atExit = new Thread(() -> files.forEach(Output::close));

    /** {@code inputs} are the values of the options that name what the command reads, null where not given. */
    Outputs(String... inputs) {
        this.inputs = Stream.of(inputs)
                .filter(Objects::nonNull)
                .flatMap(DataFiles::files)
                .map(DataFiles::path)
                .toList();
        Runtime.getRuntime().addShutdownHook(atExit); // an interrupted command leaves nothing behind
    }

    /** Prepares the file that an option names, if it was given. */
    Optional<Output> open(String option, String path) {
        if (path == null) {
            return Optional.empty();
        }
        Output file = prepare(option, path);
        files.add(file);
        return Optional.of(file);
    }

    /** Refuses what {@link #open} would refuse, of a file that is written on the way; returns the file that will be replaced, no link. */
    Path prove(String option, String path) {
        try (Output file = prepare(option, path)) {
            return file.target();
        }
    }

    private Output prepare(String option, String path) {
        if (inputs.stream().anyMatch(input -> isSameFile(input, DataFiles.path(path)))) {
            throw new UserException(option + " '" + path + "': is also read; it would be overwritten");
        }
        Output file = new Output(option, path);
        if (!targets.add(file.target())) {
            file.close();
            throw new UserException(option + " '" + path + "': another option names the same file");
        }
        return file;
    }

    private static boolean isSameFile(Path input, Path output) {
        try {
            return Files.isRegularFile(output) && Files.isSameFile(input, output);
        } catch (IOException e) {
            return false; // one that cannot be looked at is refused when it is read
        }
    }

    void commit() {
        files.forEach(Output::commit);
    }

    @Override
    public void close() {
        files.forEach(Output::close);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // It is running.
        }
    }
}
