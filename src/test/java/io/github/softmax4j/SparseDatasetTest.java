package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Sparse rows do what the same rows do when they are dense. */
class SparseDatasetTest {

    /** The rows of a problem, most of whose values have become zero, as CSR. */
    private static final class Csr {
        final long[] offsets;
        final int[] indices;
        final double[] values;

        Csr(Problem p) {
            SplittableRandom random = new SplittableRandom(4);
            offsets = new long[p.rows() + 1];
            int[] columns = new int[p.rows() * p.features()];
            double[] kept = new double[columns.length];
            int n = 0;
            for (int i = 0; i < p.rows(); i++) {
                for (int d = 0; d < p.features(); d++) {
                    if (i % 11 == 4 || random.nextInt(4) > 0) {
                        p.x[i][d] = 0;
                    } else {
                        columns[n] = d;
                        kept[n++] = p.x[i][d];
                    }
                }
                offsets[i + 1] = n;
            }
            indices = Arrays.copyOf(columns, n);
            values = Arrays.copyOf(kept, n);
        }

        Dataset dataset(Problem p, ElementType type) {
            Dataset.Builder builder = Dataset.builder().labels(p.labels).classes(p.classes);
            if (p.weights != null) {
                builder.weights(p.weights);
            }
            return (type == ElementType.FLOAT64
                            ? builder.sparse(offsets, indices, values, p.features())
                            : builder.sparse(offsets, indices, Problem.floats(values), p.features()))
                    .build();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,2", "50,40,3", "130,30,20", "97,25,105", "40,3000,7"})
    void lossAndGradientAreThoseOfDenseRows(int rows, int features, int classes) {
        Problem p = Problem.random(rows, features, classes, rows != 50, 0.1, rows % 2 == 0);
        Csr csr = new Csr(p);
        for (ElementType type : ElementType.values()) {
            double tolerance = type == ElementType.FLOAT64 ? 1e-12 : 1e-5;
            try (Dataset data = csr.dataset(p, type)) {
                Problem.Outcome outcome = p.run(data, 0, 2);
                assertEquals(p.naiveLoss(), outcome.loss(), tolerance * p.naiveLoss());
                assertTrue(Problem.relativeError(outcome.gradient(), p.naiveGradient()) < tolerance);
                Problem.Outcome again = p.run(data, 0, 3);
                assertEquals(outcome.loss(), again.loss());
                assertArrayEquals(outcome.gradient(), again.gradient());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void fitAndPredictionAreThoseOfDenseRows(ElementType type) {
        Problem p = Problem.random(300, 40, 5, true, 0, true);
        Csr csr = new Csr(p);
        double tolerance = type == ElementType.FLOAT64 ? 1e-10 : 1e-4;
        SoftmaxTrainer trainer = SoftmaxTrainer.builder()
                .optimizer(new Momentum(0.1, 0.9))
                .l2(1e-3)
                .epochs(4)
                .batchSize(32)
                .build();
        try (Dataset sparse = csr.dataset(p, type);
                Dataset dense = p.dataset(type)) {
            SoftmaxModel model = trainer.fit(sparse);
            SoftmaxModel expected = trainer.fit(dense);
            assertTrue(Problem.relativeError(model.weights(), expected.weights()) < tolerance);
            assertEquals(model.evaluate(dense).loss(), model.evaluate(sparse).loss(), tolerance);
            assertArrayEquals(model.predict(dense), model.predict(sparse));
            double[] all = model.predictProbabilities(dense);
            assertArrayEquals(all, model.predictProbabilities(sparse), tolerance);
            assertEquals(
                    ClassificationReport.of(model, dense).expectedCalibrationError(),
                    ClassificationReport.of(model, sparse).expectedCalibrationError(),
                    tolerance);
            for (int i = 0; i < p.rows(); i++) {
                int from = (int) csr.offsets[i];
                int to = (int) csr.offsets[i + 1];
                int[] indices = Arrays.copyOfRange(csr.indices, from, to);
                double[] values = Arrays.copyOfRange(csr.values, from, to);
                double[] wide = new double[5];
                float[] narrow = new float[5];
                int label = model.predictProbabilities(indices, values, wide);
                assertEquals(label, model.predictProbabilities(indices, Problem.floats(values), narrow));
                assertEquals(label, model.predict(indices, values));
                assertEquals(label, model.predict(indices, Problem.floats(values)));
                assertArrayEquals(Arrays.copyOfRange(all, 5 * i, 5 * i + 5), wide, tolerance);
                assertArrayEquals(wide, Problem.doubles(narrow), 1e-5);
            }
        }
    }

    @Test
    void gradientMatchesFiniteDifferences() {
        Problem p = Problem.random(30, 12, 4, true, 0, false);
        try (Dataset data = new Csr(p).dataset(p, ElementType.FLOAT64)) {
            SoftmaxLoss loss = SoftmaxLoss.builder().l2(0.1).build();
            assertTrue(GradientCheck.all(loss, data, p.parameters).maxRelativeError() < 1e-7);
        }
    }

    @Test
    void sumDuplicatesSortsAndAddsUp() {
        int[] labels = {0, 1};
        try (Dataset messy = Dataset.builder()
                        .sparse(new int[] {0, 3, 5}, new int[] {2, 0, 2, 1, 1}, new double[] {1, 2, 3, 4, -4}, 3)
                        .sumDuplicates()
                        .labels(labels)
                        .build();
                Dataset tidy = Dataset.builder()
                        .sparse(new int[] {0, 2, 3}, new int[] {0, 2, 1}, new double[] {2, 4, 0}, 3)
                        .labels(labels)
                        .build()) {
            assertEquals(3, messy.nonZeros());
            double[] parameters = {1, 2, 3, 4, 5, 7};
            double[] gradient = new double[6];
            double[] expected = new double[6];
            SoftmaxLoss loss = SoftmaxLoss.builder().intercept(false).build();
            assertEquals(
                    loss.lossAndGradient(tidy, parameters, expected),
                    loss.lossAndGradient(messy, parameters, gradient));
            assertArrayEquals(expected, gradient);
        }
    }

    @Test
    void knowsItsShape() {
        try (Dataset data = Dataset.builder()
                .sparse(new long[] {0, 0, 2}, new int[] {1, 6}, new float[] {1, 0}, 7)
                .build()) {
            assertTrue(data.isSparse());
            assertEquals(2, data.rows());
            assertEquals(7, data.features());
            assertEquals(2, data.nonZeros());
            assertEquals(ElementType.FLOAT32, data.elementType());
            assertFalse(data.hasLabels());
        }
        try (Dataset dense = Dataset.ofFloats(new float[6], 2, 3, new int[] {0, 1})) {
            assertFalse(dense.isSparse());
            assertEquals(6, dense.nonZeros());
        }
    }

    @Test
    void keepsToTheMemoryOfItsPlan() {
        Problem p = Problem.random(400, 300, 50, true, 0, false);
        SoftmaxTrainer trainer = SoftmaxTrainer.builder().epochs(1).build();
        try (Dataset data = new Csr(p).dataset(p, ElementType.FLOAT32)) {
            MemoryPlan plan = trainer.planSparse(400, 300, data.nonZeros(), 50, ElementType.FLOAT32);
            MemoryPlan dense = trainer.plan(400, 300, 50, ElementType.FLOAT32);
            assertTrue(plan.dataset() > 2 * 8 * data.nonZeros(), plan::toString);
            assertTrue(plan.dataset() < dense.dataset() * 2, plan::toString);
            SoftmaxModel free = trainer.fit(data);
            long most = plan.working();
            assertEquals(free.weights()[7], limited(most).fit(data).weights()[7]);
            String message = assertThrows(IllegalArgumentException.class, () -> limited(
                                    plan.parameters() + plan.optimizerState() + plan.javaHeap())
                            .fit(data))
                    .getMessage();
            assertTrue(message.contains("needs at least"), message);
        }
    }

    private static SoftmaxTrainer limited(long bytes) {
        return SoftmaxTrainer.builder().epochs(1).memoryLimit(bytes).build();
    }

    @Test
    void refusesWhatIsNotSparseRows() {
        refused("offsets must not be null", () -> build((long[]) null, 3));
        refused("rows (one less than offsets) must be at least 1, was 0", () -> build(new long[] {0}, 3));
        refused("offsets[0] was 1", () -> build(new long[] {1, 2}, 3, 0));
        refused("offsets[2] was 1 after 2", () -> build(new long[] {0, 2, 1, 2}, 3, 0, 1));
        refused("offsets ends with 3, indices has length 2", () -> build(new long[] {0, 3}, 3, 0, 1));
        refused("indices[1] in row 2 must be in 0..2, was 3", () -> build(new long[] {0, 1, 1, 2}, 3, 0, 3));
        refused("indices[0] in row 0 must be in 0..2, was -1", () -> build(new long[] {0, 2}, 3, -1, 1));
        refused(
                "indices[2] in row 1 must be above the one before it, was 0 after 1",
                () -> build(new long[] {0, 1, 3}, 3, 2, 1, 0));
        refused("was 1 after 1; sumDuplicates()", () -> build(new long[] {0, 2}, 3, 1, 1));
        refused("features must be at least 1, was 0", () -> build(new long[] {0, 0}, 0));
        refused("values has length 1, indices has 2", () -> Dataset.builder()
                .sparse(new long[] {0, 2}, new int[2], new float[1], 3));
        refused("features must be finite, row 1, column 2 was NaN", () -> Dataset.builder()
                .sparse(new long[] {0, 0, 1}, new int[] {2}, new double[] {Double.NaN}, 3)
                .build());
        refused("row 0, column 2 was Infinity", () -> Dataset.builder()
                .sparse(new long[] {0, 2}, new int[] {2, 2}, new float[] {3e38f, 3e38f}, 3)
                .sumDuplicates()
                .build());
        refused("sumDuplicates is for sparse rows", () -> Dataset.builder()
                .features(new float[3], 1, 3)
                .sumDuplicates()
                .build());
        refused("labels", () -> Dataset.builder()
                .sparse(new long[] {0, 0, 1}, new int[] {2}, new float[] {1}, 3)
                .labels(new int[] {0})
                .build());
    }

    private static void build(long[] offsets, int features, int... indices) {
        Dataset.builder()
                .sparse(offsets, indices, new float[indices.length], features)
                .build()
                .close();
    }

    @Test
    void refusesRowsThatDoNotFitTheModel() {
        SoftmaxModel model = SoftmaxModel.of(3, 2, new float[6], new float[0]);
        assertEquals(0, model.predict(new int[0], new float[0]));
        refused(
                "indices must ascend in 0..2, indices[1] was 3 after 0",
                () -> model.predict(new int[] {0, 3}, new float[2]));
        refused("indices[1] was 1 after 1", () -> model.predict(new int[] {1, 1}, new double[2]));
        refused("row must be finite, column 2 was NaN", () -> model.predict(new int[] {2}, new float[] {Float.NaN}));
        refused("values has length 2, indices has 1", () -> model.predict(new int[1], new double[2]));
        refused("indices must not be null", () -> model.predict(null, new double[2]));
        refused(
                "probabilities has length 3, classes is 2",
                () -> model.predictProbabilities(new int[1], new float[1], new float[3]));
    }

    private static void refused(String part, Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
