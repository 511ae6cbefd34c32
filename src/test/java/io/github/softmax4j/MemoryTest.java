package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** No N x C matrix exists: the peak of the process's resident memory, in a JVM of its own. */
class MemoryTest {

    private static final int ROWS = 20_000;
    private static final int FEATURES = 64;
    private static final int CLASSES = 20_000;
    /** Features, labels, parameters. */
    private static final long INPUTS = 4L * (ROWS * FEATURES + ROWS + FEATURES * CLASSES);

    private static final long GRADIENT = 4L * FEATURES * CLASSES;

    @Test
    void lossAndGradientNeedLittleMoreThanInputsAndGradient() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "needs /proc");
        Emulator.skipWhatMeasuresMemory();
        ChildJvm.Outcome outcome = ChildJvm.run(
                Child.class, List.of("-Xmx200m", "-XX:MaxDirectMemorySize=64m"), Map.of("OMP_NUM_THREADS", "2"));
        assertEquals(0, outcome.status(), outcome.output());
        Matcher matcher = Pattern.compile("extra (-?\\d+) kB").matcher(outcome.output());
        assertTrue(matcher.find(), outcome.output());
        System.out.println(outcome.output().strip());
        long extra = Long.parseLong(matcher.group(1));
        assertTrue(extra < 100_000, outcome.output());
    }

    /** Measures from before the inputs exist, so that the peak holds them, the gradient, and what comes on top. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws IOException {
            // Library, JIT and threads are there before the measurement, through the same regime.
            try (Dataset small = Dataset.builder()
                    .features(new float[] {1, 2, 3, 4}, 2, 2)
                    .labels(new int[] {0, 1})
                    .classes(3_000)
                    .build()) {
                SoftmaxLoss.builder().threads(2).build().loss(small, new float[9_000]);
            }
            System.gc();
            long before = kilobytes("VmRSS:");
            FloatBuffer x = buffer(ROWS * FEATURES);
            FloatBuffer w = buffer(FEATURES * CLASSES);
            FloatBuffer g = buffer(FEATURES * CLASSES);
            int[] labels = new int[ROWS];
            for (int i = 0; i < ROWS; i++) {
                labels[i] = i % CLASSES;
            }
            SoftmaxLoss loss = SoftmaxLoss.builder().intercept(false).threads(2).build();
            try (Dataset data = Dataset.builder()
                    .features(x, ROWS, FEATURES)
                    .labels(labels)
                    .classes(CLASSES)
                    .build()) {
                double value = loss.lossAndGradient(data, w, g);
                long grown = kilobytes("VmHWM:") - before;
                long named = (INPUTS + GRADIENT) / 1024;
                System.out.println("loss " + value + "; resident memory has grown by " + grown + " kB at its peak, "
                        + named + " kB are inputs and gradient, extra " + (grown - named) + " kB; logits would be "
                        + 4L * ROWS * CLASSES / 1024 + " kB");
            }
        }

        private static FloatBuffer buffer(int count) {
            FloatBuffer buffer = ByteBuffer.allocateDirect(4 * count)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
            for (int i = 0; i < count; i++) {
                buffer.put(i, (i % 13) * 0.01f - 0.06f);
            }
            return buffer;
        }

        private static long kilobytes(String name) throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith(name)) {
                    return Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
            throw new AssertionError(name);
        }
    }
}
