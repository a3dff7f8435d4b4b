package io.polymq.amqp.v1.address;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an address means. Three ways of writing one are understood:
 *
 * <ul>
 *   <li>RabbitMQ's format v2, percent-encoded: {@code /queues/Q}, {@code /exchanges/E/KEY}, {@code
 *       /exchanges/E}
 *   <li>its format v1: {@code /queue/Q}, {@code /amq/queue/Q}, {@code /exchange/E/KEY}, {@code
 *       /topic/KEY}
 *   <li>a bare name, which is a topic's when the peer says so by a capability, as JMS clients do,
 *       and else a queue's
 * </ul>
 */
public sealed interface Address {

    /** What no part of an address may be longer than, in bytes. */
    int LONGEST_NAME = 255;

    /**
     * A queue.
     *
     * @param declare whether it comes into being when it is not there
     */
    record Queue(String name, boolean declare) implements Address {
        @Override
        public String text() {
            return "/queues/" + PercentCode.encode(name);
        }
    }

    /**
     * An exchange.
     *
     * @param key the routing key, or to what a receiver binds; null when each message names its own
     */
    record Exchange(String name, @Nullable String key) implements Address {
        @Override
        public String text() {
            return "/exchanges/"
                    + PercentCode.encode(name)
                    + (key == null ? "" : "/" + PercentCode.encode(key));
        }
    }

    /** Each message names its own address. */
    record Anonymous() implements Address {
        @Override
        public String text() {
            return "";
        }
    }

    /** The node that declares, binds and deletes. */
    record Management() implements Address {
        @Override
        public String text() {
            return MANAGEMENT;
        }
    }

    String MANAGEMENT = "/management";

    /** The exchange of all subjects. */
    String SUBJECTS = "amq.topic";

    /** In format v2. */
    String text();

    /**
     * Of a target, or of a message's {@code to}.
     *
     * @param address null for the anonymous terminus
     * @param capabilities what the peer says of the node
     * @throws AddressException when it means nothing
     */
    static Address target(@Nullable String address, Set<String> capabilities) {
        if (address == null) {
            return new Anonymous();
        }
        Address found = parse(address, capabilities);
        if (found == null) {
            throw new AddressException("bad target address '" + shown(address) + "'");
        }
        return found;
    }

    /**
     * Of a source; an exchange is one to whose messages the receiver subscribes.
     *
     * @throws AddressException when it means nothing
     */
    static Address source(@Nullable String address, Set<String> capabilities) {
        Address found = address == null ? null : parse(address, capabilities);
        if (found == null) {
            throw new AddressException(
                    "bad source address '" + (address == null ? "" : shown(address)) + "'");
        }
        return found instanceof Exchange exchange && exchange.key() == null
                ? new Exchange(exchange.name(), "")
                : found;
    }

    /** Null when it means nothing. */
    static @Nullable Address parse(String address) {
        return parse(address, Set.of());
    }

    private static @Nullable Address parse(String address, Set<String> capabilities) {
        if (address.equals(MANAGEMENT)) {
            return new Management();
        }
        if (!address.startsWith("/")) {
            return bare(address, capabilities);
        }
        String[] parts = address.split("/", -1);
        return switch (parts[1]) {
            case "queues" -> parts.length == 3 ? queue(parts[2], false) : null;
            case "exchanges" -> exchange(parts);
            case "queue" -> parts.length == 3 ? queue(parts[2], true) : null;
            case "amq" ->
                    parts.length == 4 && parts[2].equals("queue") ? queue(parts[3], false) : null;
            case "exchange" -> exchange(parts);
            case "topic" -> parts.length == 3 ? topic(decoded(parts[2])) : null;
            default -> null;
        };
    }

    private static @Nullable Address bare(String name, Set<String> capabilities) {
        if (name.isEmpty() || isTooLong(name)) {
            return null;
        }
        boolean topic = capabilities.contains("topic") || capabilities.contains("temporary-topic");
        return topic ? topic(name) : new Queue(name, true);
    }

    private static @Nullable Address queue(String encoded, boolean declare) {
        String name = decoded(encoded);
        return name == null || name.isEmpty() ? null : new Queue(name, declare);
    }

    private static @Nullable Address exchange(String[] parts) {
        if (parts.length != 3 && parts.length != 4) {
            return null;
        }
        String name = decoded(parts[2]);
        String key = parts.length == 4 ? decoded(parts[3]) : "";
        boolean isWithoutKey = parts.length == 3;
        // the default exchange is addressed by queues, not by its empty name
        return name == null || key == null || name.isEmpty()
                ? null
                : new Exchange(name, isWithoutKey ? null : key);
    }

    private static @Nullable Address topic(@Nullable String key) {
        return key == null ? null : new Exchange(SUBJECTS, key);
    }

    private static @Nullable String decoded(String part) {
        String text = PercentCode.decode(part);
        return text == null || isTooLong(text) ? null : text;
    }

    private static boolean isTooLong(String name) {
        return name.length() > LONGEST_NAME
                || name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME;
    }

    private static String shown(String address) {
        return address.length() <= 300 ? address : address.substring(0, 300);
    }
}
