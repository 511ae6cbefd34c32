package io.github.softmax4j.cli;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** What is done to rows once they are read. */
final class RowOptions {

    @Option(
            names = "--normalize",
            description =
                    "Scale each row to length 1 (2-norm). A model must be given rows of the kind it was trained on.")
    private boolean normalize;

    @ArgGroup
    private Storage storage;

    /** At most one of the two. */
    private static final class Storage {
        @Option(names = "--dense", description = "Store all values of sparse (LIBSVM) data: faster where few are zero.")
        private boolean dense;

        @Option(names = "--sparse", description = "Store only the values that are not zero.")
        private boolean sparse;
    }

    Table apply(Table table) {
        Table stored = table;
        if (storage != null && storage.dense) {
            stored = table.dense();
        }
        if (storage != null && storage.sparse) {
            stored = table.sparse();
        }
        return normalize ? stored.normalized() : stored;
    }
}
