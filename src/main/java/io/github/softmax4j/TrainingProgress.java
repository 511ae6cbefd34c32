package io.github.softmax4j;

import java.util.OptionalDouble;

/**
 * Where a training stands after an epoch.
 *
 * @param epoch the epoch that has ended, from 1
 * @param epochs how many there will be at most
 * @param steps the steps so far
 * @param learningRate of the last step
 * @param batchLoss the mean loss of the epoch's batches without penalty, each at the weights it met
 * @param objective the objective over all rows at the weights the epoch ended with; computed only for a stop rule that needs it
 * @param validationLoss of the validation data, without penalty, where there is some
 * @param validationErrorRate of the validation data, where there is some
 */
public record TrainingProgress(
        int epoch,
        int epochs,
        long steps,
        double learningRate,
        double batchLoss,
        OptionalDouble objective,
        OptionalDouble validationLoss,
        OptionalDouble validationErrorRate) {}
