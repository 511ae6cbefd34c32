package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import io.github.softmax4j.cli.DataFiles.Part;
import io.github.softmax4j.cli.Demand.Labels;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Turns dense data of any kind into a dataset file, row by row. */
@Command(
        name = "convert",
        description =
                "Dense data as a file that is used where it lies. Neither this nor training needs the memory for it.")
final class ConvertCommand extends Subcommand {

    @Option(
            names = "--data",
            paramLabel = "PATH",
            required = true,
            description = "Rows with or without labels; of a folder, the part that --part names.")
    private String data;

    @Option(names = "--output", paramLabel = "FILE.s4d", required = true, description = "The file to write.")
    private String output;

    @Option(
            names = "--part",
            paramLabel = "PART",
            defaultValue = "train",
            description = "train or test. Default: train.")
    private String part;

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "f32",
            converter = Precision.class,
            description = "f32 or f64. Default: ${DEFAULT-VALUE}.")
    private ElementType precision;

    @Mixin
    private InputOptions input;

    @Override
    public Integer call() {
        input.check(data);
        if (!part.equals("train") && !part.equals("test")) {
            throw new UserException("--part '" + part + "': accepted are train and test");
        }
        if (!output.endsWith(DataFiles.DATASET_SUFFIX)) {
            throw new UserException("--output '" + output + "': the name must end in " + DataFiles.DATASET_SUFFIX);
        }
        try (Outputs outputs = new Outputs(data)) {
            Path target = outputs.open("--output", output).orElseThrow().target();
            try (DatasetSink sink = new DatasetSink(target)) {
                Part read = part.equals("train") ? Part.TRAIN : Part.TEST;
                DataFiles.read(data, read, precision, input.demand(Labels.KEPT), input, sink);
                sink.finish();
                say("data", "%s", sink.summary());
            }
        }
        return 0;
    }
}
