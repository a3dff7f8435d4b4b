package io.polymq.config.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All keys below a record type. */
public final class Tree {
    private Tree() {}

    /** Dotted paths of everything that is not itself a section, in the order of the records. */
    public static List<String> paths(Class<?> root) {
        List<String> paths = new ArrayList<>();
        Section.of(root).keys().forEach(key -> below(key).forEach(paths::add));
        return List.copyOf(paths);
    }

    private static Stream<String> below(Key key) {
        if (key.ports() != null) {
            return paths(key.type()).stream();
        }
        return key.isSection()
                ? paths(key.type()).stream().map(path -> key.name() + '.' + path)
                : Stream.of(key.name());
    }
}
