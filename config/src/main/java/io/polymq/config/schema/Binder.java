package io.polymq.config.schema;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of nodes: defaults for what is not written, a problem for everything that is
 * unknown, of the wrong type or out of range. Goes on after a problem, so that one run finds all of
 * them. One thread.
 */
public final class Binder {
    private final Problems problems;
    private final boolean certificate;
    private final List<String> knownPaths;

    /**
     * @param certificate whether the default ports of encrypted transports hold
     * @param knownPaths every key there is, dotted, to find keys written in the wrong section
     */
    public Binder(Problems problems, boolean certificate, List<String> knownPaths) {
        this.problems = problems;
        this.certificate = certificate;
        this.knownPaths = knownPaths;
    }

    /** Null when problems were found. */
    public <T> @Nullable T bind(Class<T> type, Node.Table table, String path) {
        Section<T> section = Section.of(type);
        int before = problems.count();
        refuseUnknown(section, table, path);
        @Nullable Object[] values =
                section.keys().stream()
                        .map(
                                key ->
                                        key.ports() == null
                                                ? value(key, table, path)
                                                : ports(key, key.ports(), table, path))
                        .toArray();
        if (problems.count() > before) {
            return null;
        }
        try {
            return section.create(values);
        } catch (IllegalArgumentException refused) {
            problems.add(table.origin(), path, Objects.toString(refused.getMessage()));
            return null;
        }
    }

    private void refuseUnknown(Section<?> section, Node.Table table, String path) {
        List<String> names = section.names();
        table.entries()
                .forEach(
                        (name, node) -> {
                            if (!names.contains(name)) {
                                problems.add(
                                        node.origin(),
                                        join(path, name),
                                        "is not a known key; " + hint(name, names, path));
                            }
                        });
    }

    private String hint(String name, List<String> names, String path) {
        String near = Nearest.to(name, names).orElse("");
        boolean close = Nearest.distance(name, near) <= Math.max(2, name.length() / 3);
        if (!close) {
            Optional<String> elsewhere =
                    knownPaths.stream()
                            .filter(p -> p.equals(name) || p.endsWith("." + name))
                            .findFirst();
            if (elsewhere.isPresent()) {
                return "did you mean " + elsewhere.get() + '?';
            }
        }
        return close
                ? "did you mean " + join(path, near) + '?'
                : "the nearest known key is " + join(path, near);
    }

    private @Nullable Object value(Key key, Node.Table table, String path) {
        Node node = table.entries().get(key.name());
        String where = join(path, key.name());
        if (key.isSection()) {
            return section(key, node, table, where);
        }
        if (node == null) {
            return absent(key, table, where);
        }
        if (key.isList()) {
            return list(key, node, where);
        }
        if (key.isMap()) {
            return map(key, node, where);
        }
        return scalar(key, key.type(), node, where);
    }

    private @Nullable Object section(
            Key key, @Nullable Node node, Node.Table parent, String where) {
        boolean empty =
                switch (node) {
                    case null -> true;
                    case Node.Nothing nothing -> true;
                    case Node.Table table -> table.entries().isEmpty();
                    default -> false;
                };
        if (empty && key.isNullable()) {
            return null;
        }
        return switch (node) {
            case null -> bind(key.type(), Node.Table.empty(parent.origin()), where);
            case Node.Nothing nothing ->
                    bind(key.type(), Node.Table.empty(nothing.origin()), where);
            case Node.Table table -> bind(key.type(), table, where);
            default -> {
                problems.add(node.origin(), where, "must be a section, but is " + node.described());
                yield null;
            }
        };
    }

    private @Nullable Object absent(Key key, Node.Table table, String where) {
        String text = key.defaultText();
        if (text != null) {
            Node node = new Node.Text(Origin.BUILT_IN, text, true);
            return key.isList() ? list(key, node, where) : scalar(key, key.type(), node, where);
        }
        if (key.isRequired()) {
            problems.add(table.origin(), where, "must be given");
            return null;
        }
        if (key.isNullable()) {
            return null;
        }
        return key.isList() ? List.of() : Map.of();
    }

    private List<?> list(Key key, Node node, String where) {
        List<Node> items =
                switch (node) {
                    case Node.Items many -> many.items();
                    case Node.Nothing nothing -> List.of();
                    case Node.Text text when text.loose() -> split(text);
                    default -> List.of(node);
                };
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            Object value = element(key, items.get(i), where + '[' + i + ']');
            if (value != null) {
                values.add(value);
            }
        }
        return List.copyOf(values);
    }

    private static List<Node> split(Node.Text text) {
        return Arrays.stream(text.value().split(",", -1))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .map(item -> (Node) new Node.Text(text.origin(), item, true))
                .toList();
    }

    private Map<String, ?> map(Key key, Node node, String where) {
        if (node instanceof Node.Nothing) {
            return Map.of();
        }
        if (!(node instanceof Node.Table table)) {
            problems.add(node.origin(), where, "must be a section, but is " + node.described());
            return Map.of();
        }
        Map<String, Object> values = new LinkedHashMap<>();
        table.entries()
                .forEach(
                        (name, entry) -> {
                            Object value = element(key, entry, join(where, name));
                            if (value != null) {
                                values.put(name, value);
                            }
                        });
        return Collections.unmodifiableMap(values);
    }

    private @Nullable Object element(Key key, Node node, String where) {
        if (!Key.isSection(key.element())) {
            return scalar(key, key.element(), node, where);
        }
        if (node instanceof Node.Table table) {
            return bind(key.element(), table, where);
        }
        problems.add(node.origin(), where, "must be a section, but is " + node.described());
        return null;
    }

    private @Nullable Object scalar(Key key, Class<?> type, Node node, String where) {
        try {
            return Scalars.value(key, type, node);
        } catch (Scalars.Unfit unfit) {
            problems.add(node.origin(), where, Objects.toString(unfit.getMessage()));
            return null;
        }
    }

    private Object ports(Key ports, DefaultPorts defaults, Node.Table table, String path) {
        Section<?> section = Section.of(ports.type());
        int before = problems.count();
        @Nullable Object[] values =
                section.keys().stream().map(key -> port(key, defaults, table, path)).toArray();
        // A port that is refused is told above; the others still make a record to go on with.
        return section.create(
                problems.count() > before ? new @Nullable Object[values.length] : values);
    }

    private @Nullable Object port(Key key, DefaultPorts defaults, Node.Table table, String path) {
        Node node = table.entries().get(key.name());
        String where = join(path, key.name());
        if (node == null) {
            int port = key.defaultPort(defaults);
            boolean holds = certificate || !key.isEncryptedPort();
            return port == 0 || !holds ? null : Integer.valueOf(port);
        }
        return scalar(key, key.type(), node, where);
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + '.' + name;
    }
}
