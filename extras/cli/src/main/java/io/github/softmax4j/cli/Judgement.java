package io.github.softmax4j.cli;

import io.github.softmax4j.ClassificationMetrics;
import io.github.softmax4j.ClassificationReport;
import io.github.softmax4j.ClassificationReport.Averages;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.RocAuc;
import io.github.softmax4j.SoftmaxModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** All that is said about a model on labelled data, as a report. */
final class Judgement {

    /** Of these k the top-k accuracy is told, where there are more classes. */
    private static final int[] TOP = {2, 3, 5, 10};

    private final ClassificationReport metrics;
    private final RocAuc auc;
    private final SoftmaxModel model;

    Judgement(SoftmaxModel model, Dataset data) {
        ClassificationMetrics.Builder builder = ClassificationMetrics.builder(model.classes());
        if (model.classes() <= ClassificationMetrics.MOST_CONFUSION_CLASSES) {
            builder.confusion();
        }
        ClassificationMetrics collected = builder.build();
        collected.add(model, data);
        this.model = model;
        this.metrics = collected.report();
        this.auc = RocAuc.of(model, data);
    }

    /** Null where classes are too many. Files give no row weights: these are counts. */
    long[][] confusion() {
        if (model.classes() > ClassificationMetrics.MOST_CONFUSION_CLASSES) {
            return null;
        }
        return Arrays.stream(metrics.confusion())
                .map(line ->
                        Arrays.stream(line).mapToLong(count -> (long) count).toArray())
                .toArray(long[][]::new);
    }

    ClassificationReport metrics() {
        return metrics;
    }

    RocAuc auc() {
        return auc;
    }

    private Report topK() {
        Report result = new Report();
        for (int k : TOP) {
            if (k < model.classes()) {
                result.put(Integer.toString(k), metrics.topKAccuracy(k));
            }
        }
        return result;
    }

    Report report() {
        Averages macro = metrics.macro();
        Averages weighted = metrics.weighted();
        return new Report()
                .put("rows", metrics.rows())
                .put("log_loss", metrics.loss())
                .put("accuracy", metrics.accuracy())
                .put("error_rate", metrics.errorRate())
                .put("top_k", topK())
                .put("brier", metrics.brierScore())
                .put("ece", metrics.expectedCalibrationError())
                .put("labels", labels())
                .put("support", metrics.support())
                .put("precision", metrics.precision())
                .put("precision_macro", macro.precision())
                .put("precision_weighted", weighted.precision())
                .put("recall", metrics.recall())
                .put("recall_macro", macro.recall())
                .put("recall_weighted", weighted.recall())
                .put("f1", metrics.f1())
                .put("f1_macro", macro.f1())
                .put("f1_weighted", weighted.f1())
                .put("auc", sayable(auc.perClass()))
                .put("auc_macro", auc.macro())
                .put("auc_weighted", auc.weighted())
                .put("confusion", confusion());
    }

    /** JSON has null where there is no number. */
    private static List<Double> sayable(double[] values) {
        return Arrays.stream(values)
                .mapToObj(value -> Double.isNaN(value) ? null : Double.valueOf(value))
                .toList();
    }

    /** Null where classes have no names. */
    private Object labels() {
        return model.classLabels()
                .map(labels -> IntStream.range(0, labels.size())
                        .mapToObj(c -> labels.areNumbers() ? (Object) labels.number(c) : labels.label(c))
                        .toList())
                .orElse(null);
    }
}
