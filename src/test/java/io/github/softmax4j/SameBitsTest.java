package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Results are the same to the last bit for any number of threads, and from one run to the next. */
class SameBitsTest {

    private static final int[] THREADS = {1, 2, 3, 5, 8};

    /** Large enough that work is cut into several lanes in each regime. */
    private static final int[][] SHAPES = {{5000, 60, 10}, {3000, 40, 100}, {1500, 16, 2500}, {257, 33, 31}};

    static List<Arguments> cases() {
        List<Arguments> all = new ArrayList<>();
        for (ElementType type : ElementType.values()) {
            for (int[] s : SHAPES) {
                for (int regime = 1; regime <= Problem.LARGE; regime++) {
                    if (regime != Problem.SMALL || s[2] <= Problem.SMALL_CLASSES) {
                        all.add(Arguments.of(type, s[0], s[1], s[2], regime));
                    }
                }
            }
        }
        return all;
    }

    @ParameterizedTest(name = "{0} {1}x{2}x{3} regime {4}")
    @MethodSource("cases")
    void lossAndGradientForAnyThreadCount(ElementType type, int rows, int features, int classes, int regime) {
        Problem p = Problem.random(rows, features, classes, true, 0.01, true);
        try (Dataset data = p.dataset(type)) {
            Problem.Outcome expected = p.run(data, regime, 1);
            for (int threads : THREADS) {
                Problem.Outcome actual = p.run(data, regime, threads);
                assertEquals(Double.doubleToRawLongBits(expected.loss()), Double.doubleToRawLongBits(actual.loss()));
                assertArrayEquals(bits(expected.gradient()), bits(actual.gradient()), () -> threads + " threads");
            }
        }
    }

    static List<Arguments> trainings() {
        List<Arguments> all = new ArrayList<>();
        for (ElementType type : ElementType.values()) {
            // small, medium and large regime
            all.add(Arguments.of(type, Problem.random(3001, 50, 10, true, 0, true)));
            all.add(Arguments.of(type, Problem.random(1501, 60, 200, true, 0, false)));
            all.add(Arguments.of(type, Problem.random(600, 12, 2100, false, 0, false)));
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void wholeTrainingForAnyThreadCount(ElementType type, Problem p) {
        try (Dataset data = p.dataset(type)) {
            for (int batch : new int[] {100, 100_000}) {
                SoftmaxModel expected = fit(data, p, batch, 1, 3);
                for (int threads : THREADS) {
                    assertSameBits(expected, fit(data, p, batch, threads, 3));
                }
                if (batch == 100) {
                    assertNotEquals(expected, fit(data, p, batch, 1, 4), "the seed matters");
                }
            }
        }
    }

    @Test
    void predictionsForAnyThreadCount() {
        Problem p = Problem.random(4000, 30, 12, true, 0, true);
        SoftmaxModel model = SoftmaxModel.of(
                30,
                12,
                java.util.Arrays.copyOf(p.parameters, 360),
                java.util.Arrays.copyOfRange(p.parameters, 360, 372));
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            Evaluation expected = model.evaluate(data, 1);
            for (int threads : THREADS) {
                assertEquals(expected.loss(), model.evaluate(data, threads).loss());
            }
        }
    }

    @Test
    void concurrentFitsGiveWhatOneAloneGives() throws Exception {
        Problem p = Problem.random(2000, 40, 10, true, 0, false);
        Problem q = Problem.random(700, 30, 150, true, 0, false);
        try (Dataset a = p.dataset(ElementType.FLOAT32);
                Dataset b = q.dataset(ElementType.FLOAT64)) {
            SoftmaxModel expectedA = fit(a, p, 64, 2, 1);
            SoftmaxModel expectedB = fit(b, q, 64, 2, 1);
            ExecutorService pool = Executors.newFixedThreadPool(6);
            try {
                List<Future<SoftmaxModel>> fits = new ArrayList<>();
                for (int i = 0; i < 12; i++) {
                    int threads = 1 + i % 3;
                    Callable<SoftmaxModel> fit =
                            i % 2 == 0 ? () -> fit(a, p, 64, threads, 1) : () -> fit(b, q, 64, threads, 1);
                    fits.add(pool.submit(fit));
                }
                for (int i = 0; i < fits.size(); i++) {
                    assertSameBits(
                            i % 2 == 0 ? expectedA : expectedB, fits.get(i).get());
                }
            } finally {
                pool.shutdownNow();
            }
        }
    }

    private static SoftmaxModel fit(Dataset data, Problem p, int batch, int threads, long seed) {
        return SoftmaxTrainer.builder()
                .optimizer(new Adam(0.01))
                .l2(1e-3)
                .intercept(p.intercept)
                .initialWeights(InitialWeights.gaussian(0.01))
                .epochs(2)
                .batchSize(batch)
                .seed(seed)
                .threads(threads)
                .build()
                .fit(data);
    }

    private static void assertSameBits(SoftmaxModel expected, SoftmaxModel actual) {
        assertArrayEquals(bits(expected.weights()), bits(actual.weights()));
        assertArrayEquals(bits(expected.intercept()), bits(actual.intercept()));
        assertEquals(expected, actual);
    }

    private static long[] bits(double[] values) {
        long[] bits = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            bits[i] = Double.doubleToRawLongBits(values[i]);
        }
        return bits;
    }
}
