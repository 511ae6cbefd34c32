package io.github.softmax4j.cli;

import io.github.softmax4j.ClippedCrossEntropy;
import io.github.softmax4j.CrossEntropy;
import io.github.softmax4j.FocalLoss;
import io.github.softmax4j.Loss;
import io.github.softmax4j.MarginSoftmax;
import io.github.softmax4j.SigmoidCrossEntropy;
import io.github.softmax4j.SoftmaxTrainer;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options that make a loss, with what it is told of the classes. */
final class LossOptions {

    private static final String NAMES = "cross-entropy, focal, cosface, arcface, sigmoid, clipped, clipped-sigmoid";

    @Option(
            names = "--loss",
            paramLabel = "NAME",
            defaultValue = "cross-entropy",
            description = "One of " + NAMES + "; cosface and arcface go without intercept. Default: ${DEFAULT-VALUE}.")
    private String name;

    @Option(
            names = "--label-smoothing",
            paramLabel = "X",
            description = "For cross-entropy: share of the target that all classes get. Default: 0.")
    private Double labelSmoothing;

    @Option(names = "--z-loss", paramLabel = "X", description = "For cross-entropy: adds X logsumexp(s)^2. Default: 0.")
    private Double zLoss;

    @Option(
            names = "--temperature",
            paramLabel = "X",
            description = "For cross-entropy: divides the scores while training. Default: 1.")
    private Double temperature;

    @Option(names = "--gamma", paramLabel = "X", description = "For focal. Default: 2.")
    private Double gamma;

    @Option(names = "--scale", paramLabel = "X", description = "Of the cosines, for cosface and arcface. Default: 30.")
    private Double scale;

    @Option(names = "--margin", paramLabel = "X", description = "Default: 0.35 for cosface, 0.5 for arcface.")
    private Double margin;

    @Option(names = "--clip", paramLabel = "X", description = "For clipped and clipped-sigmoid. Default: 1e-6.")
    private Double clip;

    @Option(
            names = "--class-weight",
            paramLabel = "WEIGHTS",
            description = "balanced, or one weight for each class: 1,2.5,1.")
    private String classWeight;

    @Option(
            names = "--mask-classes",
            paramLabel = "CLASSES",
            split = ",",
            description = "Classes that take no part: 3,7.")
    private int[] maskedClasses = {};

    /** Whether the loss has no intercept, whatever the user says. */
    boolean withoutIntercept() {
        return create() instanceof MarginSoftmax;
    }

    void applyTo(SoftmaxTrainer.Builder trainer) {
        trainer.loss(create()).maskedClasses(maskedClasses);
        if ("balanced".equals(classWeight)) {
            trainer.balancedClassWeights();
        } else if (classWeight != null) {
            trainer.classWeights(weights());
        }
    }

    /** Refuses what does not go with the classes of the data. */
    void check(int classes) {
        if (classWeight != null && !"balanced".equals(classWeight)) {
            int count = weights().length;
            if (count != classes) {
                throw new UserException("--class-weight has " + count + " numbers, the data has " + classes
                        + " classes; one for each is expected");
            }
        }
        for (int masked : maskedClasses) {
            if (masked < 0 || masked >= classes) {
                throw new UserException(
                        "--mask-classes: " + masked + " is no class of the data, which has 0.." + (classes - 1));
            }
        }
    }

    private Loss create() {
        only("--label-smoothing", labelSmoothing, Set.of("cross-entropy"));
        only("--z-loss", zLoss, Set.of("cross-entropy"));
        only("--temperature", temperature, Set.of("cross-entropy"));
        only("--gamma", gamma, Set.of("focal"));
        only("--scale", scale, Set.of("cosface", "arcface"));
        only("--margin", margin, Set.of("cosface", "arcface"));
        only("--clip", clip, Set.of("clipped", "clipped-sigmoid"));
        return switch (name) {
            case "cross-entropy" -> new CrossEntropy(or(labelSmoothing, 0), or(zLoss, 0), or(temperature, 1));
            case "focal" -> new FocalLoss(or(gamma, 2));
            case "cosface" -> MarginSoftmax.cosFace(or(scale, 30), or(margin, 0.35));
            case "arcface" -> MarginSoftmax.arcFace(or(scale, 30), or(margin, 0.5));
            case "sigmoid" -> new SigmoidCrossEntropy();
            case "clipped" -> new ClippedCrossEntropy(or(clip, 1e-6), ClippedCrossEntropy.Form.SOFTMAX);
            case "clipped-sigmoid" -> new ClippedCrossEntropy(or(clip, 1e-6), ClippedCrossEntropy.Form.SIGMOID);
            default -> throw new UserException("--loss '" + name + "': unknown loss; accepted are " + NAMES);
        };
    }

    private void only(String option, Double value, Set<String> losses) {
        if (value != null && !losses.contains(name)) {
            throw new UserException(option + " is for "
                    + String.join(" and ", losses.stream().sorted().toList()) + ", the loss is " + name);
        }
    }

    private double[] weights() {
        String[] parts = classWeight.split(",", -1);
        double[] weights = new double[parts.length];
        for (int i = 0; i < parts.length; i++) {
            try {
                weights[i] = Double.parseDouble(parts[i].strip());
            } catch (NumberFormatException e) {
                throw new UserException(
                        "--class-weight must be 'balanced' or numbers joined by commas, was '" + classWeight + "'");
            }
        }
        return weights;
    }

    private static double or(Double given, double otherwise) {
        return given == null ? otherwise : given;
    }
}
