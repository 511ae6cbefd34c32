package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads on the same objects, used rightly and wrongly: right results or an exception, never anything else. */
@Timeout(60)
class ConcurrentUseTest {

    private ExecutorService pool;

    @BeforeEach
    void startThreads() {
        pool = Executors.newFixedThreadPool(8);
    }

    @AfterEach
    void stopThreads() throws InterruptedException {
        pool.shutdownNow();
        assertTrue(pool.awaitTermination(30L * Emulator.PATIENCE, TimeUnit.SECONDS));
    }

    @Test
    void closingADatasetInUseLetsCallsFinishOrRefusesThem() throws Exception {
        Problem p = Problem.random(600, 30, 10, true, 0, false);
        SoftmaxTrainer trainer =
                SoftmaxTrainer.builder().epochs(2).batchSize(32).threads(2).build();
        SoftmaxModel expected;
        int[] expectedLabels;
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            expected = trainer.fit(data);
            expectedLabels = expected.predict(data);
        }
        SplittableRandom random = new SplittableRandom(1);
        AtomicInteger finished = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        for (int round = 0; round < 60; round++) {
            Dataset data = p.dataset(ElementType.FLOAT32);
            List<Future<?>> users = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                boolean fits = t % 2 == 0;
                users.add(pool.submit(() -> {
                    try {
                        while (true) {
                            if (fits) {
                                assertEquals(expected, trainer.fit(data));
                            } else {
                                assertArrayEquals(expectedLabels, expected.predict(data));
                                assertArrayEquals(p.labels, data.labels());
                            }
                            finished.incrementAndGet();
                        }
                    } catch (IllegalStateException e) {
                        assertEquals("the dataset is closed", e.getMessage());
                        refused.incrementAndGet();
                    }
                }));
            }
            Thread.sleep(0, random.nextInt(1, 999_999));
            if (round % 3 == 0) {
                Thread.sleep(10);
            }
            // Twice, from two threads.
            Future<?> other = pool.submit(data::close);
            data.close();
            other.get();
            for (Future<?> user : users) {
                user.get();
            }
        }
        assertEquals(240, refused.get());
        assertTrue(finished.get() > 0);
    }

    @Test
    void singleRowsArePredictedRightWhileOthersFit() throws Exception {
        Problem p = Problem.random(800, 40, 10, true, 0, false);
        Problem q = Problem.random(500, 20, 300, true, 0, false);
        AtomicBoolean done = new AtomicBoolean();
        try (Dataset a = p.dataset(ElementType.FLOAT32);
                Dataset b = q.dataset(ElementType.FLOAT64)) {
            SoftmaxTrainer trainer =
                    SoftmaxTrainer.builder().epochs(1).batchSize(64).threads(2).build();
            SoftmaxModel narrow = trainer.fit(a);
            SoftmaxModel wide = trainer.fit(b);
            int[] narrowLabels = narrow.predict(a);
            int[] wideLabels = wide.predict(b);
            List<Callable<Integer>> users = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                boolean single = t % 2 == 0;
                users.add(() -> {
                    int count = 0;
                    while (!done.get()) {
                        if (single) {
                            int i = count % p.rows();
                            assertEquals(narrowLabels[i], narrow.predict(p.x[i]));
                        } else {
                            int i = count % q.rows();
                            assertEquals(wideLabels[i], wide.predict(q.x[i]));
                        }
                        count++;
                    }
                    return count;
                });
            }
            List<Future<Integer>> predictions = new ArrayList<>();
            for (Callable<Integer> user : users) {
                predictions.add(pool.submit(user));
            }
            List<Future<?>> fits = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                boolean single = t != 1;
                fits.add(pool.submit(() -> {
                    for (int i = 0; i < 10; i++) {
                        assertEquals(single ? narrow : wide, trainer.fit(single ? a : b));
                    }
                }));
            }
            for (Future<?> fit : fits) {
                fit.get();
            }
            done.set(true);
            for (Future<Integer> prediction : predictions) {
                assertTrue(prediction.get() > 0);
            }
        } finally {
            done.set(true);
        }
    }

    @Test
    void manyThreadsFitOnOneDatasetAtOnce() throws Exception {
        Problem p = Problem.random(300, 10, 5, true, 0, true);
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            SoftmaxTrainer trainer =
                    SoftmaxTrainer.builder().epochs(3).batchSize(16).threads(8).build();
            SoftmaxModel expected = trainer.fit(data);
            CountDownLatch start = new CountDownLatch(8);
            List<Future<SoftmaxModel>> fits = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                fits.add(pool.submit(() -> {
                    start.countDown();
                    start.await();
                    return trainer.fit(data);
                }));
            }
            for (Future<SoftmaxModel> fit : fits) {
                assertEquals(expected, fit.get());
            }
        }
    }

    @Test
    void arraysChangedWhileADatasetIsBuiltNeverReachTheCoreUnchecked() throws Exception {
        int[] labels = new int[20_000];
        double[][] x = new double[20_000][1];
        double[] shorter = {1};
        double[] longer = new double[50];
        AtomicBoolean done = new AtomicBoolean();
        Future<?> vandal = pool.submit(() -> {
            for (int i = 0; !done.get(); i++) {
                labels[i % 20_000] = i % 3 == 0 ? 1_000_000 : 0;
                x[i * 7 % 20_000] = i % 5 == 0 ? longer : shorter;
            }
        });
        int built = 0;
        try {
            for (int i = 0; i < 150; i++) {
                try (Dataset data =
                        Dataset.builder().features(x).labels(labels).classes(2).build()) {
                    for (int label : data.labels()) {
                        assertEquals(0, label);
                    }
                    SoftmaxLoss.builder().build().lossAndGradient(data, new double[4], new double[4]);
                    built++;
                } catch (IllegalArgumentException e) {
                    assertTrue(e.getMessage().contains("must be in 0..1")
                            || e.getMessage().contains("one length"));
                }
                if (i == 75) {
                    done.set(true);
                    vandal.get();
                    java.util.Arrays.fill(labels, 0);
                    java.util.Arrays.fill(x, shorter);
                }
            }
        } finally {
            done.set(true);
        }
        assertTrue(built >= 74, () -> "undisturbed, the data is fine");
    }

    @Test
    void closingTwiceIsFine() {
        Dataset data = Toy.dataset(6);
        data.close();
        data.close();
        assertThrows(IllegalStateException.class, data::labels);
        assertEquals(6, data.rows(), "the shape stays known");
    }

    @Test
    void listenerMayCloseTheDatasetItsFitRunsOn() {
        SoftmaxModel expected;
        try (Dataset data = Toy.dataset(60)) {
            expected = TrainerTest.trainer(5).build().fit(data);
        }
        Dataset data = Toy.dataset(60);
        SoftmaxModel model =
                TrainerTest.trainer(5).listener(p -> data.close()).build().fit(data);
        assertEquals(expected, model);
        assertThrows(IllegalStateException.class, () -> model.predict(data));
    }

    @Test
    void validationDataClosedDuringAFitEndsItWithAnException() {
        try (Dataset data = Toy.dataset(60)) {
            Dataset validation = Toy.noise(10);
            SoftmaxTrainer trainer = TrainerTest.trainer(5)
                    .validation(validation)
                    .listener(p -> validation.close())
                    .build();
            assertThrows(IllegalStateException.class, () -> trainer.fit(data));
        }
    }

    @Test
    void datasetNobodyClosedIsFreed() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "needs /proc");
        Emulator.skipWhatMeasuresMemory();
        float[] x = new float[4_000_000];
        int[] labels = new int[4_000];
        labels[0] = 1;
        long before = residentKilobytes();
        // 60 of 16 MB: without the cleaner 960 MB would stay.
        for (int i = 0; i < 60; i++) {
            assertEquals(1_000, Dataset.ofFloats(x, 4_000, 1_000, labels).features());
            if (i % 5 == 4) {
                System.gc();
                Thread.sleep(20);
            }
        }
        long grown = Long.MAX_VALUE;
        for (int i = 0; i < 50 && grown > 300_000; i++) {
            System.gc();
            Thread.sleep(20);
            grown = residentKilobytes() - before;
        }
        long kilobytes = grown;
        assertTrue(kilobytes <= 300_000, () -> "resident memory has grown by " + kilobytes + " kB");
    }

    private static long residentKilobytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new AssertionError("no VmRSS");
    }
}
