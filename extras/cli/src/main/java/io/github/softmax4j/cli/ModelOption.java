package io.github.softmax4j.cli;

import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.cli.Demand.Labels;
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

    /** What data must be like that a model is to judge. */
    Demand demand(SoftmaxModel loaded, Labels need) {
        String base = loaded.metadata().get(LibsvmFile.BASE_NOTE);
        int counted = "0".equals(base) ? 0 : "1".equals(base) ? 1 : Demand.ANY_BASE;
        return Demand.of(owner(), loaded, counted, need);
    }

    String path() {
        return path;
    }

    /** What error messages call the model. */
    private String owner() {
        return "the model " + path;
    }
}
