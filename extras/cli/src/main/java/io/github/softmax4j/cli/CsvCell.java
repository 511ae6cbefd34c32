package io.github.softmax4j.cli;

import java.util.regex.Pattern;

/** A text as a cell of a CSV file. */
final class CsvCell {

    private static final Pattern QUOTED = Pattern.compile("[,;\t\"\n\r]");
    /** What spreadsheets run; the last four are the first four as wide characters. */
    private static final String FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20";

    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");

    private CsvCell() {}

    /**
     * The cell, in quotes where CSV needs them. A formula is made a text as OWASP has it ("CSV injection"): a single quote before it,
     * and double quotes around; {@code raw} leaves it as it is. Numbers such as -1 are no formulas.
     */
    static String of(String text, boolean raw) {
        boolean formula = !raw
                && !text.isEmpty()
                && FORMULA.indexOf(text.charAt(0)) >= 0
                && !NUMBER.matcher(text).matches();
        return formula || QUOTED.matcher(text).find()
                ? '"' + (formula ? "'" : "") + text.replace("\"", "\"\"") + '"'
                : text;
    }
}
