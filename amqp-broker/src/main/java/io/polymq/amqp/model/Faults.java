package io.polymq.amqp.model;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The words of refusals, as RabbitMQ has them. */
final class Faults {

    private Faults() {}

    static String queue(String name, String host) {
        return "queue '" + name + "' in vhost '" + host + "'";
    }

    static String exchange(String name, String host) {
        return "exchange '" + name + "' in vhost '" + host + "'";
    }

    static ModelException noQueue(String name, String host) {
        return new ModelException(ModelException.Kind.NOT_FOUND, "no " + queue(name, host));
    }

    static ModelException noExchange(String name, String host) {
        return new ModelException(ModelException.Kind.NOT_FOUND, "no " + exchange(name, host));
    }

    static ModelException locked(String name, String host) {
        return new ModelException(
                ModelException.Kind.RESOURCE_LOCKED,
                "cannot obtain exclusive access to locked "
                        + queue(name, host)
                        + ". It could be originally declared on another connection or the exclusive"
                        + " property value does not match that of the original declaration.");
    }

    static void same(String what, String property, boolean received, boolean current) {
        if (received != current) {
            throw ModelException.precondition(
                    "inequivalent arg '"
                            + property
                            + "' for "
                            + what
                            + ": received '"
                            + received
                            + "' but current is '"
                            + current
                            + "'");
        }
    }

    static void same(
            String what, String name, @Nullable Object received, @Nullable Object current) {
        if (!Objects.equals(received, current)) {
            boolean both = received != null && current != null;
            throw ModelException.precondition(
                    "inequivalent arg '"
                            + name
                            + "' for "
                            + what
                            + ": received "
                            + (both ? "'" + received + "'" : said(received))
                            + " but current is "
                            + (both ? "'" + current + "'" : said(current)));
        }
    }

    private static String said(@Nullable Object value) {
        return value == null ? "none" : "the value '" + value + "' of type '" + typeOf(value) + "'";
    }

    /** RabbitMQ's name of a value's type. */
    static String typeOf(@Nullable Object value) {
        return switch (value) {
            case null -> "void";
            case Boolean flag -> "bool";
            case Long number -> number == number.intValue() ? "signedint" : "long";
            case Double number -> "double";
            case String text -> "longstr";
            case List<?> items -> "array";
            case Map<?, ?> nested -> "table";
            default -> "unknown";
        };
    }
}
