package io.polymq.nats.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads nats-server's configuration language: {@code key = value}, {@code key: value} or {@code key
 * value}; blocks in braces, lists in brackets, block strings in parentheses; comments from {@code
 * #} or {@code //}; sizes such as {@code 64MB}; {@code $variables} that are keys of an enclosing
 * block or of the environment; {@code include 'file'}. One thread.
 */
final class ConfParser {

    private static final int MAX_DEPTH = 64;
    private static final int MAX_INCLUDES = 32;
    private static final long MAX_BYTES = 16L << 20;
    private static final Pattern SIZE =
            Pattern.compile("(-?\\d+)(k|kb|ki|kib|m|mb|mi|mib|g|gb|gi|gib|t|tb|ti|tib|p|pb|e|eb)?");
    private static final Pattern DECIMAL = Pattern.compile("-?\\d+\\.\\d+");

    private final Map<String, String> environment;
    private final Deque<Map<String, ConfValue>> scopes = new ArrayDeque<>();
    private final Set<String> variables = new HashSet<>();
    private final int includes;
    private final Path file;
    private final String text;
    private int at;
    private int line = 1;
    private int depth;

    private ConfParser(Path file, String text, Map<String, String> environment, int includes) {
        this.file = file;
        this.text = text;
        this.environment = environment;
        this.includes = includes;
    }

    /**
     * @param root what stands in it
     * @param variables the keys that were used as variables, and so may be unknown
     */
    record Document(ConfValue.Block root, Set<String> variables) {}

    static Document read(Path file, Map<String, String> environment) throws OptionsException {
        ConfParser parser = load(file, environment, 0);
        return new Document(parser.document(), parser.variables);
    }

    static Document parse(String text, Map<String, String> environment) throws OptionsException {
        ConfParser parser = new ConfParser(Path.of("configuration"), text, environment, 0);
        return new Document(parser.document(), parser.variables);
    }

    private static ConfParser load(Path file, Map<String, String> environment, int includes)
            throws OptionsException {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new OptionsException(file + ": larger than " + MAX_BYTES + " bytes");
            }
            return new ConfParser(file, Files.readString(file), environment, includes);
        } catch (IOException e) {
            throw new OptionsException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private ConfValue.Block document() throws OptionsException {
        skip();
        boolean braces = at < text.length() && text.charAt(at) == '{';
        at += braces ? 1 : 0;
        ConfValue.Block block = block(braces);
        skip();
        if (at < text.length()) {
            throw fault("something behind the end");
        }
        return block;
    }

    private String place() {
        return file.getFileName() + ":" + line;
    }

    private OptionsException fault(String what) {
        return new OptionsException(place() + ": " + what);
    }

    private ConfValue.Block block(boolean braces) throws OptionsException {
        String place = place();
        Map<String, ConfValue> entries = new LinkedHashMap<>();
        scopes.push(entries);
        if (++depth > MAX_DEPTH) {
            throw fault("nested deeper than " + MAX_DEPTH);
        }
        for (; ; ) {
            skip();
            if (at >= text.length()) {
                if (braces) {
                    throw fault("the block of " + place + " does not end");
                }
                break;
            }
            if (text.charAt(at) == '}') {
                if (!braces) {
                    throw fault("a } without a block");
                }
                at++;
                break;
            }
            entry(entries);
        }
        depth--;
        scopes.pop();
        return new ConfValue.Block(entries, place);
    }

    private void entry(Map<String, ConfValue> entries) throws OptionsException {
        String key = key();
        if (key.equalsIgnoreCase("include") && !isSeparator()) {
            skipBlanks();
            include(entries, word());
            return;
        }
        skipBlanks();
        if (at < text.length() && (text.charAt(at) == ':' || text.charAt(at) == '=')) {
            at++;
        }
        skip();
        if (at >= text.length()) {
            throw fault("the key \"" + key + "\" has no value");
        }
        entries.put(key, value());
    }

    private boolean isSeparator() {
        int ahead = at;
        while (ahead < text.length() && isBlank(text.charAt(ahead))) {
            ahead++;
        }
        return ahead < text.length()
                && (text.charAt(ahead) == ':'
                        || text.charAt(ahead) == '='
                        || text.charAt(ahead) == '{');
    }

    private void include(Map<String, ConfValue> entries, String name) throws OptionsException {
        if (includes >= MAX_INCLUDES) {
            throw fault("includes nested deeper than " + MAX_INCLUDES);
        }
        Path beside = file.toAbsolutePath().resolveSibling(name);
        ConfParser inner = load(beside, environment, includes + 1);
        scopes.descendingIterator().forEachRemaining(inner.scopes::push);
        entries.putAll(inner.document().entries());
        variables.addAll(inner.variables);
    }

    private String key() throws OptionsException {
        char first = text.charAt(at);
        if (first == '"' || first == '\'') {
            return word();
        }
        int from = at;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (isBlank(c) || isLineEnd(c) || c == ':' || c == '=' || c == '{' || c == '[') {
                break;
            }
            at++;
        }
        if (at == from) {
            throw fault("a key is expected, not '" + first + "'");
        }
        return text.substring(from, at);
    }

    private ConfValue value() throws OptionsException {
        String place = place();
        switch (text.charAt(at)) {
            case '{' -> {
                at++;
                return block(true);
            }
            case '[' -> {
                at++;
                return items(place);
            }
            case '(' -> {
                return new ConfValue.Text(blockString(), place);
            }
            case '"', '\'' -> {
                return new ConfValue.Text(word(), place);
            }
            default -> {
                return plain(word(), place);
            }
        }
    }

    private ConfValue items(String place) throws OptionsException {
        List<ConfValue> items = new ArrayList<>();
        if (++depth > MAX_DEPTH) {
            throw fault("nested deeper than " + MAX_DEPTH);
        }
        for (; ; ) {
            skip();
            if (at >= text.length()) {
                throw fault("the list of " + place + " does not end");
            }
            if (text.charAt(at) == ']') {
                at++;
                depth--;
                return new ConfValue.Items(items, place);
            }
            items.add(value());
        }
    }

    /**
     * Everything up to a line with nothing but a closing parenthesis, or to one on the same line.
     */
    private String blockString() throws OptionsException {
        int from = ++at;
        int open = 1;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\n') {
                line++;
            } else if (c == '(') {
                open++;
            } else if (c == ')' && --open == 0) {
                String inside = text.substring(from, at++);
                return inside.strip();
            }
            at++;
        }
        throw fault("a block string does not end");
    }

    /** A quoted or bare word. */
    private String word() throws OptionsException {
        if (at >= text.length()) {
            throw fault("a value is expected");
        }
        char quote = text.charAt(at);
        if (quote == '"' || quote == '\'') {
            return quoted(quote);
        }
        int from = at;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (isLineEnd(c)
                    || isBlank(c)
                    || c == ','
                    || c == ';'
                    || c == ']'
                    || c == '}'
                    || c == '{'
                    || c == '[') {
                break;
            }
            at++;
        }
        if (at == from) {
            throw fault("a value is expected, not '" + quote + "'");
        }
        return text.substring(from, at);
    }

    private String quoted(char quote) throws OptionsException {
        StringBuilder word = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == quote) {
                at++;
                return word.toString();
            }
            if (c == '\\' && quote == '"') {
                escape(word);
            } else {
                line += c == '\n' ? 1 : 0;
                word.append(c);
            }
        }
        throw fault("a string does not end");
    }

    private void escape(StringBuilder word) throws OptionsException {
        char escaped = ++at < text.length() ? text.charAt(at) : 0;
        switch (escaped) {
            case 't' -> word.append('\t');
            case 'n' -> word.append('\n');
            case 'r' -> word.append('\r');
            case '"', '\\' -> word.append(escaped);
            case 'x' -> {
                try {
                    word.append((char) Integer.parseInt(text.substring(at + 1, at + 3), 16));
                } catch (IndexOutOfBoundsException | NumberFormatException e) {
                    throw fault("a bad \\x in a string");
                }
                at += 2;
            }
            default -> throw fault("a bad escape in a string");
        }
    }

    private ConfValue plain(String word, String place) throws OptionsException {
        String lower = word.toLowerCase(Locale.ROOT);
        switch (lower) {
            case "true", "yes", "on" -> {
                return new ConfValue.Flag(true, place);
            }
            case "false", "no", "off" -> {
                return new ConfValue.Flag(false, place);
            }
            default -> {}
        }
        if (word.startsWith("$") && !word.startsWith("$2a$") && !word.startsWith("$2b$")) {
            return variable(word.substring(1), word);
        }
        Matcher size = SIZE.matcher(lower);
        if (size.matches()) {
            return new ConfValue.Whole(size(size, word), place);
        }
        return DECIMAL.matcher(word).matches()
                ? new ConfValue.Decimal(Double.parseDouble(word), place)
                : new ConfValue.Text(word, place);
    }

    private long size(Matcher size, String word) throws OptionsException {
        String unit = size.group(2);
        long factor = 1;
        if (unit != null) {
            int power = "kmgtpe".indexOf(unit.charAt(0)) + 1;
            long base = unit.length() == 1 ? 1000 : 1024;
            for (int i = 0; i < power; i++) {
                factor *= base;
            }
        }
        try {
            return Math.multiplyExact(Long.parseLong(size.group(1)), factor);
        } catch (ArithmeticException | NumberFormatException e) {
            throw fault("the number " + word + " is too large");
        }
    }

    private ConfValue variable(String name, String word) throws OptionsException {
        for (Map<String, ConfValue> scope : scopes) {
            ConfValue known = scope.get(name);
            if (known != null) {
                variables.add(name);
                return known;
            }
        }
        String set = environment.get(name);
        if (set == null) {
            throw fault("variable reference for '" + name + "' can not be found");
        }
        if (set.equals(word)) {
            throw fault("variable reference cycle for '" + name + "'");
        }
        ConfParser inner = new ConfParser(file, set, environment, includes + 1);
        if (includes >= MAX_INCLUDES) {
            throw fault("variables nested deeper than " + MAX_INCLUDES);
        }
        inner.line = line;
        scopes.descendingIterator().forEachRemaining(inner.scopes::push);
        inner.skip();
        return inner.at >= set.length() ? new ConfValue.Text("", place()) : inner.value();
    }

    /** Blanks, line ends, commas, semicolons and comments. */
    private void skip() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#' || c == '/' && text.startsWith("//", at)) {
                while (at < text.length() && !isLineEnd(text.charAt(at))) {
                    at++;
                }
            } else if (isBlank(c) || isLineEnd(c) || c == ',' || c == ';') {
                line += c == '\n' ? 1 : 0;
                at++;
            } else {
                return;
            }
        }
    }

    private void skipBlanks() {
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean isLineEnd(char c) {
        return c == '\n' || c == '\r';
    }
}
