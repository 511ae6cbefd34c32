package io.github.softmax4j;

/**
 * How a model gets from scores to probabilities.
 *
 * @param sigmoids the sigmoid of each score, not their softmax
 * @param unitRows rows are divided by their length first
 */
record ModelForm(boolean sigmoids, boolean unitRows) {

    static final ModelForm SOFTMAX = new ModelForm(false, false);

    /** As s4j_form has it. */
    int code() {
        return (sigmoids ? 1 : 0) | (unitRows ? 2 : 0);
    }
}
