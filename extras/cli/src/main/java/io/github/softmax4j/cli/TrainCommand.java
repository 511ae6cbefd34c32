package io.github.softmax4j.cli;

import io.github.softmax4j.CheckpointException;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.ElementType;
import io.github.softmax4j.Evaluation;
import io.github.softmax4j.LearningRateSchedule;
import io.github.softmax4j.Optimizer;
import io.github.softmax4j.Softmax4j;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import io.github.softmax4j.Solver;
import io.github.softmax4j.SolverProgress;
import io.github.softmax4j.Standardization;
import io.github.softmax4j.StandardizationException;
import io.github.softmax4j.TrainingDivergedException;
import io.github.softmax4j.TrainingProgress;
import io.github.softmax4j.TrainingSummary;
import io.github.softmax4j.cli.DataFiles.Part;
import io.github.softmax4j.cli.Demand.Labels;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a model, and says how well it does on the training and the test data. */
@Command(name = "train", description = "Train a classifier; without --data, on the built-in digits.")
final class TrainCommand extends Subcommand {

    /** Small data needs more epochs for as much training. */
    private static final long DEFAULT_STEPS = 2000;

    private static final int DEFAULT_EPOCHS = 10;
    private static final int MOST_LINES = 50;
    /** Those that are listed. */
    private static final int MOST_CLASSES = 20;

    @Option(
            names = "--data",
            paramLabel = "PATH",
            description = "Training data; of a folder, the train part. Default: the built-in digits.")
    private String data;

    @Option(
            names = "--test",
            paramLabel = "PATH",
            description = "Test data. Default: the t10k part of the --data folder, if it has one.")
    private String test;

    @Mixin
    private OptimizerOptions optimizerOptions;

    @Mixin
    private RowOptions rowOptions;

    @Mixin
    private InputOptions input;

    @Mixin
    private LossOptions lossOptions;

    @Mixin
    private SolverOptions solverOptions;

    @Mixin
    private CheckpointOptions checkpointOptions;

    @Option(
            names = "--schedule",
            paramLabel = "SCHEDULE",
            converter = Schedules.class,
            description =
                    "Of the learning rate: " + Schedules.SYNTAX + ". Default: constant; for solvers, cosine:0.01.")
    private LearningRateSchedule schedule;

    @Mixin
    private StepOptions stepOptions;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes over the data. Default: " + DEFAULT_EPOCHS + ", or as many as make " + DEFAULT_STEPS
                    + " steps.")
    private Integer epochs;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "128",
            converter = BatchSize.Converter.class,
            description = "Rows of a step, or full. Default: ${DEFAULT-VALUE}.")
    private BatchSize batchSize;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of the order of rows. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Default: all processors. Never changes the result.")
    private Integer threads;

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "f32",
            converter = Precision.class,
            description = "f32 or f64. Default: ${DEFAULT-VALUE}.")
    private ElementType precision;

    @Option(names = "--no-intercept", description = "Train weights alone.")
    private boolean noIntercept;

    @Option(
            names = "--standardize",
            description =
                    "Train on (x - mean) / deviation of each feature, learnt from the training data; the model takes x.")
    private boolean standardize;

    @Option(
            names = "--no-centering",
            description =
                    "With --standardize: x / deviation, without subtracting the mean; sparse (LIBSVM) data needs it.")
    private boolean noCentering;

    @Option(names = "--model", paramLabel = "OUT", description = "Write the model (safetensors) to this file.")
    private String model;

    @Option(names = "--report", paramLabel = "OUT.json", description = "Write a report to this file.")
    private String report;

    private Optimizer optimizer;
    private Optional<Solver> solver;
    private Optional<Output> modelFile;
    private double seconds;
    /** What the indices of the training file count from. */
    private int base;

    @Override
    public Integer call() {
        input.check(data, test);
        if (noCentering && !standardize) {
            throw new UserException("--no-centering is for --standardize");
        }
        solver = solverOptions.create(optimizerOptions.name());
        optimizer = solver.isPresent() ? optimizerOptions.createStart() : optimizerOptions.create();
        solver.ifPresent(s -> SolverOptions.check(stepOptions, s, name()));
        SoftmaxTrainer.Builder trainer = trainer();
        trainer.build(); // refuses what does not go together before data is read
        try (Outputs outputs = new Outputs(data, test)) {
            modelFile = outputs.open("--model", model);
            Optional<Output> reportFile = outputs.open("--report", report);
            checkpointOptions.check(outputs);
            try (Dataset train = trainData();
                    Dataset held = testData(train)) {
                lossOptions.applyTo(trainer, train);
                if (standardize && !noCentering && train.isSparse()) {
                    throw new UserException("--standardize: sparse rows cannot be centred, they would fill up;"
                            + " --no-centering divides by the deviation alone, --dense stores all values");
                }
                SoftmaxModel fitted = noted(fit(trainer, train));
                modelFile.ifPresent(file -> file.save(fitted));
                Report summary = describe(fitted, train, held);
                reportFile.ifPresent(summary::writeTo);
            }
            outputs.commit();
            checkpointOptions.done();
        }
        return 0;
    }

    private SoftmaxTrainer.Builder trainer() {
        SoftmaxTrainer.Builder trainer = SoftmaxTrainer.builder()
                .optimizer(optimizer)
                .schedule(schedule())
                .weightDecay(optimizerOptions.weightDecay())
                .intercept(!noIntercept && !lossOptions.withoutIntercept())
                .standardize(standardize)
                .centering(!noCentering)
                .seed(seed);
        stepOptions.apply(trainer);
        lossOptions.applyTo(trainer);
        if (batchSize.full()) {
            trainer.fullBatch();
        } else {
            trainer.batchSize(batchSize.rows());
        }
        if (epochs != null) {
            if (solver.isPresent()) {
                throw new UserException("--epochs is for optimizers, " + name() + " has --start-epochs");
            }
            trainer.epochs(epochs);
        }
        solver.ifPresent(s -> solverOptions.apply(trainer.solver(s)));
        checkpointOptions.apply(trainer);
        if (threads != null) {
            trainer.threads(threads);
        }
        return trainer;
    }

    private LearningRateSchedule schedule() {
        if (schedule != null) {
            return schedule;
        }
        return solver.isPresent() ? LearningRateSchedule.cosine(0.01) : LearningRateSchedule.constant();
    }

    private String name() {
        return optimizerOptions.name();
    }

    private Dataset trainData() {
        Table table = data == null
                ? BuiltInDigits.train(precision)
                : DataFiles.read(data, Part.TRAIN, precision, input.demand(Labels.REQUIRED), input);
        base = table.base();
        Dataset train = rowOptions.apply(table).toTrainingData(lossOptions.masked());
        say(
                "data",
                "%s: %d rows, %d features, %d classes%s",
                table.source(),
                train.rows(),
                train.features(),
                train.classes(),
                train.isSparse() ? ", sparse with " + train.nonZeros() + " values" : "");
        sayLeftOut(table, train);
        sayClasses(train);
        return train;
    }

    /** A class that is none, a header's name or a misspelling, shows here. */
    private void sayClasses(Dataset train) {
        if (!train.hasLabels()) {
            return;
        }
        long[] rows = new long[train.classes()];
        for (int label : train.labels()) {
            rows[label]++;
        }
        String listed = IntStream.range(0, Math.min(rows.length, MOST_CLASSES))
                .mapToObj(c ->
                        train.classLabels().map(labels -> labels.label(c)).orElse(Integer.toString(c)) + " " + rows[c])
                .collect(Collectors.joining(", "));
        int rest = rows.length - MOST_CLASSES;
        say("classes", "%s%s", listed, rest > 0 ? ", and " + rest + " more" : "");
    }

    /** Null where there is none. */
    private Dataset testData(Dataset train) {
        Demand demand = input.with(Demand.of("the training data", train, base));
        Table table;
        if (test != null) {
            table = DataFiles.read(test, Part.TEST, precision, demand, input);
        } else if (data == null) {
            table = BuiltInDigits.test(precision);
        } else if (DataFiles.hasPart(data, Part.TEST)) {
            table = DataFiles.read(data, Part.TEST, precision, demand, input);
        } else {
            return null;
        }
        Dataset held = rowOptions.apply(table).toDataset(demand, lossOptions.masked());
        say("test data", "%s: %d rows", table.source(), held.rows());
        sayLeftOut(table, held);
        return held;
    }

    private void sayLeftOut(Table table, Dataset rest) {
        if (rest.rows() < table.rows()) {
            say("left out", "%d rows of the masked classes %s", table.rows() - rest.rows(), lossOptions.masked());
        }
    }

    /** The model with what its file says of the training file. */
    private SoftmaxModel noted(SoftmaxModel fitted) {
        if (base == Demand.ANY_BASE) {
            return fitted;
        }
        Map<String, String> notes = new HashMap<>(fitted.metadata());
        notes.put(LibsvmFile.BASE_NOTE, Integer.toString(base));
        return fitted.withMetadata(notes);
    }

    /** Trains. A training that fails with the model it has come to saves that one. */
    private SoftmaxModel fit(SoftmaxTrainer.Builder trainer, Dataset train) {
        try {
            return solver.isPresent() ? solve(trainer, train) : optimize(trainer, train);
        } catch (TrainingDivergedException e) {
            throw new UserException(diverged(e) + keep(e.lastFiniteModel()));
        } catch (CheckpointException e) {
            throw new UserException("training ended, as its checkpoint could not be written: "
                    + e.getCause().getMessage() + keep(e.model()));
        } catch (StandardizationException e) {
            Standardization by = e.standardization();
            SoftmaxModel standardized = e.model()
                    .withClassLabels(train.classLabels().orElse(null))
                    .withMetadata(Map.of(
                            "standardized_mean", Arrays.toString(by.mean()),
                            "standardized_deviation", Arrays.toString(by.deviation())));
            throw new UserException(
                    "--standardize: a feature's mean or deviation is out of proportion, the weights of features as they"
                            + " are would not be finite; scale it"
                            + (precision == ElementType.FLOAT32 ? ", or take --precision f64" : "")
                            + keep(standardized, "standardized", "the model of standardised features"));
        }
    }

    private String diverged(TrainingDivergedException e) {
        boolean iterates = e.epoch() == 0;
        return "training diverged at "
                + (iterates ? "iteration " + e.step() : "step " + e.step() + " (epoch " + e.epoch() + ")")
                + ": the loss" + (iterates ? ", its gradient" : "") + " or a weight is not finite; "
                + (solver.isPresent() ? "" : "lower --learning-rate (" + optimizer.learningRate() + ") or ")
                + "scale the features down";
    }

    private String keep(SoftmaxModel unfinished) {
        return keep(unfinished, "unfinished", "the model from before that");
    }

    /** Saves the model of a training that failed, if one is asked for and this one has learnt anything; says so at the end of a message. */
    private String keep(SoftmaxModel failed, String kind, String name) {
        if (modelFile.isEmpty() || Arrays.stream(failed.weights()).allMatch(w -> w == 0)) {
            return "";
        }
        try {
            return "; " + name + " was saved to " + modelFile.get().saveBeside(noted(failed), kind);
        } catch (IOException e) {
            return "; " + name + " could not be saved: " + e.getMessage();
        }
    }

    private SoftmaxModel optimize(SoftmaxTrainer.Builder trainer, Dataset train) {
        int count = epochs != null ? epochs : defaultEpochs(train.rows());
        say(
                "training",
                "%s, learning rate %s, %d epochs, batches of %s, %d threads, kernels %s, OpenBLAS core %s",
                optimizer.name(),
                optimizer.learningRate(),
                count,
                batchSize,
                threads(),
                Softmax4j.kernels(),
                Softmax4j.openBlasCore());
        try (Progress bar = new Progress("training", count)) {
            SoftmaxTrainer configured =
                    trainer.epochs(count).listener(p -> show(p, bar)).build();
            long start = System.nanoTime();
            SoftmaxModel fitted =
                    checkpointOptions.fit(configured, train, (name, text) -> say(name, "%s", text), this::keep);
            seconds = (System.nanoTime() - start) / 1e9;
            return fitted;
        }
    }

    private SoftmaxModel solve(SoftmaxTrainer.Builder trainer, Dataset train) {
        say(
                "training",
                "%s, from %d epochs of adam, %d threads, kernels %s, OpenBLAS core %s",
                name(),
                solverOptions.startEpochs(),
                threads(),
                Softmax4j.kernels(),
                Softmax4j.openBlasCore());
        SoftmaxTrainer configured = trainer.solverListener(this::show).build();
        long start = System.nanoTime();
        SoftmaxModel fitted =
                checkpointOptions.fit(configured, train, (name, text) -> say(name, "%s", text), this::keep);
        seconds = (System.nanoTime() - start) / 1e9;
        TrainingSummary summary = fitted.summary().orElseThrow();
        say(
                "stopped",
                "after %d iterations: %s",
                summary.steps(),
                summary.stopReason().toString().toLowerCase(Locale.ROOT).replace('_', ' '));
        double gap = summary.gap().orElse(Double.POSITIVE_INFINITY);
        if (Double.isFinite(gap)) {
            say(
                    "gap",
                    "%.3g of the minimum, at most%s",
                    gap,
                    solverOptions.misses(gap) ? ": not what --gap asks for" : "");
        } else {
            say("gap", "not certified for this loss and penalty");
        }
        return fitted;
    }

    private void show(SolverProgress p) {
        if (p.iteration() % 10 == 0) {
            say("iteration", "%d: objective %.8f, gradient %.2e", p.iteration(), p.objective(), p.gradient());
        }
    }

    private int defaultEpochs(long rows) {
        long steps = batchSize.stepsOf(rows);
        return (int) Math.max(DEFAULT_EPOCHS, (DEFAULT_STEPS + steps - 1) / steps);
    }

    private int threads() {
        return threads != null ? threads : Softmax4j.threads();
    }

    private void show(TrainingProgress p, Progress bar) {
        bar.step(String.format(Locale.ROOT, "loss %.4f", p.batchLoss()));
        int interval = (p.epochs() + MOST_LINES - 1) / MOST_LINES;
        if (!Progress.isShown() && (p.epoch() % interval == 0 || p.epoch() == p.epochs())) {
            say("epoch", "%d of %d: loss of the batches %.6f", p.epoch(), p.epochs(), p.batchLoss());
        }
    }

    /** Prints how the training went, and puts it into a report. */
    private Report describe(SoftmaxModel fitted, Dataset train, Dataset held) {
        TrainingSummary summary = fitted.summary().orElseThrow();
        Evaluation trained = fitted.evaluate(train);
        say("train", "objective %.6f, error rate %.4f", summary.objective(), trained.errorRate());
        Report result = new Report()
                .put(
                        "train",
                        new Report().put("objective", summary.objective()).put("error_rate", trained.errorRate()));
        if (held != null) {
            Evaluation tested = fitted.evaluate(held);
            say("test", "log loss %.6f, error rate %.4f", tested.loss(), tested.errorRate());
            result.put(
                    "test", new Report().put("error_rate", tested.errorRate()).put("log_loss", tested.loss()));
        }
        say("seconds", "%.3f", seconds);
        summary.gap().ifPresent(gap -> {
            if (Double.isFinite(gap)) {
                result.put("gap", gap);
            }
        });
        if (solver.isPresent()) {
            result.put("iterations", summary.steps())
                    .put("stop", summary.stopReason().toString().toLowerCase(Locale.ROOT));
        }
        return result.put("optimizer", name())
                .put("epochs", summary.epochs())
                .put("seconds", seconds)
                .put("rows", train.rows())
                .put("features", train.features())
                .put("non_zeros", train.isSparse() ? train.nonZeros() : null)
                .put("classes", train.classes())
                .putMachine(threads());
    }
}
