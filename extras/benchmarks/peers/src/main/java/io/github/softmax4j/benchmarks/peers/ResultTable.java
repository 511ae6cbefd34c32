package io.github.softmax4j.benchmarks.peers;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Results as a table in Markdown: a line for each piece of work, a column for each system, the better of its variants. */
final class ResultTable {

    private final List<String> systems;
    private final List<Result> results = new ArrayList<>();
    private final Set<String> works = new LinkedHashSet<>();

    ResultTable(List<String> systems) {
        this.systems = systems;
    }

    void add(Result result) {
        works.add(result.work());
        results.add(result);
    }

    List<Result> results() {
        return results;
    }

    boolean hasFailure() {
        return results.stream().anyMatch(Result::isFailed);
    }

    /** The version of each system, and its BLAS. */
    String systems() {
        Set<String> lines = new LinkedHashSet<>();
        for (Result result : results) {
            if (result.version() != null) {
                lines.add("- " + result.version() + (result.blas() == null ? "" : "; " + result.blas()));
            }
        }
        return String.join("\n", lines) + "\n";
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("| work |");
        systems.forEach(system -> text.append(' ').append(system).append(" |"));
        text.append(" best peer / softmax4j |\n| --- |").append(" ---: |".repeat(systems.size() + 1));
        for (String work : works) {
            text.append("\n| ").append(work).append(" |");
            for (String system : systems) {
                text.append(' ')
                        .append(best(work, system).map(ResultTable::time).orElse(""))
                        .append(" |");
            }
            text.append(' ').append(ratio(work)).append(" |");
        }
        return text.toString();
    }

    private Optional<Double> best(String work, String system) {
        return results.stream()
                .filter(r -> r.work().equals(work) && r.system().equals(system) && r.isRight())
                .map(Result::seconds)
                .min(Comparator.naturalOrder());
    }

    private String ratio(String work) {
        Optional<Double> ours = best(work, Systems.OURS);
        Optional<Double> peer = systems.stream()
                .filter(system -> !system.equals(Systems.OURS))
                .flatMap(system -> best(work, system).stream())
                .min(Comparator.naturalOrder());
        return ours.isEmpty() || peer.isEmpty() ? "" : String.format(Locale.ROOT, "%.2f", peer.get() / ours.get());
    }

    private static String time(double seconds) {
        return seconds < 1e-3
                ? String.format(Locale.ROOT, "%.2f us", seconds * 1e6)
                : String.format(Locale.ROOT, "%.2f ms", seconds * 1e3);
    }
}
