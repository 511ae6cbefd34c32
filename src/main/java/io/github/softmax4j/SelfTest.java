package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The core against plain Java in double precision, on one small problem per regime and element type. */
final class SelfTest {

    private static final String[] REGIMES = {"auto", "small", "medium", "large"};
    private static final double L2 = 0.1;

    private final int rows;
    private final int features;
    private final int classes;
    private final double[][] x;
    private final int[] labels;
    private final double[] parameters;

    private SelfTest(int rows, int features, int classes) {
        this.rows = rows;
        this.features = features;
        this.classes = classes;
        SplittableRandom random = new SplittableRandom(7);
        x = new double[rows][features];
        labels = new int[rows];
        for (int i = 0; i < rows; i++) {
            labels[i] = random.nextInt(classes);
            for (int d = 0; d < features; d++) {
                // Exact in single precision, so that rounding the input is no part of the error.
                x[i][d] = (float) (random.nextDouble() - 0.5);
            }
        }
        parameters = new double[(features + 1) * classes];
        for (int i = 0; i < parameters.length; i++) {
            parameters[i] = (float) (random.nextDouble() - 0.5);
        }
    }

    static List<SelfTestResult> run() {
        Core.require();
        SelfTest problem = new SelfTest(147, 37, 11);
        double[] expected = problem.naiveLossAndGradient();
        List<SelfTestResult> results = new ArrayList<>();
        for (ElementType type : ElementType.values()) {
            double tolerance = type == ElementType.FLOAT32 ? 1e-5 : 1e-12;
            String suffix = type == ElementType.FLOAT32 ? "f32" : "f64";
            try (Dataset data = problem.dataset(type)) {
                for (int regime = 1; regime < REGIMES.length; regime++) {
                    results.add(new SelfTestResult(
                            "loss and gradient, " + REGIMES[regime] + (regime == 1 ? " C kernels, " : " C in panels, ")
                                    + suffix,
                            distance(problem.lossAndGradient(data, regime), expected),
                            tolerance));
                }
                SoftmaxModel model = problem.model();
                double[] batch = model.predictProbabilities(data);
                results.add(new SelfTestResult(
                        "probabilities of a batch, " + suffix,
                        distance(batch, problem.naiveProbabilities()),
                        tolerance));
                results.add(new SelfTestResult(
                        "probabilities of a row, " + suffix,
                        distance(problem.rowProbabilities(type), problem.naiveProbabilities()),
                        tolerance));
                results.add(new SelfTestResult("Adam step, " + suffix, adamError(type), tolerance));
            }
        }
        return results;
    }

    private Dataset dataset(ElementType type) {
        if (type == ElementType.FLOAT64) {
            return Dataset.builder().features(x).labels(labels).classes(classes).build();
        }
        float[][] narrow = new float[rows][features];
        for (int i = 0; i < rows; i++) {
            for (int d = 0; d < features; d++) {
                narrow[i][d] = (float) x[i][d];
            }
        }
        return Dataset.builder()
                .features(narrow)
                .labels(labels)
                .classes(classes)
                .build();
    }

    private SoftmaxModel model() {
        return new SoftmaxModel(features, classes, true, null, parameters, null);
    }

    /** The loss, then the gradient. */
    private double[] lossAndGradient(Dataset data, int regime) {
        int type = data.elementType().code();
        double[] result = new double[1 + parameters.length];
        try (DatasetMemory.Lease lease = data.acquire();
                Objective objective = new Objective(lease, classes, true, L2);
                NativeArray in = NativeArray.ofReals(type, parameters.length);
                NativeArray out = NativeArray.ofReals(type, parameters.length)) {
            in.put(0, parameters);
            double[] loss = new double[1];
            Core.check(NativeApi.s4j_loss_gradient(
                    objective.address,
                    regime,
                    in.address(),
                    out.address(),
                    Core.defaultThreads(),
                    NativeApi.NO_LIMIT,
                    loss));
            result[0] = loss[0];
            if (data.elementType() == ElementType.FLOAT64) {
                double[] gradient = new double[parameters.length];
                out.get(0, gradient);
                System.arraycopy(gradient, 0, result, 1, gradient.length);
            } else {
                float[] gradient = new float[parameters.length];
                out.get(0, gradient);
                for (int i = 0; i < gradient.length; i++) {
                    result[1 + i] = gradient[i];
                }
            }
        }
        return result;
    }

    private double[] rowProbabilities(ElementType type) {
        double[] all = new double[rows * classes];
        SoftmaxModel model = model();
        float[] narrowParameters = new float[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            narrowParameters[i] = (float) parameters[i];
        }
        SoftmaxModel narrowModel = new SoftmaxModel(features, classes, true, narrowParameters, null, null);
        for (int i = 0; i < rows; i++) {
            double[] p = (type == ElementType.FLOAT64 ? model : narrowModel).predictProbabilities(x[i]);
            System.arraycopy(p, 0, all, i * classes, classes);
        }
        return all;
    }

    private double[] naiveProbabilities() {
        double[] all = new double[rows * classes];
        for (int i = 0; i < rows; i++) {
            double largest = Double.NEGATIVE_INFINITY;
            double[] scores = new double[classes];
            for (int c = 0; c < classes; c++) {
                scores[c] = parameters[features * classes + c];
                for (int d = 0; d < features; d++) {
                    scores[c] += x[i][d] * parameters[d * classes + c];
                }
                largest = Math.max(largest, scores[c]);
            }
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                scores[c] = Math.exp(scores[c] - largest);
                sum += scores[c];
            }
            for (int c = 0; c < classes; c++) {
                all[i * classes + c] = scores[c] / sum;
            }
        }
        return all;
    }

    private double[] naiveLossAndGradient() {
        double[] p = naiveProbabilities();
        double[] result = new double[1 + parameters.length];
        for (int i = 0; i < rows; i++) {
            result[0] -= Math.log(p[i * classes + labels[i]]) / rows;
            for (int c = 0; c < classes; c++) {
                double error = (p[i * classes + c] - (c == labels[i] ? 1 : 0)) / rows;
                for (int d = 0; d < features; d++) {
                    result[1 + d * classes + c] += x[i][d] * error;
                }
                result[1 + features * classes + c] += error;
            }
        }
        for (int i = 0; i < features * classes; i++) {
            result[0] += L2 / 2 * parameters[i] * parameters[i];
            result[1 + i] += L2 * parameters[i];
        }
        return result;
    }

    /** Two Adam steps on one parameter, against the formulas. */
    private static double adamError(ElementType type) {
        double w = 1;
        double m = 0;
        double v = 0;
        OptimizerState state = new OptimizerState(new Adam(0.125), type, 1);
        double[] wide = {1};
        float[] narrow = {1};
        for (int t = 1; t <= 2; t++) {
            double g = 0.5 * t;
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            w -= 0.125 * (m / (1 - Math.pow(0.9, t))) / (Math.sqrt(v / (1 - Math.pow(0.999, t))) + 1e-8);
            if (type == ElementType.FLOAT64) {
                state.step(wide, new double[] {g});
            } else {
                state.step(narrow, new float[] {(float) g});
            }
        }
        return Math.abs((type == ElementType.FLOAT64 ? wide[0] : narrow[0]) - w) / Math.abs(w);
    }

    /** Norm of the difference over the norm of what is expected. */
    private static double distance(double[] actual, double[] expected) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return Math.sqrt(difference / norm);
    }
}
