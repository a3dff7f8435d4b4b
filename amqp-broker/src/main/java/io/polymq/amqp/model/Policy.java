package io.polymq.amqp.model;

import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Settings for all queues or exchanges whose name fits.
 *
 * @param pattern a regular expression that is looked for in the name
 * @param definition settings by the policies' own keys: {@code message-ttl}, {@code max-length} ...
 */
public record Policy(
        String name,
        String pattern,
        Pattern compiled,
        ApplyTo applyTo,
        int priority,
        Map<String, Object> definition) {

    /** What a policy is for. */
    public enum ApplyTo {
        ALL("all"),
        EXCHANGES("exchanges"),
        QUEUES("queues"),
        CLASSIC_QUEUES("classic_queues"),
        QUORUM_QUEUES("quorum_queues"),
        STREAMS("streams");

        private final String word;

        ApplyTo(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }

        /**
         * @throws IllegalArgumentException when it is none of them
         */
        public static ApplyTo of(String word) {
            for (ApplyTo one : values()) {
                if (one.word.equals(word)) {
                    return one;
                }
            }
            throw new IllegalArgumentException("a policy does not apply to '" + word + "'");
        }

        boolean takes(QueueDefinition.Type type) {
            return switch (this) {
                case ALL, QUEUES -> true;
                case EXCHANGES -> false;
                case CLASSIC_QUEUES -> type == QueueDefinition.Type.CLASSIC;
                case QUORUM_QUEUES -> type == QueueDefinition.Type.QUORUM;
                case STREAMS -> type == QueueDefinition.Type.STREAM;
            };
        }

        boolean takesExchanges() {
            return this == ALL || this == EXCHANGES;
        }
    }

    public Policy {
        definition = Map.copyOf(definition);
    }

    /**
     * @throws IllegalArgumentException when the pattern is no regular expression
     */
    public static Policy of(
            String name,
            String pattern,
            ApplyTo applyTo,
            int priority,
            Map<String, Object> definition) {
        try {
            return new Policy(
                    name, pattern, Pattern.compile(pattern), applyTo, priority, definition);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "'" + pattern + "' is not a regular expression: " + e.getDescription(), e);
        }
    }

    boolean fits(String subject) {
        return compiled.matcher(subject).find();
    }
}
