package io.polymq.amqp.model;

import io.polymq.core.message.Message;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Consumers of {@code amq.rabbitmq.reply-to}: who publishes to such an address by the default
 * exchange reaches one of them directly, without a queue. Shared.
 */
public final class ReplyAddresses {

    /** What consumers of answers consume from, and what every address begins with. */
    public static final String PSEUDO_QUEUE = "amq.rabbitmq.reply-to";

    private static final String PREFIX = PSEUDO_QUEUE + ".";

    /** Takes answers, on the publisher's thread; the message is borrowed. */
    public interface Receiver {
        boolean answer(Message message);
    }

    private final Map<String, Receiver> receivers = new ConcurrentHashMap<>();

    /** From now on answers to this address come here. */
    public void open(String address, Receiver receiver) {
        receivers.put(address, receiver);
    }

    public void close(String address) {
        receivers.remove(address);
    }

    public boolean exists(String address) {
        return receivers.containsKey(address);
    }

    /** A new address. */
    public static String address(String token) {
        return PREFIX + token;
    }

    public static boolean isAddress(String name) {
        return name.startsWith(PREFIX);
    }

    boolean offer(String key, Message message) {
        Receiver receiver = isAddress(key) ? receivers.get(key) : null;
        return receiver != null && receiver.answer(message);
    }
}
