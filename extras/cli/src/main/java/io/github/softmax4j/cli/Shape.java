package io.github.softmax4j.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Rows, features and classes, written NxDxC. */
record Shape(int rows, int features, int classes) {

    /** Reads the text of the option. */
    static final class Converter implements ITypeConverter<Shape> {
        private static final Pattern SYNTAX = Pattern.compile("(\\d{1,9})x(\\d{1,9})x(\\d{1,9})");

        @Override
        public Shape convert(String text) {
            Matcher matcher = SYNTAX.matcher(text);
            if (matcher.matches()) {
                Shape shape = new Shape(number(matcher, 1), number(matcher, 2), number(matcher, 3));
                if (shape.isAccepted()) {
                    return shape;
                }
            }
            throw new TypeConversionException(
                    "'" + text + "' is not a shape; give rows x features x classes like 60000x784x10,"
                            + " at least 1x1x2, rows x features at most " + FeatureBuffer.MOST_VALUES);
        }

        private static int number(Matcher matcher, int group) {
            return Integer.parseInt(matcher.group(group));
        }
    }

    private boolean isAccepted() {
        return rows >= 1 && features >= 1 && classes >= 2 && (long) rows * features <= FeatureBuffer.MOST_VALUES;
    }

    Shape withRows(int other) {
        return new Shape(other, features, classes);
    }

    @Override
    public String toString() {
        return rows + "x" + features + "x" + classes;
    }
}
