package io.github.softmax4j.benchmarks.peers;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * softmax4j in one JVM with each of those that bring or call another BLAS, with every two and with all of them, and loaded before,
 * between and after them: all compute the right probabilities, in turns and at the same time, softmax4j with the same bits as alone,
 * and it leaves the others the number of their threads. What fails without softmax4j too is no failure of it.
 */
public final class Coexistence {

    private static final int TURNS = 2;
    private static final double TOLERANCE = 1e-5;
    /** The bits of softmax4j's probabilities in a JVM of its own. */
    private static final String BITS = "softmax4j.coexistence.bits";

    private Coexistence() {}

    /** A class path, and those that it matters to. */
    private record Presets(String name, String classPath, List<Tenant> tenants) {}

    /** How a JVM ended, and what it says of the reason. */
    private record Outcome(int status, String why) {
        boolean isRight() {
            return status == 0;
        }
    }

    /**
     * Runs one JVM for each order of loading; with arguments, is one of them.
     *
     * @param args the tenants in the order in which they load
     */
    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            share(Arrays.stream(args).map(Tenant::valueOf).toList());
            return;
        }
        String bits = bits(Tenant.SOFTMAX4J.probabilities());
        boolean right = true;
        for (Presets presets : presets()) {
            System.out.println("\n" + presets.name
                    + "\n\n| others, in this order | softmax4j loads first, second, ... |\n| --- | --- |");
            List<Tenant> usable = new ArrayList<>();
            for (Tenant tenant : presets.tenants) {
                Outcome alone = run(presets.classPath, bits, List.of(tenant));
                if (alone.isRight()) {
                    usable.add(tenant);
                } else {
                    System.out.println("| " + tenant + " | left out, alone it ends with " + alone + " |");
                }
            }
            for (List<Tenant> others : orders(usable)) {
                right &= tryAll(presets.classPath, bits, others);
            }
        }
        System.exit(right ? 0 : 1);
    }

    /** The presets of the build, those that ND4J was built with, and both. */
    private static List<Presets> presets() throws IOException {
        Path jar = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        String newer = jar.toString();
        String older = jars(jar.resolveSibling("older-presets"));
        List<Tenant> callers = List.of(Tenant.ND4J, Tenant.OPENBLAS);
        List<Tenant> all = Arrays.stream(Tenant.values())
                .filter(tenant -> tenant != Tenant.SOFTMAX4J)
                .toList();
        return List.of(
                new Presets("One version of the presets", newer, all),
                new Presets(
                        "Two versions of the presets, the older first", older + File.pathSeparator + newer, callers),
                new Presets(
                        "Two versions of the presets, the newer first", newer + File.pathSeparator + older, callers));
    }

    private static String jars(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(Path::toString).sorted().collect(Collectors.joining(File.pathSeparator));
        }
    }

    /** Each alone, each two in both orders, and all. */
    private static List<List<Tenant>> orders(List<Tenant> tenants) {
        List<List<Tenant>> orders = new ArrayList<>();
        for (Tenant first : tenants) {
            orders.add(List.of(first));
            for (Tenant second : tenants) {
                if (first != second) {
                    orders.add(List.of(first, second));
                }
            }
        }
        if (tenants.size() > 2) {
            orders.add(tenants);
        }
        return orders;
    }

    /** softmax4j in each place among the others; whether all went well that does so without it. */
    private static boolean tryAll(String classPath, String bits, List<Tenant> others) throws Exception {
        List<Outcome> outcomes = new ArrayList<>();
        for (int place = 0; place <= others.size(); place++) {
            List<Tenant> order = new ArrayList<>(others);
            order.add(place, Tenant.SOFTMAX4J);
            outcomes.add(run(classPath, bits, order));
        }
        String shown = outcomes.stream()
                .map(outcome -> outcome.isRight() ? "right" : outcome.toString())
                .collect(Collectors.joining(", "));
        boolean right = outcomes.stream().allMatch(Outcome::isRight);
        if (!right) {
            Outcome without = run(classPath, bits, others);
            shown += "; without softmax4j " + (without.isRight() ? "right: FAILED" : without);
            right = !without.isRight();
        }
        System.out.println(
                "| " + others.stream().map(Tenant::name).collect(Collectors.joining(", ")) + " | " + shown + " |");
        return right;
    }

    private static Outcome run(String classPath, String bits, List<Tenant> order)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("coexistence");
        List<String> command = new ArrayList<>(Systems.jvm(Coexistence.class, classPath));
        command.addAll(1, List.of("-XX:-CreateCoredumpOnCrash", "-D" + BITS + "=" + bits));
        order.forEach(tenant -> command.add(tenant.name()));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        try (Stream<Path> reports = Files.list(folder)) {
            for (Path report : reports.toList()) {
                Files.delete(report);
            }
        }
        Files.delete(folder);
        String why = output.lines()
                .filter(line -> line.matches("Exception.*|Caused by.*|# +SIG.*|# C .*"))
                .reduce("", (all, line) -> all.isEmpty() ? line.strip() : all + " " + line.strip());
        return new Outcome(status, why);
    }

    private static void share(List<Tenant> tenants) throws InterruptedException, ExecutionException {
        System.setProperty("ai.djl.offline", "true");
        float[] expected = Tenant.expected();
        EnumSet<Tenant> loaded = EnumSet.noneOf(Tenant.class);
        for (int turn = 0; turn < TURNS; turn++) {
            for (Tenant tenant : tenants) {
                Map<Tenant, Integer> before = threads(loaded);
                check(tenant, expected);
                if (isOurs(tenant) && !threads(loaded).equals(before)) {
                    throw new IllegalStateException(tenant + " has changed " + before + " to " + threads(loaded));
                }
                loaded.add(tenant);
            }
        }
        ExecutorService pool = Executors.newFixedThreadPool(2 * tenants.size());
        try {
            List<Future<?>> calls = new ArrayList<>();
            for (int turn = 0; turn < 2 * TURNS; turn++) {
                for (Tenant tenant : tenants) {
                    calls.add(pool.submit(() -> check(tenant, expected)));
                }
            }
            for (Future<?> call : calls) {
                call.get();
            }
        } finally {
            pool.shutdown();
        }
    }

    private static Map<Tenant, Integer> threads(EnumSet<Tenant> tenants) {
        Map<Tenant, Integer> threads = new EnumMap<>(Tenant.class);
        tenants.forEach(tenant -> threads.put(tenant, tenant.threads()));
        return threads;
    }

    private static void check(Tenant tenant, float[] expected) {
        float[] found;
        try {
            found = tenant.probabilities();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(found[i] - expected[i]) <= TOLERANCE)) {
                throw new IllegalStateException(
                        tenant + " gives " + found[i] + " at " + i + ", which should be " + expected[i]);
            }
        }
        if (isOurs(tenant) && !bits(found).equals(System.getProperty(BITS))) {
            throw new IllegalStateException(tenant + " has other bits than alone");
        }
    }

    private static boolean isOurs(Tenant tenant) {
        return tenant == Tenant.SOFTMAX4J || tenant == Tenant.SECOND_LOADER;
    }

    private static String bits(float[] probabilities) {
        return Integer.toString(Arrays.hashCode(probabilities));
    }
}
