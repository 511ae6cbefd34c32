package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training that goes on from a checkpoint ends with the bits of one that was never interrupted. */
class CheckpointTest {

    private static final int ROWS = 50;
    private static final int FEATURES = 6;

    @TempDir
    private Path folder;

    private static Dataset dense(int classes, ElementType type) {
        return Problem.random(ROWS, FEATURES, classes, true, 0, true).dataset(type);
    }

    private static Dataset bytes(int classes) {
        byte[] features = new byte[ROWS * FEATURES];
        new SplittableRandom(3).nextBytes(features);
        return Dataset.builder()
                .features(features, ROWS, FEATURES, 1 / 255.0, 0.1)
                .labels(labels(classes))
                .classes(classes)
                .build();
    }

    private static Dataset bfloat16(int classes) {
        short[] features = new short[ROWS * FEATURES];
        for (int i = 0; i < features.length; i++) {
            features[i] = (short) (0x3F00 + i * 7 % 256);
        }
        return Dataset.builder()
                .bfloat16(features, ROWS, FEATURES)
                .labels(labels(classes))
                .classes(classes)
                .build();
    }

    private static Dataset sparse(int classes) {
        int[] offsets = new int[ROWS + 1];
        int[] indices = new int[ROWS * 2];
        double[] values = new double[ROWS * 2];
        for (int i = 0; i < ROWS; i++) {
            offsets[i + 1] = 2 * (i + 1);
            indices[2 * i] = i % 3;
            indices[2 * i + 1] = 3 + i % 3;
            values[2 * i] = i % 7 - 3;
            values[2 * i + 1] = i % 5 + 1;
        }
        return Dataset.builder()
                .sparse(offsets, indices, values, FEATURES)
                .labels(labels(classes))
                .classes(classes)
                .build();
    }

    private static int[] labels(int classes) {
        return IntStream.range(0, ROWS).map(i -> i * 7 % classes).toArray();
    }

    /** Regimes and storages. */
    private static Map<String, Supplier<Dataset>> datasets() {
        Map<String, Supplier<Dataset>> all = new LinkedHashMap<>();
        for (ElementType type : ElementType.values()) {
            all.put("small " + type, () -> dense(5, type));
            all.put("medium " + type, () -> dense(40, type));
            all.put("large " + type, () -> dense(1100, type));
        }
        all.put("bytes", () -> bytes(5));
        all.put("bfloat16", () -> bfloat16(5));
        all.put("sparse", () -> sparse(5));
        return all;
    }

    private static List<Optimizer> optimizers() {
        return List.of(
                new Sgd(0.1),
                new Momentum(0.1, 0.9),
                new Nesterov(0.1, 0.9),
                new AdaGrad(0.1),
                new RmsProp(0.01, 0.9, 1e-8, 0.5, true),
                new Adam(0.01, 0.9, 0.999, 1e-8, true),
                new AdamW(0.01, 0.1));
    }

    private static SoftmaxTrainer.Builder trainer() {
        return SoftmaxTrainer.builder().epochs(3).batchSize(16).seed(5).threads(2);
    }

    /** Trains with a checkpoint before every step, each of which is kept; returns the model, and tells of the progress. */
    private SoftmaxModel fitKeepingCheckpoints(
            SoftmaxTrainer.Builder settings, Dataset data, Consumer<TrainingProgress> progress) {
        Path file = folder.resolve("checkpoint");
        // The schedule is asked before every step, after the checkpoint.
        LearningRateSchedule cosine = LearningRateSchedule.cosine(0.1);
        return settings.checkpoint(file, Duration.ofNanos(1))
                .listener(progress)
                .schedule((step, perEpoch, total) -> {
                    keep(file, "step-" + step);
                    return cosine.factor(step, perEpoch, total);
                })
                .build()
                .fit(data);
    }

    private void keep(Path file, String name) {
        try {
            if (Files.exists(file)) {
                Files.copy(file, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void everyStepResumes(String what, SoftmaxTrainer.Builder settings, Dataset data) throws IOException {
        List<TrainingProgress> progress = new ArrayList<>();
        SoftmaxModel whole = fitKeepingCheckpoints(settings, data, progress::add);
        long steps = progress.get(progress.size() - 1).steps();
        for (int step = 0; step < steps; step++) {
            String where = what + ", from step " + step;
            List<TrainingProgress> rest = new ArrayList<>();
            SoftmaxModel resumed = settings.checkpoint(folder.resolve("resumed"), 1000)
                    .schedule(LearningRateSchedule.cosine(0.1))
                    .listener(rest::add)
                    .threads(1 + step % 3)
                    .build()
                    .resume(data, folder.resolve("step-" + step));
            assertSame(whole, resumed, where);
            assertEquals(progress.subList(progress.size() - rest.size(), progress.size()), rest, where);
        }
    }

    static void assertSame(SoftmaxModel expected, SoftmaxModel actual, String what) {
        assertArrayEquals(expected.weights(), actual.weights(), what);
        assertArrayEquals(expected.intercept(), actual.intercept(), what);
        assertEquals(expected.summary(), actual.summary(), what);
    }

    @Test
    void everyStepOfEveryRegimeStorageAndOptimizerResumes() throws IOException {
        for (var entry : datasets().entrySet()) {
            try (Dataset data = entry.getValue().get()) {
                for (Optimizer optimizer : optimizers()) {
                    everyStepResumes(
                            entry.getKey() + ", " + optimizer, trainer().optimizer(optimizer), data);
                }
            }
        }
    }

    @Test
    void everyStepResumesWithOptions() throws IOException {
        try (Dataset data = dense(5, ElementType.FLOAT32);
                Dataset judge = dense(5, ElementType.FLOAT64)) {
            everyStepResumes("full batch", trainer().fullBatch(), data);
            everyStepResumes("not shuffled", trainer().shuffle(false), data);
            everyStepResumes("l1, l2, clipping", trainer().l1(1e-3).l2(1e-2).clipGradientNorm(0.1), data);
            everyStepResumes("bounds", trainer().bounds(-0.01, 0.02).clipGradientValue(0.01), data);
            everyStepResumes(
                    "standardised", trainer().standardize(true).initialWeights(InitialWeights.gaussian(0.1)), data);
            everyStepResumes("masked", trainer().loss(new FocalLoss(2)).balancedClassWeights(), data);
            Supplier<SoftmaxTrainer.Builder> rising =
                    () -> trainer().optimizer(new Sgd(40)).epochs(8).stopWhenNoImprovement(3);
            everyStepResumes("patience", rising.get(), data);
            everyStepResumes("patience, validation", rising.get().validation(judge), data);
            everyStepResumes("relative change", trainer().epochs(30).stopWhenRelativeChangeBelow(0.005), data);
        }
    }

    @Test
    void aFinishedTrainingResumesToItsModel() throws IOException {
        Path file = folder.resolve("checkpoint");
        try (Dataset data = dense(5, ElementType.FLOAT32)) {
            SoftmaxTrainer trainer = trainer().checkpoint(file, 1).build();
            assertSame(trainer.fit(data), trainer.resume(data, file), "finished");
        }
    }

    @Test
    void anotherTrainingIsRefusedByTheSettingThatDiffers() {
        Path file = folder.resolve("checkpoint");
        try (Dataset data = dense(5, ElementType.FLOAT32);
                Dataset other = bytes(5);
                Dataset wider = dense(6, ElementType.FLOAT32)) {
            trainer().l2(0.1).checkpoint(file, 1).build().fit(data);
            Map<String, SoftmaxTrainer.Builder> different = new LinkedHashMap<>();
            different.put("l2 is 0.1, here it is 0.2", trainer().l2(0.2));
            different.put("seed is 5, here it is 6", trainer().l2(0.1).seed(6));
            different.put("optimizer is Adam", trainer().l2(0.1).optimizer(new Sgd(0.1)));
            different.put("schedule is 1.0", trainer().l2(0.1).schedule(LearningRateSchedule.cosine(0.5)));
            different.put("epochs is 3, here it is 4", trainer().l2(0.1).epochs(4));
            different.put("initial_weights_hash", trainer().l2(0.1).initialWeights(InitialWeights.gaussian(1)));
            different.forEach((message, trainer) -> refused(message, trainer, data, file));
            refused("data_hash is", trainer().l2(0.1), other, file);
            refused("classes is 5, here it is 6", trainer().l2(0.1), wider, file);
        }
    }

    private static void refused(String message, SoftmaxTrainer.Builder trainer, Dataset data, Path file) {
        var e = assertThrows(
                IllegalArgumentException.class, () -> trainer.build().resume(data, file));
        assertTrue(e.getMessage().contains("is of another training: its " + message), e.getMessage());
    }

    @Test
    void filesThatAreNoCheckpointsAreRefused() throws IOException {
        Path file = folder.resolve("checkpoint");
        Path damaged = folder.resolve("damaged");
        try (Dataset data = dense(5, ElementType.FLOAT32)) {
            SoftmaxTrainer trainer = trainer().checkpoint(file, 1).build();
            SoftmaxModel model = trainer.fit(data);
            assertThrows(IOException.class, () -> trainer.resume(data, folder.resolve("missing")));
            model.save(damaged);
            assertThrows(IOException.class, () -> trainer.resume(data, damaged));
        }
    }

    @Test
    void onlyACheckpointOrAnEmptyFileIsReplaced() throws IOException {
        Path file = folder.resolve("checkpoint");
        Path model = folder.resolve("model");
        Path text = Files.writeString(folder.resolve("text"), "x");
        try (Dataset data = dense(5, ElementType.FLOAT32)) {
            Files.createFile(file);
            SoftmaxModel fitted = trainer().checkpoint(file, 1).build().fit(data);
            trainer().checkpoint(file, 1).build().fit(data);
            fitted.save(model);
            for (Path other : List.of(model, text)) {
                byte[] before = Files.readAllBytes(other);
                for (SoftmaxTrainer.Builder builder : List.of(trainer(), solver(new Lbfgs()))) {
                    SoftmaxTrainer trainer = builder.checkpoint(other, 1).build();
                    String message = assertThrows(IllegalArgumentException.class, () -> trainer.fit(data))
                            .getMessage();
                    assertTrue(message.startsWith(other + " is no checkpoint of softmax4j"), message);
                    assertThrows(IllegalArgumentException.class, () -> trainer.resume(data, file));
                }
                try (IncrementalTrainer training = incremental(trainer().build(), data)) {
                    String message = assertThrows(IOException.class, () -> training.checkpoint(other))
                            .getMessage();
                    assertTrue(message.startsWith(other + " is no checkpoint of softmax4j"), message);
                }
                assertArrayEquals(before, Files.readAllBytes(other));
            }
        }
    }

    /** Resumes from a file, and uses what comes of it. */
    private interface Resumption {
        void from(Path file) throws IOException;
    }

    /** Of every {@code step}th byte one bit, and many lengths. */
    private void everyDamageIsRefused(String what, Path file, int step, Resumption resumption) throws IOException {
        resumption.from(file);
        byte[] bytes = Files.readAllBytes(file);
        Path damaged = folder.resolve("damaged");
        SplittableRandom random = new SplittableRandom(7);
        for (int at = 0; at < bytes.length; at += step) {
            byte[] copy = bytes.clone();
            copy[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(damaged, copy);
            refusedAsDamaged(what + ", byte " + at, damaged, resumption);
            if (at % 32 == 0) {
                Files.write(damaged, Arrays.copyOf(bytes, at));
                refusedAsDamaged(what + ", length " + at, damaged, resumption);
            }
        }
    }

    private static void refusedAsDamaged(String what, Path damaged, Resumption resumption) {
        String message = assertThrows(IOException.class, () -> resumption.from(damaged), what)
                .getMessage();
        assertTrue(message.contains("is not a checkpoint"), () -> what + ": " + message);
    }

    @Test
    void everyByteIsCoveredByAChecksum() throws IOException {
        Path file = folder.resolve("checkpoint");
        try (Dataset data = dense(5, ElementType.FLOAT32)) {
            SoftmaxTrainer epochs = trainer()
                    .optimizer(new Sgd(40))
                    .stopWhenNoImprovement(3)
                    .checkpoint(file, 1)
                    .build();
            epochs.fit(data);
            everyDamageIsRefused("epochs", file, 1, f -> epochs.resume(data, f));
            for (Solver solver : List.of(new Lbfgs(), new NewtonCg(), new Sdca())) {
                SoftmaxTrainer trainer =
                        solver(solver).maxIterations(3).checkpoint(file, 1).build();
                trainer.fit(data);
                everyDamageIsRefused(solver.name(), file, 17, f -> trainer.resume(data, f));
            }
            SoftmaxTrainer steps = trainer().build();
            try (IncrementalTrainer training = steps.incremental(FEATURES, 5, ElementType.FLOAT32, 1)) {
                training.partialFit(data);
                training.checkpoint(file);
            }
            everyDamageIsRefused(
                    "incremental", file, 5, f -> steps.resumeIncremental(FEATURES, 5, ElementType.FLOAT32, 1, f)
                            .close());
        }
    }

    @Test
    void aCheckpointThatCannotBeWrittenEndsTheTrainingWithItsModelOrIsTold() {
        Path file = folder.resolve("no such folder").resolve("checkpoint");
        try (Dataset data = dense(5, ElementType.FLOAT32)) {
            var e = assertThrows(
                    CheckpointException.class,
                    () -> trainer().checkpoint(file, 1).build().fit(data));
            assertTrue(e.getMessage().contains("checkpoint could not be written"), e.getMessage());
            assertEquals(5, e.model().classes());
            List<IOException> failures = new ArrayList<>();
            SoftmaxModel model = trainer()
                    .checkpoint(file, 1)
                    .checkpointFailures(failures::add)
                    .build()
                    .fit(data);
            assertEquals(4, failures.size());
            assertSame(trainer().build().fit(data), model, "went on");
        }
    }

    @Test
    void anInterruptedTrainingLeavesACheckpointOfItsLastStep() throws IOException {
        Path file = folder.resolve("checkpoint");
        try (Dataset data = dense(5, ElementType.FLOAT32)) {
            SoftmaxTrainer interrupted = trainer()
                    .checkpoint(file, 100)
                    .listener(p -> Thread.currentThread().interrupt())
                    .build();
            var e = assertThrows(TrainingInterruptedException.class, () -> interrupted.fit(data));
            assertTrue(Thread.interrupted(), "the status is still set");
            assertEquals(0, e.getSuppressed().length);
            assertEquals(4, e.steps());
            assertSame(trainer().build().fit(data), trainer().build().resume(data, file), "resumed");
        } finally {
            Thread.interrupted();
        }
    }

    private static IncrementalTrainer incremental(SoftmaxTrainer trainer, Dataset batch) {
        return trainer.incremental(FEATURES, batch.classes(), batch.elementType(), 2);
    }

    @Test
    void everyStepOfAnIncrementalTrainingResumes() throws IOException {
        for (var entry : datasets().entrySet()) {
            try (Dataset batch = entry.getValue().get()) {
                for (Optimizer optimizer : optimizers()) {
                    SoftmaxTrainer trainer = trainer()
                            .optimizer(optimizer)
                            .initialWeights(InitialWeights.gaussian(0.1))
                            .schedule(LearningRateSchedule.cosine(0.1))
                            .build();
                    List<Double> losses = new ArrayList<>();
                    SoftmaxModel whole;
                    try (IncrementalTrainer training = incremental(trainer, batch)) {
                        for (int step = 0; step < 6; step++) {
                            training.checkpoint(folder.resolve("step-" + step));
                            losses.add(training.partialFit(batch));
                        }
                        whole = training.model();
                    }
                    for (int from = 0; from < 6; from++) {
                        String where = entry.getKey() + ", " + optimizer + ", from step " + from;
                        SoftmaxTrainer others = trainer()
                                .optimizer(optimizer)
                                .initialWeights(InitialWeights.gaussian(0.1))
                                .schedule(LearningRateSchedule.cosine(0.1))
                                .batchSize(7)
                                .threads(1 + from % 3)
                                .build();
                        try (IncrementalTrainer training = others.resumeIncremental(
                                FEATURES, batch.classes(), batch.elementType(), 2, folder.resolve("step-" + from))) {
                            assertEquals(from, training.steps());
                            for (int step = from; step < 6; step++) {
                                assertEquals(losses.get(step), training.partialFit(batch), where);
                            }
                            assertSame(whole, training.model(), where);
                        }
                    }
                }
            }
        }
    }

    @Test
    void anIncrementalTrainingResumesWithItsClassLabelsAndBatchesOfOtherSizes() throws IOException {
        Path file = folder.resolve("checkpoint");
        ClassLabels animals = ClassLabels.of("cat", "dog", "eel \"\u00e9\"");
        SoftmaxTrainer trainer = trainer().build();
        try (Dataset few = Dataset.builder()
                        .features(new float[][] {{1, 2}})
                        .labels(new String[] {"dog"}, animals)
                        .build();
                Dataset many = Toy.floats(300);
                IncrementalTrainer training = trainer.incremental(2, 3, ElementType.FLOAT32, 1)) {
            training.partialFit(few);
            training.checkpoint(file);
            // Saving again, and what is saved of what was just resumed, are the same bytes.
            byte[] bytes = Files.readAllBytes(file);
            training.model();
            training.checkpoint(file);
            assertArrayEquals(bytes, Files.readAllBytes(file));
            try (IncrementalTrainer resumed = trainer.resumeIncremental(2, 3, ElementType.FLOAT32, 1, file)) {
                assertSame(training.model(), resumed.model(), "before a step");
                assertEquals(animals, resumed.model().classLabels().orElseThrow());
                resumed.checkpoint(file);
                assertArrayEquals(bytes, Files.readAllBytes(file));
                assertEquals(training.partialFit(many), resumed.partialFit(many));
                assertEquals(training.partialFit(few), resumed.partialFit(few));
                assertSame(training.model(), resumed.model(), "after");
                assertEquals(3, resumed.steps());
            }
        }
    }

    @Test
    void anIncrementalTrainingResumesFromItsOwnCheckpointsAlone() throws IOException {
        Path file = folder.resolve("checkpoint");
        Path fits = folder.resolve("fits");
        Path rows = folder.resolve("sparse");
        SoftmaxTrainer trainer = trainer().build();
        try (Dataset data = dense(5, ElementType.FLOAT64);
                Dataset entries = sparse(5);
                IncrementalTrainer training = incremental(trainer, data);
                IncrementalTrainer ofEntries = incremental(trainer, entries)) {
            training.partialFit(data);
            training.checkpoint(file);
            ofEntries.partialFit(entries);
            ofEntries.checkpoint(rows);
            trainer().checkpoint(fits, 1).build().fit(data);
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> trainer.resumeIncremental(FEATURES, 5, ElementType.FLOAT64, 3, file))
                    .getMessage();
            assertTrue(message.contains("steps_per_epoch is 2, here it is 3"), message);
            message = assertThrows(IllegalArgumentException.class, () -> trainer()
                            .l2(0.5)
                            .build()
                            .resumeIncremental(FEATURES, 5, ElementType.FLOAT64, 2, file))
                    .getMessage();
            assertTrue(message.contains("l2 is 0.0, here it is 0.5"), message);
            message = assertThrows(
                            IllegalArgumentException.class,
                            () -> trainer.resumeIncremental(FEATURES, 5, ElementType.FLOAT64, 2, fits))
                    .getMessage();
            assertTrue(message.contains("is of a fit: resume goes on with it"), message);
            message = assertThrows(IllegalArgumentException.class, () -> trainer.resume(data, file))
                    .getMessage();
            assertTrue(message.contains("is of an incremental training: resumeIncremental goes on"), message);
            // Rows of another kind than those of before.
            try (IncrementalTrainer resumed = trainer.resumeIncremental(FEATURES, 5, ElementType.FLOAT64, 2, rows)) {
                assertThrows(IllegalArgumentException.class, () -> resumed.partialFit(data));
                assertEquals(ofEntries.partialFit(entries), resumed.partialFit(entries));
            }
            Path nowhere = folder.resolve("no such folder").resolve("checkpoint");
            assertThrows(IOException.class, () -> training.checkpoint(nowhere));
        }
        IncrementalTrainer closed = trainer.incremental(2, 2, ElementType.FLOAT64, 1);
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.checkpoint(file));
    }

    private static SoftmaxTrainer.Builder solver(Solver solver) {
        SoftmaxTrainer.Builder trainer = SoftmaxTrainer.builder()
                .solver(solver)
                .l2(1e-3)
                .gap(1e-7)
                .maxIterations(12)
                .batchSize(16)
                .threads(2);
        return solver instanceof OwlQn ? trainer.l1(1e-3) : trainer;
    }

    @Test
    void everyIterationOfEverySolverAndStorageResumes() throws IOException {
        Path file = folder.resolve("checkpoint");
        for (var entry : datasets().entrySet()) {
            try (Dataset data = entry.getValue().get()) {
                for (Solver solver : List.of(new Lbfgs(), new LbfgsB(), new OwlQn(), new NewtonCg(), new Sdca())) {
                    if (data.classes() > 5 && !(solver instanceof Lbfgs)) {
                        continue;
                    }
                    List<SolverProgress> progress = new ArrayList<>();
                    SoftmaxModel whole = solver(solver)
                            .stochasticEpochs(2)
                            .checkpoint(file, 1)
                            .solverListener(p -> {
                                keep(file, "iteration-" + p.iteration());
                                progress.add(p);
                            })
                            .build()
                            .fit(data);
                    for (int i = 0; i < progress.size(); i++) {
                        String where = entry.getKey() + ", " + solver + ", from iteration " + i;
                        List<SolverProgress> rest = new ArrayList<>();
                        SoftmaxModel resumed = solver(solver)
                                .stochasticEpochs(2)
                                .threads(1 + i % 3)
                                .solverListener(rest::add)
                                .build()
                                .resume(data, folder.resolve("iteration-" + i));
                        assertSame(whole, resumed, where);
                        assertEquals(progress.subList(progress.size() - rest.size(), progress.size()), rest, where);
                    }
                }
            }
        }
    }

    @Test
    void killedTrainingsGoOnWithTheSameBits() throws Exception {
        SplittableRandom random = new SplittableRandom(3);
        for (String mode : List.of("adam", "lbfgs from epochs", CheckpointKills.INCREMENTAL)) {
            Path own = Files.createDirectory(folder.resolve(mode));
            String result = CheckpointKills.run(mode, 2, own, random);
            System.out.println(result);
            assertTrue(result.endsWith("0 different"), result);
        }
    }

    @Test
    void interruptedSolversEndWithinAPassAndGoOnWithTheSameBits() throws Exception {
        Path file = folder.resolve("checkpoint");
        try (Dataset data = Problem.random(20_000, 40, 10, true, 0, false).dataset(ElementType.FLOAT32)) {
            for (Solver solver : List.of(new Lbfgs(), new NewtonCg(), new Sdca())) {
                SoftmaxTrainer.Builder settings = solver(solver).gap(1e-12).maxIterations(40);
                SoftmaxModel whole = settings.build().fit(data);
                SoftmaxTrainer trainer = settings.checkpoint(file, 1000).build();
                Thread caller = Thread.currentThread();
                Thread interrupter = new Thread(() -> {
                    try {
                        Thread.sleep(50);
                        caller.interrupt();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                interrupter.start();
                var e = assertThrows(TrainingInterruptedException.class, () -> {
                    while (true) {
                        trainer.fit(data); // it may be done before
                    }
                });
                assertTrue(Thread.currentThread().isInterrupted(), "the status is still set");
                Path saved = folder.resolve("model");
                e.model().save(saved);
                assertArrayEquals(e.model().weights(), SoftmaxModel.load(saved).weights());
                assertTrue(Thread.interrupted(), "the status is still set");
                assertSame(whole, trainer.resume(data, file), solver.name());
            }
        } finally {
            Thread.interrupted();
        }
    }
}
