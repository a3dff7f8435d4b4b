package io.polymq.core.security.rules;

import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which names a rule is about. Texts may hold {@link Placeholders}. Immutable; what is not well
 * formed is refused when it is made.
 */
public sealed interface NamePattern {

    /** Every name. */
    NamePattern ANY = new Any();

    /** How it is written down: the word for its kind. */
    String kind();

    /** Its text as written; empty for {@link Any}. */
    String text();

    /** Whether it depends on who asks. */
    default boolean isPersonal() {
        return Placeholders.in(text());
    }

    record Any() implements NamePattern {
        @Override
        public String kind() {
            return "any";
        }

        @Override
        public String text() {
            return "";
        }
    }

    /** This name alone. */
    record Exact(String text) implements NamePattern {
        @Override
        public String kind() {
            return "exact";
        }
    }

    /** Names that begin so, as Kafka's prefixed rules have it. */
    record Prefix(String text) implements NamePattern {
        @Override
        public String kind() {
            return "prefix";
        }
    }

    /** What a filter of a dialect matches. */
    record Subjects(String text, Dialect dialect) implements NamePattern {
        public Subjects {
            try {
                dialect.parse(text);
            } catch (InvalidSubjectException e) {
                throw new IllegalArgumentException(
                        "'" + text + "' is not a filter of subjects: " + e.reason(), e);
            }
        }

        @Override
        public String kind() {
            return switch (dialect) {
                case MQTT -> "mqtt";
                case NATS -> "filter";
                case AMQP -> "amqp";
            };
        }
    }

    /**
     * Names in which the expression is found; an empty expression is found in the empty name only.
     */
    record Regex(String text) implements NamePattern {
        public Regex {
            try {
                Pattern.compile(text);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "'" + text + "' is not a regular expression: " + e.getDescription(), e);
            }
        }

        @Override
        public String kind() {
            return "regex";
        }
    }

    /** The reverse of {@link #kind} and {@link #text}. */
    static NamePattern of(String kind, String text) {
        return switch (kind) {
            case "any" -> ANY;
            case "exact" -> new Exact(text);
            case "prefix" -> new Prefix(text);
            case "filter" -> new Subjects(text, Dialect.NATS);
            case "mqtt" -> new Subjects(text, Dialect.MQTT);
            case "amqp" -> new Subjects(text, Dialect.AMQP);
            case "regex" -> new Regex(text);
            default ->
                    throw new IllegalArgumentException(
                            "a name is matched as any, exact, prefix, filter, mqtt, amqp or regex,"
                                    + " not as "
                                    + kind);
        };
    }
}
