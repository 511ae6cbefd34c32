package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.softmax4j.OutputFile;
import io.github.softmax4j.SoftmaxModel;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A file that an option names. Creating one proves that it can be written, before any long work. */
final class Output implements AutoCloseable {

    private final Path given;
    private final OutputFile file;
    private boolean saved;

    /**
     * Prepares to write {@code path}, the value of {@code option}.
     *
     * @throws UserException if it cannot be written
     */
    Output(String option, String path) {
        given = DataFiles.path(path);
        try {
            file = OutputFile.create(given);
        } catch (IOException e) {
            throw UserException.unwritable(option + " '" + path + "'", e);
        }
    }

    Path target() {
        return file.target();
    }

    /** Writes a text; {@link #commit()} makes it appear. */
    void write(Text text) {
        try (Writer writer = new BufferedWriter(new OutputStreamWriter(file.stream(), UTF_8))) {
            text.writeTo(writer);
        } catch (IOException e) {
            throw UserException.unwritable(given, e);
        }
    }

    /** Makes what was written appear. */
    void commit() {
        if (saved) {
            return;
        }
        try {
            file.commit();
        } catch (IOException e) {
            throw UserException.unwritable(given, e);
        }
    }

    /**
     * Writes a model, which appears at once: whatever fails later, it is not lost. Where it cannot be written it is saved elsewhere.
     *
     * @throws UserException if it could not be written to the target; says where it is then
     */
    void save(SoftmaxModel model) {
        saved = true;
        try {
            model.save(given);
        } catch (IOException e) {
            String lost = UserException.unwritable(given, e).getMessage();
            throw new UserException(lost + saveElsewhere(model));
        }
    }

    private String saveElsewhere(SoftmaxModel model) {
        try {
            Path place = save(model, target().getFileName().toString(), elsewhere());
            return "; the model is not lost, it was saved to " + place;
        } catch (IOException e) {
            return "; it could not be saved elsewhere either: " + e.getMessage();
        }
    }

    /**
     * Saves a model that is not what the target is for beside it, or elsewhere: the target may hold a better one.
     *
     * @param kind what is added to the name
     * @return where it is
     * @throws IOException if it could not be saved anywhere
     */
    Path saveBeside(SoftmaxModel model, String kind) throws IOException {
        Stream<String> folders = Stream.concat(Stream.of(target().getParent().toString()), elsewhere());
        return save(model, target().getFileName() + "." + kind, folders);
    }

    /** Folders that may lie on another disk. */
    private static Stream<String> elsewhere() {
        return Stream.of("user.dir", "user.home", "java.io.tmpdir").map(System::getProperty);
    }

    /** In the first folder that takes it, under a name that nothing has there. */
    private static Path save(SoftmaxModel model, String name, Stream<String> folders) throws IOException {
        List<String> tried = new ArrayList<>();
        for (String folder : folders.toList()) {
            try {
                Path place = Path.of(folder).toAbsolutePath().resolve(name);
                for (int i = 1; Files.exists(place, LinkOption.NOFOLLOW_LINKS); i++) {
                    place = place.resolveSibling(name + "." + i);
                }
                model.save(place);
                return place;
            } catch (IOException | InvalidPathException e) {
                tried.add(e.getMessage());
            }
        }
        throw new IOException(String.join(", ", tried));
    }

    /** Leaves nothing behind unless committed. */
    @Override
    public void close() {
        file.close();
    }

    /** Writes a text. */
    interface Text {
        void writeTo(Writer writer) throws IOException;
    }
}
