package io.github.softmax4j.benchmarks.peers;

import com.sun.jna.Function;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The OpenBLAS that a library has loaded into this process. */
final class OpenBlas {

    private OpenBlas() {}

    /** Its build and core; null where none is loaded. */
    static String describe() throws IOException {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.exists(maps)) {
            return null;
        }
        String library = Files.readAllLines(maps).stream()
                .filter(line -> line.contains("/libopenblas") || line.contains("/libs4j_blas"))
                .map(line -> line.substring(line.indexOf('/')))
                .findFirst()
                .orElse(null);
        return library == null
                ? null
                : text(library, "openblas_get_config") + ", core " + text(library, "openblas_get_corename");
    }

    private static String text(String library, String function) {
        return Function.getFunction(library, function)
                .invokeString(new Object[0], false)
                .strip();
    }
}
