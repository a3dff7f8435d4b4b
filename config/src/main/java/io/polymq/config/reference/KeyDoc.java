package io.polymq.config.reference;

import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Key;
import io.polymq.config.schema.Within;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A key as the reference shows it.
 *
 * @param values what may be written, in words
 * @param shown the default, or else an example, as TOML
 * @param active whether {@code shown} is the default, so that a file may hold it as it is
 * @param defaultWords the default, in words
 */
record KeyDoc(
        String name, String doc, String values, String shown, boolean active, String defaultWords) {

    static KeyDoc of(Key key) {
        String text = key.defaultText();
        if (text != null) {
            String literal = literal(key, text);
            return new KeyDoc(key.name(), key.doc(), values(key), literal, true, literal);
        }
        boolean collection = key.isList() || key.isMap();
        String example = key.example();
        if (collection && example.isEmpty()) {
            String empty = key.isList() ? "[]" : "{}";
            return new KeyDoc(key.name(), key.doc(), values(key), empty, true, "none");
        }
        String words = key.isRequired() ? "must be given" : "not set";
        return new KeyDoc(
                key.name(),
                key.doc(),
                values(key),
                example.isEmpty() ? placeholder(key) : example,
                false,
                collection ? "none" : words);
    }

    static KeyDoc ofPort(Key key, DefaultPorts defaults) {
        int port = key.defaultPort(defaults);
        if (port == 0) {
            return new KeyDoc(key.name(), key.doc(), values(key), "0", false, "off");
        }
        return new KeyDoc(
                key.name(),
                key.doc(),
                values(key),
                Integer.toString(port),
                !key.isEncryptedPort(),
                key.isEncryptedPort() ? port + " with a certificate" : Integer.toString(port));
    }

    private static String placeholder(Key key) {
        return key.type() == String.class || key.type() == Path.class ? "\"...\"" : "0";
    }

    private static String literal(Key key, String text) {
        if (key.isList()) {
            return Arrays.stream(text.split(",", -1))
                    .map(String::strip)
                    .filter(item -> !item.isEmpty())
                    .map(item -> scalar(key.element(), item))
                    .collect(Collectors.joining(", ", "[", "]"));
        }
        return scalar(key.type(), text);
    }

    private static String scalar(Class<?> type, String text) {
        boolean bare =
                !text.isEmpty()
                        && (isNumber(type)
                                        && text.chars()
                                                .allMatch(c -> "-.0123456789".indexOf(c) >= 0)
                                || type == boolean.class
                                || type == Boolean.class);
        return bare ? text : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static boolean isNumber(Class<?> type) {
        return type == int.class
                || type == Integer.class
                || type == long.class
                || type == Long.class
                || type == double.class
                || type == Double.class;
    }

    private static String values(Key key) {
        if (key.isList()) {
            return "list: " + single(key, key.element());
        }
        if (key.isMap()) {
            return "names with: " + single(key, key.element());
        }
        String single = single(key, key.type());
        return key.isNullable() && (isNumber(key.type()) || key.type() == Duration.class)
                ? single + ", off"
                : single;
    }

    private static String single(Key key, Class<?> type) {
        if (!key.words().isEmpty()) {
            return String.join(", ", key.words());
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true, false";
        }
        if (type == Duration.class) {
            return "duration";
        }
        if (key.isBytes()) {
            return "size";
        }
        if (type == Path.class) {
            return "path";
        }
        return isNumber(type) ? "number" + range(key.within()) : "text";
    }

    private static String range(@Nullable Within within) {
        if (within == null) {
            return "";
        }
        if (within.max() == Long.MAX_VALUE) {
            return " from " + within.min();
        }
        return " " + within.min() + " to " + within.max();
    }
}
