package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of bad inputs: each gives one exception that names the thing, its value and what is accepted. */
class BadInputTest {

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    /** A call, the exception it must throw, and texts that its message must contain. */
    record Bad(String what, Class<? extends Throwable> exception, Executable call, List<String> message) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static final List<Bad> TABLE = new ArrayList<>();

    private static void bad(String what, Executable call, String... message) {
        TABLE.add(new Bad(what, IllegalArgumentException.class, call, List.of(message)));
    }

    private static void closed(String what, Executable call) {
        TABLE.add(new Bad(what, IllegalStateException.class, call, List.of("the dataset is closed")));
    }

    static List<Bad> table() {
        TABLE.clear();
        labels();
        features();
        weights();
        TABLE.addAll(BadSettings.table());
        fits();
        lossAndGradient();
        models();
        closedDatasets();
        nulls();
        return TABLE;
    }

    @ParameterizedTest
    @MethodSource("table")
    void isRefusedWithItsNameValueAndWhatIsAccepted(Bad bad) {
        Throwable thrown = assertThrows(bad.exception, bad.call);
        assertEquals(bad.exception, thrown.getClass(), thrown::toString);
        for (String part : bad.message) {
            assertTrue(thrown.getMessage().contains(part), () -> thrown.getMessage() + " does not say: " + part);
        }
    }

    private static void labels() {
        double[][] x = {{1, 2}, {3, 4}, {5, 6}};
        bad("label negative", () -> Dataset.ofDoubles(x, new int[] {0, -1, 1}), "labels[1] must be in 0..", "was -1");
        bad(
                "label out of range",
                () -> Dataset.builder()
                        .features(x)
                        .labels(new int[] {0, 1, 3})
                        .classes(3)
                        .build(),
                "labels[2] must be in 0..2, was 3");
        bad(
                "label beyond any class count",
                () -> Dataset.ofDoubles(x, new int[] {0, 1, Integer.MAX_VALUE}),
                "labels[2] must be in 0..2147483646, was 2147483647");
        bad("fewer labels than rows", () -> Dataset.ofDoubles(x, new int[] {0, 1}), "labels has length 2", "rows: 3");
        bad("more labels than rows", () -> Dataset.ofDoubles(x, new int[4]), "labels has length 4", "rows: 3");
        bad("no labels at all", () -> Dataset.ofDoubles(x, new int[0]), "labels has length 0", "rows: 3");
        bad(
                "classes without labels",
                () -> Dataset.builder().features(x).classes(3).build(),
                "classes is 3",
                "no labels");
        bad("zero classes", () -> Dataset.builder().classes(0), "classes must be at least 1, was 0");
        bad("training without labels", () -> fit(unlabelled()), "the dataset has no labels");
        bad("loss without labels", () -> loss().loss(unlabelled(), new double[4]), "the dataset has no labels");
        bad("evaluation without labels", () -> model().evaluate(unlabelled()), "the dataset has no labels");
    }

    private static void features() {
        int[] two = {0, 1};
        bad("zero rows", () -> Dataset.ofFloats(new float[0][], new int[0]), "rows must be at least 1, was 0");
        bad("zero rows of doubles", () -> Dataset.ofDoubles(new double[0][], two), "rows must be at least 1, was 0");
        bad("zero rows, flat", () -> Dataset.ofFloats(new float[0], 0, 2, two), "rows must be at least 1, was 0");
        bad("negative rows", () -> Dataset.ofFloats(new float[0], -1, 2, two), "rows must be at least 1, was -1");
        bad("zero features", () -> Dataset.ofFloats(new float[2][0], two), "features must be at least 1, was 0");
        bad("zero features of doubles", () -> Dataset.ofDoubles(new double[2][0], two), "features must be", "was 0");
        bad("zero features, flat", () -> Dataset.ofFloats(new float[0], 2, 0, two), "features must be", "was 0");
        bad(
                "ragged rows",
                () -> Dataset.ofFloats(new float[][] {{1, 2}, {3}}, two),
                "rows must have one length: row 1 has 1, row 0 has 2");
        bad(
                "ragged rows of doubles",
                () -> Dataset.ofDoubles(new double[][] {{1}, {3, 4}}, two),
                "rows must have one length: row 1 has 2, row 0 has 1");
        bad(
                "flat array of the wrong length",
                () -> Dataset.ofFloats(new float[5], 2, 3, two),
                "x has length 5",
                "rows x features is 6");
        bad(
                "sizes whose product passes 2^61",
                () -> Dataset.ofFloats(new float[5], Integer.MAX_VALUE, Integer.MAX_VALUE, two),
                "x has length 5",
                "4611686014132420609");
        for (double value : new double[] {NAN, INFINITY, -INFINITY}) {
            bad(
                    value + " in features",
                    () -> Dataset.ofDoubles(new double[][] {{1, 2, 3}, {4, 5, value}}, two),
                    "features must be finite, row 1, column 2 was " + value);
            bad(
                    value + " in features of floats",
                    () -> Dataset.ofFloats(new float[] {1, (float) value, 3, 4}, 2, 2, two),
                    "features must be finite, row 0, column 1 was " + value);
        }
        bad(
                "NaN far inside",
                () -> {
                    float[] x = new float[3000 * 7];
                    x[2222 * 7 + 5] = Float.NaN;
                    Dataset.ofFloats(x, 3000, 7, new int[3000]);
                },
                "row 2222, column 5 was NaN");
        bad(
                "NaN in a direct buffer",
                () -> {
                    FloatBuffer x = direct(4);
                    x.put(3, Float.NaN);
                    Dataset.builder().features(x, 2, 2).labels(two).build();
                },
                "row 1, column 1 was NaN");
        bad(
                "buffer on the heap",
                () -> Dataset.builder().features(FloatBuffer.allocate(4), 2, 2),
                "x must be a direct buffer in native byte order, was on the heap");
        bad(
                "buffer in the other byte order",
                () -> Dataset.builder().features(ByteBuffer.allocateDirect(16).asFloatBuffer(), 2, 2),
                "x must be a direct buffer in native byte order",
                "BIG_ENDIAN");
        bad("buffer of the wrong length", () -> Dataset.builder().features(direct(5), 2, 2), "x has length 5", "is 4");
        bad("no features", () -> Dataset.builder().labels(two).build(), "features must be given");
    }

    private static void weights() {
        double[][] x = {{1}, {2}};
        int[] y = {0, 1};
        bad(
                "NaN in row weights",
                () -> weighted(x, y, 1, NAN),
                "weights[1] must be finite in FLOAT64 and not negative, was NaN");
        bad("infinite row weight", () -> weighted(x, y, INFINITY, 1), "weights[0]", "was Infinity");
        bad("negative row weight", () -> weighted(x, y, -0.5, 1), "weights[0]", "was -0.5");
        bad("all row weights zero", () -> weighted(x, y, 0, 0), "weights must not all be zero");
        bad(
                "row weight too large for float",
                () -> Dataset.builder()
                        .features(new float[][] {{1}, {2}})
                        .labels(y)
                        .weights(new double[] {1, 1e300})
                        .build(),
                "weights[1] must be finite in FLOAT32 and not negative, was 1.0E300");
        bad("row weights whose sum overflows", () -> weighted(x, y, 1e308, 1e308), "sum of weights", "was Infinity");
        bad("row weights whose mean overflows", () -> weighted(x, y, 0, 1e-310), "sum of weights", "was 1.0E-310");
        bad("fewer row weights than rows", () -> weighted(x, y, 1), "weights has length 1", "rows: 2");
    }

    private static void fits() {
        bad(
                "one class in training",
                () -> fit(Dataset.ofDoubles(new double[][] {{1}, {2}}, new int[] {0, 0})),
                "training needs at least 2 classes, the data has 1");
        bad(
                "more weights than an array holds",
                () -> fit(Dataset.ofDoubles(new double[][] {{1}, {2}}, new int[] {0, 1_500_000_000})),
                "features x classes must be in 1..",
                "was 1 x 1500000001 with an intercept");
        bad(
                "warm start from another shape",
                () -> SoftmaxTrainer.builder().warmStart(model()).build().fit(Toy.dataset(6)),
                "warmStart has 2 features, 2 classes and no intercept; training needs 2, 3 and an intercept");
        bad(
                "validation data of another width",
                () -> SoftmaxTrainer.builder()
                        .validation(Dataset.ofDoubles(new double[][] {{1}}, new int[] {0}))
                        .build()
                        .fit(Toy.dataset(6)),
                "validation has 1 features and 1 classes, the training data 2 and 3");
        bad(
                "validation data without labels",
                () -> SoftmaxTrainer.builder().validation(unlabelled()).build().fit(Toy.dataset(6)),
                "the dataset has no labels");
        bad(
                "initial weights that overflow the data's type",
                () -> SoftmaxTrainer.builder()
                        .initialWeights(InitialWeights.gaussian(1e300))
                        .build()
                        .fit(Toy.floats(6)),
                "initial weights must be finite in FLOAT32, row 0, column 0 was");
    }

    private static void lossAndGradient() {
        for (double value : new double[] {NAN, INFINITY}) {
            bad(
                    value + " in weights",
                    () -> loss().loss(Toy.dataset(6), new double[] {0, 0, 0, 0, value, 0, 0, 0, 0}),
                    "weights must be finite, row 1, column 1 was " + value);
            bad(
                    value + " in the intercept",
                    () -> loss().loss(Toy.floats(6), new float[] {0, 0, 0, 0, 0, 0, 0, 0, (float) value}),
                    "weights must be finite, intercept 2 was " + value);
        }
        bad(
                "weights that overflow the data's type",
                () -> loss().loss(Toy.floats(6), new double[] {1e300, 0, 0, 0, 0, 0, 0, 0, 0}),
                "weights must be finite, row 0, column 0 was Infinity");
        bad(
                "parameters of another length",
                () -> loss().loss(Toy.dataset(6), new double[8]),
                "parameters has length 8",
                "the data needs 9");
        bad(
                "gradient of another length",
                () -> loss().lossAndGradient(Toy.dataset(6), new double[9], new double[8]),
                "gradient has length 8",
                "9");
        bad(
                "gradient of another type",
                () -> loss().lossAndGradient(Toy.floats(6), new double[9], new double[9]),
                "data must be of type FLOAT64, was FLOAT32");
        bad(
                "parameters on the heap",
                () -> loss().lossAndGradient(Toy.floats(6), FloatBuffer.allocate(9), direct(9)),
                "parameters must be a direct buffer in native byte order, was on the heap");
        bad(
                "read-only gradient",
                () -> loss().lossAndGradient(Toy.floats(6), direct(9), direct(9).asReadOnlyBuffer()),
                "gradient must not be read-only");
        FloatBuffer both = direct(17);
        bad(
                "parameters and gradient that overlap",
                () -> loss().lossAndGradient(Toy.floats(6), both.slice(0, 9), both.slice(8, 9)),
                "parameters and gradient must not overlap");
        bad(
                "short gradient buffer",
                () -> loss().lossAndGradient(
                                Toy.floats(6), direct(9), direct(10).position(2)),
                "gradient has length 8",
                "the data needs 9");
        bad(
                "textbook loss with ragged weights",
                () -> SoftmaxLoss.softmaxLoss(new double[][] {{1, 2}, {3}}, new double[][] {{1, 2}}, new int[1], 0),
                "weights' row 1 has length 1",
                "row 0 has 2");
        bad(
                "textbook loss with other features",
                () -> SoftmaxLoss.softmaxLoss(new double[][] {{1, 2}}, new double[][] {{1, 2}}, new int[1], 0),
                "parameters has length 2",
                "the data needs 4");
        bad(
                "textbook loss with a label out of range",
                () -> SoftmaxLoss.softmaxLoss(new double[][] {{1, 2}}, new double[][] {{1}}, new int[] {2}, 0),
                "labels[0] must be in 0..1, was 2");
        bad(
                "no samples to check",
                () -> GradientCheck.sampled(loss(), Toy.dataset(6), new double[9], 0, 1),
                "samples must be at least 1, was 0");
        bad(
                "gradient check at the wrong place",
                () -> GradientCheck.sampled(loss(), Toy.dataset(6), new double[0], 1, 1),
                "parameters has length 0",
                "the data needs 9");
    }

    private static void models() {
        bad("short row", () -> model().predict(new float[1]), "row has length 1", "features: 2");
        bad("long row", () -> model().predict(new double[3]), "row has length 3", "features: 2");
        bad("long row for probabilities", () -> model().predictProbabilities(new float[3]), "row has length 3");
        bad(
                "short array for probabilities",
                () -> model().predictProbabilities(new float[2], new float[1]),
                "probabilities has length 1",
                "classes is 2");
        float[] both = new float[2];
        bad(
                "one array for row and probabilities",
                () -> model().predictProbabilities(both, both),
                "another array than row");
        for (double value : new double[] {NAN, INFINITY, -INFINITY}) {
            bad(
                    value + " in a row",
                    () -> model().predict(new double[] {1, value}),
                    "row must be finite, column 1",
                    Double.toString(value));
            bad(
                    value + " in a row of floats",
                    () -> model().predictProbabilities(new float[] {(float) value, 0}),
                    "row must be finite, column 0",
                    Double.toString(value));
            bad(
                    value + " in a model's weights",
                    () -> SoftmaxModel.of(2, 2, new double[] {0, 0, 0, value}, new double[0]),
                    "weights must be finite, row 1, column 1 was " + value);
        }
        // -infinity masks a class.
        for (double value : new double[] {NAN, INFINITY}) {
            bad(
                    value + " in a model's intercept",
                    () -> SoftmaxModel.of(1, 2, new float[2], new float[] {0, (float) value}),
                    "weights must be finite, intercept 1 was " + value);
        }
        for (int[] s : new int[][] {{0, 2}, {2, 0}, {-1, 2}, {65536, 65536}, {Integer.MAX_VALUE, Integer.MAX_VALUE}}) {
            bad(
                    "model of " + s[0] + " x " + s[1],
                    () -> SoftmaxModel.of(s[0], s[1], new float[0], new float[0]),
                    "features x classes must be in 1..",
                    "was " + s[0] + " x " + s[1]);
        }
        bad(
                "model with weights of another shape",
                () -> SoftmaxModel.of(2, 2, new double[3], new double[0]),
                "weights has length 3",
                "4");
        bad(
                "model with a short intercept",
                () -> SoftmaxModel.of(2, 2, new double[4], new double[1]),
                "intercept has length 1",
                "classes is 2");
        bad(
                "data with other features",
                () -> model().predict(
                                Dataset.builder().features(new float[3][3]).build()),
                "data has 3 features, the model 2");
        bad("data with more classes", () -> model().evaluate(Toy.dataset(6)), "data has 3 classes, the model 2");
    }

    private static void closedDatasets() {
        Dataset data = Toy.dataset(6);
        data.close();
        closed("fit on a closed dataset", () -> fit(data));
        closed("loss of a closed dataset", () -> loss().loss(data, new double[9]));
        closed("prediction of a closed dataset", () -> SoftmaxModel.of(2, 3, new double[6], new double[0])
                .predict(data));
        closed("evaluation on a closed dataset", () -> SoftmaxModel.of(2, 3, new double[6], new double[0])
                .evaluate(data));
        closed("labels of a closed dataset", data::labels);
        closed(
                "closed validation data",
                () -> SoftmaxTrainer.builder().validation(data).build().fit(Toy.dataset(6)));
        TABLE.add(new Bad(
                "labels of data without",
                IllegalStateException.class,
                () -> unlabelled().labels(),
                List.of("the dataset has no labels")));
    }

    private static void nulls() {
        int[] y = {0};
        bad("null rows", () -> Dataset.ofFloats((float[][]) null, y), "x must not be null");
        bad("null row", () -> Dataset.ofDoubles(new double[][] {{1}, null}, y), "row 1 must not be null");
        bad("null labels", () -> Dataset.ofFloats(new float[1], 1, 1, null), "labels must not be null");
        bad("null weights", () -> Dataset.builder().weights(null), "weights must not be null");
        bad("null buffer", () -> Dataset.builder().features((FloatBuffer) null, 1, 1), "x must not be null");
        bad("null optimizer", () -> SoftmaxTrainer.builder().optimizer(null), "optimizer must not be null");
        bad("null schedule", () -> SoftmaxTrainer.builder().schedule(null), "schedule must not be null");
        bad("null listener", () -> SoftmaxTrainer.builder().listener(null), "listener must not be null");
        bad("null validation", () -> SoftmaxTrainer.builder().validation(null), "validation must not be null");
        bad("null warm start", () -> SoftmaxTrainer.builder().warmStart(null), "model must not be null");
        bad("null start", () -> SoftmaxTrainer.builder().initialWeights(null), "initialWeights must not be null");
        bad("null schedule to warm up to", () -> LearningRateSchedule.warmUp(1, null), "then must not be null");
        bad("fit on null", () -> fit(null), "data must not be null");
        bad("loss of null", () -> loss().loss(null, new double[1]), "data must not be null");
        bad("loss at null", () -> loss().loss(Toy.dataset(6), (double[]) null), "parameters must not be null");
        bad(
                "gradient into null",
                () -> loss().lossAndGradient(Toy.dataset(6), new double[9], null),
                "gradient must not be null");
        bad(
                "gradient into a null buffer",
                () -> loss().lossAndGradient(Toy.floats(6), direct(9), null),
                "gradient must not be null");
        bad("row null", () -> model().predict((float[]) null), "row must not be null");
        bad("probabilities of null", () -> model().predictProbabilities((double[]) null), "row must not be null");
        bad(
                "probabilities into null",
                () -> model().predictProbabilities(new float[2], null),
                "probabilities must not be null");
        bad("prediction of null", () -> model().predict((Dataset) null), "data must not be null");
        bad("evaluation on null", () -> model().evaluate(null), "data must not be null");
        bad("model of null", () -> SoftmaxModel.of(1, 2, null, new float[0]), "weights must not be null");
        bad("model without array", () -> SoftmaxModel.of(1, 2, new double[2], null), "intercept must not be null");
        bad("saving to null", () -> model().save(null), "file must not be null");
        bad("loading null", () -> SoftmaxModel.load((Path) null), "file must not be null");
        bad(
                "state without optimizer",
                () -> new OptimizerState(null, ElementType.FLOAT32, 1),
                "optimizer must not be null");
        bad("state without type", () -> new OptimizerState(new Sgd(1), null, 1), "elementType must not be null");
        bad(
                "step along null",
                () -> new OptimizerState(new Sgd(1), ElementType.FLOAT64, 1).step(new double[1], null),
                "gradient must not be null");
        bad("check of null", () -> GradientCheck.all(null, Toy.dataset(6), new double[9]), "loss must not be null");
    }

    @Test
    void whatTheCallerDoesToItsArraysAfterTheCheckDoesNoHarm() {
        double[][] rows = {{1, 2}, {3, 4}};
        Dataset.Builder longer = Dataset.builder().features(rows).labels(new int[] {0, 1});
        rows[1] = new double[100_000];
        var e = assertThrows(IllegalArgumentException.class, longer::build);
        assertTrue(e.getMessage().contains("row 1 has 100000, row 0 has 2"), e.getMessage());
        rows[1] = null;
        e = assertThrows(IllegalArgumentException.class, longer::build);
        assertTrue(e.getMessage().contains("row 1 must not be null"), e.getMessage());
    }

    private static FloatBuffer direct(int count) {
        return ByteBuffer.allocateDirect(4 * count)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private static Dataset unlabelled() {
        return Dataset.builder().features(new double[][] {{1, 2}, {3, 4}}).build();
    }

    private static Dataset weighted(double[][] x, int[] y, double... weights) {
        return Dataset.builder().features(x).labels(y).weights(weights).build();
    }

    private static SoftmaxModel model() {
        return SoftmaxModel.of(2, 2, new double[] {1, 2, 3, 4}, new double[0]);
    }

    private static SoftmaxLoss loss() {
        return SoftmaxLoss.builder().build();
    }

    private static SoftmaxModel fit(Dataset data) {
        return SoftmaxTrainer.builder().build().fit(data);
    }
}
