package io.github.softmax4j.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import dev.ludovic.netlib.blas.NativeBLAS;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.openblas.global.openblas;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/** Those that share a JVM: how each computes the same probabilities, and the threads that it has for that. */
enum Tenant {
    SOFTMAX4J {
        @Override
        float[] probabilities() {
            try (Dataset data = Dataset.ofFloats(rows(), new int[ROWS])) {
                return narrow(
                        SoftmaxModel.of(FEATURES, CLASSES, WEIGHTS, INTERCEPT).predictProbabilities(data));
            }
        }
    },
    /** softmax4j and JavaCPP once more, in a class loader of their own. */
    SECOND_LOADER {
        @Override
        float[] probabilities() throws ReflectiveOperationException {
            Class<?> dataset = Second.LOADER.loadClass(Dataset.class.getName());
            Class<?> model = Second.LOADER.loadClass(SoftmaxModel.class.getName());
            try (AutoCloseable data = (AutoCloseable)
                    dataset.getMethod("ofFloats", float[][].class, int[].class).invoke(null, rows(), new int[ROWS])) {
                Object ours = model.getMethod("of", int.class, int.class, float[].class, float[].class)
                        .invoke(null, FEATURES, CLASSES, WEIGHTS, INTERCEPT);
                return narrow((double[])
                        model.getMethod("predictProbabilities", dataset).invoke(ours, data));
            } catch (ReflectiveOperationException e) {
                throw e;
            } catch (Exception e) {
                throw new InvocationTargetException(e);
            }
        }
    },
    /** Spark's caller of the system's BLAS, which it opens for itself. */
    JNIBLAS {
        @Override
        float[] probabilities() {
            float[] scores = new float[ROWS * CLASSES];
            // Column-major: the transpose of the scores is that of the weights times that of the features.
            NativeBLAS.getInstance()
                    .sgemm("N", "N", CLASSES, ROWS, FEATURES, 1, WEIGHTS, CLASSES, X, FEATURES, 0, scores, CLASSES);
            return softmax(scores);
        }

        @Override
        int threads() {
            return SystemBlas.threads(SystemBlas.LOCAL);
        }
    },
    /** The system's BLAS, opened for the whole process. */
    SYSTEM_BLAS {
        @Override
        float[] probabilities() {
            float[] scores = new float[ROWS * CLASSES];
            int[] rows = {ROWS};
            int[] features = {FEATURES};
            int[] classes = {CLASSES};
            SystemBlas.GLOBAL.getFunction("sgemm_").invoke(new Object[] {
                "N",
                "N",
                classes,
                rows,
                features,
                new float[] {1},
                WEIGHTS,
                classes,
                X,
                features,
                new float[1],
                scores,
                classes
            });
            return softmax(scores);
        }

        @Override
        int threads() {
            return SystemBlas.threads(SystemBlas.GLOBAL);
        }
    },
    PYTORCH {
        @Override
        float[] probabilities() {
            try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
                NDArray x = manager.create(X, new Shape(ROWS, FEATURES));
                NDArray weights =
                        manager.create(WEIGHTS, new Shape(FEATURES, CLASSES)).transpose();
                return Linear.linear(x, weights, manager.create(INTERCEPT))
                        .singletonOrThrow()
                        .softmax(1)
                        .toFloatArray();
            }
        }

        @Override
        int threads() {
            return JniUtils.getNumThreads();
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

        @Override
        int threads() {
            return NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads();
        }
    },
    /** The presets' OpenBLAS, of which ours is a copy. */
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

        @Override
        int threads() {
            return openblas.blas_get_num_threads();
        }
    };

    private static final int ROWS = 64;
    private static final int FEATURES = 40;
    /** So many that softmax4j calls OpenBLAS. */
    private static final int CLASSES = 2500;

    private static final float[] X = random(ROWS * FEATURES, 1);
    private static final float[] WEIGHTS = random(FEATURES * CLASSES, 2);
    private static final float[] INTERCEPT = random(CLASSES, 3);

    /** What it finds for all rows. */
    abstract float[] probabilities() throws ReflectiveOperationException;

    /** How many threads it has been given, once it has computed something; 0 where it does not say. */
    int threads() {
        return 0;
    }

    /** What all must find, closely. */
    static float[] expected() {
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
        return softmax(scores);
    }

    private static float[][] rows() {
        float[][] rows = new float[ROWS][];
        for (int i = 0; i < ROWS; i++) {
            rows[i] = Arrays.copyOfRange(X, i * FEATURES, (i + 1) * FEATURES);
        }
        return rows;
    }

    private static float[] narrow(double[] p) {
        float[] result = new float[p.length];
        for (int i = 0; i < p.length; i++) {
            result[i] = (float) p[i];
        }
        return result;
    }

    private static float[] random(int length, long seed) {
        Random random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
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

    private static final class Second {

        static final ClassLoader LOADER = loader();

        private Second() {}

        private static ClassLoader loader() {
            List<URL> urls = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
                try {
                    urls.add(new File(entry).toURI().toURL());
                } catch (MalformedURLException e) {
                    throw new IllegalStateException(e);
                }
            }
            return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        }
    }

    private static final class SystemBlas {

        private static final String NAME = "libblas.so.3";
        private static final int RTLD_LAZY = 1;
        private static final int RTLD_GLOBAL = 0x100;

        static final Opened LOCAL = new Opened(RTLD_LAZY);
        static final Opened GLOBAL = new Opened(RTLD_LAZY | RTLD_GLOBAL);

        private SystemBlas() {}

        static int threads(Opened blas) {
            return blas.getFunction("openblas_get_num_threads").invokeInt(new Object[0]);
        }

        /** Opened by the first call. */
        record Opened(int flags) {
            com.sun.jna.Function getFunction(String name) {
                return NativeLibrary.getInstance(NAME, Map.of(Library.OPTION_OPEN_FLAGS, flags))
                        .getFunction(name);
            }
        }
    }
}
