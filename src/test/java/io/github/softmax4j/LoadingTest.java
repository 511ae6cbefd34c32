package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the library is loaded from, by whom, and with how many threads. */
class LoadingTest {

    @TempDir
    private Path folder;

    @Test
    void recordedHashesAreThoseOfTheNativeFiles() throws Exception {
        try (InputStream recorded = Softmax4j.class.getResourceAsStream("internal/native.sha256")) {
            String text = new String(recorded.readAllBytes(), StandardCharsets.UTF_8);
            Set<String> files = text.lines().map(line -> line.substring(66)).collect(Collectors.toSet());
            assertTrue(files.contains(Softmax4j.platform() + "/" + NativeFiles.LIBRARY), text);
            assertTrue(text.lines().allMatch(line -> line.matches("[0-9a-f]{64}  [a-z0-9_-]+/\\S+")), text);
        }
    }

    @Test
    void namedFolderIsAllThatIsUsed() throws Exception {
        assumeTrue(Softmax4j.platform().startsWith("linux"), "reads what is mapped");
        Path library = NativeFiles.copy(folder);
        Path noFolder = Files.createFile(folder.resolve("file"));
        ChildJvm.Outcome outcome = ChildJvm.run(
                Child.class,
                List.of(
                        "-Dsoftmax4j.library.path=" + library.getParent(),
                        "-Duser.home=" + noFolder,
                        "-Djava.io.tmpdir=" + noFolder),
                Map.of());
        assertEquals(0, outcome.status(), outcome.output());
        assertTrue(outcome.output().contains("loaded " + library), outcome.output());
        assertTrue(outcome.output().contains("OpenBLAS " + library.getParent()), outcome.output());
    }

    @Test
    void twoJvmsFillAnEmptyCacheAtOnce() throws Exception {
        Path jar = NativeFiles.jar(folder.resolve("natives.jar"));
        Path cache = folder.resolve("cache");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dorg.bytedeco.javacpp.cachedir=" + cache,
                "-cp",
                NativeFiles.with(jar),
                Child.class.getName());
        ExecutorService pool = Executors.newFixedThreadPool(3);
        try {
            List<Future<ChildJvm.Outcome>> outcomes = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                outcomes.add(pool.submit(() -> ChildJvm.run(command, Map.of())));
            }
            for (Future<ChildJvm.Outcome> outcome : outcomes) {
                assertEquals(0, outcome.get().status(), outcome.get().output());
                assertTrue(
                        outcome.get().output().contains("loaded " + cache),
                        outcome.get().output());
            }
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void twoClassLoadersEachHaveALibraryOfTheirOwn() throws Exception {
        ChildJvm.Outcome outcome = ChildJvm.run(Loaders.class, List.of(), Map.of());
        assertEquals(0, outcome.status(), outcome.output());
    }

    @Test
    void processorsOfTheJvmAreTheThreadsUnlessVariableOrPropertySayOtherwise() throws Exception {
        assertEquals("threads 3", threads(List.of("-XX:ActiveProcessorCount=3"), Map.of()));
        assertEquals("threads 1", threads(List.of("-XX:ActiveProcessorCount=1"), Map.of()));
        List<String> three = List.of("-XX:ActiveProcessorCount=3");
        assertEquals("threads 2", threads(three, Map.of("OMP_NUM_THREADS", "2")));
        assertEquals("threads 2", threads(three, Map.of("OMP_NUM_THREADS", " 2,4 ")));
        assertEquals("threads 3", threads(three, Map.of("OMP_NUM_THREADS", "many")));
        List<String> property = List.of("-XX:ActiveProcessorCount=3", "-Dsoftmax4j.threads=5");
        assertEquals("threads 5", threads(property, Map.of("OMP_NUM_THREADS", "2")));
    }

    private static String threads(List<String> options, Map<String, String> environment) throws Exception {
        ChildJvm.Outcome outcome = ChildJvm.run(Threads.class, options, environment);
        return outcome.output()
                .lines()
                .filter(line -> line.startsWith("threads"))
                .findFirst()
                .orElse(outcome.output());
    }

    /** Computes something, and says what it was done with. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            if (!Softmax4j.selfTest().stream().allMatch(SelfTestResult::passed)) {
                System.exit(3);
            }
            System.out.println("loaded " + Softmax4j.libraryPath());
            for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
                if (line.contains("/libs4j_blas")) {
                    System.out.println("OpenBLAS " + line.substring(line.indexOf('/')));
                    break;
                }
            }
        }
    }

    /** Says how many threads calls have. */
    static final class Threads {
        private Threads() {}

        public static void main(String[] args) {
            System.out.println("threads " + Softmax4j.threads());
        }
    }

    /** Loads the library in class loaders that share nothing, and in one whose parent has JavaCPP. */
    static final class Loaders {
        private Loaders() {}

        public static void main(String[] args) throws Exception {
            List<String> paths = new ArrayList<>();
            try (URLClassLoader first = loader(entry -> true, ClassLoader.getPlatformClassLoader());
                    URLClassLoader second = loader(entry -> true, ClassLoader.getPlatformClassLoader());
                    URLClassLoader parent = loader(Loaders::isDependency, ClassLoader.getPlatformClassLoader());
                    URLClassLoader child = loader(entry -> !isDependency(entry), parent)) {
                for (URLClassLoader loader : List.of(first, second, child)) {
                    Class<?> api = loader.loadClass(Softmax4j.class.getName());
                    List<?> results = (List<?>) api.getMethod("selfTest").invoke(null);
                    for (Object result : results) {
                        assertEquals(true, result.getClass().getMethod("passed").invoke(result), result.toString());
                    }
                    paths.add((String) api.getMethod("libraryPath").invoke(null));
                }
            }
            assertEquals(3, Set.copyOf(paths).size(), paths.toString());
        }

        private static boolean isDependency(String entry) {
            return entry.contains("javacpp") || entry.contains("openblas");
        }

        private static URLClassLoader loader(Predicate<String> wanted, ClassLoader parent) throws Exception {
            List<URL> urls = new ArrayList<>();
            for (String entry : NativeFiles.classPath()) {
                if (wanted.test(entry)) {
                    urls.add(new File(entry).toURI().toURL());
                }
            }
            return new URLClassLoader(urls.toArray(URL[]::new), parent);
        }
    }
}
