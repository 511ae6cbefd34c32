package io.github.softmax4j.cli;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What files do not say of themselves: how they are to be read. The same for all files of a command. */
final class InputOptions {

    /** Whether the first line of a CSV file is a header. */
    enum Header {
        YES,
        NO,
        AUTO
    }

    /** Of which kind labels are. */
    enum LabelKind {
        TEXT,
        NUMBER
    }

    @Option(
            names = "--header",
            paramLabel = "yes|no|auto",
            defaultValue = "auto",
            description = "Of CSV: whether the first line is a header; auto refuses a line that may be one or not."
                    + " Default: ${DEFAULT-VALUE}.")
    private String header;

    @Option(
            names = "--encoding",
            paramLabel = "NAME",
            description = "Of CSV: windows-1252, say. Default: UTF-8, or what a byte order mark says.")
    private String encoding;

    @Option(names = "--delimiter", paramLabel = "C", description = "Of CSV: a character, or tab. Default: a comma.")
    private String delimiter;

    @Option(
            names = "--decimal",
            paramLabel = "C",
            defaultValue = ".",
            description = "Of CSV: the point or the comma in numbers. Default: the point.")
    private String decimal;

    @Option(
            names = "--label",
            paramLabel = "COLUMN",
            description = "Of CSV: the column of labels, by its name in the header or its number from 1 on."
                    + " Default: the last column.")
    private String label;

    @Option(
            names = "--ignore",
            paramLabel = "COLUMN",
            split = ",",
            description = "Of CSV: columns to leave out, by name or number: id,7.")
    private List<String> ignored = List.of();

    @Option(
            names = "--labels",
            paramLabel = "text|number",
            description =
                    "Of CSV and LIBSVM: takes labels as the texts that are written there (01 is not 1), or as whole"
                            + " numbers. Default: whole numbers where all labels are, otherwise texts.")
    private String labels;

    @Option(
            names = "--features",
            paramLabel = "N",
            description = "How many features there are. Default: as many as the file has; of LIBSVM, up to its highest"
                    + " index.")
    private Integer features;

    @Option(
            names = "--ignore-unseen",
            description = "Of LIBSVM: leave out features that the model or the training data does not have.")
    private boolean ignoreUnseen;

    /** Refuses what cannot be, before files are read; {@code paths} are those that were given, null where not. */
    void check(String... paths) {
        header();
        encoding();
        labelKind();
        if (decimal.length() != 1 || ".,".indexOf(decimal.charAt(0)) < 0) {
            throw new UserException("--decimal '" + decimal + "': accepted are '.' and ','");
        }
        if (delimiter() == decimalPoint()) {
            throw new UserException("--decimal '" + decimal + "' is the delimiter, too; --delimiter names another one");
        }
        if (features != null && features < 1) {
            throw new UserException("--features " + features + ": accepted are numbers from 1 on");
        }
        boolean csv = Stream.of(paths).anyMatch(path -> path != null && DataFiles.isCsv(path));
        List<String> forCsv = forCsv();
        if (!csv && !forCsv.isEmpty()) {
            throw new UserException(forCsv.get(0) + " is for CSV files, and none is read");
        }
    }

    private List<String> forCsv() {
        List<String> given = new ArrayList<>();
        if (header() != Header.AUTO) {
            given.add("--header");
        }
        if (encoding != null) {
            given.add("--encoding");
        }
        if (delimiter != null) {
            given.add("--delimiter");
        }
        if (!decimal.equals(".")) {
            given.add("--decimal");
        }
        if (label != null) {
            given.add("--label");
        }
        if (!ignored.isEmpty()) {
            given.add("--ignore");
        }
        return given;
    }

    Header header() {
        return switch (header) {
            case "yes" -> Header.YES;
            case "no" -> Header.NO;
            case "auto" -> Header.AUTO;
            default -> throw new UserException("--header '" + header + "': accepted are yes, no and auto");
        };
    }

    /** Empty where the file says it, or is UTF-8. */
    Optional<Charset> encoding() {
        try {
            return Optional.ofNullable(encoding).map(Charset::forName);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            throw new UserException("--encoding '" + encoding
                    + "': unknown; accepted are names such as UTF-8, UTF-16, ISO-8859-1 and windows-1252");
        }
    }

    /** Whether the user names the delimiter; otherwise one that looks as if it should is asked about. */
    boolean hasDelimiter() {
        return delimiter != null;
    }

    char delimiter() {
        if (delimiter == null) {
            return ',';
        }
        if (delimiter.equals("tab") || delimiter.equals("\\t")) {
            return '\t';
        }
        if (delimiter.length() != 1 || Character.isLetterOrDigit(delimiter.charAt(0)) || isTaken(delimiter.charAt(0))) {
            throw new UserException("--delimiter '" + delimiter
                    + "': one character is expected that numbers and quotes do not have, or the word tab");
        }
        return delimiter.charAt(0);
    }

    private static boolean isTaken(char c) {
        return "\"\n\r+-.".indexOf(c) >= 0 || Character.isSurrogate(c);
    }

    char decimalPoint() {
        return decimal.charAt(0);
    }

    /** The column of labels, by name or number; null for the last one. */
    String label() {
        return label;
    }

    /** Columns to leave out, by name or number. */
    List<String> ignored() {
        return ignored;
    }

    /** Null where the labels themselves decide. */
    LabelKind labelKind() {
        if (labels == null) {
            return null;
        }
        return switch (labels.toLowerCase(Locale.ROOT)) {
            case "text" -> LabelKind.TEXT;
            case "number" -> LabelKind.NUMBER;
            default -> throw new UserException("--labels '" + labels + "': accepted are text and number");
        };
    }

    /** What files must be like that nothing else says anything of. */
    Demand demand(Demand.Labels need) {
        return new Demand("--features", features == null ? 0 : features, 0, null, need, Demand.ANY_BASE, false);
    }

    /** A demand, and what the options say of it. */
    Demand with(Demand demand) {
        if (features != null && features != demand.features()) {
            throw new UserException("--features " + features + ": " + demand.owner() + " has " + demand.features());
        }
        if (labelKind() == LabelKind.NUMBER && demand.wantsTexts()) {
            throw new UserException("--labels number: the labels of " + demand.owner() + " are texts");
        }
        return ignoreUnseen ? demand.ignoringUnseen() : demand;
    }
}
