package io.github.softmax4j.cli;

import io.github.softmax4j.Lbfgs;
import io.github.softmax4j.LbfgsB;
import io.github.softmax4j.NewtonCg;
import io.github.softmax4j.OwlQn;
import io.github.softmax4j.Sdca;
import io.github.softmax4j.SoftmaxTrainer;
import io.github.softmax4j.Solver;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that make a solver of what --optimizer names. */
final class SolverOptions {

    static final String NAMES = "lbfgs, lbfgsb, owlqn, newton, sdca";

    /** With these, the way to the minimum is about the shortest. */
    private static final int DEFAULT_START_EPOCHS = 6;

    static final double START_LEARNING_RATE = 0.01;

    @Option(
            names = "--gap",
            paramLabel = "X",
            description =
                    "For solvers: stop where the objective is certified to be within X times its minimum of that.")
    private Double gap;

    @Option(names = "--max-iterations", paramLabel = "N", description = "For solvers. Default: 1000.")
    private Integer maxIterations;

    @Option(
            names = "--start-epochs",
            paramLabel = "N",
            description =
                    "For solvers: epochs of adam to start from. Default: " + DEFAULT_START_EPOCHS + ", 0 for sdca.")
    private Integer startEpochs;

    private boolean startsAtOnce;

    /** Empty where the name is not a solver's. */
    Optional<Solver> create(String name) {
        Solver solver =
                switch (name) {
                    case "lbfgs" -> new Lbfgs();
                    case "lbfgsb" -> new LbfgsB();
                    case "owlqn" -> new OwlQn();
                    case "newton" -> new NewtonCg();
                    case "sdca" -> new Sdca();
                    default -> null;
                };
        startsAtOnce = solver instanceof Sdca;
        refuse("--gap", gap, NAMES, solver != null, name);
        refuse("--max-iterations", maxIterations, NAMES, solver != null, name);
        refuse("--start-epochs", startEpochs, NAMES, solver != null, name);
        return Optional.ofNullable(solver);
    }

    /** Refuses penalties and bounds that the solver does not know, before any data is read. */
    static void check(StepOptions step, Solver solver, String name) {
        refuse("--l1", step.l1() > 0 ? step.l1() : null, "owlqn and optimizers", solver instanceof OwlQn, name);
        refuse("--lower", step.lower(), "lbfgsb and optimizers", solver instanceof LbfgsB, name);
        refuse("--upper", step.upper(), "lbfgsb and optimizers", solver instanceof LbfgsB, name);
        if (solver instanceof Sdca && step.l2() == 0) {
            throw new UserException("--l2 must be positive for sdca");
        }
    }

    private static void refuse(String option, Object value, String owner, boolean owned, String name) {
        if (value != null && !owned) {
            throw new UserException(option + " is for " + owner + ", the optimizer is " + name);
        }
    }

    void apply(SoftmaxTrainer.Builder trainer) {
        trainer.stochasticEpochs(startEpochs());
        if (gap != null) {
            trainer.gap(gap);
        }
        if (maxIterations != null) {
            trainer.maxIterations(maxIterations);
        }
    }

    /** Whether a gap was asked for, and this is a larger one. */
    boolean misses(double reached) {
        return gap != null && reached > gap;
    }

    int startEpochs() {
        return startEpochs != null ? startEpochs : startsAtOnce ? 0 : DEFAULT_START_EPOCHS;
    }
}
