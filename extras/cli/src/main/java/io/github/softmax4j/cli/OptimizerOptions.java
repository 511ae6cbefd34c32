package io.github.softmax4j.cli;

import io.github.softmax4j.AdaGrad;
import io.github.softmax4j.Adam;
import io.github.softmax4j.AdamW;
import io.github.softmax4j.Momentum;
import io.github.softmax4j.Nesterov;
import io.github.softmax4j.Optimizer;
import io.github.softmax4j.RmsProp;
import io.github.softmax4j.Sgd;
import picocli.CommandLine.Option;

/** The options that make an optimizer. */
final class OptimizerOptions {

    private static final String NAMES = "sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw";

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            defaultValue = "adam",
            description = "One of " + NAMES + "; or a solver: " + SolverOptions.NAMES + ". Default: ${DEFAULT-VALUE}.")
    private String name;

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            description = "Step size. Default: 0.1 for sgd, 0.01 for momentum, nesterov and adagrad, else 0.001.")
    private Double learningRate;

    @Option(names = "--momentum", paramLabel = "X", description = "For momentum and nesterov. Default: 0.9.")
    private Double momentum;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description =
                    "Decoupled: takes X times the learning rate off each weight. Default: 0.01 for adamw, else 0.")
    private Double weightDecay;

    String name() {
        return name;
    }

    /** Of the epochs that a solver starts from. */
    Optimizer createStart() {
        if (momentum != null || weightDecay != null) {
            throw new UserException("--momentum and --weight-decay are for optimizers, " + name + " is a solver");
        }
        return new Adam(rate(SolverOptions.START_LEARNING_RATE));
    }

    Optimizer create() {
        Optimizer optimizer =
                switch (name) {
                    case "sgd" -> new Sgd(rate(0.1));
                    case "momentum" -> new Momentum(rate(0.01), or(momentum, 0.9));
                    case "nesterov" -> new Nesterov(rate(0.01), or(momentum, 0.9));
                    case "adagrad" -> new AdaGrad(rate(0.01));
                    case "rmsprop" -> new RmsProp(rate(0.001));
                    case "adam" -> new Adam(rate(0.001));
                    case "adamw" -> new AdamW(rate(0.001), or(weightDecay, 0.01));
                    default -> throw new UserException("--optimizer '" + name + "': unknown optimizer; accepted are "
                            + NAMES + ", " + SolverOptions.NAMES);
                };
        if (momentum != null && !(optimizer instanceof Momentum || optimizer instanceof Nesterov)) {
            throw new UserException("--momentum is for momentum and nesterov, the optimizer is " + name);
        }
        return optimizer;
    }

    /** The decay that the optimizer does not have itself. */
    double weightDecay() {
        return name.equals("adamw") ? 0 : or(weightDecay, 0);
    }

    private double rate(double otherwise) {
        return or(learningRate, otherwise);
    }

    private static double or(Double given, double otherwise) {
        return given == null ? otherwise : given;
    }
}
