package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every loss in the fused linear model: gradients, training, and what the models it leaves predict. */
class LossesTest {

    @TempDir
    Path folder;

    static Stream<Loss> smooth() {
        return Stream.of(
                new CrossEntropy(),
                new CrossEntropy(0.1),
                new CrossEntropy(0.2, 0.01, 2),
                new FocalLoss(2),
                new FocalLoss(0.5),
                MarginSoftmax.cosFace(8, 0.2),
                MarginSoftmax.arcFace(8, 0.4),
                new SigmoidCrossEntropy());
    }

    static List<Arguments> gradientCases() {
        return smooth().flatMap(loss -> Stream.of(2, 7, 40, 2100)
                        .flatMap(classes -> Stream.of(0.0, 0.3).map(l2 -> Arguments.of(loss, classes, l2))))
                .toList();
    }

    @ParameterizedTest(name = "{0}, {1} classes, l2 {2}")
    @MethodSource("gradientCases")
    void gradientMatchesFiniteDifferences(Loss loss, int classes, double l2) {
        boolean intercept = !(loss instanceof MarginSoftmax);
        Problem p = Problem.random(23, 5, classes, intercept, l2, true);
        double[] weights = new SplittableRandom(3).doubles(classes, 0.5, 2).toArray();
        SoftmaxLoss objective = SoftmaxLoss.builder()
                .loss(loss)
                .classWeights(weights)
                .l2(l2)
                .intercept(intercept)
                .build();
        try (Dataset wide = p.dataset(ElementType.FLOAT64);
                Dataset single = p.dataset(ElementType.FLOAT32)) {
            GradientCheck.Result r = p.parameters.length < 500
                    ? GradientCheck.all(objective, wide, p.parameters)
                    : GradientCheck.sampled(objective, wide, p.parameters, 200, 1);
            // The rounding of a loss of some thousands over the step.
            assertTrue(r.maxRelativeError() < 1e-7, () -> r.maxRelativeError() + " at " + r.worstEntry(wide));
            GradientCheck.Result s = GradientCheck.singlePrecision(objective, single, wide, p.parameters);
            assertTrue(s.maxRelativeError() < 1e-5, () -> s.maxRelativeError() + " at " + s.worstEntry(wide));
        }
    }

    @Test
    void gradientOfTargetsAndMaskedClassesMatchesFiniteDifferences() {
        Problem p = Problem.random(19, 4, 6, true, 0.1, false);
        double[] targets = new double[19 * 6];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 19; i++) {
            double sum = 0;
            for (int c = 1; c < 6; c++) {
                sum += targets[i * 6 + c] = random.nextDouble();
            }
            for (int c = 1; c < 6; c++) {
                targets[i * 6 + c] /= sum;
            }
        }
        try (Dataset data = Dataset.builder().features(p.x).targets(targets, 6).build()) {
            assertTrue(data.hasTargets() && !data.hasLabels());
            for (Loss loss : List.of(new CrossEntropy(0.1), new SigmoidCrossEntropy(List.of(1d, 2d, 3d, 1d, 2d, 3d)))) {
                SoftmaxLoss objective =
                        SoftmaxLoss.builder().loss(loss).maskedClasses(0).build();
                assertTrue(GradientCheck.all(objective, data, p.parameters).maxRelativeError() < 1e-8, loss::toString);
            }
        }
    }

    @Test
    void leastLossOfSoftTargetsIsTheirEntropy() {
        double[] t = {0.5, 0.3, 0.2};
        try (Dataset data =
                Dataset.builder().features(new double[][] {{1}}).targets(t, 3).build()) {
            double[] w = {Math.log(0.5), Math.log(0.3), Math.log(0.2)};
            double[] gradient = new double[3];
            double loss = SoftmaxLoss.builder().intercept(false).build().lossAndGradient(data, w, gradient);
            assertEquals(Distributions.entropy(t), loss, 1e-15);
            assertArrayEquals(new double[3], gradient, 1e-15);
        }
    }

    @Test
    void clippedLossHasTheGradientOfItsSourcesNotItsOwn() {
        try (Dataset data = Dataset.ofDoubles(new double[][] {{1}}, new int[] {0})) {
            double[] gradient = new double[1];
            Loss loss = new ClippedCrossEntropy(ClippedCrossEntropy.Form.SIGMOID);
            double value = SoftmaxLoss.builder()
                    .loss(loss)
                    .intercept(false)
                    .build()
                    .lossAndGradient(data, new double[] {-50}, gradient);
            assertEquals(-Math.log(1e-6), value, 1e-12);
            assertEquals(1e-6 - 1, gradient[0], 1e-15);
        }
    }

    @ParameterizedTest
    @MethodSource("smooth")
    void everyLossLearnsAndItsModelSurvivesItsFile(Loss loss) throws IOException {
        boolean intercept = !(loss instanceof MarginSoftmax);
        SoftmaxTrainer.Builder trainer = SoftmaxTrainer.builder()
                .loss(loss)
                .balancedClassWeights()
                .intercept(intercept)
                .optimizer(new Adam(0.1))
                .epochs(40)
                .batchSize(16);
        try (Dataset data = Toy.dataset(90)) {
            SoftmaxModel model = trainer.threads(1).build().fit(data);
            assertEquals(0, model.evaluate(data).errorRate());
            assertEquals(model, trainer.threads(3).build().fit(data));
            Path file = folder.resolve("m.safetensors");
            model.save(file);
            SoftmaxModel back = SoftmaxModel.load(file);
            assertEquals(model, back);
            double[] batch = back.predictProbabilities(data);
            double[] row = back.predictProbabilities(Toy.x(90)[7]);
            for (int c = 0; c < 3; c++) {
                assertEquals(row[c], batch[7 * 3 + c], 1e-14);
            }
            assertEquals(loss instanceof SigmoidCrossEntropy, back.predictsSigmoids());
            assertEquals(loss instanceof MarginSoftmax, back.dividesRowsByLength());
        }
    }

    @Test
    void sigmoidModelPredictsSigmoidsAndTheirLoss() {
        for (int classes : new int[] {3, 50, 2100}) {
            Problem p = Problem.random(31, 4, classes, true, 0, false);
            SoftmaxLoss objective =
                    SoftmaxLoss.builder().loss(new SigmoidCrossEntropy()).build();
            try (Dataset data = p.dataset(ElementType.FLOAT64)) {
                SoftmaxModel model = new SoftmaxModel(4, classes, true, null, p.parameters, null)
                        .withForm(new ModelForm(true, false));
                double[] batch = model.predictProbabilities(data);
                for (int i = 0; i < 31; i++) {
                    double[] s = NaiveSoftmax.scores(p.parameters, p.x[i], classes, true);
                    double[] row = model.predictProbabilities(p.x[i]);
                    for (int c = 0; c < classes; c++) {
                        double expected = 1 / (1 + Math.exp(-s[c]));
                        assertEquals(expected, batch[i * classes + c], 1e-14);
                        assertEquals(expected, row[c], 1e-14);
                    }
                }
                double expected = objective.loss(data, p.parameters);
                assertEquals(1, model.evaluate(data).loss() / expected, 1e-12);
            }
        }
    }

    @Test
    void marginModelPredictsTheSoftmaxOfScaledCosines() {
        for (int classes : new int[] {3, 50, 2100}) {
            Problem p = Problem.random(20, 4, classes, false, 0, false);
            SoftmaxModel model = new SoftmaxModel(4, classes, false, null, p.parameters, null)
                    .asTrainedWith(LossTerms.PLAIN.with(MarginSoftmax.arcFace(6, 0.3)));
            try (Dataset data = p.dataset(ElementType.FLOAT64)) {
                double[] batch = model.predictProbabilities(data);
                // Of a model without margin, the loss of the model is that of training.
                SoftmaxLoss objective = SoftmaxLoss.builder()
                        .loss(MarginSoftmax.cosFace(6, 0))
                        .intercept(false)
                        .build();
                assertEquals(1, model.evaluate(data).loss() / objective.loss(data, p.parameters), 1e-12);
                double[] row = model.predictProbabilities(p.x[5]);
                for (int c = 0; c < classes; c++) {
                    assertEquals(row[c], batch[5 * classes + c], 1e-14);
                }
                double[] longer = p.x[5].clone();
                for (int d = 0; d < longer.length; d++) {
                    longer[d] *= 100;
                }
                assertArrayEquals(row, model.predictProbabilities(longer), 1e-13);
            }
        }
    }

    @Test
    void maskedClassHasNoProbabilityInTheModelAndNoLabelInTheData() throws IOException {
        try (Dataset data = Dataset.builder()
                .features(Toy.x(60))
                .labels(Toy.labels(60))
                .classes(5)
                .build()) {
            for (boolean intercept : new boolean[] {true, false}) {
                SoftmaxTrainer.Builder trainer = SoftmaxTrainer.builder()
                        .maskedClasses(3)
                        .intercept(intercept)
                        .optimizer(new Adam(0.1));
                SoftmaxModel model = trainer.build().fit(data);
                double[] p = model.predictProbabilities(new double[] {1, 1});
                assertEquals(0, p[3]);
                assertTrue(p[4] > 0);
                Path file = folder.resolve("masked.safetensors");
                model.save(file);
                assertEquals(model, SoftmaxModel.load(file));
                assertEquals(0, trainer.warmStart(model).build().fit(data).predictProbabilities(new double[2])[3]);
            }
            String message = assertThrows(IllegalArgumentException.class, () -> SoftmaxTrainer.builder()
                            .maskedClasses(1)
                            .build()
                            .fit(data))
                    .getMessage();
            assertTrue(message.contains("row 1") && message.contains("masked class 1"), message);
        }
    }

    @Test
    void warmStartContinuesWhereTheTemperatureLeftOff() {
        try (Dataset data = Toy.noise(60)) {
            SoftmaxTrainer.Builder trainer = SoftmaxTrainer.builder()
                    .loss(new CrossEntropy(0, 0, 4))
                    .optimizer(new Sgd(0.5))
                    .fullBatch();
            SoftmaxModel whole = trainer.epochs(6).build().fit(data);
            SoftmaxModel half = trainer.epochs(3).build().fit(data);
            SoftmaxModel other = trainer.warmStart(half).build().fit(data);
            assertArrayEquals(whole.weights(), other.weights(), 1e-13);
        }
    }

    @Test
    void bestModelIsHandedOutInItsFinalFormOnce() {
        try (Dataset data = Toy.noise(60)) {
            SoftmaxModel plain = SoftmaxTrainer.builder()
                    .loss(new CrossEntropy(0, 0, 4))
                    .epochs(5)
                    .build()
                    .fit(data);
            SoftmaxModel best = SoftmaxTrainer.builder()
                    .loss(new CrossEntropy(0, 0, 4))
                    .epochs(5)
                    .stopWhenNoImprovement(5)
                    .build()
                    .fit(data);
            assertArrayEquals(plain.weights(), best.weights());
        }
    }

    @Test
    void whatDoesNotFitTogetherIsRefusedInWords() {
        try (Dataset labelled = Toy.dataset(9);
                Dataset soft = Dataset.builder()
                        .features(Toy.x(2))
                        .targets(new double[] {1, 0, 1, 1}, 2)
                        .build()) {
            refused("labelSmoothing", () -> new CrossEntropy(1));
            refused("zLoss", () -> new CrossEntropy(0, -1, 1));
            refused("temperature", () -> new CrossEntropy(0, 0, 0));
            refused("gamma", () -> new FocalLoss(Double.NaN));
            refused("margin", () -> MarginSoftmax.arcFace(30, 4));
            refused("scale", () -> MarginSoftmax.arcFace(0, 0.5));
            refused("positiveWeights[1]", () -> new SigmoidCrossEntropy(List.of(1d, -1d)));
            refused("clip", () -> new ClippedCrossEntropy(0.5, ClippedCrossEntropy.Form.SOFTMAX));
            refused("intercept", () -> SoftmaxLoss.builder()
                    .loss(MarginSoftmax.cosFace(30, 0.3))
                    .build());
            refused("maskedClasses", () -> SoftmaxLoss.builder().maskedClasses(-1));
            refused("classWeights[0]", () -> SoftmaxLoss.builder().classWeights(-1));
            refused("targets", () -> loss(new FocalLoss(2), soft));
            refused("those of row 1", () -> loss(new CrossEntropy(), soft));
            refused(
                    "classWeights",
                    () -> SoftmaxTrainer.builder().classWeights(1, 2).build().fit(labelled));
            refused("positiveWeights", () -> loss(new SigmoidCrossEntropy(List.of(1d)), labelled));
            refused("labels", () -> SoftmaxTrainer.builder()
                    .loss(new SigmoidCrossEntropy())
                    .balancedClassWeights()
                    .build()
                    .fit(soft));
            refused(
                    "maskedClasses",
                    () -> SoftmaxTrainer.builder().maskedClasses(3).build().fit(labelled));
            assertTrue(Double.isFinite(loss(new SigmoidCrossEntropy(), soft)));
            assertFalse(soft.hasLabels());
        }
        refused("row 0, class 1", () -> Dataset.builder()
                .features(Toy.x(1))
                .targets(new float[] {0, 1.5f}, 2)
                .build());
        refused("targets has length 3", () -> Dataset.builder()
                .features(Toy.x(1))
                .targets(new float[3], 2)
                .build());
    }

    private static double loss(Loss loss, Dataset data) {
        SoftmaxLoss objective = SoftmaxLoss.builder().loss(loss).build();
        return objective.loss(data, new double[objective.parameterCount(data)]);
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
