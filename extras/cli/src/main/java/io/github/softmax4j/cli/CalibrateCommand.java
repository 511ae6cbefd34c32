package io.github.softmax4j.cli;

import io.github.softmax4j.ClassificationReport;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.TemperatureScaling;
import io.github.softmax4j.cli.DataFiles.Part;
import io.github.softmax4j.cli.Demand.Labels;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Divides the scores of a model by the temperature that suits other data best. */
@Command(
        name = "calibrate",
        description = "Scale a model by the temperature of the least log loss on data it was not trained on.")
final class CalibrateCommand extends Subcommand {

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

    @Option(
            names = "--output",
            paramLabel = "M2",
            required = true,
            description = "Write the scaled model (safetensors) to this file.")
    private String output;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    @Override
    public Integer call() {
        input.check(data);
        SoftmaxModel loaded = model.load();
        try (Outputs outputs = new Outputs(model.path(), data)) {
            Optional<Output> modelFile = outputs.open("--output", output);
            Optional<Output> reportFile = outputs.open("--report", report);
            Part part = DataFiles.hasPart(data, Part.TEST) ? Part.TEST : Part.TRAIN;
            Demand demand = input.with(model.demand(loaded, Labels.REQUIRED));
            Table table = rowOptions.apply(DataFiles.read(data, part, loaded.elementType(), demand, input));
            say("data", "%s: %d rows, %d features", table.source(), table.rows(), table.features());
            try (Dataset rows = table.toDataset(demand, MaskedClasses.NONE)) {
                TemperatureScaling scaling = TemperatureScaling.fit(loaded, rows);
                modelFile.ifPresent(file -> file.save(scaling.model()));
                say("temperature", " %.6f", scaling.temperature());
                Report result = new Report().put("rows", rows.rows()).put("temperature", scaling.temperature());
                result.put("before", describe("before", loaded, rows));
                result.put("after", describe("after", scaling.model(), rows));
                reportFile.ifPresent(result::writeTo);
            }
            outputs.commit();
        }
        return 0;
    }

    private Report describe(String when, SoftmaxModel judged, Dataset rows) {
        ClassificationReport metrics = ClassificationReport.of(judged, rows);
        say(when, "log loss %.6f, ECE %.6f", metrics.loss(), metrics.expectedCalibrationError());
        return new Report().put("log_loss", metrics.loss()).put("ece", metrics.expectedCalibrationError());
    }
}
