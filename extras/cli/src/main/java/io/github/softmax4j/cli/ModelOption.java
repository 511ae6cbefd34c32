package io.github.softmax4j.cli;

import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that names a model to load. */
final class ModelOption {

    @Option(names = "--model", paramLabel = "M", required = true, description = "The model file, as train writes it.")
    private String path;

    SoftmaxModel load() {
        Path file = DataFiles.path(path);
        try {
            return SoftmaxModel.load(file);
        } catch (IOException e) {
            throw UserException.unreadable(file, e);
        }
    }

    /** What error messages call the model. */
    String owner() {
        return "the model " + path;
    }
}
