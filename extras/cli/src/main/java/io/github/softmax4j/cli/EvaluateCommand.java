package io.github.softmax4j.cli;

import io.github.softmax4j.ClassificationReport;
import io.github.softmax4j.ClassificationReport.Averages;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.cli.DataFiles.Part;
import io.github.softmax4j.cli.Demand.Labels;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says how well a model does on labelled data. */
@Command(
        name = "evaluate",
        description = "Loss, accuracy, precision, recall, AUC, calibration and confusion of a model.")
final class EvaluateCommand extends Subcommand {

    /** More do not fit on a line. */
    private static final int MOST_PRINTED_CLASSES = 20;

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
            description = "Labelled data; of a folder, the t10k part if it has one, else the train part.")
    private String data;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    @Override
    public Integer call() {
        input.check(data);
        SoftmaxModel loaded = model.load();
        try (Outputs outputs = new Outputs(model.path(), data)) {
            Optional<Output> file = outputs.open("--report", report);
            Part part = DataFiles.hasPart(data, Part.TEST) ? Part.TEST : Part.TRAIN;
            Demand demand = input.with(model.demand(loaded, Labels.REQUIRED));
            Table table = rowOptions.apply(DataFiles.read(data, part, loaded.elementType(), demand, input));
            say("data", "%s: %d rows, %d features", table.source(), table.rows(), table.features());
            try (Dataset rows = table.toDataset(demand, MaskedClasses.NONE)) {
                Judgement judgement = new Judgement(loaded, rows);
                describe(loaded, judgement);
                file.ifPresent(judgement.report()::writeTo);
            }
            outputs.commit();
        }
        return 0;
    }

    private void describe(SoftmaxModel loaded, Judgement judgement) {
        ClassificationReport metrics = judgement.metrics();
        say("log loss", "%.6f", metrics.loss());
        say("accuracy", "%.4f", metrics.accuracy());
        say("error rate", "%.4f", metrics.errorRate());
        say("Brier", "%.6f", metrics.brierScore());
        say("ECE", "%.6f", metrics.expectedCalibrationError());
        say("average", "%9s %9s %9s %9s", "precision", "recall", "F1", "AUC");
        average("macro", metrics.macro(), judgement.auc().macro());
        average("weighted", metrics.weighted(), judgement.auc().weighted());
        if (loaded.classes() <= MOST_PRINTED_CLASSES) {
            print(judgement.confusion());
            loaded.classLabels().ifPresent(labels -> say("classes", "%s", labels));
        }
    }

    private void average(String name, Averages of, double auc) {
        say(name, "%9.4f %9.4f %9.4f %9.4f", of.precision(), of.recall(), of.f1(), auc);
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
