package io.polymq.amqp.model;

import io.polymq.core.queue.QueueSpec;
import io.polymq.storage.Durability;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a queue behaves: what its arguments and the policies come to. Where both give a number the
 * smaller one counts, else the argument. -1 and null stand for "not set". Immutable.
 */
public record QueueSettings(
        long messageTtl,
        long expires,
        long maxLength,
        long maxBytes,
        @Nullable String overflow,
        @Nullable String deadLetterExchange,
        @Nullable String deadLetterKey,
        int maxPriority,
        boolean singleActive,
        long deliveryLimit,
        long consumerTimeout,
        @Nullable String maxAge,
        Durability durability) {

    private static final long QUORUM_DELIVERY_LIMIT = 20;

    /**
     * @param policy what the policy and the operator's policy define, by their own keys
     * @param consumerTimeout in milliseconds where nothing else is said, 0 for none
     */
    static QueueSettings of(
            QueueDefinition queue,
            Map<String, Object> policy,
            Map<String, Object> operator,
            long consumerTimeout) {
        Source from = new Source(queue.arguments(), policy, operator);
        boolean quorum = queue.type() == QueueDefinition.Type.QUORUM;
        long limit = from.number("delivery-limit");
        if (quorum && limit == -1 && !from.has("delivery-limit")) {
            limit = QUORUM_DELIVERY_LIMIT;
        }
        long timeout = from.number("consumer-timeout");
        boolean kept = queue.durable() && !queue.exclusive();
        return new QueueSettings(
                from.number("message-ttl"),
                from.number("expires"),
                from.number("max-length"),
                from.number("max-length-bytes"),
                from.text("overflow"),
                from.text("dead-letter-exchange"),
                from.text("dead-letter-routing-key"),
                (int) from.number("max-priority"),
                queue.arguments().flag("x-single-active-consumer"),
                limit,
                timeout < 0 ? consumerTimeout : timeout,
                from.text("max-age"),
                kept ? Durability.SYNC : Durability.MEMORY);
    }

    /** As the core's queues understand it. */
    QueueSpec spec(@Nullable DeadLetters deadLetters) {
        QueueSpec.Overflow full =
                switch (overflow == null ? "drop-head" : overflow) {
                    case "reject-publish" -> QueueSpec.Overflow.REJECT;
                    case "reject-publish-dlx" -> QueueSpec.Overflow.REJECT_DEAD_LETTER;
                    default -> QueueSpec.Overflow.DROP_HEAD;
                };
        int deliveries =
                deliveryLimit < 0 ? QueueSpec.NONE : (int) Math.min(deliveryLimit + 1, 1 << 30);
        List<Duration> deadlines =
                consumerTimeout <= 0 ? List.of() : List.of(Duration.ofMillis(consumerTimeout));
        return new QueueSpec(
                durability,
                new QueueSpec.Limits(maxLength, maxBytes, full, QueueSpec.NONE),
                new QueueSpec.Redelivery(deliveries, List.of(), deadlines, true),
                messageTtl < 0 ? null : Duration.ofMillis(messageTtl),
                maxPriority <= 0 ? 0 : maxPriority + 1,
                singleActive ? QueueSpec.Dispatch.SINGLE_ACTIVE : QueueSpec.Dispatch.PRIORITY,
                deadLetterExchange == null ? null : deadLetters);
    }

    /** Where a setting may come from. */
    private record Source(
            Arguments arguments, Map<String, Object> policy, Map<String, Object> operator) {

        boolean has(String key) {
            return arguments.has("x-" + key)
                    || policy.containsKey(key)
                    || operator.containsKey(key);
        }

        long number(String key) {
            long least = -1;
            for (Object value :
                    new @Nullable Object[] {
                        arguments.get("x-" + key), policy.get(key), operator.get(key)
                    }) {
                if (value instanceof Number number && number.longValue() >= 0) {
                    least = least < 0 ? number.longValue() : Math.min(least, number.longValue());
                }
            }
            return least;
        }

        @Nullable String text(String key) {
            for (Object value :
                    new @Nullable Object[] {
                        operator.get(key), arguments.get("x-" + key), policy.get(key)
                    }) {
                if (value instanceof String text) {
                    return text;
                }
            }
            return null;
        }
    }
}
