package io.github.softmax4j.benchmarks.peers;

import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The process of one system for one piece of work: arguments SYSTEM WORK FOLDER THREADS; see {@link Reply}. */
final class Child {

    /** A turn lasts about as long, if a run does not last longer. */
    private static final double TURN_SECONDS = 0.3;

    private static final int MOST_RUNS = 9;

    private Child() {}

    /** Runs until the input ends. */
    public static void main(String[] args) throws IOException {
        PrintStream out = System.out;
        System.setOut(System.err); // what libraries print is not for the driver
        try {
            Optional<Peer.Task> task = prepare(args, out);
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (task.isPresent() && in.readLine() != null) {
                say(out, Reply.ofSeconds(turn(task.get())));
            }
        } catch (Exception | LinkageError | OutOfMemoryError e) {
            e.printStackTrace();
            say(out, Reply.ofError(e));
        }
        System.exit(0); // libraries leave threads behind
    }

    private static Optional<Peer.Task> prepare(String[] args, PrintStream out) throws Exception {
        Work work = Work.all().stream()
                .filter(w -> w.name().equals(args[1]))
                .findFirst()
                .orElseThrow();
        Peer peer = Systems.inJava(args[0]);
        Optional<Peer.Task> task = peer.prepare(work, new Data(work, Path.of(args[2])), Integer.parseInt(args[3]));
        if (task.isEmpty()) {
            say(out, Reply.ofUnsupported());
            return task;
        }
        List<Double> check = list(task.get().check());
        if (!check.stream().allMatch(Double::isFinite)) {
            throw new ArithmeticException("the result is not finite: " + check);
        }
        double[] expected = task.get().expected();
        List<Double> own = expected == null ? null : list(expected);
        say(out, new Reply(false, null, peer.version(), OpenBlas.describe(), check, own, 0));
        return task;
    }

    private static List<Double> list(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static double turn(Peer.Task task) throws Exception {
        double wall = Timing.time(task::seconds); // warms up after the wait
        int runs = (int) Math.max(1, Math.min(MOST_RUNS, TURN_SECONDS / wall));
        double[] seconds = new double[runs];
        for (int i = 0; i < runs; i++) {
            seconds[i] = task.seconds();
        }
        Arrays.sort(seconds);
        return seconds[runs / 2];
    }

    private static void say(PrintStream out, Reply reply) {
        out.println(Reply.MARK + new Gson().toJson(reply));
        out.flush();
    }
}
