package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What hot paths allocate in Java, by the JVM's own counter of the calling thread. */
class AllocationTest {

    private static final int WARM_UP = 20_000;
    private ThreadMXBean threads;

    @BeforeEach
    void findCounter() {
        assumeTrue(
                ManagementFactory.getThreadMXBean() instanceof ThreadMXBean bean
                        && bean.isThreadAllocatedMemorySupported(),
                "this JVM does not count allocations");
        threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        threads.setThreadAllocatedMemoryEnabled(true);
    }

    /** Bytes that the body allocates, less what measuring does. */
    private long allocated(Runnable body) {
        long empty = measure(() -> {});
        return measure(body) - empty;
    }

    private long measure(Runnable body) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
            body.run();
            least = Math.min(
                    least,
                    threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before);
        }
        return least;
    }

    /** Small, medium and large regime; the last batch of an epoch is partial. */
    @ParameterizedTest(name = "{0}x{1}x{2}, batch {3}")
    @CsvSource({"203,20,10,16", "203,20,100,16", "70,8,2500,8"})
    void trainingStepAllocatesNothing(int rows, int features, int classes, int batch) {
        Problem p = Problem.random(rows, features, classes, true, 0, true);
        for (ElementType type : ElementType.values()) {
            try (Dataset data = p.dataset(type);
                    DatasetMemory.Lease lease = data.acquire();
                    Objective objective = new Objective(lease, classes, true, 1e-4);
                    NativeArray start = NativeArray.ofReals(type.code(), p.parameters.length)) {
                start.put(0, new double[p.parameters.length]);
                NativeRule rule = NativeRule.of(new Adam(1e-3), ElementType.FLOAT32);
                int[] status = new int[1];
                long trainer = NativeApi.s4j_trainer_create(
                        objective.address,
                        rule.code,
                        rule.hyper,
                        null,
                        start.address(),
                        batch,
                        1,
                        2,
                        NativeApi.NO_LIMIT,
                        status);
                Core.check(status[0]);
                try {
                    Runnable epochs = () -> {
                        for (int epoch = 0; epoch < 6; epoch++) {
                            NativeApi.s4j_trainer_shuffle(trainer);
                            for (long first = 0; first < rows; first += batch) {
                                int result =
                                        NativeApi.s4j_trainer_step(trainer, first, Math.min(batch, rows - first), 1e-3);
                                if (result != NativeApi.OK) {
                                    throw new AssertionError("status " + result);
                                }
                            }
                        }
                    };
                    for (int i = 0; i < 10; i++) {
                        epochs.run();
                    }
                    long bytes = allocated(epochs);
                    long steps = 6L * ((rows + batch - 1) / batch);
                    System.out.println(type + ", " + classes + " classes: " + bytes + " bytes in " + steps + " steps");
                    assertEquals(0, bytes);
                } finally {
                    NativeApi.s4j_trainer_free(trainer);
                }
            }
        }
    }

    @Test
    void fitAllocatesPerEpochNotPerStep() {
        try (Dataset data = Toy.floats(3_000)) {
            Runnable few = () -> fit(data, 10, 10);
            Runnable many = () -> fit(data, 100, 10);
            Runnable manyLong = () -> fit(data, 100, 1_000);
            for (int i = 0; i < 20; i++) {
                few.run();
                many.run();
                manyLong.run();
            }
            long fewBytes = allocated(few);
            long manyBytes = allocated(many);
            long longBytes = allocated(manyLong);
            double perEpoch = (manyBytes - fewBytes) / 90.0;
            System.out.println("fit: " + fewBytes + " bytes for 10 epochs of 300 steps, " + manyBytes
                    + " for 100 epochs, " + longBytes + " for 100 epochs of 3 steps");
            assertTrue(perEpoch <= 1_000, () -> perEpoch + " bytes per epoch");
            assertTrue(
                    Math.abs(manyBytes - longBytes) <= 20_000,
                    () -> manyBytes + " bytes for 30000 steps, " + longBytes + " for 300");
        }
    }

    @ParameterizedTest
    @MethodSource("io.github.softmax4j.SolverTest#solvers")
    void solverAllocatesItsProgressPerIterationAndNoMore(Solver solver) {
        try (Dataset data = Toy.noise(300)) {
            SoftmaxTrainer.Builder trainer =
                    SoftmaxTrainer.builder().solver(solver).l2(1e-9).threads(1);
            if (solver instanceof LbfgsB) {
                trainer.bounds(-1, 1);
            }
            int few = 3;
            Runnable once = () -> trainer.maxIterations(few).build().fit(data);
            Runnable twice = () -> trainer.maxIterations(2 * few).build().fit(data);
            for (int i = 0; i < 500; i++) {
                once.run();
                twice.run();
            }
            // A record of six numbers, and its OptionalDouble.
            long perIteration = (allocated(twice) - allocated(once)) / few;
            assertTrue(perIteration <= 200, () -> perIteration + " bytes per iteration");
        }
    }

    private static void fit(Dataset data, int epochs, int batch) {
        SoftmaxTrainer.builder()
                .epochs(epochs)
                .batchSize(batch)
                .threads(1)
                .build()
                .fit(data);
    }

    @Test
    void functionsOfBuffersAllocateNothing() {
        int rows = 200;
        FloatBuffer logits = directFloats(rows * 10);
        FloatBuffer out = directFloats(rows * 10);
        FloatBuffer weights = directFloats(rows);
        FloatBuffer sums = directFloats(rows);
        IntBuffer labels = ByteBuffer.allocateDirect(rows * Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .asIntBuffer();
        Runnable calls = () -> {
            for (int i = 0; i < 100; i++) {
                SoftmaxFunctions.softmax(logits, out, 10);
                SoftmaxFunctions.logSumExp(logits, sums, 10);
                SoftmaxFunctions.crossEntropy(logits, labels, weights, sums, out, 10, SoftmaxFunctions.Reduction.SUM);
            }
        };
        for (int i = 0; i < WARM_UP / 100; i++) {
            calls.run();
        }
        assertEquals(0, allocated(calls));
    }

    private static FloatBuffer directFloats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    @ParameterizedTest
    @EnumSource
    void singleRowPredictionAllocatesNothing(ElementType type) {
        for (int classes : new int[] {10, 100, 3_000}) {
            Problem p = Problem.random(1, 20, classes, false, 0, false);
            Runnable predictions;
            if (type == ElementType.FLOAT32) {
                SoftmaxModel model = SoftmaxModel.of(20, classes, Problem.floats(p.parameters), new float[0]);
                float[] row = Problem.floats(p.x[0]);
                float[] probabilities = new float[classes];
                predictions = () -> {
                    for (int i = 0; i < 1_000; i++) {
                        model.predictProbabilities(row, probabilities);
                        model.predict(row);
                    }
                };
            } else {
                SoftmaxModel model = SoftmaxModel.of(20, classes, p.parameters, new double[0]);
                double[] row = p.x[0];
                double[] probabilities = new double[classes];
                predictions = () -> {
                    for (int i = 0; i < 1_000; i++) {
                        model.predictProbabilities(row, probabilities);
                        model.predict(row);
                    }
                };
            }
            for (int i = 0; i < WARM_UP / 1_000; i++) {
                predictions.run();
            }
            assertEquals(0, allocated(predictions), classes + " classes");
        }
    }
}
