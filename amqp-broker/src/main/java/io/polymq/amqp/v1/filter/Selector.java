package io.polymq.amqp.v1.filter;

import io.polymq.amqp.v1.message.Sections;
import org.jspecify.annotations.Nullable;

/**
 * A condition by JMS 2's grammar on header, properties and application properties. Immutable, any
 * thread.
 */
public final class Selector {

    /** Longer than any that a person writes. */
    private static final int LONGEST = 4096;

    private final String text;
    private final @Nullable Term condition;

    private Selector(String text, @Nullable Term condition) {
        this.text = text;
        this.condition = condition;
    }

    /**
     * An empty one takes every message.
     *
     * @throws FilterException when it is no selector
     */
    public static Selector parse(String text) {
        if (text.length() > LONGEST) {
            throw new FilterException("a selector of " + text.length() + " characters is too long");
        }
        return new Selector(text, text.isBlank() ? null : new SelectorParser(text).parse());
    }

    /** Whether the condition is true; what is unknown is not. */
    public boolean matches(Sections message) {
        return condition == null || Boolean.TRUE.equals(condition.in(message));
    }

    @Override
    public String toString() {
        return text;
    }
}
