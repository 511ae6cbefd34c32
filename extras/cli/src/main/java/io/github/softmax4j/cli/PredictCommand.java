package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.ElementType;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.cli.DataFiles.Part;
import io.github.softmax4j.cli.Demand.Labels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the label and the probabilities that a model gives to each row. */
@Command(name = "predict", description = "Labels and probabilities as CSV.")
final class PredictCommand extends Subcommand {

    /** Whether standard output is a terminal, which the launcher finds out. */
    private static final boolean SHOWN = Boolean.getBoolean("softmax4j.cli.shown");

    @Mixin
    private ModelOption model;

    @Mixin
    private RowOptions rowOptions;

    @Mixin
    private InputOptions input;

    @Option(
            names = "--data",
            paramLabel = "PATH",
            required = true,
            description = "Rows with or without labels; of a folder, the t10k part if it has one, else the train part.")
    private String data;

    @Option(names = "--output", paramLabel = "CSV", description = "The file to write. Default: standard output.")
    private String output;

    @Option(
            names = "--raw-labels",
            description =
                    "Write class labels as they are. Without it, a label that a spreadsheet would run as a formula, because"
                            + " it begins with = + - @, a tab or a return and is no number, gets a ' before it.")
    private boolean rawLabels;

    @Override
    public Integer call() {
        input.check(data);
        SoftmaxModel loaded = model.load();
        try (Outputs outputs = new Outputs(model.path(), data)) {
            Optional<Output> file = outputs.open("--output", output);
            Part part = DataFiles.hasPart(data, Part.TEST) ? Part.TEST : Part.TRAIN;
            Demand demand = input.with(model.demand(loaded, Labels.IGNORED));
            Table table = rowOptions.apply(DataFiles.read(data, part, loaded.elementType(), demand, input));
            try (Dataset rows = table.toDataset(demand, MaskedClasses.NONE)) {
                int[] labels = loaded.predict(rows);
                double[] probabilities = loaded.predictProbabilities(rows);
                if (file.isPresent()) {
                    file.get().write(writer -> write(loaded, labels, probabilities, writer));
                } else {
                    print(loaded, labels, probabilities);
                }
            }
            outputs.commit();
        }
        return 0;
    }

    private void print(SoftmaxModel loaded, int[] labels, double[] probabilities) {
        PrintWriter out = out();
        try {
            write(loaded, labels, probabilities, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.flush();
    }

    private void write(SoftmaxModel model, int[] labels, double[] probabilities, Writer writer) throws IOException {
        int classes = model.classes();
        boolean single = model.elementType() == ElementType.FLOAT32;
        writer.write(IntStream.range(0, classes)
                .mapToObj(c -> "," + CsvCell.of("p" + label(model, c), rawLabels))
                .collect(Collectors.joining("", "label", "\n")));
        String[] names = IntStream.range(0, classes)
                .mapToObj(c -> CsvCell.of(label(model, c), rawLabels))
                .toArray(String[]::new);
        for (int i = 0; i < labels.length; i++) {
            writer.write(names[labels[i]]);
            for (int c = 0; c < classes; c++) {
                double p = probabilities[i * classes + c];
                writer.write(',');
                writer.write(single ? Float.toString((float) p) : Double.toString(p));
            }
            writer.write('\n');
        }
    }

    private String label(SoftmaxModel model, int index) {
        String label = model.classLabels().map(labels -> labels.label(index)).orElse(Integer.toString(index));
        return output == null && SHOWN ? Shown.line(label) : label;
    }
}
