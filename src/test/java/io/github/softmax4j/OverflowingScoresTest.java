package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** F26: finite rows and weights whose scores leave single precision gave NaN. */
class OverflowingScoresTest {

    private static final SoftmaxModel MODEL = SoftmaxModel.of(1, 2, new float[] {3e38f, -3e38f}, new float[0]);

    @Test
    void aRowIsOfTheClassFarAbove() {
        assertArrayEquals(new float[] {1, 0}, MODEL.predictProbabilities(new float[] {10}));
        assertArrayEquals(new float[] {0, 1}, MODEL.predictProbabilities(new float[] {-10}));
        assertEquals(0, MODEL.predict(new float[] {10}));
        assertEquals(1, MODEL.predict(new float[] {-10}));
        try (Dataset rows = Dataset.ofFloats(new float[][] {{10}, {-10}, {0}}, new int[] {0, 1, 1})) {
            assertArrayEquals(new int[] {0, 1, 0}, MODEL.predict(rows));
            Evaluation evaluation = MODEL.evaluate(rows);
            assertEquals(Math.log(2) / 3, evaluation.loss(), 1e-7);
            assertEquals(2.0 / 3, evaluation.accuracy(), 1e-12);
        }
    }

    /** In every regime: few classes, panels, and tiles. */
    @ParameterizedTest
    @ValueSource(ints = {2, 10, 60, 3000})
    void productsThatCancelLeaveTheRest(int classes) {
        float[] weights = new float[3 * classes];
        for (int c = 0; c < classes; c += 2) {
            weights[c] = 1e30f;
            weights[classes + c] = -1e30f;
        }
        for (int c = 0; c < classes; c++) {
            weights[2 * classes + c] = c % 7;
        }
        float[][] x = {{1e30f, 1e30f, 1}, {0, 0, 1}, {1e30f, 1e30f, -0.5f}, {0, 0, -0.5f}};
        SoftmaxModel model = SoftmaxModel.of(3, classes, weights, new float[0]);
        try (Dataset rows = dataset(classes, new int[] {1, 1, 0, 0}, x)) {
            double[] all = model.predictProbabilities(rows);
            for (int i = 0; i < 4; i += 2) {
                for (int c = 0; c < classes; c++) {
                    assertEquals(all[(i + 1) * classes + c], all[i * classes + c], 1e-6);
                }
                assertArrayEquals(model.predictProbabilities(x[i + 1]), model.predictProbabilities(x[i]), 1e-6f);
            }
            int[] labels = model.predict(rows);
            assertEquals(labels[1], labels[0]);
            assertEquals(labels[3], labels[2]);
            SoftmaxLoss loss = SoftmaxLoss.builder().intercept(false).build();
            float[] gradient = new float[weights.length];
            double value = loss.lossAndGradient(rows, weights, gradient);
            double twice;
            try (Dataset plain = dataset(classes, new int[] {1, 0}, x[1], x[3])) {
                twice = loss.loss(plain, weights);
            }
            assertEquals(twice, value, 1e-5 * twice);
            for (float g : gradient) {
                assertTrue(Float.isFinite(g));
            }
        }
    }

    private static Dataset dataset(int classes, int[] labels, float[]... rows) {
        return Dataset.builder().features(rows).labels(labels).classes(classes).build();
    }

    /** A loss beyond single precision ends a training as any loss does that is not finite. */
    @Test
    void aTrainingEndsWithItsLastFiniteModel() {
        try (Dataset rows = Dataset.ofFloats(new float[][] {{1e30f}, {-1e30f}, {2e30f}}, new int[] {0, 1, 1})) {
            SoftmaxTrainer trainer = SoftmaxTrainer.builder()
                    .optimizer(new Sgd(1e9))
                    .epochs(20)
                    .batchSize(1)
                    .build();
            TrainingDivergedException e = assertThrows(TrainingDivergedException.class, () -> trainer.fit(rows));
            for (double w : e.lastFiniteModel().weights()) {
                assertTrue(Double.isFinite(w));
            }
        }
    }

    @Test
    void logitsOverALowTemperature() {
        LogitsLoss loss =
                LogitsLoss.builder().loss(new CrossEntropy(0, 0, 1e-3)).build();
        for (int classes : new int[] {3, 40}) {
            float[] logits = new float[classes];
            logits[0] = 2e38f;
            logits[1] = 2e38f;
            float[] gradient = new float[classes];
            assertEquals(Math.log(2), loss.ofLabels(logits, new int[] {0}, null, null, gradient, classes), 1e-6);
            assertEquals(-500, gradient[0], 1e-3);
            assertEquals(500, gradient[1], 1e-3);
            assertEquals(0, gradient[2]);
            // In the place of the logits.
            loss.ofLabels(logits, new int[] {0}, null, null, logits, classes);
            assertArrayEquals(gradient, logits);
        }
    }
}
