package io.github.softmax4j.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.factory.Nd4j;

/**
 * softmax4j, PyTorch, ND4J and a caller of OpenBLAS in one JVM, each of them the first to be loaded once: all compute the same
 * probabilities, in turns and at the same time, and softmax4j leaves OpenBLAS the number of threads that others have set.
 */
public final class Coexistence {

    private static final int ROWS = 64;
    private static final int FEATURES = 40;
    /** So many that softmax4j calls OpenBLAS. */
    private static final int CLASSES = 2500;

    private static final int TURNS = 3;
    private static final double TOLERANCE = 1e-5;

    private static final float[] X = random(ROWS * FEATURES, 1);
    private static final float[] WEIGHTS = random(FEATURES * CLASSES, 2);
    private static final float[] INTERCEPT = random(CLASSES, 3);

    private Coexistence() {}

    /** Those that share the JVM, and how each computes the probabilities of all rows. */
    private enum Tenant {
        SOFTMAX4J {
            @Override
            float[] probabilities() {
                float[][] rows = new float[ROWS][];
                for (int i = 0; i < ROWS; i++) {
                    rows[i] = Arrays.copyOfRange(X, i * FEATURES, (i + 1) * FEATURES);
                }
                List<Integer> before = openBlasThreads();
                try (Dataset data = Dataset.ofFloats(rows, new int[ROWS])) {
                    double[] p = SoftmaxModel.of(FEATURES, CLASSES, WEIGHTS, INTERCEPT)
                            .predictProbabilities(data);
                    float[] result = new float[p.length];
                    for (int i = 0; i < p.length; i++) {
                        result[i] = (float) p[i];
                    }
                    return result;
                } finally {
                    threadsSeen = List.of(before, openBlasThreads());
                }
            }
        },
        PYTORCH {
            @Override
            float[] probabilities() {
                try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
                    NDArray x = manager.create(X, new Shape(ROWS, FEATURES));
                    NDArray weights = manager.create(WEIGHTS, new Shape(FEATURES, CLASSES))
                            .transpose();
                    return Linear.linear(x, weights, manager.create(INTERCEPT))
                            .singletonOrThrow()
                            .softmax(1)
                            .toFloatArray();
                }
            }
        },
        ND4J {
            @Override
            float[] probabilities() {
                INDArray x = Nd4j.create(X, new long[] {ROWS, FEATURES}, 'c');
                INDArray scores = x.mmul(Nd4j.create(WEIGHTS, new long[] {FEATURES, CLASSES}, 'c'))
                        .addRowVector(Nd4j.create(INTERCEPT))
                        .dup('c');
                INDArray p = Nd4j.createUninitialized(scores.dataType(), ROWS, CLASSES);
                Nd4j.exec(new SoftMax(scores, p, 1));
                return p.data().asFloat();
            }
        },
        OPENBLAS {
            @Override
            float[] probabilities() {
                float[] scores = new float[ROWS * CLASSES];
                openblas.cblas_sgemm(
                        openblas.CblasRowMajor,
                        openblas.CblasNoTrans,
                        openblas.CblasNoTrans,
                        ROWS,
                        CLASSES,
                        FEATURES,
                        1,
                        X,
                        FEATURES,
                        WEIGHTS,
                        CLASSES,
                        0,
                        scores,
                        CLASSES);
                return softmax(scores);
            }
        };

        abstract float[] probabilities();
    }

    /** OpenBLAS's threads before and after softmax4j's last call. */
    private static volatile List<List<Integer>> threadsSeen;

    /** Of the library with LAPACK, which ND4J loads, and of the one without, which softmax4j loads; often the same. */
    private static List<Integer> openBlasThreads() {
        return List.of(openblas.blas_get_num_threads(), openblas_nolapack.blas_get_num_threads());
    }

    /**
     * Runs one JVM for each order of loading; with arguments, is one of them.
     *
     * @param args the tenants in the order in which they load
     */
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        if (args.length > 0) {
            share(Arrays.stream(args).map(Tenant::valueOf).toList());
            return;
        }
        List<Tenant> order = new ArrayList<>(List.of(Tenant.values()));
        for (int i = 0; i < order.size(); i++) {
            run(order);
            Collections.rotate(order, 1);
        }
    }

    private static void run(List<Tenant> order) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(Systems.jvm(Coexistence.class));
        order.forEach(tenant -> command.add(tenant.name()));
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        System.out.println(order + (status == 0 ? ": all right" : ": FAILED with status " + status));
        if (status != 0) {
            System.exit(1);
        }
    }

    private static void share(List<Tenant> tenants) throws InterruptedException, ExecutionException {
        System.setProperty("ai.djl.offline", "true");
        float[] expected = softmax(scores());
        for (int turn = 0; turn < TURNS; turn++) {
            for (Tenant tenant : tenants) {
                check(tenant, expected);
            }
            openblas.blas_set_num_threads(1 + turn);
            openblas_nolapack.blas_set_num_threads(1 + turn);
            check(Tenant.SOFTMAX4J, expected);
            List<Integer> set = List.of(1 + turn, 1 + turn);
            if (!threadsSeen.equals(List.of(set, set))) {
                throw new IllegalStateException(
                        "OpenBLAS has " + set + " threads, before and after softmax4j's call " + threadsSeen);
            }
        }
        ExecutorService pool = Executors.newFixedThreadPool(2 * tenants.size());
        try {
            List<Future<?>> calls = new ArrayList<>();
            for (int turn = 0; turn < 2 * TURNS; turn++) {
                for (Tenant tenant : tenants) {
                    calls.add(pool.submit(() -> check(tenant, expected)));
                }
            }
            for (Future<?> call : calls) {
                call.get();
            }
        } finally {
            pool.shutdown();
        }
    }

    private static void check(Tenant tenant, float[] expected) {
        float[] found = tenant.probabilities();
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(found[i] - expected[i]) <= TOLERANCE)) {
                throw new IllegalStateException(
                        tenant + " gives " + found[i] + " at " + i + ", which should be " + expected[i]);
            }
        }
    }

    private static float[] random(int length, long seed) {
        Random random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** X W, without the intercept. */
    private static float[] scores() {
        float[] scores = new float[ROWS * CLASSES];
        for (int i = 0; i < ROWS; i++) {
            for (int c = 0; c < CLASSES; c++) {
                double sum = 0;
                for (int k = 0; k < FEATURES; k++) {
                    sum += (double) X[i * FEATURES + k] * WEIGHTS[k * CLASSES + c];
                }
                scores[i * CLASSES + c] = (float) sum;
            }
        }
        return scores;
    }

    /** The probabilities of scores that lack the intercept. */
    private static float[] softmax(float[] scores) {
        float[] p = new float[scores.length];
        for (int i = 0; i < ROWS; i++) {
            double sum = 0;
            for (int c = 0; c < CLASSES; c++) {
                sum += Math.exp(scores[i * CLASSES + c] + INTERCEPT[c]);
            }
            for (int c = 0; c < CLASSES; c++) {
                p[i * CLASSES + c] = (float) (Math.exp(scores[i * CLASSES + c] + INTERCEPT[c]) / sum);
            }
        }
        return p;
    }
}
