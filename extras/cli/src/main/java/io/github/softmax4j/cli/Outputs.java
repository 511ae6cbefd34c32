package io.github.softmax4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files that one command writes: all of them appear, or none. */
final class Outputs implements AutoCloseable {

    private final List<OutputFile> files = new ArrayList<>();

    /** Prepares the file that an option names, if it was given. */
    Optional<OutputFile> open(String option, String path) {
        if (path == null) {
            return Optional.empty();
        }
        OutputFile file = new OutputFile(option, path);
        files.add(file);
        boolean twice =
                files.stream().filter(f -> f.target().equals(file.target())).count() > 1;
        if (twice) {
            throw new UserException(option + " '" + path + "': another option names the same file");
        }
        return Optional.of(file);
    }

    void commit() {
        files.forEach(OutputFile::commit);
    }

    @Override
    public void close() {
        files.forEach(OutputFile::close);
    }
}
