package io.github.softmax4j.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Rows of a step: a number, or the whole data. */
record BatchSize(int rows, boolean full) {

    /** Reads the text of the option. */
    static final class Converter implements ITypeConverter<BatchSize> {
        @Override
        public BatchSize convert(String text) {
            if (text.equals("full")) {
                return new BatchSize(Integer.MAX_VALUE, true);
            }
            try {
                int rows = Integer.parseInt(text);
                if (rows >= 1) {
                    return new BatchSize(rows, false);
                }
            } catch (NumberFormatException e) {
                // told below, with the values that are accepted
            }
            throw new TypeConversionException("'" + text + "' is not accepted; give a whole number from 1, or full");
        }
    }

    /** Steps that an epoch over so many rows takes. */
    long stepsOf(long dataRows) {
        return (dataRows + rows - 1) / rows;
    }

    @Override
    public String toString() {
        return full ? "the whole data" : rows + " rows";
    }
}
