package io.github.softmax4j.cli;

/** Where rows go that are read: block by block, in their order. */
interface RowSink {

    /** The most values that there may be in all. */
    long mostValues();

    /** A block is handed over when it has so many values, or nothing follows it. */
    int blockValues();

    /** Takes the next rows. Who hands them over may use their memory again, unless nothing follows them. */
    void take(Table block);

    /** How many rows of some features there should be in a block, of those that are left. */
    default int blockRows(long left, int features) {
        return (int) Math.min(left, Math.max(1, blockValues() / features));
    }

    /** Holds all rows as one block. */
    final class InMemory implements RowSink {
        private Table table;

        @Override
        public long mostValues() {
            return FeatureBuffer.MOST_VALUES;
        }

        /** More than there can be. */
        @Override
        public int blockValues() {
            return Integer.MAX_VALUE;
        }

        @Override
        public void take(Table block) {
            if (table != null) {
                throw new IllegalStateException("one block is all that fits");
            }
            table = block;
        }

        Table table() {
            return table;
        }
    }
}
