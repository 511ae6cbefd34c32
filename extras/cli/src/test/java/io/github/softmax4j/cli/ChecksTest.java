package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.Softmax4j;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChecksTest {

    @TempDir
    Path folder;

    @Test
    void gradcheckStaysBelowItsTolerance() throws IOException {
        Path report = folder.resolve("r.json");
        String out = Cli.succeed("gradcheck", "--report", report);
        // Both worst entries are named: the problem, their place, and what was compared.
        assertTrue(
                out.lines()
                                .filter(l -> l.contains("analytic") && l.contains("numeric"))
                                .count()
                        == 2,
                out);
        assertEquals(
                Set.of("max_relative_error", "max_relative_error_f32", "cases"),
                Cli.json(report).keySet());
        assertTrue(Cli.json(report).get("max_relative_error").getAsDouble() < 1e-7);
        assertTrue(Cli.json(report).get("max_relative_error_f32").getAsDouble() < 1e-5);
        assertTrue(Cli.json(report).get("cases").getAsInt() >= 1000);
    }

    @Test
    void doctorNamesWhatRunsAndPassesItsSelfTest() {
        String out = Cli.succeed("doctor");
        assertTrue(out.contains(Softmax4j.kernels()), out);
        assertTrue(out.contains("core " + Softmax4j.openBlasCore() + "; " + Softmax4j.openBlasConfig()), out);
        assertTrue(out.contains("our own, " + Softmax4j.openBlasPath()), out);
        assertTrue(out.contains(Softmax4j.libraryPath()), out);
        assertTrue(out.contains("all passed"), out);
    }

    @Test
    void doctorWarnsOfAVariableThatHoldsOpenBlasBack() throws Exception {
        ProcessBuilder doctor = command("doctor");
        doctor.environment().put("OPENBLAS_CORETYPE", "Haswell");
        String out = output(doctor.start());
        assertTrue(out.contains("OPENBLAS_CORETYPE=Haswell holds OpenBLAS back"), out);
    }

    @Test
    void unknownKernelsAreAUsageErrorThatNamesTheValidOnes() throws Exception {
        ProcessBuilder train = command("train");
        train.environment().put("SOFTMAX4J_KERNELS", "mmx");
        Process process = train.redirectErrorStream(true).start();
        String out = output(process);
        assertEquals(2, process.waitFor());
        assertEquals(1, out.lines().count(), out);
        assertTrue(out.contains("mmx") && out.contains(String.join(", ", Softmax4j.supportedKernels())), out);
    }

    /** A command in a JVM of its own: the environment is read once. */
    private static ProcessBuilder command(String name) {
        return new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                name);
    }

    private static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), UTF_8);
    }
}
