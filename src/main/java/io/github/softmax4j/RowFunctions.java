package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.lang.ref.Reference;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/** The checks and native calls behind {@link SoftmaxFunctions}, for each kind of memory. */
final class RowFunctions {

    /** Values that one call on arrays takes: the garbage collector waits for it, tens of microseconds. */
    private static final int PART = 1 << 15;

    /** Where a call's loss is written to. */
    private static final ThreadLocal<double[]> LOSS = ThreadLocal.withInitial(() -> new double[1]);

    private RowFunctions() {}

    static double crossEntropy(
            FloatBuffer logits,
            IntBuffer labels,
            FloatBuffer weights,
            FloatBuffer losses,
            FloatBuffer gradient,
            int classes,
            SoftmaxFunctions.Reduction reduction) {
        int rows = rows(Checks.notNull("logits", logits).remaining(), classes);
        requireRows("labels", Checks.notNull("labels", labels).remaining(), rows);
        double total = rows;
        if (weights != null) {
            requireRows("weights", weights.remaining(), rows);
            total = 0;
            for (int i = 0; i < rows; i++) {
                total += weight(i, weights.get(weights.position() + i));
            }
        }
        for (int i = 0; i < rows; i++) {
            requireLabel(i, labels.get(labels.position() + i), classes);
        }
        if (losses != null) {
            requireRows("losses", losses.remaining(), rows);
        }
        if (gradient != null) {
            Checks.length("gradient", gradient.remaining(), "logits has", logits.remaining());
        }
        try {
            return crossEntropy(
                    NativeApi.F32,
                    address("logits", logits, false),
                    address("labels", labels),
                    address("weights", weights, false),
                    address("losses", losses, true),
                    address("gradient", gradient, true),
                    rows,
                    classes,
                    scale(total, reduction));
        } finally {
            Reference.reachabilityFence(logits);
            Reference.reachabilityFence(labels);
            Reference.reachabilityFence(weights);
            Reference.reachabilityFence(losses);
            Reference.reachabilityFence(gradient);
        }
    }

    static double crossEntropy(
            DoubleBuffer logits,
            IntBuffer labels,
            DoubleBuffer weights,
            DoubleBuffer losses,
            DoubleBuffer gradient,
            int classes,
            SoftmaxFunctions.Reduction reduction) {
        int rows = rows(Checks.notNull("logits", logits).remaining(), classes);
        requireRows("labels", Checks.notNull("labels", labels).remaining(), rows);
        double total = rows;
        if (weights != null) {
            requireRows("weights", weights.remaining(), rows);
            total = 0;
            for (int i = 0; i < rows; i++) {
                total += weight(i, weights.get(weights.position() + i));
            }
        }
        for (int i = 0; i < rows; i++) {
            requireLabel(i, labels.get(labels.position() + i), classes);
        }
        if (losses != null) {
            requireRows("losses", losses.remaining(), rows);
        }
        if (gradient != null) {
            Checks.length("gradient", gradient.remaining(), "logits has", logits.remaining());
        }
        try {
            return crossEntropy(
                    NativeApi.F64,
                    address("logits", logits, false),
                    address("labels", labels),
                    address("weights", weights, false),
                    address("losses", losses, true),
                    address("gradient", gradient, true),
                    rows,
                    classes,
                    scale(total, reduction));
        } finally {
            Reference.reachabilityFence(logits);
            Reference.reachabilityFence(labels);
            Reference.reachabilityFence(weights);
            Reference.reachabilityFence(losses);
            Reference.reachabilityFence(gradient);
        }
    }

    static double crossEntropy(
            float[] logits,
            int[] labels,
            float[] weights,
            float[] losses,
            float[] gradient,
            int classes,
            SoftmaxFunctions.Reduction reduction) {
        int rows = rows(Checks.notNull("logits", logits).length, classes);
        requireRows("labels", Checks.notNull("labels", labels).length, rows);
        double total = rows;
        if (weights != null) {
            requireRows("weights", weights.length, rows);
            total = 0;
            for (int i = 0; i < rows; i++) {
                total += weight(i, weights[i]);
            }
        }
        for (int i = 0; i < rows; i++) {
            requireLabel(i, labels[i], classes);
        }
        if (losses != null) {
            requireRows("losses", losses.length, rows);
            requireOther("losses", losses, "logits", logits);
            requireOther("losses", losses, "weights", weights);
            requireOther("losses", losses, "gradient", gradient);
        }
        if (gradient != null) {
            Checks.length("gradient", gradient.length, "logits has", logits.length);
            requireOther("gradient", gradient, "weights", weights);
        }
        double scale = scale(total, reduction);
        if (classes > PART) {
            try (NativeArray s = NativeArray.ofReals(NativeApi.F32, logits.length);
                    NativeArray y = NativeArray.ofInts(rows);
                    NativeArray w = NativeArray.ofReals(NativeApi.F32, rows);
                    NativeArray l = NativeArray.ofReals(NativeApi.F32, rows)) {
                s.put(0, logits);
                y.put(labels);
                if (weights != null) {
                    w.put(0, weights);
                }
                long to = gradient == null ? 0 : s.address();
                double loss = crossEntropy(
                        NativeApi.F32,
                        s.address(),
                        y.address(),
                        weights == null ? 0 : w.address(),
                        l.address(),
                        to,
                        rows,
                        classes,
                        scale);
                if (losses != null) {
                    l.get(0, losses);
                }
                if (gradient != null) {
                    s.get(0, gradient);
                }
                return loss;
            }
        }
        double[] loss = LOSS.get();
        double sum = 0;
        int part = PART / classes;
        for (long first = 0; first < rows; first += part) {
            Core.check(NativeApi.s4j_cross_entropy(
                    NativeApi.F32,
                    logits,
                    labels,
                    weights,
                    losses,
                    gradient,
                    first,
                    Math.min(part, rows - first),
                    classes,
                    scale,
                    1,
                    loss));
            sum += loss[0];
        }
        return sum * scale;
    }

    static double crossEntropy(
            double[] logits,
            int[] labels,
            double[] weights,
            double[] losses,
            double[] gradient,
            int classes,
            SoftmaxFunctions.Reduction reduction) {
        int rows = rows(Checks.notNull("logits", logits).length, classes);
        requireRows("labels", Checks.notNull("labels", labels).length, rows);
        double total = rows;
        if (weights != null) {
            requireRows("weights", weights.length, rows);
            total = 0;
            for (int i = 0; i < rows; i++) {
                total += weight(i, weights[i]);
            }
        }
        for (int i = 0; i < rows; i++) {
            requireLabel(i, labels[i], classes);
        }
        if (losses != null) {
            requireRows("losses", losses.length, rows);
            requireOther("losses", losses, "logits", logits);
            requireOther("losses", losses, "weights", weights);
            requireOther("losses", losses, "gradient", gradient);
        }
        if (gradient != null) {
            Checks.length("gradient", gradient.length, "logits has", logits.length);
            requireOther("gradient", gradient, "weights", weights);
        }
        double scale = scale(total, reduction);
        if (classes > PART) {
            try (NativeArray s = NativeArray.ofReals(NativeApi.F64, logits.length);
                    NativeArray y = NativeArray.ofInts(rows);
                    NativeArray w = NativeArray.ofReals(NativeApi.F64, rows);
                    NativeArray l = NativeArray.ofReals(NativeApi.F64, rows)) {
                s.put(0, logits);
                y.put(labels);
                if (weights != null) {
                    w.put(0, weights);
                }
                long to = gradient == null ? 0 : s.address();
                double loss = crossEntropy(
                        NativeApi.F64,
                        s.address(),
                        y.address(),
                        weights == null ? 0 : w.address(),
                        l.address(),
                        to,
                        rows,
                        classes,
                        scale);
                if (losses != null) {
                    l.get(0, losses);
                }
                if (gradient != null) {
                    s.get(0, gradient);
                }
                return loss;
            }
        }
        double[] loss = LOSS.get();
        double sum = 0;
        int part = PART / classes;
        for (long first = 0; first < rows; first += part) {
            Core.check(NativeApi.s4j_cross_entropy(
                    NativeApi.F64,
                    logits,
                    labels,
                    weights,
                    losses,
                    gradient,
                    first,
                    Math.min(part, rows - first),
                    classes,
                    scale,
                    1,
                    loss));
            sum += loss[0];
        }
        return sum * scale;
    }

    static void apply(int function, FloatBuffer logits, String name, FloatBuffer out, int classes) {
        int rows = rows(Checks.notNull("logits", logits).remaining(), classes);
        requireResults(
                function,
                logits.remaining(),
                rows,
                name,
                Checks.notNull(name, out).remaining());
        try {
            run(
                    function,
                    NativeApi.F32,
                    address("logits", logits, false),
                    name,
                    address(name, out, true),
                    rows,
                    classes);
        } finally {
            // The caller may have no other use for them: they must not be collected under the native code.
            Reference.reachabilityFence(logits);
            Reference.reachabilityFence(out);
        }
    }

    static void apply(int function, DoubleBuffer logits, String name, DoubleBuffer out, int classes) {
        int rows = rows(Checks.notNull("logits", logits).remaining(), classes);
        requireResults(
                function,
                logits.remaining(),
                rows,
                name,
                Checks.notNull(name, out).remaining());
        try {
            run(
                    function,
                    NativeApi.F64,
                    address("logits", logits, false),
                    name,
                    address(name, out, true),
                    rows,
                    classes);
        } finally {
            // The caller may have no other use for them: they must not be collected under the native code.
            Reference.reachabilityFence(logits);
            Reference.reachabilityFence(out);
        }
    }

    static void apply(int function, float[] logits, String name, float[] out, int classes) {
        int rows = rows(Checks.notNull("logits", logits).length, classes);
        requireResults(function, logits.length, rows, name, Checks.notNull(name, out).length);
        if (function == NativeApi.LOG_SUM_EXP) {
            requireOther(name, out, "logits", logits);
        }
        if (classes > PART) {
            try (NativeArray s = NativeArray.ofReals(NativeApi.F32, logits.length);
                    NativeArray sums = NativeArray.ofReals(NativeApi.F32, rows)) {
                s.put(0, logits);
                NativeArray to = function == NativeApi.LOG_SUM_EXP ? sums : s;
                run(function, NativeApi.F32, s.address(), name, to.address(), rows, classes);
                to.get(0, out);
            }
            return;
        }
        int part = PART / classes;
        for (long first = 0; first < rows; first += part) {
            Core.check(NativeApi.s4j_row_function(
                    NativeApi.F32, function, logits, out, first, Math.min(part, rows - first), classes, 1));
        }
    }

    static void apply(int function, double[] logits, String name, double[] out, int classes) {
        int rows = rows(Checks.notNull("logits", logits).length, classes);
        requireResults(function, logits.length, rows, name, Checks.notNull(name, out).length);
        if (function == NativeApi.LOG_SUM_EXP) {
            requireOther(name, out, "logits", logits);
        }
        if (classes > PART) {
            try (NativeArray s = NativeArray.ofReals(NativeApi.F64, logits.length);
                    NativeArray sums = NativeArray.ofReals(NativeApi.F64, rows)) {
                s.put(0, logits);
                NativeArray to = function == NativeApi.LOG_SUM_EXP ? sums : s;
                run(function, NativeApi.F64, s.address(), name, to.address(), rows, classes);
                to.get(0, out);
            }
            return;
        }
        int part = PART / classes;
        for (long first = 0; first < rows; first += part) {
            Core.check(NativeApi.s4j_row_function(
                    NativeApi.F64, function, logits, out, first, Math.min(part, rows - first), classes, 1));
        }
    }

    private static void run(int function, int type, long logits, String name, long out, int rows, int classes) {
        boolean matrix = function != NativeApi.LOG_SUM_EXP;
        if (!matrix || logits != out) {
            int bytes = type == NativeApi.F32 ? Float.BYTES : Double.BYTES;
            requireApart(
                    name,
                    out,
                    (long) rows * (matrix ? classes : 1) * bytes,
                    "logits",
                    logits,
                    (long) rows * classes * bytes);
        }
        Core.check(NativeApi.s4j_row_function(type, function, logits, out, 0, rows, classes, Core.defaultThreads()));
    }

    private static double crossEntropy(
            int type,
            long logits,
            long labels,
            long weights,
            long losses,
            long gradient,
            int rows,
            int classes,
            double scale) {
        int bytes = type == NativeApi.F32 ? Float.BYTES : Double.BYTES;
        long matrix = (long) rows * classes * bytes;
        long vector = (long) rows * bytes;
        long ints = (long) rows * Integer.BYTES;
        requireApart("losses", losses, vector, "logits", logits, matrix);
        requireApart("losses", losses, vector, "labels", labels, ints);
        requireApart("losses", losses, vector, "weights", weights, vector);
        requireApart("losses", losses, vector, "gradient", gradient, matrix);
        requireApart("gradient", gradient, matrix, "labels", labels, ints);
        requireApart("gradient", gradient, matrix, "weights", weights, vector);
        if (gradient != logits) {
            requireApart("gradient", gradient, matrix, "logits", logits, matrix);
        }
        double[] loss = LOSS.get();
        Core.check(NativeApi.s4j_cross_entropy(
                type, logits, labels, weights, losses, gradient, 0, rows, classes, scale, Core.defaultThreads(), loss));
        return loss[0] * scale;
    }

    /** N of logits with so many values. The first check of all: the native core must be there. */
    private static int rows(int length, int classes) {
        Core.require();
        Checks.atLeast("classes", classes, 1);
        if (length % classes != 0) {
            throw new IllegalArgumentException("logits must be rows of " + classes + " classes, has length " + length);
        }
        return length / classes;
    }

    private static void requireRows(String name, int length, int rows) {
        Checks.length(name, length, "logits has rows:", rows);
    }

    private static void requireResults(int function, int logits, int rows, String name, int length) {
        if (function == NativeApi.LOG_SUM_EXP) {
            requireRows(name, length, rows);
        } else {
            Checks.length(name, length, "logits has", logits);
        }
    }

    private static void requireLabel(int i, int label, int classes) {
        if (label < 0 || label >= classes) {
            throw new IllegalArgumentException("labels[" + i + "] must be in 0.." + (classes - 1) + ", was " + label);
        }
    }

    private static double weight(int i, double weight) {
        if (!(weight >= 0) || Double.isInfinite(weight)) {
            throw new IllegalArgumentException("weights[" + i + "] must be finite and not negative, was " + weight);
        }
        return weight;
    }

    /** What the sum of the weighted losses is multiplied by. */
    private static double scale(double totalWeight, SoftmaxFunctions.Reduction reduction) {
        if (Checks.notNull("reduction", reduction) == SoftmaxFunctions.Reduction.SUM) {
            return 1;
        }
        if (!(totalWeight > 0)) {
            throw new IllegalArgumentException("a mean needs rows, and weights that are not all zero");
        }
        return 1 / totalWeight;
    }

    private static void requireOther(String name, Object array, String otherName, Object other) {
        if (array == other) {
            throw new IllegalArgumentException(name + " and " + otherName + " must not be the same array");
        }
    }

    /** Null is nowhere and overlaps with nothing. */
    private static void requireApart(
            String name, long address, long bytes, String otherName, long other, long otherBytes) {
        if (address != 0 && other != 0 && address < other + otherBytes && other < address + bytes) {
            throw new IllegalArgumentException(name + " and " + otherName + " must not overlap");
        }
    }

    private static long address(String name, FloatBuffer buffer, boolean written) {
        if (buffer == null) {
            return 0;
        }
        Checks.direct(name, buffer, buffer.order(), written);
        return NativeApi.s4j_address(buffer);
    }

    private static long address(String name, DoubleBuffer buffer, boolean written) {
        if (buffer == null) {
            return 0;
        }
        Checks.direct(name, buffer, buffer.order(), written);
        return NativeApi.s4j_address(buffer);
    }

    private static long address(String name, IntBuffer buffer) {
        Checks.direct(name, buffer, buffer.order(), false);
        return NativeApi.s4j_address(buffer);
    }
}
