package io.polymq.config.load;

import java.util.HashMap;
import java.util.Map;

/**
 * Finds the line of every key of a TOML text that is known to be valid: follows headers, keys and
 * brackets and steps over values without looking into them. One use, one thread.
 */
final class TomlLines {
    private final String text;
    private final Map<String, Integer> lines = new HashMap<>();
    private final Map<String, Integer> arraySizes = new HashMap<>();
    private int at;
    private int line = 1;

    TomlLines(String text) {
        this.text = text;
    }

    static String join(String path, String name) {
        return path.isEmpty() ? name : path + '.' + name;
    }

    /** Lines by dotted path; items of arrays are {@code path[0]}. */
    Map<String, Integer> find() {
        String table = "";
        for (skipBlank(); at < text.length(); skipBlank()) {
            if (peek() == '[') {
                table = header();
            } else {
                keyAndValue(table);
            }
        }
        return lines;
    }

    private String header() {
        int start = line;
        boolean array = text.startsWith("[[", at);
        at += array ? 2 : 1;
        String path = "";
        while (true) {
            path = join(path, keyPart());
            skipSpaces();
            if (peek() != '.') {
                break;
            }
            at++;
            lines.putIfAbsent(path, start);
            path = lastItemOf(path);
        }
        at += array ? 2 : 1;
        if (array) {
            lines.putIfAbsent(path, start);
            path = path + '[' + (arraySizes.merge(path, 1, Integer::sum) - 1) + ']';
        } else {
            path = lastItemOf(path);
        }
        lines.put(path, start);
        return path;
    }

    private String lastItemOf(String path) {
        Integer size = arraySizes.get(path);
        return size == null ? path : path + '[' + (size - 1) + ']';
    }

    private void keyAndValue(String table) {
        String path = table;
        while (true) {
            path = join(path, keyPart());
            lines.putIfAbsent(path, line);
            skipSpaces();
            char next = peek();
            at++;
            if (next != '.') {
                break;
            }
        }
        value(path);
    }

    private String keyPart() {
        skipSpaces();
        char first = peek();
        int start = at;
        if (first == '"' || first == '\'') {
            skipString();
            return text.substring(start + 1, Math.max(start + 1, Math.min(at, text.length()) - 1));
        }
        while (at < text.length() && isBare(peek())) {
            at++;
        }
        if (at == start) {
            at++; // not a key, so the text is not valid; go on rather than stand still
        }
        return text.substring(Math.min(start, text.length()), Math.min(at, text.length()));
    }

    private static boolean isBare(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '-';
    }

    private void value(String path) {
        skipSpaces();
        switch (peek()) {
            case '"', '\'' -> skipString();
            case '[' -> array(path);
            case '{' -> inlineTable(path);
            default -> {
                while (at < text.length() && ",]}#\n\r".indexOf(peek()) < 0) {
                    at++;
                }
            }
        }
    }

    private void array(String path) {
        at++;
        skipBlankAndCommas();
        for (int i = 0; at < text.length() && peek() != ']'; i++) {
            String item = path + '[' + i + ']';
            lines.put(item, line);
            value(item);
            skipBlankAndCommas();
        }
        at++;
    }

    private void inlineTable(String path) {
        at++;
        skipBlankAndCommas();
        while (at < text.length() && peek() != '}') {
            keyAndValue(path);
            skipBlankAndCommas();
        }
        at++;
    }

    private void skipString() {
        char quote = peek();
        String triple = String.valueOf(quote).repeat(3);
        boolean multiLine = text.startsWith(triple, at);
        at += multiLine ? 3 : 1;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\\' && quote == '"') {
                at++;
            } else if (c == '\n') {
                line++;
            } else if (multiLine ? text.startsWith(triple, at) : c == quote) {
                at += multiLine ? 3 : 1;
                while (multiLine && at < text.length() && text.charAt(at) == quote) {
                    at++; // up to two quotes may stand before the closing ones
                }
                return;
            }
            at++;
        }
    }

    private void skipSpaces() {
        while (at < text.length() && (peek() == ' ' || peek() == '\t')) {
            at++;
        }
    }

    private void skipBlankAndCommas() {
        for (skipBlank(); at < text.length() && peek() == ','; skipBlank()) {
            at++;
        }
    }

    private void skipBlank() {
        while (at < text.length()) {
            char c = peek();
            if (c == '#') {
                while (at < text.length() && peek() != '\n') {
                    at++;
                }
            } else if (Character.isWhitespace(c)) {
                line += c == '\n' ? 1 : 0;
                at++;
            } else {
                return;
            }
        }
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\n';
    }
}
