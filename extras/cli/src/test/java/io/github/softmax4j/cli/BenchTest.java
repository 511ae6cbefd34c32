package io.github.softmax4j.cli;

import static io.github.softmax4j.ElementType.FLOAT32;
import static io.github.softmax4j.ElementType.FLOAT64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.softmax4j.Softmax4j;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {

    @TempDir
    Path folder;

    @Test
    void reportsLimitsAndEveryPathOfAShape() throws IOException {
        Path report = folder.resolve("r.json");

        String out = Cli.succeed("bench", "--shape", "1000x20x3", "--dtype", "f32", "--report", report);

        JsonObject json = Cli.json(report);
        assertEquals(Set.of("limits", "cpu", "openblas_core", "kernels", "threads", "paths"), json.keySet());
        JsonObject limits = json.getAsJsonObject("limits");
        assertEquals(Set.of("gemm_f32_gflops", "read_gb_s", "copy_gb_s"), limits.keySet());
        assertEquals(
                Set.of(
                        "loss_gradient_1000x20x3_f32",
                        "epoch_1000x20x3_b128_f32",
                        "adam_step_128x20x3_f32",
                        "probabilities_1000x20x3_f32",
                        "predict_row_20x3_f32"),
                names(json));
        for (JsonElement element : json.getAsJsonArray("paths")) {
            JsonObject path = element.getAsJsonObject();
            assertEquals(Set.of("name", "seconds", "best_seconds", "limit_seconds", "share"), path.keySet());
            double seconds = path.get("seconds").getAsDouble();
            double best = path.get("best_seconds").getAsDouble();
            assertTrue(best > 0 && best <= seconds, element::toString);
            assertEquals(
                    path.get("limit_seconds").getAsDouble() / seconds,
                    path.get("share").getAsDouble());
        }
        String first = out.lines().findFirst().orElseThrow();
        assertTrue(first.contains(Softmax4j.kernels()) && first.contains("core " + Softmax4j.openBlasCore()), first);
    }

    @Test
    void measuresOnlyThePathsThatAreNamed() throws IOException {
        Path report = folder.resolve("r.json");

        Cli.succeed("bench", "--paths", "predict_row_*,adam_step_1x*", "--report", report);

        assertEquals(Set.of("predict_row_784x10_f32", "adam_step_1x784x10_f32"), names(Cli.json(report)));
        assertFalse(Cli.json(report).getAsJsonObject("limits").has("gemm_f64_gflops"));
    }

    @Test
    void standardSetHasEveryHotPathOnce() {
        List<String> names = BenchSuite.standard().stream()
                .flatMap(suite -> suite.paths().stream().map(BenchPath::name))
                .toList();

        Stream<String> lossGradients = Stream.of("60000x784x10", "60000x768x100", "20000x768x1000", "4096x512x32000")
                .flatMap(shape -> Stream.of("loss_gradient_" + shape + "_f32", "loss_gradient_" + shape + "_f64"));
        Stream<String> others = Stream.of(
                "adam_step_1x784x10_f32",
                "adam_step_128x784x10_f32",
                "adam_step_512x784x10_f32",
                "epoch_60000x784x10_b128_f32",
                "probabilities_60000x784x10_f32",
                "predict_row_784x10_f32",
                "softmax_1000000x10_f32",
                "softmax_8192x1000_f32",
                "softmax_1024x32000_f32");
        assertEquals(
                Stream.concat(lossGradients, others).sorted().toList(),
                names.stream().sorted().toList());
    }

    /** 1e12 operations a second in float32, half of it in float64; 50 GB/s read, 40 GB/s copied. */
    private static final BenchLimits LIMITS = new BenchLimits(Map.of(FLOAT32, 1e12, FLOAT64, 0.5e12), 50e9, 40e9, 32e6);

    private static double limit(BenchPath path) {
        return LIMITS.seconds(path);
    }

    @Test
    void limitIsTheLongerOfComputingAndMoving() {
        assertEquals(0.008, limit(path(1e9, 400e6, 0)), 1e-12);
        assertEquals(0.04, limit(path(20e9, 400e6, 0)), 1e-12);
    }

    @Test
    void whatIsWrittenIsCopiedAndTheRestRead() {
        assertEquals(200e6 / 40e9 + 300e6 / 50e9, limit(path(0, 400e6, 100e6)), 1e-12);
        assertEquals(300e6 / 40e9, limit(path(0, 100e6, 200e6)), 1e-12);
    }

    @Test
    void whatTheCachesHoldIsNotMoved() {
        assertEquals(2e-6, limit(path(1e6, 31e6, 1e6)), 1e-12);
    }

    @Test
    void cachesHoldTheDataOfEveryTurnOrNothing() {
        assertEquals(0, limit(path(0, 8e6, 8e6, 2)));
        assertEquals(16e6 / 40e9, limit(path(0, 8e6, 8e6, 3)), 1e-12);
    }

    @Test
    void softmaxComesFromMemory() {
        List<BenchPath> paths = BenchSuite.standard().stream()
                .flatMap(suite -> suite.paths().stream())
                .filter(path -> path.name().startsWith("softmax"))
                .toList();
        assertEquals(3, paths.size());
        for (BenchPath path : paths) {
            assertTrue(path.bytes() * path.sets() >= 4 * Processor.cacheBytes(), path::name);
        }
    }

    private static BenchPath path(double flops, double read, double written) {
        return path(flops, read, written, 1);
    }

    private static BenchPath path(double flops, double read, double written, int sets) {
        return new BenchPath("p", FLOAT64, flops, read, written, sets, data -> repetitions -> 0);
    }

    @Test
    void samplesAreDescribedByTheirOrder() {
        BenchSamples samples = new BenchSamples();
        Stream.of(5.0, 1.0, 4.0, 2.0, 3.0).forEach(samples::add);
        assertEquals(3, samples.median());
        assertEquals(1, samples.best());
        assertEquals(4, samples.quantile(0.75));
    }

    private static Set<String> names(JsonObject report) {
        return StreamSupport.stream(report.getAsJsonArray("paths").spliterator(), false)
                .map(path -> path.getAsJsonObject().get("name").getAsString())
                .collect(Collectors.toSet());
    }
}
