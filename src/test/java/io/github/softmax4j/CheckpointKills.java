package io.github.softmax4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Kills trainings at random times and goes on with them until they end: {@code CheckpointKills KILLS} prints a line for each mode, with its kills,
 * how many of them came while a file was being written, and how many ends had the bits of the training that was never interrupted.
 * With a mode and a folder it is one of those trainings.
 */
final class CheckpointKills {

    static final String INCREMENTAL = "incremental";

    private static final int FEATURES = 40;
    private static final int CLASSES = 10;
    private static final int BATCHES = 20;
    private static final int BATCH = 300;
    private static final int STEPS = 200;
    /** What a process ends with that was killed. */
    private static final int KILLED = 137;

    private CheckpointKills() {}

    private static Map<String, SoftmaxTrainer.Builder> modes() {
        Map<String, SoftmaxTrainer.Builder> modes = new LinkedHashMap<>();
        modes.put("adam", SoftmaxTrainer.builder().epochs(50));
        modes.put(
                "momentum",
                SoftmaxTrainer.builder()
                        .optimizer(new Momentum(0.01, 0.9))
                        .schedule(LearningRateSchedule.cosine(0.1))
                        .epochs(50)
                        .stopWhenNoImprovement(50));
        for (Solver solver : List.of(new Lbfgs(), new LbfgsB(), new OwlQn(), new NewtonCg(), new Sdca())) {
            SoftmaxTrainer.Builder trainer =
                    SoftmaxTrainer.builder().solver(solver).l2(1e-5).maxIterations(solver instanceof Sdca ? 20 : 60);
            modes.put(solver.name(), solver instanceof OwlQn ? trainer.l1(1e-5) : trainer);
        }
        modes.put(
                "lbfgs from epochs",
                SoftmaxTrainer.builder()
                        .solver(new Lbfgs())
                        .l2(1e-5)
                        .stochasticEpochs(15)
                        .maxIterations(40));
        modes.put(INCREMENTAL, SoftmaxTrainer.builder());
        return modes;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 2) {
            train(arguments[0], Path.of(arguments[1]));
            return;
        }
        int kills = Integer.parseInt(arguments[0]);
        SplittableRandom random = new SplittableRandom(kills);
        for (String mode : modes().keySet()) {
            Path folder = Files.createTempDirectory("softmax4j-kills");
            System.out.println(run(mode, (kills + modes().size() - 1) / modes().size(), folder, random));
        }
    }

    /** As many kills of one mode at least, in an empty folder. */
    static String run(String mode, int kills, Path folder, SplittableRandom random) throws Exception {
        Path checkpoint = folder.resolve("checkpoint");
        Path model = folder.resolve("model");
        Process first = start(mode, folder);
        long start = System.nanoTime();
        check(first.waitFor() == 0, mode + " failed");
        long time = System.nanoTime() - start;
        byte[] whole = Files.readAllBytes(model);
        int killed = 0;
        int writing = 0;
        int equal = 0;
        int different = 0;
        while (killed < kills) {
            Files.delete(model);
            Files.deleteIfExists(checkpoint);
            while (true) {
                Process process = start(mode, folder);
                // From before the first step to about the end of what is left; the last one is let go on.
                boolean ended =
                        process.waitFor(killed < kills ? random.nextLong(time) : Long.MAX_VALUE, TimeUnit.NANOSECONDS);
                int status =
                        ended ? process.exitValue() : process.destroyForcibly().waitFor();
                if (status != KILLED) {
                    check(status == 0, mode + " failed");
                    break;
                }
                killed++;
                writing += temporaries(folder) > 0 ? 1 : 0;
            }
            check(temporaries(folder) == 0, mode + " has left a temporary");
            if (Arrays.equals(whole, Files.readAllBytes(model))) {
                equal++;
            } else {
                different++;
            }
        }
        return String.format(
                Locale.ROOT,
                "%-18s %5d ms, %4d kills, %4d while writing, %4d ends equal, %d different",
                mode,
                time / 1_000_000,
                killed,
                writing,
                equal,
                different);
    }

    private static void check(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }

    private static long temporaries(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".tmp")).count();
        }
    }

    /** Starts a training, and waits until it begins. */
    private static Process start(String mode, Path folder) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CheckpointKills.class.getName(),
                        mode,
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        check(process.getInputStream().read() == '!', mode + " did not begin");
        return process;
    }

    private static void train(String mode, Path folder) throws IOException {
        Path checkpoint = folder.resolve("checkpoint");
        Path model = folder.resolve("model");
        Problem problem = Problem.random(BATCHES * BATCH, FEATURES, CLASSES, true, 0, false);
        if (mode.equals(INCREMENTAL)) {
            SoftmaxTrainer trainer = modes().get(mode).threads(2).build();
            trainBatches(trainer, problem, checkpoint).save(model);
            return;
        }
        SoftmaxTrainer trainer = modes().get(mode)
                .threads(2)
                .checkpoint(checkpoint, Duration.ofMillis(5))
                .build();
        try (Dataset data = problem.dataset(ElementType.FLOAT32)) {
            begin();
            SoftmaxModel trained = Files.exists(checkpoint) ? trainer.resume(data, checkpoint) : trainer.fit(data);
            trained.save(model);
        }
    }

    private static SoftmaxModel trainBatches(SoftmaxTrainer trainer, Problem problem, Path checkpoint)
            throws IOException {
        begin();
        try (IncrementalTrainer training = Files.exists(checkpoint)
                ? trainer.resumeIncremental(FEATURES, CLASSES, ElementType.FLOAT32, 1, checkpoint)
                : trainer.incremental(FEATURES, CLASSES, ElementType.FLOAT32, 1)) {
            while (training.steps() < STEPS) {
                int row = (int) (training.steps() % BATCHES) * BATCH;
                try (Dataset batch = Dataset.ofFloats(
                        Problem.floats(Arrays.copyOfRange(problem.x, row, row + BATCH)),
                        Arrays.copyOfRange(problem.labels, row, row + BATCH))) {
                    training.partialFit(batch);
                }
                training.checkpoint(checkpoint);
            }
            return training.model();
        }
    }

    private static void begin() {
        System.out.print('!');
        System.out.flush();
    }
}
