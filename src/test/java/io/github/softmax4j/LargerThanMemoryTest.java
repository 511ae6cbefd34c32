package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A dataset file of four times the heap, and larger than all the memory that a control group lets the process have, page cache included,
 * trains to the same model as in memory. Skipped where no memory control group can be made (that takes root, and cgroup v1's memory
 * controller or v2 with it).
 */
class LargerThanMemoryTest {

    private static final int FEATURES = 1024;
    private static final int ROWS = 320 << 10;
    private static final int CLASSES = 10;
    private static final int HEAP_MB = 64;
    private static final long LIMIT = 288L << 20;

    @TempDir
    Path folder;

    @Test
    void trainsToTheSameModel() throws IOException, InterruptedException {
        Emulator.skipWhatMeasuresMemory();
        ControlGroup group = ControlGroup.create(LIMIT);
        try {
            Path file = folder.resolve("data.s4d");
            // Within the group, which its pages in the cache then count for.
            child(group.command(), HEAP_MB, "write", file);
            assertTrue(Files.size(file) > LIMIT && Files.size(file) >= ((4L * HEAP_MB) << 20));
            String expected = child(List.of(), 4 * HEAP_MB, "memory", file);
            long before = group.timesAtLimit();
            String actual = child(group.command(), HEAP_MB, "file", file);
            assertEquals(expected, actual);
            assertTrue(group.timesAtLimit() > before, "the limit was never reached");
        } finally {
            group.remove();
        }
    }

    private static void write(Path file) throws IOException {
        SplittableRandom random = new SplittableRandom(6);
        byte[] block = new byte[1024 * FEATURES];
        int[] labels = new int[1024];
        try (DatasetWriter writer = DatasetWriter.ofBytes(file, FEATURES, 1 / 255.0, 0)) {
            for (int i = 0; i < ROWS; i += labels.length) {
                random.nextBytes(block);
                Arrays.setAll(labels, r -> (block[r * FEATURES] & 0xff) % CLASSES);
                writer.append(block, labels, null);
            }
            writer.finish(CLASSES);
        }
    }

    private static String child(List<String> prefix, int heapMb, String mode, Path file)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx" + heapMb + "m", "-XX:MaxDirectMemorySize=1g", "-XX:-UsePerfData"));
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), mode, file.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        String[] lines = output.strip().split("\n");
        System.out.println(mode + ": " + String.join(", ", lines));
        return lines[lines.length - 1];
    }

    /** Trains, and prints a line on the way and the model's hash and objective. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) throws IOException {
            Path file = Path.of(args[1]);
            if (args[0].equals("write")) {
                write(file);
                return;
            }
            try (Dataset data = args[0].equals("file") ? Dataset.open(file) : inMemory(file)) {
                SoftmaxTrainer trainer = SoftmaxTrainer.builder()
                        .epochs(2)
                        .batchSize(8192)
                        .shuffle(false)
                        .threads(2)
                        .build();
                long start = System.nanoTime();
                SoftmaxModel model = trainer.fit(data);
                System.out.printf("%.2f s%n", (System.nanoTime() - start) / 1e9);
                System.out.println(Arrays.hashCode(model.weights()) + " " + Arrays.hashCode(model.intercept()) + " "
                        + model.summary().orElseThrow().objective());
            }
        }

        private static Dataset inMemory(Path file) throws IOException {
            ByteBuffer x = ByteBuffer.allocateDirect(ROWS * FEATURES);
            try (FileChannel channel = FileChannel.open(file)) {
                channel.position(Files.size(file) - (long) ROWS * Integer.BYTES - x.capacity());
                while (x.hasRemaining() && channel.read(x) > 0) {}
            }
            x.flip();
            int[] labels = new int[ROWS];
            Arrays.setAll(labels, r -> (x.get(r * FEATURES) & 0xff) % CLASSES);
            return Dataset.builder()
                    .features(x, ROWS, FEATURES, 1 / 255.0, 0)
                    .labels(labels)
                    .classes(CLASSES)
                    .build();
        }
    }
}
