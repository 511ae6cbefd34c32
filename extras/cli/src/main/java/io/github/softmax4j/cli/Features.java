package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;

/** The feature values of rows that were read: all of them, or those that are not zero. */
interface Features {

    /** The rows off the heap, still without labels. */
    Dataset.Builder toDataset(int rows, int features);

    /** Scales each row to length 1, in the 2-norm; rows of zeros stay. */
    void normalize(int rows, int features);

    /** The same rows with all of their values. */
    FeatureBuffer dense(int rows, int features);

    /** The same rows without their zeros. */
    SparseBuffer sparse(int rows, int features);
}
