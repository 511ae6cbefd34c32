package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The analytic gradient against finite differences. */
class GradientCheckTest {

    @ParameterizedTest(name = "{0}x{1}x{2}")
    @CsvSource({"1,1,1", "3,2,2", "10,7,3", "33,5,10", "20,9,17", "12,4,33", "9,3,100"})
    void finiteDifferencesConfirmTheGradient(int rows, int features, int classes) {
        for (int variant = 0; variant < 8; variant++) {
            Problem p = Problem.random(
                    rows, features, classes, (variant & 1) != 0, (variant & 2) != 0 ? 0.3 : 0, (variant & 4) != 0);
            SoftmaxLoss loss =
                    SoftmaxLoss.builder().intercept(p.intercept).l2(p.l2).build();
            try (Dataset data = p.dataset(ElementType.FLOAT64)) {
                GradientCheck.Result result = GradientCheck.all(loss, data, p.parameters);
                assertTrue(result.maxRelativeError() < 1e-7, result::toString);
                assertEquals(p.parameters.length, result.checked());
            }
        }
    }

    @Test
    void worstEntryIsOneOfTheGradient() {
        Problem p = Problem.random(14, 5, 4, true, 0.1, false);
        double[] before = p.parameters.clone();
        SoftmaxLoss loss = SoftmaxLoss.builder().l2(0.1).build();
        double[] gradient = new double[p.parameters.length];
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            loss.lossAndGradient(data, p.parameters, gradient);
            GradientCheck.Result r = GradientCheck.all(loss, data, p.parameters);
            assertEquals(gradient[r.worstIndex()], r.analytic());
            double scale = Math.max(1, Math.max(Math.abs(r.analytic()), Math.abs(r.numeric())));
            assertEquals(Math.abs(r.analytic() - r.numeric()) / scale, r.maxRelativeError());
            assertTrue(r.maxRelativeError() > 0, "differences are never exact on a problem like this");
        }
        assertArrayEquals(before, p.parameters);
    }

    @Test
    void sampleIsReproducibleAndNeverWorseThanAll() {
        Problem p = Problem.random(14, 5, 4, true, 0.1, false);
        SoftmaxLoss loss = SoftmaxLoss.builder().l2(0.1).build();
        try (Dataset data = p.dataset(ElementType.FLOAT64)) {
            GradientCheck.Result all = GradientCheck.all(loss, data, p.parameters);
            GradientCheck.Result sample = GradientCheck.sampled(loss, data, p.parameters, 9, 5);
            assertEquals(9, sample.checked());
            assertTrue(sample.maxRelativeError() <= all.maxRelativeError());
            assertEquals(sample, GradientCheck.sampled(loss, data, p.parameters, 9, 5));
        }
    }

    @Test
    void singlePrecisionDataIsRefused() {
        Problem p = Problem.random(3, 2, 2, true, 0, false);
        try (Dataset data = p.dataset(ElementType.FLOAT32)) {
            SoftmaxLoss loss = SoftmaxLoss.builder().build();
            var e = assertThrows(IllegalArgumentException.class, () -> GradientCheck.all(loss, data, p.parameters));
            assertTrue(e.getMessage().contains("FLOAT64, was FLOAT32"), e.getMessage());
        }
    }
}
