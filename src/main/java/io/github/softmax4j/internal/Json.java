package io.github.softmax4j.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The JSON of safetensors headers: objects, arrays, strings and whole numbers, nothing else. Strict, bounded in depth, and refuses
 * repeated names. The core has no dependency that could do this.
 */
public final class Json {

    private static final int MOST_DEPTH = 8;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Objects become maps in their order, arrays lists, numbers {@link Long}s. */
    static Object parse(String text) throws FormatException {
        Json json = new Json(text);
        Object value = json.value(0);
        json.skipBlanks();
        if (json.at != text.length()) {
            throw json.wrong("text after the end");
        }
        return value;
    }

    /** A list of strings as text. */
    public static String strings(List<String> list) {
        return list.stream().map(Json::quote).collect(Collectors.joining(",", "[", "]"));
    }

    /** The list of strings that a text is; an {@link IllegalArgumentException} where it is none. */
    public static List<String> strings(String text) {
        try {
            if (parse(text) instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
                return list.stream().map(String.class::cast).toList();
            }
        } catch (FormatException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        throw new IllegalArgumentException("a list of strings belongs where there is something else");
    }

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private FormatException wrong(String what) {
        return new FormatException(what + " at character " + at + " of its header");
    }

    private void skipBlanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() throws FormatException {
        skipBlanks();
        if (at >= text.length()) {
            throw wrong("end of text");
        }
        return text.charAt(at);
    }

    private void expect(char c) throws FormatException {
        if (peek() != c) {
            throw wrong("'" + text.charAt(at) + "' where '" + c + "' belongs");
        }
        at++;
    }

    private boolean accept(char c) throws FormatException {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    private Object value(int depth) throws FormatException {
        if (depth > MOST_DEPTH) {
            throw wrong("nesting too deep");
        }
        char c = peek();
        if (c == '{') {
            return object(depth);
        }
        if (c == '[') {
            return array(depth);
        }
        if (c == '"') {
            return string();
        }
        return number();
    }

    private Map<String, Object> object(int depth) throws FormatException {
        Map<String, Object> map = new LinkedHashMap<>();
        expect('{');
        if (accept('}')) {
            return map;
        }
        do {
            peek();
            String name = string();
            expect(':');
            if (map.put(name, value(depth + 1)) != null) {
                throw wrong("'" + name + "' twice");
            }
        } while (accept(','));
        expect('}');
        return map;
    }

    private List<Object> array(int depth) throws FormatException {
        List<Object> list = new ArrayList<>();
        expect('[');
        if (accept(']')) {
            return list;
        }
        do {
            list.add(value(depth + 1));
        } while (accept(','));
        expect(']');
        return list;
    }

    private Long number() throws FormatException {
        int start = at;
        while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0 && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start || at - start > 18 || (text.charAt(start) == '0' && at - start > 1)) {
            throw wrong("no whole number");
        }
        return Long.valueOf(text.substring(start, at));
    }

    private String string() throws FormatException {
        expect('"');
        StringBuilder result = new StringBuilder();
        while (true) {
            if (at >= text.length()) {
                throw wrong("end of text");
            }
            char c = text.charAt(at++);
            if (c == '"') {
                return result.toString();
            }
            if (c < ' ') {
                throw wrong("control character");
            }
            result.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() throws FormatException {
        if (at >= text.length()) {
            throw wrong("end of text");
        }
        char c = text.charAt(at++);
        int place = "\"\\/bfnrt".indexOf(c);
        if (place >= 0) {
            return "\"\\/\b\f\n\r\t".charAt(place);
        }
        if (c != 'u' || at + 4 > text.length()) {
            throw wrong("bad escape");
        }
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(text.charAt(at++), 16);
            if (digit < 0) {
                throw wrong("bad escape");
            }
            code = code * 16 + digit;
        }
        return (char) code;
    }
}
