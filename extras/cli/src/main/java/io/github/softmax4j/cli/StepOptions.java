package io.github.softmax4j.cli;

import io.github.softmax4j.SoftmaxTrainer;
import picocli.CommandLine.Option;

/** The options of a training step beside its optimizer: penalties, bounds and clipping. */
final class StepOptions {

    @Option(
            names = "--l1",
            paramLabel = "X",
            defaultValue = "0",
            description = "L1 penalty: adds X |W| to the loss; weights become exactly 0. Default: 0.")
    private double l1;

    @Option(
            names = "--l2",
            paramLabel = "X",
            defaultValue = "0",
            description = "L2 penalty: adds X/2 |W|^2 to the loss. Default: 0.")
    private double l2;

    @Option(names = "--lower", paramLabel = "X", description = "Least weight. Default: none.")
    private Double lower;

    @Option(names = "--upper", paramLabel = "X", description = "Largest weight. Default: none.")
    private Double upper;

    @Option(
            names = "--clip-norm",
            paramLabel = "X",
            description = "Scales the gradient of a step down to this norm. Default: none.")
    private Double clipNorm;

    @Option(
            names = "--clip-value",
            paramLabel = "X",
            description = "Moves each element of the gradient into -X..X. Default: none.")
    private Double clipValue;

    void apply(SoftmaxTrainer.Builder trainer) {
        trainer.l1(l1)
                .l2(l2)
                .bounds(
                        lower != null ? lower : Double.NEGATIVE_INFINITY,
                        upper != null ? upper : Double.POSITIVE_INFINITY);
        if (clipNorm != null) {
            trainer.clipGradientNorm(clipNorm);
        }
        if (clipValue != null) {
            trainer.clipGradientValue(clipValue);
        }
    }

    double l1() {
        return l1;
    }

    double l2() {
        return l2;
    }

    /** Null for none. */
    Double lower() {
        return lower;
    }

    /** Null for none. */
    Double upper() {
        return upper;
    }
}
