package io.polymq.amqp.model;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks what a queue is declared with. Stateless. */
final class QueueArguments {

    static final String TYPE = "x-queue-type";
    private static final int MAX_PRIORITY = 255;

    private static final Set<String> NUMBERS =
            Set.of("x-message-ttl", "x-max-length", "x-max-length-bytes", "x-max-in-memory-length");
    private static final Set<String> EVERYWHERE =
            Set.of("x-queue-type", "x-max-length-bytes", "x-queue-leader-locator");
    private static final Set<String> OF_QUEUES =
            Set.of(
                    "x-expires",
                    "x-message-ttl",
                    "x-dead-letter-exchange",
                    "x-dead-letter-routing-key",
                    "x-max-length",
                    "x-overflow",
                    "x-single-active-consumer",
                    "x-consumer-timeout");
    private static final Set<String> OF_CLASSIC =
            Set.of("x-max-priority", "x-queue-mode", "x-queue-version", "x-queue-master-locator");
    private static final Set<String> OF_QUORUM =
            Set.of(
                    "x-delivery-limit",
                    "x-quorum-initial-group-size",
                    "x-quorum-target-group-size",
                    "x-dead-letter-strategy",
                    "x-max-in-memory-length",
                    "x-max-in-memory-bytes");
    private static final Set<String> OF_STREAM =
            Set.of(
                    "x-max-age",
                    "x-stream-max-segment-size-bytes",
                    "x-stream-filter-size-bytes",
                    "x-initial-cluster-size");
    private static final Map<Character, Duration> AGE_UNITS =
            Map.of(
                    'Y', Duration.ofDays(365),
                    'M', Duration.ofDays(30),
                    'D', Duration.ofDays(1),
                    'h', Duration.ofHours(1),
                    'm', Duration.ofMinutes(1),
                    's', Duration.ofSeconds(1));

    private QueueArguments() {}

    static QueueDefinition.Type type(String name, String host, Arguments arguments) {
        Object type = arguments.get(TYPE);
        if (type == null) {
            return QueueDefinition.Type.CLASSIC;
        }
        for (QueueDefinition.Type known : QueueDefinition.Type.values()) {
            if (known.word().equals(type)) {
                return known;
            }
        }
        throw ModelException.precondition(
                "invalid arg '"
                        + TYPE
                        + "' for "
                        + Faults.queue(name, host)
                        + ": "
                        + (type instanceof String
                                ? "\"unsupported queue type '" + type + "'\""
                                : unacceptable(type)));
    }

    /**
     * @throws ModelException when an argument is not what it must be
     */
    static void check(QueueDefinition queue, String host) {
        String what = Faults.queue(queue.name(), host);
        Arguments arguments = queue.arguments();
        for (Map.Entry<String, @Nullable Object> one : arguments.values().entrySet()) {
            String name = one.getKey();
            if (one.getValue() != null
                    && name.equals("x-dead-letter-exchange")
                    && !(one.getValue() instanceof String)) {
                throw ModelException.precondition(
                        "invalid type '"
                                + Faults.typeOf(one.getValue())
                                + "' for arg '"
                                + name
                                + "' in "
                                + what);
            }
            if (!isFor(queue.type(), name)) {
                throw ModelException.precondition(
                        "invalid arg '"
                                + name
                                + "' for "
                                + what
                                + " of queue type rabbit_"
                                + queue.type().word()
                                + "_queue");
            }
            String fault = fault(name, one.getValue(), arguments);
            if (fault != null) {
                throw ModelException.precondition(
                        "invalid arg '" + name + "' for " + what + ": " + fault);
            }
        }
        if (queue.type() != QueueDefinition.Type.CLASSIC) {
            checkReplicated(queue, what);
        }
    }

    /** Whether the type knows an argument, or nobody does. */
    private static boolean isFor(QueueDefinition.Type type, String argument) {
        if (EVERYWHERE.contains(argument)) {
            return true;
        }
        boolean queues = OF_QUEUES.contains(argument);
        boolean classic = queues || OF_CLASSIC.contains(argument);
        boolean quorum = queues || OF_QUORUM.contains(argument);
        boolean stream = OF_STREAM.contains(argument);
        if (!classic && !quorum && !stream) {
            return true;
        }
        return switch (type) {
            case CLASSIC -> classic;
            case QUORUM -> quorum;
            case STREAM -> stream;
        };
    }

    private static void checkReplicated(QueueDefinition queue, String what) {
        String property =
                !queue.durable()
                        ? "non-durable"
                        : queue.exclusive()
                                ? "exclusive-owner"
                                : queue.autoDelete() ? "auto-delete" : null;
        if (property != null) {
            throw ModelException.precondition("invalid property '" + property + "' for " + what);
        }
    }

    private static @Nullable String fault(
            String name, @Nullable Object value, Arguments arguments) {
        if (NUMBERS.contains(name)) {
            return number(value, 0);
        }
        return switch (name) {
            case "x-expires" -> number(value, 1);
            case "x-max-priority" ->
                    value instanceof Long number && number > MAX_PRIORITY
                            ? "{max_value_exceeded," + number + "}"
                            : number(value, 0);
            case "x-delivery-limit", "x-initial-cluster-size" ->
                    value instanceof Long ? null : notInteger(value);
            case "x-queue-mode" ->
                    "default".equals(value) || "lazy".equals(value)
                            ? null
                            : "\"unsupported queue mode '" + value + "'\"";
            case "x-queue-version" ->
                    Long.valueOf(1).equals(value) || Long.valueOf(2).equals(value)
                            ? null
                            : "\"unsupported queue version '" + value + "'\"";
            case "x-queue-leader-locator" -> value instanceof String ? null : unacceptable(value);
            case "x-dead-letter-routing-key" ->
                    !(value instanceof String)
                            ? unacceptable(value)
                            : arguments.has("x-dead-letter-exchange")
                                    ? null
                                    : "routing_key_but_no_dlx_defined";
            case "x-overflow" ->
                    !(value instanceof String word)
                            ? unacceptable(value)
                            : Set.of("drop-head", "reject-publish", "reject-publish-dlx")
                                            .contains(word)
                                    ? null
                                    : "invalid_overflow";
            case "x-single-active-consumer" ->
                    value instanceof Boolean ? null : unacceptable(value);
            case "x-max-age" ->
                    value instanceof String age && maxAge(age) != null ? null : "invalid_max_age";
            default -> null;
        };
    }

    private static @Nullable String number(@Nullable Object value, long least) {
        if (!(value instanceof Long number)) {
            return notInteger(value);
        }
        if (number < 0) {
            return "{value_negative," + number + "}";
        }
        return number < least ? "{value_zero," + number + "}" : null;
    }

    private static String notInteger(@Nullable Object value) {
        return "\"expected integer, got " + Faults.typeOf(value) + '"';
    }

    private static String unacceptable(@Nullable Object value) {
        return "{unacceptable_type," + Faults.typeOf(value) + "}";
    }

    /** {@code 7D}, {@code 12h}: null when it is no such thing. */
    static @Nullable Duration maxAge(String text) {
        if (text.length() < 2 || text.length() > 12) {
            return null;
        }
        Duration unit = AGE_UNITS.get(text.charAt(text.length() - 1));
        String number = text.substring(0, text.length() - 1);
        if (unit == null || !number.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        return unit.multipliedBy(Long.parseLong(number));
    }
}
