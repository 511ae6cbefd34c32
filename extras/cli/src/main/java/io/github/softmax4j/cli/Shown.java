package io.github.softmax4j.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts from outside on their way to a terminal: class labels, names of files and columns, what a file holds. */
final class Shown {

    /** Controls of both ranges, formats such as those that turn the direction of writing, other lines' separators, halves of pairs. */
    private static final Pattern UNSEEN = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");

    private Shown() {}

    /** A line in which no character does more than to be seen: the others are written as \\u and four digits. */
    static String line(String text) {
        return escaped(text, "");
    }

    /** The same for a text whose lines are ours. */
    static String lines(String text) {
        return escaped(text, "\n\t");
    }

    private static String escaped(String text, String kept) {
        return UNSEEN.matcher(text).replaceAll(found -> {
            String character = found.group();
            if (kept.contains(character)) {
                return character;
            }
            StringBuilder escape = new StringBuilder();
            character.chars().forEach(unit -> escape.append(String.format("\\u%04x", unit)));
            return Matcher.quoteReplacement(escape.toString());
        });
    }
}
