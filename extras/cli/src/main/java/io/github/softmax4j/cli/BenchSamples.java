package io.github.softmax4j.cli;

import java.util.ArrayList;
import java.util.List;

/** The seconds of one thing, measured again and again. */
final class BenchSamples {

    private final List<Double> values = new ArrayList<>();

    void add(double seconds) {
        values.add(seconds);
    }

    double median() {
        return quantile(0.5);
    }

    double best() {
        return quantile(0);
    }

    /** Of the sorted samples the one at this share of the way from the best to the worst. */
    double quantile(double share) {
        return values.stream().sorted().toList().get((int) Math.round(share * (values.size() - 1)));
    }
}
