package io.github.softmax4j.cli;

import io.github.softmax4j.ClippedCrossEntropy;
import io.github.softmax4j.CrossEntropy;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.FocalLoss;
import io.github.softmax4j.Loss;
import io.github.softmax4j.MarginSoftmax;
import io.github.softmax4j.SigmoidCrossEntropy;
import io.github.softmax4j.SoftmaxTrainer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
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
            description =
                    "balanced; or the weights of some classes by their labels, the others have 1: blue=2,red=0.5;"
                            + " or one for each class, in the order of the labels (numbers by value, texts by code point): 1,2.5,1.")
    private String classWeight;

    @Option(
            names = "--mask-classes",
            paramLabel = "LABELS",
            split = ",",
            description = "Labels of classes that take no part: blue,7. Their rows are left out, of the test data too;"
                    + " the model has them, with probability 0.")
    private Set<String> maskedClasses = Set.of();

    /** Whether the loss has no intercept, whatever the user says. */
    boolean withoutIntercept() {
        return create() instanceof MarginSoftmax;
    }

    /** Sets what does not depend on the classes of the data. */
    void applyTo(SoftmaxTrainer.Builder trainer) {
        trainer.loss(create());
        if (isBalanced()) {
            trainer.balancedClassWeights();
        } else if (classWeight != null) {
            weights(); // refuses what is none
        }
    }

    /** Sets what is said of the classes of the data, and refuses what does not go with them. */
    void applyTo(SoftmaxTrainer.Builder trainer, Dataset data) {
        trainer.maskedClasses(masked().indices(data));
        if (classWeight != null && !isBalanced()) {
            trainer.classWeights(weights(data));
        }
    }

    MaskedClasses masked() {
        return new MaskedClasses(maskedClasses);
    }

    private boolean isBalanced() {
        return "balanced".equals(classWeight);
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

    private double[] weights(Dataset data) {
        Map<String, Double> weights = weights();
        double[] all = new double[data.classes()];
        if (isNamed()) {
            Arrays.fill(all, 1);
            weights.forEach((label, weight) -> all[
                    MaskedClasses.indexOf(
                            "--class-weight", label, data.classLabels().orElse(null), data.classes())] = weight);
            return all;
        }
        if (weights.size() != all.length) {
            throw new UserException("--class-weight has " + weights.size() + " numbers, the data has " + all.length
                    + " classes; one for each is expected, or LABEL=NUMBER for some");
        }
        return weights.values().stream().mapToDouble(weight -> weight).toArray();
    }

    /** Whether weights have the labels of their classes. */
    private boolean isNamed() {
        return classWeight.contains("=");
    }

    /** The weights by their labels, or where they have none by their places. */
    private Map<String, Double> weights() {
        Map<String, Double> weights = new LinkedHashMap<>();
        for (String part : classWeight.split(",", -1)) {
            int end = part.lastIndexOf('=');
            String label = isNamed() ? part.substring(0, Math.max(end, 0)).strip() : "" + weights.size();
            double weight = CsvFile.number(part.substring(end + 1).strip());
            if (Double.isNaN(weight) || label.isEmpty()) {
                throw new UserException("--class-weight must be 'balanced', numbers joined by commas, or LABEL=NUMBER"
                        + " joined by commas, was '" + classWeight + "'");
            }
            if (weights.put(label, weight) != null) {
                throw new UserException("--class-weight: '" + label + "' is there twice");
            }
        }
        return weights;
    }

    private static double or(Double given, double otherwise) {
        return given == null ? otherwise : given;
    }
}
