package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is planned is what is taken, and a limit is kept. */
class MemoryPlanTest {

    private static final String SMALL = "200,30000,32";
    private static final String MEDIUM = "1500,4000,500";
    private static final String LARGE = "1000,256,8000";

    private static SoftmaxTrainer.Builder trainer() {
        return SoftmaxTrainer.builder().optimizer(new Adam(1e-3)).epochs(1).fullBatch();
    }

    @Test
    void partsAreThoseOfTheShape() {
        MemoryPlan plan = trainer().build().plan(1000, 784, 10, ElementType.FLOAT32);
        long parameters = 785 * 10;
        assertEquals(1000 * 785 * 4, plan.dataset());
        assertEquals(parameters * 4, plan.parameters());
        assertTrue(plan.optimizerState() >= 4 * 4 * parameters + 8 * 1000, plan::toString);
        assertTrue(plan.optimizerState() <= 4 * 4 * (parameters + 1000) + 8 * 1000, plan::toString);
        assertEquals((8 + 4 + 4) * parameters, plan.javaHeap());
        assertEquals(
                plan.dataset() + plan.parameters() + plan.optimizerState() + plan.scratch() + plan.javaHeap(),
                plan.peak());
        assertEquals(plan.peak() - plan.dataset(), plan.working());
        assertTrue(plan.toString().contains("dataset 3.1 + parameters 0.031"), plan::toString);
        MemoryPlan sgd = trainer().optimizer(new Sgd(1)).build().plan(1000, 784, 10, ElementType.FLOAT32);
        assertTrue(sgd.optimizerState() < plan.optimizerState() - 2 * 4 * parameters + 128, sgd::toString);
        MemoryPlan wide = trainer().build().plan(1000, 784, 10, ElementType.FLOAT64);
        assertEquals(1000 * (784 * 8 + 4), wide.dataset());
        assertEquals((8 + 8) * parameters, wide.javaHeap());
    }

    @Test
    void whatALossHoldsOfEachRowCounts() {
        MemoryPlan plain = trainer().build().plan(10_000, 20, 10, ElementType.FLOAT32);
        MemoryPlan weighted = trainer().balancedClassWeights().build().plan(10_000, 20, 10, ElementType.FLOAT32);
        assertEquals(plain.scratch() + 4 * 10_000, weighted.scratch());
        assertEquals(plain.javaHeap(), weighted.javaHeap());
        MemoryPlan margin = trainer()
                .loss(MarginSoftmax.cosFace(8, 0.2))
                .intercept(false)
                .build()
                .plan(10_000, 20, 10, ElementType.FLOAT32);
        assertTrue(margin.scratch() >= 4 * 10_000, margin::toString);
        // The model is divided by lengths on its way out.
        assertTrue(margin.javaHeap() > plain.javaHeap() + 8 * 200, margin::toString);
        MemoryPlan loss = SoftmaxLoss.builder().build().plan(10_000, 20, 10, ElementType.FLOAT32);
        MemoryPlan weightedLoss =
                SoftmaxLoss.builder().balancedClassWeights().build().plan(10_000, 20, 10, ElementType.FLOAT32);
        assertEquals(loss.scratch() + 4 * 10_000, weightedLoss.scratch());
        SoftmaxTrainer scaling = trainer().standardize(true).centering(false).build();
        long entries =
                scaling.planSparse(10_000, 20, 50_000, 10, ElementType.FLOAT32).scratch()
                        - trainer()
                                .build()
                                .planSparse(10_000, 20, 50_000, 10, ElementType.FLOAT32)
                                .scratch();
        assertTrue(entries >= 2 * 4 * 50_000, () -> entries + " bytes of 50,000 entries, by row and by column");
    }

    @Test
    void batchesNeedLessScratchThanAllRows() {
        MemoryPlan batches = trainer().batchSize(64).build().plan(100_000, 784, 500, ElementType.FLOAT32);
        MemoryPlan all = trainer().build().plan(100_000, 784, 500, ElementType.FLOAT32);
        assertTrue(batches.scratch() < all.scratch(), () -> batches + ", " + all);
    }

    /** No machine holds this: nothing can have been allocated. */
    @Test
    void terabytesCanBePlanned() {
        long rows = 1L << 40;
        MemoryPlan plan = SoftmaxTrainer.builder().build().plan(rows, 4096, 1000, ElementType.FLOAT64);
        assertEquals(rows * (4096 * 8 + 4), plan.dataset());
        assertTrue(plan.optimizerState() > 8 * rows);
        assertTrue(plan.peak() > plan.dataset() + 8 * rows);
        MemoryPlan loss = SoftmaxLoss.builder().build().plan(rows, 4096, 1000, ElementType.FLOAT64);
        assertTrue(loss.scratch() < 1L << 30, loss::toString);
        assertEquals(0, loss.optimizerState());
        assertEquals(2L * 4097 * 1000 * 8, loss.parameters());
    }

    @Test
    void shapesOutOfRangeAreRefused() {
        SoftmaxTrainer trainer = SoftmaxTrainer.builder().build();
        refused("rows must be at least 1, was 0", () -> trainer.plan(0, 2, 2, ElementType.FLOAT32));
        refused("classes must be at least 2, was 1", () -> trainer.plan(2, 2, 1, ElementType.FLOAT32));
        refused("features x classes must be in", () -> trainer.plan(2, 0, 2, ElementType.FLOAT32));
        refused("features x classes must be in", () -> trainer.plan(2, 1 << 20, 1 << 20, ElementType.FLOAT32));
        refused("type must not be null", () -> trainer.plan(2, 2, 2, null));
        refused("2^59, was 9223372036854775807 x 3", () -> trainer.plan(Long.MAX_VALUE, 3, 2, ElementType.FLOAT32));
        refused("memoryLimit must be at least 1, was 0", () -> SoftmaxTrainer.builder()
                .memoryLimit(0));
        refused("memoryLimit must be at least 1, was -5", () -> SoftmaxLoss.builder()
                .memoryLimit(-5));
    }

    private static String refused(String part, Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
        return message;
    }

    /** The least that a refusal names. */
    private static long least(Executable call) {
        Matcher matcher = Pattern.compile("memoryLimit is 1 bytes; .* needs at least (\\d+) beside the dataset, and "
                        + "takes \\d+ without")
                .matcher(refused("memoryLimit is 1 bytes", call));
        assertTrue(matcher.find());
        return Long.parseLong(matcher.group(1));
    }

    /** Small, medium and large regime; with validation and a stop rule too. */
    @ParameterizedTest
    @CsvSource({"3000,300,10", "2500,100,90", "700,20,2100"})
    void limitIsKeptAndGivesTheSameBitsForAnyThreadCount(int rows, int features, int classes) {
        Problem p = Problem.random(rows, features, classes, true, 0, false);
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            for (boolean validated : new boolean[] {false, true}) {
                SoftmaxTrainer.Builder builder = trainer();
                if (validated) {
                    builder.validation(data).stopWhenRelativeChangeBelow(1e-9);
                }
                MemoryPlan free = builder.build().plan(rows, features, classes, ElementType.FLOAT32);
                long least = least(() -> builder.memoryLimit(1).build().fit(data));
                assertEquals(
                        least,
                        least(() -> builder.memoryLimit(1).build().plan(rows, features, classes, ElementType.FLOAT32)));
                assertTrue(least < free.working(), () -> least + ", " + free);
                refused("" + least, () -> builder.memoryLimit(least - 1).build().fit(data));
                for (long limit : new long[] {least, (least + free.working()) / 2, 1L << 40}) {
                    SoftmaxModel first = null;
                    for (int threads : new int[] {1, 2, 5}) {
                        SoftmaxTrainer limited =
                                builder.memoryLimit(limit).threads(threads).build();
                        MemoryPlan plan = limited.plan(rows, features, classes, ElementType.FLOAT32);
                        assertTrue(plan.working() <= limit, () -> plan + " within " + limit);
                        SoftmaxModel model = limited.fit(data);
                        if (first == null) {
                            first = model;
                        }
                        assertArrayEquals(first.weights(), model.weights());
                        assertEquals(first.summary(), model.summary());
                    }
                }
            }
        }
    }

    @Test
    void lossKeepsItsLimit() {
        Problem p = Problem.random(3000, 300, 10, true, 0, false);
        float[] parameters = Problem.floats(p.parameters);
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            float[] expected = new float[parameters.length];
            float[] gradient = new float[parameters.length];
            SoftmaxLoss free = SoftmaxLoss.builder().build();
            double loss = free.lossAndGradient(data, parameters, expected);
            SoftmaxLoss none = SoftmaxLoss.builder().memoryLimit(1).build();
            long least = least(() -> none.lossAndGradient(data, parameters, gradient));
            assertEquals(least, least(() -> none.loss(data, parameters)));
            assertEquals(least, least(() -> none.plan(3000, 300, 10, ElementType.FLOAT32)));
            SoftmaxLoss limited = SoftmaxLoss.builder().memoryLimit(least).build();
            assertEquals(least, limited.plan(3000, 300, 10, ElementType.FLOAT32).working());
            double value = limited.lossAndGradient(data, parameters, gradient);
            assertEquals(loss, value, 1e-5 * loss);
            assertEquals(value, limited.loss(data, parameters));
            assertTrue(Problem.relativeError(Problem.doubles(gradient), Problem.doubles(expected)) < 1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({
        SMALL + ",0,false",
        MEDIUM + ",0,false",
        LARGE + ",0,false",
        MEDIUM + ",110000000,false",
        LARGE + ",100000000,false",
        MEDIUM + ",0,true",
        LARGE + ",120000000,true"
    })
    void peakOfAFitIsAsPlanned(int rows, int features, int classes, long limit, boolean validated) throws Exception {
        Measured measured = measure("" + rows, "" + features, "" + classes, "" + limit, "" + validated);
        assertEquals(1, measured.grown / (double) measured.planned, 0.1, measured.output);
        assertTrue(limit == 0 || measured.planned * 1024 <= limit, measured.output);
    }

    /** Least: under the least limit that is accepted. */
    @ParameterizedTest
    @CsvSource({
        SMALL + ",lbfgs,dense,true,false",
        SMALL + ",lbfgs,sparse,false,false",
        SMALL + ",lbfgsb,dense,true,false",
        SMALL + ",owlqn,sparse,true,false",
        SMALL + ",newton,dense,false,false",
        MEDIUM + ",newton,dense,true,true",
        MEDIUM + ",lbfgs,dense,false,true",
        "30000,200,500,sdca,dense,true,false",
        "30000,200,500,sdca,sparse,false,true"
    })
    void peakOfASolverIsAsPlannedAndWithinItsLimit(
            int rows, int features, int classes, String solver, String storage, boolean intercept, boolean least)
            throws Exception {
        Measured measured = measure(
                "" + rows,
                "" + features,
                "" + classes,
                least ? "least" : "0",
                "false",
                solver,
                storage,
                "" + intercept);
        // Pairs that a solver came to its end without are allocated and never touched: native/test/memory.cpp counts
        // bytes.
        long offHeap = measured.planned - measured.heap;
        assertTrue(measured.grown >= 0.3 * offHeap && measured.grown <= 1.1 * measured.planned, measured.output);
    }

    /** In kilobytes. */
    private record Measured(long planned, long heap, long grown, String output) {}

    private static Measured measure(String... arguments) throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "needs /proc");
        Emulator.skipWhatMeasuresMemory();
        ChildJvm.Outcome outcome = ChildJvm.run(
                Child.class,
                // Arrays go to untouched memory; the checks of JNI would copy each array that native code sees.
                List.of(
                        "-XX:-CheckJNICalls",
                        "-Xms300m",
                        "-Xmx300m",
                        "-XX:+UseSerialGC",
                        "-XX:PretenureSizeThreshold=1m",
                        "-XX:MaxDirectMemorySize=64m"),
                Map.of("OMP_NUM_THREADS", "2"),
                arguments);
        assertEquals(0, outcome.status(), outcome.output());
        Matcher matcher = Pattern.compile("planned (\\d+) kB, of which heap (\\d+) kB, grown (\\d+) kB")
                .matcher(outcome.output());
        assertTrue(matcher.find(), outcome.output());
        System.out.println(outcome.output().strip());
        return new Measured(
                Long.parseLong(matcher.group(1)),
                Long.parseLong(matcher.group(2)),
                Long.parseLong(matcher.group(3)),
                outcome.output());
    }

    /** Fits once; the dataset is there before the measurement, so that what is measured is everything else. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws IOException {
            int rows = Integer.parseInt(args[0]);
            int features = Integer.parseInt(args[1]);
            int classes = Integer.parseInt(args[2]);
            boolean solved = args.length > 5;
            boolean sparse = solved && args[6].equals("sparse");
            SoftmaxTrainer.Builder builder = solved ? solver(args[5]) : trainer();
            builder.threads(2).intercept(!solved || Boolean.parseBoolean(args[7]));
            // Library, JIT and threads are there before the measurement, through the same regime.
            try (Dataset few = sparse ? sparse(3, 2, classes) : dataset(3, 2, classes)) {
                builder.build().fit(few);
            }
            try (Dataset data = sparse ? sparse(rows, features, classes) : dataset(rows, features, classes)) {
                if (Boolean.parseBoolean(args[4])) {
                    builder.validation(data).stopWhenNoImprovement(1);
                }
                System.gc();
                long before = kilobytes("VmRSS:");
                if (args[3].equals("least")) {
                    long least = least(() -> builder.memoryLimit(1).build().fit(data));
                    refused(
                            "" + least,
                            () -> builder.memoryLimit(least - 1).build().fit(data));
                    builder.memoryLimit(least);
                } else if (!args[3].equals("0")) {
                    builder.memoryLimit(Long.parseLong(args[3]));
                }
                SoftmaxTrainer trainer = builder.build();
                MemoryPlan plan = sparse
                        ? trainer.planSparse(rows, features, data.nonZeros(), classes, ElementType.FLOAT32)
                        : trainer.plan(rows, features, classes, ElementType.FLOAT32);
                long planning = kilobytes("VmRSS:") - before;
                // Refusals and plans have allocated nothing.
                assertTrue(planning < 4096, () -> planning + " kB by planning");
                SoftmaxModel model = trainer.fit(data);
                long grown = kilobytes("VmHWM:") - before;
                System.out.println(plan + "; beside the dataset planned " + plan.working() / 1024
                        + " kB, of which heap " + plan.javaHeap() / 1024 + " kB, grown " + grown + " kB, by planning "
                        + planning + " kB; objective "
                        + model.summary().orElseThrow().objective());
            }
        }

        private static SoftmaxTrainer.Builder solver(String name) {
            Solver solver = SolverTest.solvers().stream()
                    .filter(s -> s.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            SoftmaxTrainer.Builder builder = SoftmaxTrainer.builder()
                    .solver(solver)
                    .l2(1e-2)
                    .gap(1e-6)
                    .maxIterations(solver instanceof Sdca ? 2 : 12);
            return solver instanceof LbfgsB
                    ? builder.bounds(-1, 1)
                    : solver instanceof OwlQn ? builder.l1(1e-3) : builder;
        }

        /** One entry in ten. */
        private static Dataset sparse(int rows, int features, int classes) {
            int each = (features + 9) / 10;
            long[] offsets = new long[rows + 1];
            int[] indices = new int[rows * each];
            float[] values = new float[rows * each];
            for (int i = 0; i < rows; i++) {
                offsets[i + 1] = (long) (i + 1) * each;
                for (int k = 0; k < each; k++) {
                    indices[i * each + k] = Math.min(k * 10 + i % 10, features - each + k);
                    values[i * each + k] = (i + k) % 13 * 0.1f - 0.6f;
                }
            }
            return Dataset.builder()
                    .sparse(offsets, indices, values, features)
                    .labels(labels(rows, classes))
                    .classes(classes)
                    .build();
        }

        private static int[] labels(int rows, int classes) {
            int[] labels = new int[rows];
            for (int i = 0; i < rows; i++) {
                labels[i] = i % classes;
            }
            return labels;
        }

        private static Dataset dataset(int rows, int features, int classes) {
            FloatBuffer x = ByteBuffer.allocateDirect(4 * rows * features)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
            for (int i = 0; i < rows * features; i++) {
                x.put(i, (i % 13) * 0.01f - 0.06f);
            }
            return Dataset.builder()
                    .features(x, rows, features)
                    .labels(labels(rows, classes))
                    .classes(classes)
                    .build();
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

    @Test
    void aLimitOfWhatIsTakenAnywayIsAccepted() {
        SoftmaxTrainer free = SoftmaxTrainer.builder().threads(2).build();
        for (int[] shape : new int[][] {{1000, 10, 3}, {5000, 37, 11}, {3000, 300, 200}}) {
            MemoryPlan plan = free.plan(shape[0], shape[1], shape[2], ElementType.FLOAT32);
            long most = SoftmaxTrainer.builder()
                    .threads(16)
                    .build()
                    .plan(shape[0], shape[1], shape[2], ElementType.FLOAT32)
                    .working();
            MemoryPlan limited = SoftmaxTrainer.builder()
                    .threads(2)
                    .memoryLimit(most)
                    .build()
                    .plan(shape[0], shape[1], shape[2], ElementType.FLOAT32);
            assertEquals(plan, limited);
        }
    }

    @Test
    void whatCannotFitTheMachineIsRefusedBeforeAnythingIsAllocated() throws Exception {
        // 30,000 x 20,000 doubles, some ten vectors of them.
        SoftmaxTrainer trainer = SoftmaxTrainer.builder().build();
        MemoryPlan plan = trainer.plan(1, 30_000, 20_000, ElementType.FLOAT64);
        MachineMemory.require(plan, 1000, 1000);
        var e = assertThrows(OutOfMemoryError.class, () -> MachineMemory.require(plan, 1001, 1000));
        assertTrue(e.getMessage().contains("takes 1001 bytes off the heap, memory and swap have 1000"), e.getMessage());
        assertTrue(e.getMessage().contains(plan.toString()), e.getMessage());
    }

    /** In a group of 600 MB. */
    @Test
    void whatCannotFitTheContainerIsRefusedBeforeAnythingIsAllocated() throws Exception {
        Emulator.skipWhatMeasuresMemory();
        assumeTrue(Files.readAllLines(Path.of("/proc/swaps")).size() < 2, "needs a machine without swap");
        ControlGroup group = ControlGroup.create(600_000_000);
        try {
            ChildJvm.Outcome outcome = ChildJvm.run(group.command(TooLarge.class, List.of("-Xmx200m")), Map.of());
            assertEquals(0, outcome.status(), outcome.output());
            assertTrue(
                    outcome.output()
                            .matches("(?s)the work takes \\d{9,} bytes off the heap, memory and swap have \\d{9}; .*"),
                    outcome.output());
        } finally {
            group.remove();
        }
    }

    /** By Adam 5 vectors of 160 MB. */
    static final class TooLarge {
        private TooLarge() {}

        public static void main(String[] args) {
            try (Dataset data = Child.dataset(3, 2000, 20_000)) {
                System.out.println(assertThrows(
                                OutOfMemoryError.class,
                                () -> SoftmaxTrainer.builder().build().fit(data))
                        .getMessage());
            }
        }
    }
}
