/**
 * Linear softmax (multinomial logistic) classifiers, trained and served natively.
 *
 * <p>{@link io.github.softmax4j.Dataset} holds the data, {@link io.github.softmax4j.SoftmaxTrainer} fits, {@link
 * io.github.softmax4j.SoftmaxModel} predicts, {@link io.github.softmax4j.Evaluation} judges, {@link
 * io.github.softmax4j.ClassificationReport} in full; {@link io.github.softmax4j.SoftmaxLoss} and {@link
 * io.github.softmax4j.OptimizerState} are the parts for those who bring the rest.
 *
 * <p>Everywhere: N rows, D features, C classes numbered from 0; weights W are D x C, row-major.
 */
package io.github.softmax4j;
