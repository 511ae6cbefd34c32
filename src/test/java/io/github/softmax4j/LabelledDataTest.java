package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Labels that are not 0..C-1, and rows without one. */
class LabelledDataTest {

    private static final int ROWS = 30;
    private static final String[] NAMES = {"ant", "bee", "cat, \"the\" \u732b"};
    private static final int[] NUMBERS = {-4, 1, 7};

    @TempDir
    Path folder;

    private static String[] names() {
        return IntStream.of(Toy.labels(ROWS)).mapToObj(y -> NAMES[y]).toArray(String[]::new);
    }

    private static int[] numbers() {
        return IntStream.of(Toy.labels(ROWS)).map(y -> NUMBERS[y]).toArray();
    }

    private static Dataset.Builder rows() {
        return Dataset.builder().features(Toy.x(ROWS));
    }

    private static SoftmaxModel fit(Dataset data) {
        return SoftmaxTrainer.builder().optimizer(new Adam(0.1)).seed(3).build().fit(data);
    }

    @Test
    void anyLabelsTrainTheSameWeightsAsTheirClasses() {
        try (Dataset plain = Toy.dataset(ROWS);
                Dataset texts = rows().labels(names()).build();
                Dataset numbers =
                        rows().labels(numbers(), ClassLabels.of(numbers())).build()) {
            SoftmaxModel expected = fit(plain);
            assertEquals(Optional.empty(), expected.classLabels());
            assertEquals("1", expected.predictLabel(Toy.x(ROWS)[1]));
            for (Dataset named : List.of(texts, numbers)) {
                assertArrayEquals(Toy.labels(ROWS), named.labels());
                assertEquals(3, named.classes());
                SoftmaxModel model = fit(named);
                assertEquals(named.classLabels(), model.classLabels());
                assertEquals(expected, model.withClassLabels(null));
                assertEquals(1, model.evaluate(named).accuracy());
            }
            assertEquals(NAMES[2], fit(texts).predictLabel(Toy.x(ROWS)[2]));
            assertEquals("-4", fit(numbers).predictLabel(Problem.floats(Toy.x(ROWS)[0])));
        }
    }

    @Test
    void modelFileKeepsLabels() throws IOException {
        String[] lengthy = IntStream.range(0, 3000)
                .mapToObj(i -> i + "\t\"\\\u0001\u00e9" + "x".repeat(500))
                .toArray(String[]::new);
        for (ClassLabels labels : List.of(
                ClassLabels.of(NAMES),
                ClassLabels.of("", "null", "\ud83d\ude00"),
                ClassLabels.of(NUMBERS),
                ClassLabels.of(lengthy))) {
            SoftmaxModel model = SoftmaxModel.of(1, labels.size(), new float[labels.size()], new float[0])
                    .withClassLabels(labels);
            Path file = folder.resolve("model");
            model.save(file);
            SoftmaxModel loaded = SoftmaxModel.load(file);
            assertEquals(model, loaded);
            assertEquals(labels, loaded.classLabels().orElseThrow());
        }
    }

    @Test
    void dataIsMappedByTheLabelsOfAModel() {
        ClassLabels labels = ClassLabels.of(NAMES);
        try (Dataset data = rows().labels(names(), labels).build();
                Dataset few = Dataset.builder()
                        .features(new double[][] {{-3, -4}})
                        .labels(new String[] {NAMES[2]}, labels)
                        .build()) {
            SoftmaxModel model = fit(data);
            assertArrayEquals(new int[] {2}, few.labels());
            assertEquals(3, few.classes());
            assertEquals(1, model.evaluate(few).accuracy());
        }
    }

    @Test
    void otherLabelsThanTheModelsAreRefused() {
        try (Dataset data = rows().labels(names()).build();
                Dataset other =
                        rows().labels(numbers(), ClassLabels.of(numbers())).build();
                Dataset plain = Toy.dataset(ROWS)) {
            SoftmaxModel model = fit(data);
            assertEquals(1, model.evaluate(plain).accuracy());
            String message = "has the class labels -4, 1, 7, the model ant, bee";
            bad(() -> model.evaluate(other), "data " + message);
            bad(() -> ClassificationReport.of(model, other), message);
            bad(() -> RocAuc.of(model, other), message);
            bad(() -> TemperatureScaling.fit(model, other), message);
            bad(
                    () -> SoftmaxTrainer.builder().validation(other).build().fit(data),
                    "validation has the class labels -4, 1, 7, the training data ant");
            bad(
                    () -> SoftmaxTrainer.builder().warmStart(model).build().fit(other),
                    "data has the class labels -4, 1, 7, warmStart ant");
            bad(() -> model.withClassLabels(ClassLabels.of(1, 2)), "labels has length 2, the model has classes: 3");
        }
    }

    @Test
    void unknownLabelsAreRefusedOrIgnoredIfAsked() {
        ClassLabels known = ClassLabels.of(-4, 7);
        bad(() -> rows().labels(numbers(), known).build(), "labels[1] must be one of -4, 7, was 1");
        bad(
                () -> rows().labels(names(), ClassLabels.of(NAMES[0], NAMES[1])).build(),
                "labels[2] must be one of ant, bee, was 'cat");
        bad(() -> rows().labels(names(), known).build(), "labels[0] must be one of -4, 7, was 'ant'");
        try (Dataset data =
                rows().labels(numbers(), known).ignoreUnknownLabels().build()) {
            assertEquals(2, data.classes());
            SoftmaxModel model = SoftmaxModel.of(2, 2, new double[4], new double[0]);
            assertEquals(20, model.evaluate(data).rows());
            assertEquals(20, ClassificationReport.of(model, data).rows());
        }
        try (Dataset plain =
                rows().labels(Toy.labels(ROWS)).classes(2).ignoreUnknownLabels().build()) {
            assertEquals(10, Arrays.stream(plain.weights()).filter(w -> w == 0).count());
        }
        bad(
                () -> rows().labels(names(), known).ignoreUnknownLabels().build(),
                "labels must not all be ignored, all 30 are");
    }

    @Test
    void ignoredRowsCountAsIfTheyWereNotThere() {
        Problem p = Problem.random(50, 4, 3, true, 0.1, true);
        int[] marked = p.labels.clone();
        int[] kept = IntStream.range(0, 50).filter(i -> i % 4 != 1).toArray();
        for (int i = 0; i < 50; i++) {
            marked[i] = i % 4 == 1 ? -100 : marked[i];
        }
        for (boolean weighted : new boolean[] {false, true}) {
            Dataset.Builder ignoring =
                    Dataset.builder().features(p.x).labels(marked).ignoreLabel(-100);
            Dataset.Builder without = Dataset.builder()
                    .features(IntStream.of(kept).mapToObj(i -> p.x[i]).toArray(double[][]::new))
                    .labels(IntStream.of(kept).map(i -> p.labels[i]).toArray());
            if (weighted) {
                ignoring.weights(p.weights);
                without.weights(
                        IntStream.of(kept).mapToDouble(i -> p.weights[i]).toArray());
            }
            try (Dataset actual = ignoring.build();
                    Dataset expected = without.build()) {
                assertEquals(3, actual.classes());
                SoftmaxLoss loss = SoftmaxLoss.builder().l2(0.1).build();
                double[] g = new double[p.parameters.length];
                double[] h = new double[p.parameters.length];
                assertEquals(
                        loss.lossAndGradient(expected, p.parameters, g),
                        loss.lossAndGradient(actual, p.parameters, h),
                        1e-14);
                assertArrayEquals(g, h, 1e-14);

                SoftmaxTrainer trainer = SoftmaxTrainer.builder()
                        .optimizer(new Sgd(0.1))
                        .fullBatch()
                        .build();
                SoftmaxModel model = trainer.fit(expected);
                assertArrayEquals(model.weights(), trainer.fit(actual).weights(), 1e-13);

                Evaluation e = model.evaluate(expected);
                assertEquals(e.rows(), model.evaluate(actual).rows());
                assertEquals(e.loss(), model.evaluate(actual).loss(), 1e-14);
                assertEquals(e.accuracy(), model.evaluate(actual).accuracy(), 1e-14);
                ClassificationReport r = ClassificationReport.of(model, expected);
                ClassificationReport s = ClassificationReport.of(model, actual);
                assertEquals(r.rows(), s.rows());
                assertEquals(r.brierScore(), s.brierScore(), 1e-14);
                assertArrayEquals(r.f1(), s.f1(), 1e-14);
                assertArrayEquals(
                        RocAuc.of(model, expected).perClass(),
                        RocAuc.of(model, actual).perClass(),
                        1e-14);
            }
        }
    }

    @Test
    void ignoredLabelMustLeaveRowsAndBeANumberAsTheOthers() {
        int[] none = new int[ROWS];
        Arrays.fill(none, -1);
        bad(() -> rows().labels(none).ignoreLabel(-1).build(), "labels must not all be ignored, all 30 are");
        bad(() -> rows().labels(none).ignoreLabel(-2).build(), "labels[0] must be in 0..2147483646, was -1");
        bad(() -> rows().labels(names()).ignoreLabel(-1).build(), "ignoreLabel is the number -1, but labels are texts");
        bad(() -> rows().labels(names()).classes(4).build(), "classes is 4, there are 3 class labels");
        bad(() -> rows().labels(new String[2], ClassLabels.of(NAMES)).build(), "labels has length 2");
        String[] gap = names();
        gap[4] = null;
        bad(() -> rows().labels(gap).build(), "labels[4] must not be null");
        bad(() -> rows().labels(gap, ClassLabels.of(NAMES)).build(), "labels[4] must not be null");
        bad(() -> rows().labels(names(), null), "classLabels must not be null");
        bad(() -> rows().labels((String[]) null), "labels must not be null");
        // Ignored rows aside, all weights are zero.
        double[] weights = new double[ROWS];
        weights[1] = 1;
        bad(
                () -> rows().labels(Toy.labels(ROWS))
                        .ignoreLabel(1)
                        .weights(weights)
                        .build(),
                "weights must not all be zero");
    }

    private static void bad(Executable call, String message) {
        var thrown = assertThrows(IllegalArgumentException.class, call);
        assertTrue(thrown.getMessage().contains(message), thrown.getMessage());
    }
}
