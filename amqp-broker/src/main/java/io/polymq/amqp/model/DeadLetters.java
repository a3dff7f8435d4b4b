package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.DeadLetter;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A queue's dead letters go through its dead-letter exchange, with {@code x-death} telling where
 * they died. A message that came back to a queue by itself, without anybody having rejected it on
 * the way, goes no further. Shard zone of its queue.
 */
final class DeadLetters implements DeadLetter {

    private static final String DEATH = "x-death";

    private final VirtualHost host;
    private final String queue;
    private final Publisher publisher;
    private final Message message = new Message();

    DeadLetters(VirtualHost host, String queue) {
        this.host = host;
        this.queue = queue;
        this.publisher = new Publisher(host.params());
    }

    @Override
    public void dead(QueuedMessage dead, Reason why, Queue from, Receipt receipt) {
        AmqpQueue source = host.queues().find(queue);
        String exchangeName = source == null ? null : source.settings().deadLetterExchange();
        Exchange target = exchangeName == null ? null : host.exchange(exchangeName);
        if (source == null || target == null) {
            return;
        }
        Envelope before = Foreign.envelope(dead.message(), host.params().codec());
        String reason = word(why);
        String otherKey = source.settings().deadLetterKey();
        List<String> copies =
                before.codec()
                                                .format()
                                                .headers(
                                                        before.bytes(),
                                                        before.ownOffset(),
                                                        before.ownLength())
                                                .get("CC")
                                        instanceof List<?> cc
                                && (before.flags() & Envelope.CC_DONE) == 0
                        ? cc.stream().map(String::valueOf).toList()
                        : List.of();
        Map<String, @Nullable Object> annotations = new LinkedHashMap<>(before.annotations());
        annotations.putAll(source.notes().of(dead.offset()));
        source.notes().forget(dead.offset());
        List<Map<String, @Nullable Object>> deaths =
                deaths(annotations.get(DEATH), before, reason, copies);
        annotations.put(DEATH, deaths);
        annotations.putIfAbsent("x-first-death-reason", reason);
        annotations.putIfAbsent("x-first-death-queue", queue);
        annotations.putIfAbsent("x-first-death-exchange", before.exchange());
        annotations.put("x-last-death-reason", reason);
        annotations.put("x-last-death-queue", queue);
        annotations.put("x-last-death-exchange", before.exchange());
        int flags = before.flags();
        if ((flags & Envelope.EXPIRES) != 0) {
            flags = flags & ~Envelope.EXPIRES | Envelope.EXPIRY_DROPPED;
        }
        if (otherKey != null) {
            flags |= Envelope.CC_DONE;
        }
        String key = otherKey == null ? before.routingKey() : otherKey;
        KeptMessage moved =
                Foreign.moved(dead.message(), before, target.name(), key, annotations, flags);
        boolean anyCycle = why != Reason.REJECTED;
        moved.lendTo(message).receipt(receipt);
        publisher.publish(
                target,
                key,
                otherKey == null ? copies : List.of(),
                message,
                to -> !anyCycle || !isCycle(deaths, to.name()));
    }

    private static String word(Reason why) {
        return switch (why) {
            case EXPIRED -> "expired";
            case REJECTED -> "rejected";
            case MAX_DELIVERIES -> "delivery_limit";
            case MAX_LENGTH -> "maxlen";
        };
    }

    /** The newest in front; what died here for the same reason before is counted. */
    private List<Map<String, @Nullable Object>> deaths(
            @Nullable Object known, Envelope before, String reason, List<String> copies) {
        List<Map<String, @Nullable Object>> deaths = new ArrayList<>();
        Map<String, @Nullable Object> mine = null;
        if (known instanceof List<?> entries) {
            for (Object entry : entries) {
                if (entry instanceof Map<?, ?> table) {
                    Map<String, @Nullable Object> copy = new LinkedHashMap<>();
                    table.forEach((name, value) -> copy.put(String.valueOf(name), value));
                    if (queue.equals(copy.get("queue")) && reason.equals(copy.get("reason"))) {
                        mine = copy;
                    } else {
                        deaths.add(copy);
                    }
                }
            }
        }
        if (mine == null) {
            mine = new LinkedHashMap<>();
            if ((before.flags() & Envelope.EXPIRES) != 0) {
                long ttl =
                        before.codec()
                                .format()
                                .timeToLive(before.bytes(), before.ownOffset(), before.ownLength());
                if (ttl >= 0) {
                    mine.put("original-expiration", Long.toString(ttl));
                }
            }
            mine.put("count", 1L);
            mine.put("reason", reason);
            mine.put("queue", queue);
            mine.put("time", Instant.ofEpochSecond(host.params().clock().millis() / 1000));
            mine.put("exchange", before.exchange());
            List<String> keys = new ArrayList<>();
            keys.add(before.routingKey());
            keys.addAll(copies);
            mine.put("routing-keys", keys);
        } else {
            Object count = mine.get("count");
            mine.put("count", (count instanceof Number number ? number.longValue() : 0) + 1);
        }
        deaths.addFirst(mine);
        return deaths;
    }

    /**
     * Whether the message has been in that queue, and nobody has rejected it since: then it would
     * go round for ever.
     */
    private static boolean isCycle(List<Map<String, @Nullable Object>> deaths, String to) {
        for (Map<String, @Nullable Object> death : deaths) {
            if ("rejected".equals(death.get("reason"))) {
                return false;
            }
            if (to.equals(death.get("queue"))) {
                return true;
            }
        }
        return false;
    }
}
