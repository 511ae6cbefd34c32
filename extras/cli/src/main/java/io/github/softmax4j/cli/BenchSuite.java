package io.github.softmax4j.cli;

import static io.github.softmax4j.ElementType.FLOAT32;

import io.github.softmax4j.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What bench measures: the paths by shape, because the data of one shape is in memory at a time. */
record BenchSuite(Shape shape, List<BenchPath> paths) {

    private static final int BATCH = 128;
    /** What runs take turns with, at least, where it is to come from memory: so many largest caches. */
    private static final double CACHES = 4;

    /** The shapes that stand for the three regimes, from pixels to a vocabulary. */
    static List<BenchSuite> standard() {
        Shape digits = new Shape(60000, 784, 10);
        List<BenchPath> paths = new ArrayList<>(lossGradients(digits));
        Stream.of(1, BATCH, 512).map(batch -> adamStep(digits, FLOAT32, batch)).forEach(paths::add);
        paths.add(epoch(digits, FLOAT32));
        paths.add(probabilities(digits, FLOAT32));
        paths.add(predictRow(digits, FLOAT32));
        return List.of(
                new BenchSuite(digits, paths),
                lossGradientsAlone(new Shape(60000, 768, 100)),
                lossGradientsAlone(new Shape(20000, 768, 1000)),
                lossGradientsAlone(new Shape(4096, 512, 32000)),
                softmaxAlone(1000000, 10),
                softmaxAlone(8192, 1000),
                softmaxAlone(1024, 32000));
    }

    /** No features: the logits are given. */
    private static BenchSuite softmaxAlone(int rows, int classes) {
        Shape shape = new Shape(rows, 0, classes);
        return new BenchSuite(shape, List.of(softmax(shape)));
    }

    private static BenchSuite lossGradientsAlone(Shape shape) {
        return new BenchSuite(shape, lossGradients(shape));
    }

    private static List<BenchPath> lossGradients(Shape shape) {
        return Stream.of(ElementType.values())
                .map(type -> lossGradient(shape, type))
                .toList();
    }

    /** Every path of a classifier of one shape. */
    static BenchSuite of(Shape shape) {
        return new BenchSuite(
                shape,
                Stream.of(ElementType.values())
                        .flatMap(type -> Stream.of(
                                lossGradient(shape, type),
                                adamStep(shape, type, Math.min(BATCH, shape.rows())),
                                epoch(shape, type),
                                probabilities(shape, type),
                                predictRow(shape, type)))
                        .toList());
    }

    BenchSuite only(Predicate<BenchPath> wanted) {
        return new BenchSuite(shape, paths.stream().filter(wanted).toList());
    }

    /** Scores and gradient; X and W are read, the gradient is written. */
    private static BenchPath lossGradient(Shape shape, ElementType type) {
        return new BenchPath(
                name("loss_gradient", shape, type),
                type,
                4 * products(shape),
                features(shape, type) + weights(shape, type),
                weights(shape, type),
                data -> data.lossGradient(type));
    }

    /** Scores and gradient of a batch; its rows, W and two moments are read, the last three written. */
    private static BenchPath adamStep(Shape shape, ElementType type, int batch) {
        Shape step = shape.withRows(batch);
        return new BenchPath(
                name("adam_step", step, type),
                type,
                4 * products(step),
                features(step, type) + 3 * weights(step, type),
                3 * weights(step, type),
                data -> data.adamStep(type, batch));
    }

    /** Scores and gradient of every row; X is read, and what a step needs besides stays in the caches. */
    private static BenchPath epoch(Shape shape, ElementType type) {
        int batch = Math.min(BATCH, shape.rows());
        return new BenchPath(
                name("epoch", shape + "_b" + batch, type),
                type,
                4 * products(shape),
                features(shape, type),
                0,
                data -> data.epoch(type, batch));
    }

    /** Scores; X is read, the probabilities are written. */
    private static BenchPath probabilities(Shape shape, ElementType type) {
        return new BenchPath(
                name("probabilities", shape, type),
                type,
                2 * products(shape),
                features(shape, type) + weights(shape, type),
                (double) shape.rows() * shape.classes() * type.bytes(),
                data -> data.probabilities(type));
    }

    /** Scores of one row; W is read. */
    private static BenchPath predictRow(Shape shape, ElementType type) {
        return new BenchPath(
                name("predict_row", shape.features() + "x" + shape.classes(), type),
                type,
                2 * products(shape.withRows(1)),
                weights(shape, type),
                0,
                data -> data.predictRow(type));
    }

    /** Logits are read, their softmax is written, and the runs take turns with more of both than the caches hold. */
    private static BenchPath softmax(Shape shape) {
        double bytes = (double) shape.rows() * shape.classes() * FLOAT32.bytes();
        int sets = (int) Math.ceil(CACHES * Processor.cacheBytes() / (2 * bytes));
        return new BenchPath(
                name("softmax", shape.rows() + "x" + shape.classes(), FLOAT32),
                FLOAT32,
                0,
                bytes,
                bytes,
                sets,
                data -> data.softmax(sets));
    }

    private static String name(String path, Object of, ElementType type) {
        return path + "_" + of + "_" + Precision.name(type);
    }

    private static double products(Shape shape) {
        return (double) shape.rows() * shape.features() * shape.classes();
    }

    private static double features(Shape shape, ElementType type) {
        return (double) shape.rows() * shape.features() * type.bytes();
    }

    private static double weights(Shape shape, ElementType type) {
        return (double) shape.features() * shape.classes() * type.bytes();
    }
}
