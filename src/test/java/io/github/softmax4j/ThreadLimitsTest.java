package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Where the system gives no more threads, or no memory for their stacks, calls go on with fewer and the same bits, or there is an
 * exception; the JVM lives. And however many callers there are, the process has one set of threads.
 */
@EnabledOnOs(OS.LINUX)
class ThreadLimitsTest {

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    /**
     * The limit counts all threads of a user and spares root: so a user that no other process is likely to have, who reads what
     * root reads.
     */
    private static final List<String> AS_USER = List.of(
            "setpriv",
            "--reuid=54321",
            "--clear-groups",
            "--inh-caps=-all,+dac_read_search",
            "--ambient-caps=+dac_read_search");

    @Test
    void numberOfThreadsOfTheUser() throws Exception {
        assumeTrue(runs(List.of("prlimit", "--version")), "skipped: there is no prlimit");
        boolean root = "root".equals(System.getProperty("user.name"));
        List<String> prefix = root ? AS_USER : List.of();
        List<String> java = new ArrayList<>(prefix);
        java.addAll(List.of(JAVA, "-version"));
        assumeTrue(runs(java), "skipped: root cannot be another user here");
        check(prefix, "nproc", "0", "1", "3", "40");
    }

    @Test
    void addressSpace() throws Exception {
        assumeTrue(runs(List.of("prlimit", "--version")), "skipped: there is no prlimit");
        check(List.of(), "as", "1", "3", "10", "40", "100");
    }

    private static void check(List<String> prefix, String limit, String... rooms) throws Exception {
        Path cache = Files.createTempDirectory("softmax4j-cache");
        try {
            Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
            for (String room : rooms) {
                List<String> command = new ArrayList<>(prefix);
                command.addAll(List.of(
                        JAVA,
                        // The compiler's threads end the JVM when there is no memory.
                        "-Xint",
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-Dorg.bytedeco.javacpp.cachedir=" + cache,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        limit,
                        room));
                ChildJvm.Outcome outcome = ChildJvm.run(command, Map.of());
                assertEquals(0, outcome.status(), () -> limit + " with room for " + room + ": " + outcome.output());
                assertTrue(outcome.output().endsWith("alive\n"), outcome.output());
            }
        } finally {
            try (Stream<Path> files = Files.walk(cache)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static boolean runs(List<String> command) {
        try {
            return ChildJvm.run(command, Map.of()).status() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets the process have so much more of something, and computes. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            Problem p = Problem.random(3000, 60, 40, true, 0, false);
            Problem wide = Problem.random(700, 20, 2100, true, 0, false);
            try (Dataset data = p.dataset(ElementType.FLOAT32);
                    Dataset wideData = wide.dataset(ElementType.FLOAT32)) {
                SoftmaxTrainer.Builder trainer =
                        SoftmaxTrainer.builder().epochs(1).batchSize(1000);
                SoftmaxModel model = trainer.threads(1).build().fit(data);
                SoftmaxModel wideModel = trainer.threads(1).build().fit(wideData);
                int[] labels = model.predict(data);
                limit(args[0], Integer.parseInt(args[1]));
                for (int threads : new int[] {2, 16, 300}) {
                    // Predictions name no number.
                    System.setProperty("softmax4j.threads", Integer.toString(threads));
                    run(
                            "fit",
                            threads,
                            () -> Arrays.equals(
                                    model.weights(),
                                    trainer.threads(threads).build().fit(data).weights()));
                    run(
                            "wide fit",
                            threads,
                            () -> Arrays.equals(
                                    wideModel.weights(),
                                    trainer.threads(threads)
                                            .build()
                                            .fit(wideData)
                                            .weights()));
                    run("predict", threads, () -> Arrays.equals(labels, model.predict(data)));
                }
            }
            System.out.println("alive");
        }

        interface Check {
            boolean sameBits();
        }

        private static void run(String what, int threads, Check check) {
            String outcome;
            try {
                outcome = check.sameBits() ? "same bits" : "OTHER BITS";
            } catch (OutOfMemoryError | SoftmaxException e) {
                outcome = e.toString();
            }
            System.out.println(what + " on " + threads + " threads: " + outcome);
            if (outcome.equals("OTHER BITS")) {
                System.exit(3);
            }
        }

        private static void limit(String what, int room) throws Exception {
            // The JVM keeps the thread that waits for processes.
            prlimit("--version");
            long most = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                String[] words = line.split("\\s+", -1);
                if (what.equals("nproc") && words[0].equals("Threads:")) {
                    most = Long.parseLong(words[1]) + room;
                } else if (what.equals("as") && words[0].equals("VmSize:")) {
                    most = (Long.parseLong(words[1]) << 10) + ((long) room << 20);
                }
            }
            prlimit("--pid", Long.toString(ProcessHandle.current().pid()), "--" + what + "=" + most + ":" + most);
        }

        private static void prlimit(String... arguments) throws Exception {
            List<String> command = new ArrayList<>(List.of("prlimit"));
            command.addAll(List.of(arguments));
            if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
                System.exit(4);
            }
        }
    }
}
