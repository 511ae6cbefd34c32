package io.github.softmax4j.cli;

import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
import picocli.CommandLine.Option;

/** The option that names a model to load. */
final class ModelOption {

    @Option(names = "--model", paramLabel = "M", required = true, description = "The model file, as train writes it.")
    private String path;

    SoftmaxModel load() {
        try {
            return SoftmaxModel.load(DataFiles.path(path));
        } catch (IOException e) {
            throw new UserException(e.getMessage()); // names the file
        }
    }

    String path() {
        return path;
    }

    /** What error messages call the model. */
    String owner() {
        return "the model " + path;
    }
}
