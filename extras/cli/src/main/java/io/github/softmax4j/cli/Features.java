package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.DatasetWriter;
import java.io.IOException;
import java.nio.file.Path;

/** The feature values of rows that were read: all of them, or those that are not zero. */
interface Features {

    /** The rows off the heap, still without labels. */
    Dataset.Builder toDataset(int rows, int features);

    /** Begins a dataset file of such rows. */
    DatasetWriter writer(Path file, int features) throws IOException;

    /** Writes them, with labels or null, behind the rows before them. */
    void appendTo(DatasetWriter writer, int[] labels) throws IOException;

    /** Each row scaled to length 1, in the 2-norm; rows of zeros stay. This is not to be used any more. */
    Features normalized(int rows, int features);

    /** The rows that are kept, in their order. This is not to be used any more. */
    Features keep(boolean[] kept, int features);

    /** The same rows with all of their values. */
    Features dense(int rows, int features);

    /** The same rows without their zeros. */
    SparseBuffer sparse(int rows, int features);
}
