package io.github.softmax4j.cli;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What in the environment keeps OpenBLAS from its best. */
final class OpenBlasVariables {

    private static final Map<String, String> HOLD_BACK = new TreeMap<>(Map.of(
            "OPENBLAS_CORETYPE", "fixes its kernels instead of those this processor is best at",
            "OPENBLAS_L2_SIZE", "fixes its blocks for another cache than this processor's",
            "OPENBLAS_NUM_THREADS", "limits its threads"));

    private OpenBlasVariables() {}

    /** A line about each variable that is set. */
    static List<String> warnings() {
        return HOLD_BACK.entrySet().stream()
                .filter(e -> System.getenv(e.getKey()) != null)
                .map(e -> e.getKey() + "=" + System.getenv(e.getKey()) + " holds OpenBLAS back: it " + e.getValue()
                        + "; unset it")
                .toList();
    }
}
