package io.polymq.amqp.v1.frame;

import io.polymq.amqp.v1.type.Symbol;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Why a link, a session or a connection ends, or a message is rejected. */
public record ErrorInfo(
        String condition, @Nullable String description, Map<Symbol, @Nullable Object> info) {

    /** A close must fit the smallest frame that there is. */
    private static final int MOST_TEXT = 300;

    public static ErrorInfo of(Condition condition, String text) {
        String cut = text.length() > MOST_TEXT ? text.substring(0, MOST_TEXT) : text;
        return new ErrorInfo(condition.word(), cut, Map.of());
    }

    public ErrorInfo with(String name, Object value) {
        return new ErrorInfo(condition, description, Map.of(new Symbol(name), value));
    }
}
