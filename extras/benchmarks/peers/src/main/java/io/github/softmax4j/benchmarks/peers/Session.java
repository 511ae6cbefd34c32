package io.github.softmax4j.benchmarks.peers;

import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A system's process, ready for one piece of work, and what it has measured. */
final class Session implements AutoCloseable {

    /** OpenMP's threads spin for up to 200 ms after a loop: the next system waits until they sleep. */
    private static final long REST_MILLIS = 300;

    /** What holds OpenBLAS back, and what would let some systems' threads wait in another way than others'. */
    private static final List<String> UNSET = List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_WAIT_POLICY");

    private final Systems.Variant variant;
    private final Process process;
    private final BufferedReader in;
    private final OutputStream out;
    private final Reply ready;
    private final List<Double> samples = new ArrayList<>();
    private String failure;

    Session(Systems.Variant variant, Work work, Path folder, int threads) throws IOException, InterruptedException {
        this.variant = variant;
        List<String> command = new ArrayList<>(variant.command());
        command.addAll(List.of(work.name(), folder.toString(), "" + threads));
        File log = folder.resolve(variant.system() + ".log").toFile();
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log);
        Map<String, String> environment = builder.environment();
        UNSET.forEach(environment::remove);
        for (String library : List.of("OMP", "MKL", "OPENBLAS")) {
            environment.put(library + "_NUM_THREADS", "" + threads);
        }
        environment.put("OPT_OUT_TRACKING", "true"); // DJL would count its users
        environment.putAll(variant.environment());
        process = builder.start();
        in = process.inputReader(StandardCharsets.UTF_8);
        out = process.getOutputStream();
        ready = read();
    }

    Systems.Variant variant() {
        return variant;
    }

    /** How it got ready. */
    Reply ready() {
        return ready;
    }

    /** One turn; none any more after one that failed. */
    void measure() throws IOException, InterruptedException {
        if (failure != null) {
            return;
        }
        Thread.sleep(REST_MILLIS);
        Reply reply;
        try {
            out.write('\n');
            out.flush();
            reply = read();
        } catch (IOException e) {
            // It has ended: killed for memory, most likely. The others go on.
            reply = Reply.ofError(new IOException("its process ended with status " + process.waitFor(), e));
        }
        failure = reply.error();
        samples.add(reply.seconds());
    }

    private Reply read() throws IOException, InterruptedException {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith(Reply.MARK)) {
                return new Gson().fromJson(line.substring(Reply.MARK.length()), Reply.class);
            }
        }
        return Reply.ofError(new IOException("its process ended with status " + process.waitFor()));
    }

    /** What went wrong while it was measured; null where nothing did. */
    String failure() {
        return failure;
    }

    /** The seconds of each turn but the first, which warms up. */
    List<Double> samples() {
        return samples.subList(Math.min(1, samples.size()), samples.size());
    }

    /** Their median. */
    double seconds() {
        List<Double> sorted = samples().stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        in.close();
        process.onExit().join();
    }
}
