package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.presets.javacpp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another OpenBLAS, the system's or the presets', is not called in place of ours, nor ours in its place, whichever comes first. */
class OtherBlasTest {

    private static final String NAME = "libblas.so.3";
    /** What a JVM ends with that finds no such library. */
    private static final int MISSING = 77;

    /** Opened for its caller alone, as Spark's does, and for the whole process, as scripting languages do. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ours local",
                "local ours",
                "ours global",
                "global ours",
                "ours local global",
                "global ours local"
            })
    void eachComputesAsIfAlone(String order) throws Exception {
        String[] callers = order.split(" ");
        List<String> alone = new ArrayList<>();
        for (String caller : callers) {
            ChildJvm.Outcome outcome = run(caller);
            assumeTrue(outcome.status() != MISSING, outcome.output());
            assertEquals(0, outcome.status(), outcome.output());
            alone.add(said(outcome, caller));
        }
        ChildJvm.Outcome together = run(callers);
        assertEquals(0, together.status(), together.output());
        for (int i = 0; i < callers.length; i++) {
            assertEquals(alone.get(i), said(together, callers[i]));
        }
    }

    /** JavaCPP looks through all that is open: ND4J would have multiplied with our OpenBLAS, and set its threads. */
    @Test
    void oursIsFoundByNobody() throws Exception {
        ChildJvm.Outcome outcome = ChildJvm.run(Seeker.class, List.of(), Map.of());
        assertEquals(0, outcome.status(), outcome.output());
        assertTrue(outcome.output().contains("found []"), outcome.output());
    }

    private static ChildJvm.Outcome run(String... callers) throws Exception {
        return ChildJvm.run(Callers.class, List.of(), Map.of(), callers);
    }

    private static String said(ChildJvm.Outcome outcome, String caller) {
        return outcome.output()
                .lines()
                .filter(line -> line.startsWith(caller + ": "))
                .toList()
                .toString();
    }

    /** Looks for functions of OpenBLAS where ours is the only one. */
    static final class Seeker {
        private Seeker() {}

        public static void main(String[] args) {
            Softmax4j.selfTest();
            Loader.load(javacpp.class);
            System.out.println("found "
                    + Stream.of("openblas_set_num_threads", "openblas_get_config", "cblas_sgemm", "dgemm_")
                            .filter(name -> Loader.addressof(name) != null)
                            .toList());
        }
    }

    /** Computes with ours or the system's by turns, and says which was called and what it gave. */
    static final class Callers {
        private Callers() {}

        public static void main(String[] args) {
            for (int turn = 0; turn < 2; turn++) {
                for (String caller : args) {
                    System.out.println(caller + ": "
                            + switch (caller) {
                                case "ours" -> ours();
                                case "local" -> system(1); // RTLD_LAZY
                                default -> system(1 | 0x100); // RTLD_GLOBAL
                            });
                }
            }
        }

        /** So many classes that predictions are products of OpenBLAS. */
        private static String ours() {
            Problem p = Problem.random(64, 40, 2500, true, 0, false);
            int bits = 0;
            for (ElementType type : ElementType.values()) {
                try (Dataset data = p.dataset(type)) {
                    SoftmaxModel model = SoftmaxModel.of(
                            40,
                            2500,
                            Arrays.copyOf(p.parameters, 40 * 2500),
                            Arrays.copyOfRange(p.parameters, 40 * 2500, 41 * 2500));
                    bits = 31 * bits + Arrays.hashCode(model.predictProbabilities(data));
                }
            }
            return Softmax4j.openBlasConfig() + ", bits " + bits;
        }

        private static String system(int flags) {
            NativeLibrary blas;
            try {
                blas = NativeLibrary.getInstance(NAME, Map.of(Library.OPTION_OPEN_FLAGS, flags));
            } catch (UnsatisfiedLinkError e) {
                System.out.println(e.getMessage());
                System.exit(MISSING);
                return null;
            }
            double[] c = new double[300 * 10];
            double[] ones = new double[784 * 300];
            Arrays.fill(ones, 1);
            int[] m = {300};
            int[] n = {10};
            int[] k = {784};
            double[] one = {1};
            blas.getFunction("dgemm_")
                    .invoke(new Object[] {"N", "N", m, n, k, one, ones, m, ones, k, new double[1], c, m});
            return config(blas) + ", right " + Arrays.stream(c).allMatch(value -> value == 784);
        }

        private static String config(NativeLibrary blas) {
            try {
                Function threads = blas.getFunction("openblas_get_num_threads");
                return blas.getFunction("openblas_get_config").invokeString(new Object[0], false) + ", threads "
                        + threads.invokeInt(new Object[0]);
            } catch (UnsatisfiedLinkError e) {
                return "not OpenBLAS";
            }
        }
    }
}
