package io.github.softmax4j;

import java.util.OptionalDouble;

/**
 * Where a {@link Solver} stands after an iteration.
 *
 * @param iteration the iteration that has ended, from 1; 0 for where it starts
 * @param objective over all rows, penalties included
 * @param bound the objective is certified to be at most this much above its minimum; given from where that may be close enough
 * @param gradient the largest component: of the projected gradient, or of the subgradient of least norm
 * @param evaluations passes over the rows for objective and gradient so far
 * @param products products with the Hessian over all rows so far
 */
public record SolverProgress(
        int iteration, double objective, OptionalDouble bound, double gradient, int evaluations, int products) {}
