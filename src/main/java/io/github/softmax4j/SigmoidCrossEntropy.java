package io.github.softmax4j;

import java.util.List;

/**
 * Binary cross-entropy of each class's sigmoid, summed over the classes:
 *
 * <pre>  loss = sum_c -w_c t_c log(sigmoid(s_c)) - (1 - t_c) log(1 - sigmoid(s_c))
 *       = sum_c max(s_c, 0) - s_c t_c + log(1 + exp(-|s_c|))   where w_c = 1</pre>
 *
 * <p>With targets in 0..1 several classes may apply to a row; labels mean one against the rest. PyTorch's mean is that over rows and
 * classes: this one divided by C. A trained model predicts sigmoids.
 *
 * @param positiveWeights w, one for each class, positive: PyTorch's {@code pos_weight}; empty for all 1
 */
public record SigmoidCrossEntropy(List<Double> positiveWeights) implements Loss {

    /**
     * Copies and checks the settings.
     *
     * @param positiveWeights w, one for each class, positive: PyTorch's {@code pos_weight}; empty for all 1
     */
    public SigmoidCrossEntropy {
        positiveWeights = List.copyOf(Checks.notNull("positiveWeights", positiveWeights));
        for (int c = 0; c < positiveWeights.size(); c++) {
            Checks.positive("positiveWeights[" + c + "]", positiveWeights.get(c));
        }
    }

    /** Without weights. */
    public SigmoidCrossEntropy() {
        this(List.of());
    }

    @Override
    public boolean takesTargets() {
        return true;
    }
}
