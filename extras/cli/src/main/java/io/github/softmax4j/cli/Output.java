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
import java.util.List;

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

    /** In a folder that may lie on another disk, under a name that nothing has there. */
    private String saveElsewhere(SoftmaxModel model) {
        StringBuilder tried = new StringBuilder();
        for (String property : List.of("user.dir", "user.home", "java.io.tmpdir")) {
            try {
                Path folder = Path.of(System.getProperty(property)).toAbsolutePath();
                Path place = folder.resolve(target().getFileName());
                for (int i = 1; Files.exists(place, LinkOption.NOFOLLOW_LINKS); i++) {
                    place = folder.resolve(target().getFileName() + "." + i);
                }
                model.save(place);
                return "; the model is not lost, it was saved to " + place;
            } catch (IOException | InvalidPathException e) {
                tried.append(tried.isEmpty() ? "" : ", ").append(e.getMessage());
            }
        }
        return "; it could not be saved elsewhere either: " + tried;
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
