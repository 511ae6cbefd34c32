package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The library as a whole: that it loads, what it says about itself, and how it is set up. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class Softmax4jTest {

    @Test
    @Order(1)
    void loadsAndTellsItsVersion() {
        assertFalse(Softmax4j.version().isBlank());
        String expected = System.getProperty("softmax4j.test.version");
        assumeTrue(expected != null, "the build sets softmax4j.test.version");
        assertEquals(expected, Softmax4j.version());
    }

    @Test
    void kernelsInUseAreTheBestSupportedOnes() {
        assertTrue(Softmax4j.supportedKernels().contains(Softmax4j.kernels()));
        assumeTrue(System.getProperty("softmax4j.kernels") == null, "kernels are chosen by property");
        assumeTrue(System.getenv("SOFTMAX4J_KERNELS") == null, "kernels are chosen by variable");
        assertEquals(Softmax4j.supportedKernels().get(0), Softmax4j.kernels());
    }

    @Test
    void cpuFeaturesAndKernelsAgreeWithTheOperatingSystem() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        assumeTrue(
                Files.isReadable(info) && Softmax4j.platform().endsWith("x86_64"), "needs /proc/cpuinfo of an x86-64");
        Set<String> flags = new HashSet<>();
        for (String line : Files.readAllLines(info)) {
            if (line.startsWith("flags")) {
                flags.addAll(Arrays.asList(
                        line.substring(line.indexOf(':') + 1).trim().split(" ")));
                break;
            }
        }
        List<String> features = Softmax4j.cpuFeatures();
        for (String known : List.of(
                "ssse3",
                "sse4.1",
                "sse4.2",
                "popcnt",
                "avx",
                "avx2",
                "fma",
                "bmi",
                "bmi2",
                "avx512f",
                "avx512bw",
                "avx512cd",
                "avx512dq",
                "avx512vl")) {
            String flag = known.equals("bmi") ? "bmi1" : known.replace('.', '_');
            assertEquals(flags.contains(flag), features.contains(known), known);
        }
        List<String> kernels = Softmax4j.supportedKernels();
        assertTrue(kernels.contains("x86-64-v2"));
        // The levels of the x86-64 psABI, in the words of Linux ("abm" stands for lzcnt).
        boolean v3 = flags.containsAll(List.of("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"));
        assertEquals(v3, kernels.contains("x86-64-v3"));
        boolean v4 = flags.containsAll(List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));
        assertEquals(v3 && v4, kernels.contains("x86-64-v4"));
    }

    @Test
    void tellsWhereItComesFromAndWhatIsBeneath() {
        assertTrue(Files.isRegularFile(Path.of(Softmax4j.libraryPath())), Softmax4j.libraryPath());
        assertTrue(Softmax4j.openBlasConfig().contains("OpenBLAS"), Softmax4j.openBlasConfig());
        assertFalse(Softmax4j.openBlasCore().isBlank());
        assertTrue(Softmax4j.threads() >= 1);
    }

    @Test
    void selfTestPassesOnAllKernels() {
        for (String kernels : Kernels.all()) {
            Kernels.with(kernels, () -> {
                List<SelfTestResult> results = Softmax4j.selfTest();
                assertTrue(results.size() >= 12);
                for (SelfTestResult result : results) {
                    assertTrue(result.passed(), result::toString);
                }
            });
        }
        assertFalse(new SelfTestResult("x", Double.NaN, 1).passed());
    }

    @Test
    void otherUsersOfOpenBlasKeepTheirThreads() {
        int before = openblas.blas_get_num_threads();
        try {
            for (int threads : new int[] {1, 2, before}) {
                openblas.blas_set_num_threads(threads);
                openblas_nolapack.blas_set_num_threads(threads);
                for (int classes : new int[] {10, 100, 2500}) {
                    Problem p = Problem.random(300, 20, classes, true, 0, false);
                    try (Dataset data = p.dataset(ElementType.FLOAT32)) {
                        p.run(data, 0, 2);
                        SoftmaxModel model =
                                SoftmaxTrainer.builder().epochs(1).build().fit(data);
                        model.predict(data);
                    }
                    assertEquals(threads, openblas.blas_get_num_threads(), classes + " classes");
                    assertEquals(threads, openblas_nolapack.blas_get_num_threads(), classes + " classes");
                }
            }
        } finally {
            openblas.blas_set_num_threads(before);
            openblas_nolapack.blas_set_num_threads(before);
        }
    }

    @Test
    void unknownKernelsAreAnErrorThatNamesTheValidOnes() throws Exception {
        ChildJvm.Outcome byProperty = ChildJvm.run(Child.class, List.of("-Dsoftmax4j.kernels=foo"), Map.of());
        ChildJvm.Outcome byVariable = ChildJvm.run(Child.class, List.of(), Map.of("SOFTMAX4J_KERNELS", "foo"));
        for (ChildJvm.Outcome outcome : List.of(byProperty, byVariable)) {
            assertEquals(3, outcome.status(), outcome.output());
            assertTrue(outcome.output().contains("IllegalArgumentException"), outcome.output());
            assertTrue(outcome.output().contains("kernels 'foo' do not exist"), outcome.output());
            assertTrue(outcome.output().contains(String.join(", ", Softmax4j.supportedKernels())), outcome.output());
        }
        assertTrue(byProperty.output().contains("-Dsoftmax4j.kernels"), byProperty.output());
        assertTrue(byVariable.output().contains("SOFTMAX4J_KERNELS"), byVariable.output());
    }

    @Test
    void supportedKernelsCanBeChosenByProperty() throws Exception {
        for (String kernels : Softmax4j.supportedKernels()) {
            ChildJvm.Outcome outcome = ChildJvm.run(
                    Child.class,
                    List.of("-Dsoftmax4j.kernels=" + kernels),
                    Map.of("SOFTMAX4J_KERNELS", "the property comes first"));
            assertEquals(0, outcome.status(), outcome.output());
            assertTrue(outcome.output().contains("kernels " + kernels + ", loss 0.6931"), outcome.output());
        }
    }

    @Test
    void wrongNumberOfThreadsIsAnErrorThatSaysWhatIsAccepted() throws Exception {
        for (String threads : List.of("0", "abc", "-1", "1025", "")) {
            ChildJvm.Outcome outcome = ChildJvm.run(Child.class, List.of("-Dsoftmax4j.threads=" + threads), Map.of());
            assertEquals(3, outcome.status(), outcome.output());
            String expected = "IllegalArgumentException: -Dsoftmax4j.threads must be a whole number in 1..1024, was '"
                    + threads + "'";
            assertTrue(outcome.output().contains(expected), outcome.output());
        }
        ChildJvm.Outcome outcome = ChildJvm.run(Child.class, List.of("-Dsoftmax4j.threads=3"), Map.of());
        assertTrue(outcome.output().contains("threads 3"), outcome.output());
    }

    /** Says what is in use, and computes something; ends with status 3 after an exception. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            try (Dataset data = Dataset.ofDoubles(new double[][] {{1}, {2}}, new int[] {0, 1})) {
                double loss = SoftmaxLoss.builder().build().loss(data, new double[4]);
                System.out.println(
                        "threads " + Softmax4j.threads() + ", kernels " + Softmax4j.kernels() + ", loss " + loss);
            } catch (RuntimeException e) {
                System.out.println(e);
                System.exit(3);
            }
        }
    }
}
