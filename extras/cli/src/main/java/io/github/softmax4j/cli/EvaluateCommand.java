package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.Evaluation;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.cli.DataFiles.Part;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says how well a model does on labelled data. */
@Command(name = "evaluate", description = "Loss, accuracy, error rate and confusion matrix of a model.")
final class EvaluateCommand extends Subcommand {

    /** More do not fit on a line. */
    private static final int MOST_PRINTED_CLASSES = 20;

    @Mixin
    private ModelOption model;

    @Option(
            names = "--data",
            paramLabel = "PATH",
            required = true,
            description = "Labelled data; of a folder, the t10k part if it has one, else the train part.")
    private String data;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    @Override
    public Integer call() {
        SoftmaxModel loaded = model.load();
        try (Outputs outputs = new Outputs(model.path(), data)) {
            Optional<OutputFile> file = outputs.open("--report", report);
            Part part = DataFiles.hasPart(data, Part.TEST) ? Part.TEST : Part.TRAIN;
            Table table = DataFiles.read(data, part, loaded.elementType(), Demand.of(model.owner(), loaded, true));
            say("data", "%s: %d rows, %d features", table.source(), table.rows(), table.features());
            try (Dataset rows = table.toDataset(loaded.classes())) {
                Report result = describe(loaded.evaluate(rows), loaded.classes());
                file.ifPresent(result::writeTo);
            }
            outputs.commit();
        }
        return 0;
    }

    private Report describe(Evaluation evaluation, int classes) {
        say("log loss", "%.6f", evaluation.loss());
        say("accuracy", "%.4f", evaluation.accuracy());
        say("error rate", "%.4f", evaluation.errorRate());
        if (classes <= MOST_PRINTED_CLASSES) {
            print(evaluation.confusion());
        }
        return new Report()
                .put("rows", evaluation.rows())
                .put("log_loss", evaluation.loss())
                .put("accuracy", evaluation.accuracy())
                .put("error_rate", evaluation.errorRate())
                .put("confusion", classes <= Evaluation.MOST_CONFUSION_CLASSES ? evaluation.confusion() : null);
    }

    private void print(long[][] confusion) {
        out().println("confusion: a line for each true class, a column for each predicted one");
        for (long[] line : confusion) {
            out().println(Arrays.stream(line)
                    .mapToObj(count -> String.format(Locale.ROOT, "%7d", count))
                    .collect(Collectors.joining()));
        }
    }
}
