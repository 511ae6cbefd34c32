package io.github.softmax4j.benchmarks.peers;

import io.github.softmax4j.Softmax4j;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** All systems, and how each is started. */
final class Systems {

    /** softmax4j, which the others are compared with. */
    static final String OURS = "softmax4j";

    /** Those in a JVM. A new one is added here. */
    private static final Map<String, Supplier<Peer>> JAVA = new LinkedHashMap<>();

    /** Those that the script runs. */
    static final List<String> PYTHON = List.of("numpy", "scikit-learn");

    /** Those that allocate large arrays in each run: measured with the C library's allocator as shipped, and tuned to keep them. */
    private static final Set<String> ALLOCATING = Set.of("pytorch", "numpy", "scikit-learn");

    private static final Map<String, String> TUNED = Map.of(
            "MALLOC_ARENA_MAX", "1",
            "MALLOC_MMAP_MAX_", "0",
            "MALLOC_TRIM_THRESHOLD_", "17179869184",
            "MALLOC_TOP_PAD_", "1073741824");

    static {
        JAVA.put(OURS, Softmax4jPeer::new);
        JAVA.put("pytorch", PyTorchPeer::new);
        JAVA.put("nd4j", Nd4jPeer::new);
        JAVA.put("tribuo", TribuoPeer::new);
        JAVA.put("liblinear", LiblinearPeer::new);
        JAVA.put("onnxruntime", OnnxRuntimePeer::new);
    }

    private Systems() {}

    /**
     * A system as one process.
     *
     * @param system its name
     * @param allocator "as shipped" or "tuned"
     * @param command without the arguments that name the work
     * @param environment what it adds to that of all
     */
    record Variant(String system, String allocator, List<String> command, Map<String, String> environment) {}

    /** The names of all. */
    static List<String> names() {
        List<String> names = new ArrayList<>(JAVA.keySet());
        names.addAll(PYTHON);
        return names;
    }

    /** The system in this JVM. */
    static Peer inJava(String name) {
        return JAVA.get(name).get();
    }

    /** How {@code name} is started: in one way, or in two. */
    static List<Variant> variants(String name, String python, Path script) {
        List<String> command = PYTHON.contains(name) ? List.of(python, script.toString(), name) : java(name);
        Variant shipped = new Variant(name, "as shipped", command, Map.of());
        return ALLOCATING.contains(name)
                ? List.of(shipped, new Variant(name, "tuned", command, TUNED))
                : List.of(shipped);
    }

    private static List<String> java(String name) {
        List<String> command = new ArrayList<>(jvm(Child.class, System.getProperty("java.class.path")));
        command.add(name);
        return command;
    }

    /** The command that runs a main class in a JVM of its own. */
    static List<String> jvm(Class<?> main, String classPath) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.bytedeco.javacpp.platform.extension=" + nd4jExtension(),
                "-cp",
                classPath,
                main.getName());
    }

    /** ND4J comes built for several instruction sets, and does not choose by itself. */
    private static String nd4jExtension() {
        List<String> features = Softmax4j.cpuFeatures();
        return features.contains("avx512f") ? "-avx512" : features.contains("avx2") ? "-avx2" : "";
    }
}
