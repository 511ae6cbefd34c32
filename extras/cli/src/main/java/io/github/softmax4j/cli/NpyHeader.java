package io.github.softmax4j.cli;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The header of an .npy file: a Python dictionary of exactly {@code descr}, {@code fortran_order} and {@code shape}, as NumPy has it. In
 * versions 1 and 2 whole numbers may end in the L of Python 2.
 *
 * @param type of the elements, as NumPy names it
 * @param fortranOrder whether the first index is the fastest
 * @param shape the sizes, not negative; none for a single number
 */
@SuppressWarnings("ArrayRecordComponent") // read once, not compared
record NpyHeader(String type, boolean fortranOrder, long[] shape) {

    private static final Set<String> KEYS = Set.of("descr", "fortran_order", "shape");

    /** Reads the text of a header; an {@link IllegalArgumentException} says what is wrong with it. */
    static NpyHeader parse(String text, int version) {
        Literal literal = new Literal(text, version < 3);
        Object value = literal.value(0);
        literal.end();
        if (!(value instanceof Map<?, ?> entries) || !entries.keySet().equals(KEYS)) {
            throw new IllegalArgumentException("is no dictionary of just 'descr', 'fortran_order' and 'shape'");
        }
        if (!(entries.get("descr") instanceof String type)) {
            throw new IllegalArgumentException("has something else than one type of elements as 'descr'");
        }
        if (!(entries.get("fortran_order") instanceof Boolean fortranOrder)) {
            throw new IllegalArgumentException("has something else than True or False as 'fortran_order'");
        }
        if (!(entries.get("shape") instanceof Tuple tuple)) {
            throw new IllegalArgumentException("has something else than a tuple of sizes as 'shape'");
        }
        return new NpyHeader(type, fortranOrder, sizes(tuple.items));
    }

    private static long[] sizes(List<Object> items) {
        return items.stream()
                .mapToLong(item -> {
                    if (!(item instanceof BigInteger size) || size.signum() < 0 || size.bitLength() >= Long.SIZE) {
                        throw new IllegalArgumentException("has " + item + " in its shape");
                    }
                    return size.longValue();
                })
                .toArray();
    }

    /** In parentheses, which a list is not. */
    private record Tuple(List<Object> items) {}

    /** A literal of Python, of the kinds that headers have. */
    private static final class Literal {

        private static final int MOST_DEPTH = 8;

        private final String text;
        private final boolean longs;
        private int at;

        Literal(String text, boolean longs) {
            this.text = text;
            this.longs = longs;
        }

        private char peek() {
            while (at < text.length() && " \t\r\n\f".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private boolean takes(char c) {
            boolean there = peek() == c && at < text.length();
            at += there ? 1 : 0;
            return there;
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException("is no Python dictionary: character " + at + " is not expected");
        }

        void end() {
            peek();
            if (at < text.length()) {
                throw wrong();
            }
        }

        Object value(int depth) {
            if (depth > MOST_DEPTH) {
                throw wrong();
            }
            if (takes('{')) {
                return dictionary(depth + 1);
            }
            if (takes('(')) {
                return parenthesis(depth + 1);
            }
            if (takes('[')) {
                List<Object> items = new ArrayList<>();
                items(items, ']', depth + 1);
                return items;
            }
            char c = peek();
            return c >= '0' && c <= '9' ? number() : Character.isLetter(c) ? word() : string();
        }

        private Map<Object, Object> dictionary(int depth) {
            Map<Object, Object> entries = new HashMap<>();
            while (!takes('}')) {
                Object key = value(depth);
                if (!takes(':')) {
                    throw wrong();
                }
                entries.put(key, value(depth)); // of several the last counts, as in Python
                if (!takes(',') && peek() != '}') {
                    throw wrong();
                }
            }
            return entries;
        }

        /** A value in parentheses is itself; a comma makes it a tuple. */
        private Object parenthesis(int depth) {
            List<Object> items = new ArrayList<>();
            boolean comma = items(items, ')', depth);
            return items.size() == 1 && !comma ? items.get(0) : new Tuple(items);
        }

        /** Returns whether the last of them has a comma behind it. */
        private boolean items(List<Object> items, char closing, int depth) {
            boolean comma = true;
            while (!takes(closing)) {
                if (!comma) {
                    throw wrong();
                }
                items.add(value(depth));
                comma = takes(',');
            }
            return comma;
        }

        private BigInteger number() {
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            String digits = text.substring(start, at);
            if (longs && at < text.length() && text.charAt(at) == 'L') {
                at++;
            }
            boolean padded = digits.length() > 1 && digits.startsWith("0") && !digits.matches("0+");
            if (padded || (at < text.length() && Character.isLetterOrDigit(text.charAt(at)))) {
                throw wrong();
            }
            return new BigInteger(digits);
        }

        private Object word() {
            int start = at;
            while (at < text.length() && Character.isLetter(text.charAt(at))) {
                at++;
            }
            String word = text.substring(start, at);
            if (word.equals("u") && at < text.length()) {
                return string();
            }
            if (!word.equals("True") && !word.equals("False")) {
                at = start;
                throw wrong();
            }
            return word.equals("True");
        }

        private String string() {
            char quote = at < text.length() ? text.charAt(at) : 0;
            int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
            if (end < 0) {
                throw wrong();
            }
            String content = text.substring(at + 1, end);
            if (content.indexOf('\\') >= 0 || content.indexOf('\n') >= 0) {
                throw wrong();
            }
            at = end + 1;
            return content;
        }
    }
}
