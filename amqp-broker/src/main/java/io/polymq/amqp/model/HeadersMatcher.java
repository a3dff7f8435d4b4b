package io.polymq.amqp.model;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The binding's arguments are looked for among the message's headers, by one of the four ways of
 * {@code x-match}. A void argument asks only whether the header is there.
 */
final class HeadersMatcher implements Matcher {

    static final String X_MATCH = "x-match";

    private final List<Bound> all = new CopyOnWriteArrayList<>();

    /** Null when it is one of the four, or missing; else how it is refused. */
    static @Nullable String fault(Arguments arguments) {
        if (!arguments.has(X_MATCH)) {
            return null;
        }
        Object how = arguments.get(X_MATCH);
        if (!(how instanceof String word)) {
            return "Invalid x-match field type "
                    + Faults.typeOf(how)
                    + " (value "
                    + how
                    + "); expected longstr";
        }
        return switch (word) {
            case "all", "any", "all-with-x", "any-with-x" -> null;
            default ->
                    "Invalid x-match field value <<\""
                            + word
                            + "\">>; expected all, any, all-with-x, or any-with-x";
        };
    }

    @Override
    public void add(Bound bound) {
        all.add(bound);
    }

    @Override
    public void remove(Bound bound) {
        all.remove(bound);
    }

    @Override
    public boolean isPerMessage() {
        return true;
    }

    @Override
    public void match(String key, Envelope message, Consumer<Destination> found) {
        if (all.isEmpty()) {
            return;
        }
        Map<String, @Nullable Object> headers = Arguments.of(message.headers()).values();
        for (Bound bound : all) {
            if (matches(bound.binding().arguments(), headers)) {
                found.accept(bound.target());
            }
        }
    }

    private static boolean matches(Arguments wanted, Map<String, @Nullable Object> headers) {
        String how = wanted.text(X_MATCH);
        boolean any = how != null && how.startsWith("any");
        boolean withX = how != null && how.endsWith("-with-x");
        for (Map.Entry<String, @Nullable Object> one : wanted.values().entrySet()) {
            String name = one.getKey();
            if (name.equals(X_MATCH) || (!withX && name.startsWith("x-"))) {
                continue;
            }
            boolean same =
                    headers.containsKey(name)
                            && (one.getValue() == null
                                    || Objects.equals(one.getValue(), headers.get(name)));
            if (same == any) {
                return any;
            }
        }
        return !any;
    }
}
