package io.github.softmax4j;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

/** Whether this JVM runs in an emulator, which {@code cmake/cross --test-java} tells the tests. */
final class Emulator {

    private static final boolean RUNS = Boolean.getBoolean("softmax4j.test.emulated");

    /** How many times longer than elsewhere things may take. */
    static final int PATIENCE = RUNS ? 20 : 1;

    private Emulator() {}

    static void skipWhatMeasuresMemory() {
        assumeFalse(RUNS, "the process's memory is the emulator's");
    }

    static void skipWhatForbidsExecution() {
        assumeFalse(RUNS, "an emulator reads what it executes");
    }
}
