package io.polymq.amqp.v1;

import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.QueueDefinition;
import io.polymq.amqp.v1.address.Address;
import io.polymq.amqp.v1.frame.Terminus;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A subscription that outlives its link, or that several links share, as JMS clients have them: a
 * queue of its own, bound to what was subscribed to. Immutable.
 *
 * @param queue what its queue is called
 * @param durable whether it stays without a link
 * @param shared whether several links may have it at a time
 */
record Subscription(String queue, boolean durable, boolean shared) {

    private static final int MOST_NAME = 255;
    private static final String EXCHANGE = "x-subscribed-exchange";
    private static final String KEY = "x-subscribed-key";
    private static final String SELECTOR = "x-subscribed-selector";

    /** Null when the source asks for neither. */
    static @Nullable Subscription of(String link, Terminus.Source source, String container) {
        boolean durable =
                source.durable() != Terminus.DURABLE_NONE
                        || source.expiry().equals(Terminus.EXPIRY_NEVER);
        boolean shared = source.capabilities().contains("shared");
        return durable || shared
                ? named(link, container, durable, shared, isGlobal(link, source))
                : null;
    }

    /** The durable one of that name. */
    static Subscription durable(String link, String container, boolean global) {
        return named(link, container, true, false, global);
    }

    private static boolean isGlobal(String link, Terminus.Source source) {
        return source.capabilities().contains("global") || isGlobal(link);
    }

    /** Clients without an id of their own say so behind the name. */
    static boolean isGlobal(String link) {
        return link.indexOf('|') >= 0 && link.substring(link.indexOf('|')).startsWith("|global");
    }

    private static Subscription named(
            String link, String container, boolean durable, boolean shared, boolean global) {
        int bar = link.indexOf('|');
        String name =
                (durable ? "jms.sub." : "jms.volatile.")
                        + (global ? "" : escaped(container))
                        + '.'
                        + escaped(bar < 0 ? link : link.substring(0, bar));
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return new Subscription(
                bytes.length <= MOST_NAME ? name : "jms.sub." + UUID.nameUUIDFromBytes(bytes),
                durable,
                shared);
    }

    private static String escaped(String part) {
        return part.replace("%", "%25").replace(".", "%2E");
    }

    QueueDefinition definition(Address.Exchange to, @Nullable String selector) {
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        arguments.put(EXCHANGE, to.name());
        arguments.put(KEY, to.key() == null ? "" : to.key());
        if (selector != null) {
            arguments.put(SELECTOR, selector);
        }
        return new QueueDefinition(
                queue,
                QueueDefinition.Type.CLASSIC,
                durable,
                false,
                !durable,
                new Arguments(arguments));
    }

    /** Whether a queue is that of the same subscription to the same. */
    static boolean isSame(QueueDefinition one, QueueDefinition other) {
        return one.arguments().equals(other.arguments());
    }

    /** What the queue of a subscription is subscribed to. */
    static Address.Exchange subscribedTo(QueueDefinition queue) {
        String exchange = queue.arguments().text(EXCHANGE);
        String key = queue.arguments().text(KEY);
        return new Address.Exchange(
                exchange == null ? Address.SUBJECTS : exchange, key == null ? "" : key);
    }
}
