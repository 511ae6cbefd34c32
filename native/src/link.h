// From what is known of a row's scores to its loss and to the numbers its errors are made of: the formulas of
// the losses over softmax, the same for every layout of scores. See s4j_loss.
#pragma once

#include "objective.h"

namespace s4j {

struct RowScores {
    double maximum, log_sum;  // of the scores, and the logarithm of the sum of exp(s - maximum)
    double of_label;          // the label's, changed by label_score; 0 where there are targets
    double dot;               // sum_c t_c s_c over the targets that are no label
    double shift = 0;         // what all of these scores are less than the scores
};

// The error of class c is softmax * p_c - t_c + [c = y] label, t_c again being targets that are no label.
struct RowErrors {
    double loss, softmax, label;
};
RowErrors link_errors(const Loss& loss, bool targets, const RowScores& row);

// Along a direction in which the scores change by u_c, that error changes by p_c (slope u_c + offset) +
// [c = y] label. mean: sum_c p_c u_c; of_label: u_y.
struct RowTangents {
    double slope, offset, label;
};
RowTangents link_tangents(const Loss& loss, const RowScores& row, double mean, double of_label);

// The score that counts for the label: another than s only with a margin. And its derivative.
double label_score(const Loss& loss, double s);
double label_slope(const Loss& loss, double s);

}  // namespace s4j
