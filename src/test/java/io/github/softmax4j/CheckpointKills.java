package io.github.softmax4j;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Kills trainings at random times and goes on with them until they end: {@code CheckpointKills KILLS} prints a line for each mode, with its kills and
 * how many ends had the bits of the training that was never interrupted. With a mode and two files it is one of those trainings.
 */
final class CheckpointKills {

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
                    SoftmaxTrainer.builder().solver(solver).l2(1e-5).maxIterations(solver instanceof Sdca ? 12 : 200);
            modes.put(solver.name(), solver instanceof OwlQn ? trainer.l1(1e-5) : trainer);
        }
        modes.put(
                "lbfgs from epochs",
                SoftmaxTrainer.builder()
                        .solver(new Lbfgs())
                        .l2(1e-5)
                        .stochasticEpochs(15)
                        .maxIterations(100));
        return modes;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 3) {
            train(arguments[0], Path.of(arguments[1]), Path.of(arguments[2]));
            return;
        }
        Path folder = Files.createTempDirectory("softmax4j-kills");
        int kills = Integer.parseInt(arguments[0]);
        SplittableRandom random = new SplittableRandom(kills);
        for (String mode : modes().keySet()) {
            System.out.println(run(mode, (kills + modes().size() - 1) / modes().size(), folder, random));
        }
    }

    /** As many kills of one mode at least. */
    static String run(String mode, int kills, Path folder, SplittableRandom random) throws Exception {
        Path checkpoint = folder.resolve("checkpoint");
        Path model = folder.resolve("model");
        Files.deleteIfExists(checkpoint);
        long start = System.nanoTime();
        check(start(mode, checkpoint, model).waitFor() == 0, mode + " failed");
        long time = (System.nanoTime() - start) / 1_000_000;
        byte[] whole = Files.readAllBytes(model);
        int killed = 0;
        int equal = 0;
        int different = 0;
        while (killed < kills) {
            Files.delete(model);
            Files.deleteIfExists(checkpoint);
            while (true) {
                Process process = start(mode, checkpoint, model);
                // From before the first step to about the end of what is left; the last one is let go on.
                if (process.waitFor(killed < kills ? random.nextLong(time) : Long.MAX_VALUE, TimeUnit.MILLISECONDS)) {
                    check(process.exitValue() == 0, mode + " failed");
                    break;
                }
                process.destroyForcibly().waitFor();
                killed++;
            }
            if (Arrays.equals(whole, Files.readAllBytes(model))) {
                equal++;
            } else {
                different++;
            }
        }
        return String.format(
                "%-18s %4d ms, %4d kills, %4d ends equal, %d different", mode, time, killed, equal, different);
    }

    private static void check(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }

    private static Process start(String mode, Path checkpoint, Path model) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path")
                                .replace(File.pathSeparator + File.pathSeparator, File.pathSeparator),
                        CheckpointKills.class.getName(),
                        mode,
                        checkpoint.toString(),
                        model.toString())
                .inheritIO()
                .start();
    }

    private static void train(String mode, Path checkpoint, Path model) throws Exception {
        SoftmaxTrainer trainer = modes().get(mode)
                .threads(2)
                .checkpoint(checkpoint, Duration.ofMillis(20))
                .build();
        Problem problem = Problem.random(20_000, 40, 10, true, 0, false);
        try (Dataset data = problem.dataset(ElementType.FLOAT32)) {
            SoftmaxModel trained = Files.exists(checkpoint) ? trainer.resume(data, checkpoint) : trainer.fit(data);
            trained.save(model);
        }
    }
}
