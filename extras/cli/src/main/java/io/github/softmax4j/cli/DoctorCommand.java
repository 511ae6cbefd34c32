package io.github.softmax4j.cli;

import io.github.softmax4j.SelfTestResult;
import io.github.softmax4j.Softmax4j;
import io.github.softmax4j.SoftmaxException;
import java.util.List;
import picocli.CommandLine.Command;

/** Says what the library found on this machine, and whether it computes correctly. */
@Command(name = "doctor", description = "Platform, kernels, OpenBLAS, threads, and a numeric self-test.")
final class DoctorCommand extends Subcommand {

    @Override
    public Integer call() {
        say("platform", "%s", Softmax4j.platform());
        say("java", "%s, %s", System.getProperty("java.vm.name"), System.getProperty("java.runtime.version"));
        try {
            say("softmax4j", "%s", Softmax4j.version());
        } catch (SoftmaxException e) {
            return unusable(e);
        }
        say("cpu", "%s", String.join(" ", Softmax4j.cpuFeatures()));
        say("kernels", "%s (supported: %s)", Softmax4j.kernels(), String.join(", ", Softmax4j.supportedKernels()));
        say("openblas", "core %s; %s", Softmax4j.openBlasCore(), Softmax4j.openBlasConfig());
        say("openblas", "our own, %s", Softmax4j.openBlasPath());
        say("threads", "%d", Softmax4j.threads());
        say("library", "%s", Softmax4j.libraryPath());
        OpenBlasVariables.warnings().forEach(line -> say("warning", "%s", line));
        return selfTest() ? 0 : 1;
    }

    /** What is wrong and how to fix it, and then all that led to it. */
    private int unusable(SoftmaxException failure) {
        say("library", "FAILED: %s", failure.getMessage());
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            say("cause", "%s", cause);
        }
        return 1;
    }

    private boolean selfTest() {
        List<SelfTestResult> results = Softmax4j.selfTest();
        for (SelfTestResult result : results) {
            say(
                    "self-test",
                    "%-40s %s: error %.1e, at most %.1e",
                    result.name(),
                    result.passed() ? "passed" : "FAILED",
                    result.error(),
                    result.tolerance());
        }
        boolean passed = results.stream().allMatch(SelfTestResult::passed);
        say("self-test", "%s", passed ? "all passed" : "FAILED");
        return passed;
    }
}
