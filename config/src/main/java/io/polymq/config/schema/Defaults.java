package io.polymq.config.schema;

import java.util.List;
import java.util.Objects;

/** Records made of their defaults, without a file. */
public final class Defaults {
    private Defaults() {}

    /** The record whose keys are all left unwritten. */
    public static <T> T of(Class<T> type) {
        return with(type);
    }

    /**
     * The record with some keys written.
     *
     * @param settings {@code key=value}, where a key of an inner section is dotted
     */
    public static <T> T with(Class<T> type, String... settings) {
        Node.Table table = Node.Table.empty(Origin.BUILT_IN);
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            table.put(
                    setting.substring(0, equals),
                    new Node.Text(Origin.BUILT_IN, setting.substring(equals + 1), true));
        }
        Problems problems = new Problems();
        T made = new Binder(problems, false, List.of()).bind(type, table, "");
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    type.getSimpleName() + ": " + problems.sorted().getFirst());
        }
        return Objects.requireNonNull(made);
    }
}
