package io.polymq.config.schema;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A value as it was written, before anyone knows what it should have been. */
public sealed interface Node {

    Origin origin();

    /** What a person would call it. */
    String described();

    /** Keys in the order written; the map may be added to while sources are merged. */
    record Table(Origin origin, Map<String, Node> entries) implements Node {

        public static Table empty(Origin origin) {
            return new Table(origin, new LinkedHashMap<>());
        }

        /**
         * Puts a value at a dotted path, making the sections on the way; false when something on
         * the way is no section.
         */
        public boolean put(String path, Node value) {
            Table table = this;
            String[] names = path.split("\\.", -1);
            for (int i = 0; i < names.length - 1; i++) {
                Node next = table.entries.get(names[i]);
                if (next == null || next instanceof Nothing) {
                    next = empty(value.origin());
                    table.entries.put(names[i], next);
                }
                if (!(next instanceof Table section)) {
                    return false;
                }
                table = section;
            }
            table.entries.put(names[names.length - 1], value);
            return true;
        }

        /** The value at a dotted path. */
        public Optional<Node> at(String path) {
            int dot = path.indexOf('.');
            Node first = entries.get(dot < 0 ? path : path.substring(0, dot));
            if (dot < 0 || first == null) {
                return Optional.ofNullable(first);
            }
            return first instanceof Table table
                    ? table.at(path.substring(dot + 1))
                    : Optional.empty();
        }

        @Override
        public String described() {
            return "a section";
        }
    }

    record Items(Origin origin, List<Node> items) implements Node {
        public Items {
            items = List.copyOf(items);
        }

        @Override
        public String described() {
            return "a list";
        }
    }

    /**
     * @param loose from a place that knows only texts (environment, command line), so that numbers
     *     and lists are read from it as well
     */
    record Text(Origin origin, String value, boolean loose) implements Node {
        @Override
        public String described() {
            return value.isEmpty() ? "empty" : "the text \"" + value + '"';
        }
    }

    record Whole(Origin origin, long value) implements Node {
        @Override
        public String described() {
            return "the number " + value;
        }
    }

    record Decimal(Origin origin, double value) implements Node {
        @Override
        public String described() {
            return "the number " + value;
        }
    }

    record Flag(Origin origin, boolean value) implements Node {
        @Override
        public String described() {
            return Boolean.toString(value);
        }
    }

    /** A key without a value, or YAML's null. */
    record Nothing(Origin origin) implements Node {
        @Override
        public String described() {
            return "empty";
        }
    }
}
