package io.github.softmax4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What Linux says about the processor. */
final class Processor {

    /** Assumed where the system does not say. */
    private static final long USUAL_CACHE = 32L << 20;

    private Processor() {}

    /** The name that its maker gave it; that of the architecture where there is none. */
    static String name() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElseGet(Processor::architecture);
        } catch (IOException e) {
            return architecture();
        }
    }

    private static String architecture() {
        return System.getProperty("os.arch");
    }

    /** The bytes of the largest cache. */
    static long cacheBytes() {
        long largest = IntStream.range(0, 5)
                .mapToObj(i -> Path.of("/sys/devices/system/cpu/cpu0/cache/index" + i, "size"))
                .mapToLong(Processor::kibibytes)
                .max()
                .orElse(0);
        return largest > 0 ? largest << 10 : USUAL_CACHE;
    }

    /** The size in a file, such as 32768K; 0 where there is none. */
    private static long kibibytes(Path file) {
        try {
            String text = Files.readString(file).strip();
            return text.matches("\\d{1,9}K") ? Long.parseLong(text.substring(0, text.length() - 1)) : 0;
        } catch (IOException e) {
            return 0;
        }
    }
}
