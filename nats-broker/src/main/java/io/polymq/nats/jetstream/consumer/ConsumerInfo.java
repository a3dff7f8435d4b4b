package io.polymq.nats.jetstream.consumer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.api.Fields;
import java.time.Duration;
import java.time.Instant;

/** A consumer as the API tells it. Stateless. */
final class ConsumerInfo {

    private ConsumerInfo() {}

    static ObjectNode of(Consumer consumer, long deliveredAt, long ackedAt, long now) {
        Unacked unacked = consumer.unacked();
        ObjectNode info = Fields.MAPPER.createObjectNode();
        info.put("stream_name", consumer.stream().name());
        info.put("name", consumer.name());
        info.put("created", Fields.timeOfMillis(consumer.created()));
        info.set("config", consumer.config().json());
        sequences(
                info.putObject("delivered"),
                unacked.consumerSequence(),
                unacked.consumerSequence() == 0
                        ? Math.max(0, unacked.streamSequence())
                        : unacked.streamSequence(),
                deliveredAt);
        sequences(
                info.putObject("ack_floor"),
                unacked.floorConsumer(),
                unacked.floorStream(),
                ackedAt);
        info.put("num_ack_pending", unacked.held().size());
        info.put("num_redelivered", unacked.redeliveredCount());
        info.put("num_waiting", consumer.pulls().live());
        info.put("num_pending", Math.max(0, consumer.pending()));
        if (consumer.isBound()) {
            info.put("push_bound", true);
        }
        Instant until = consumer.config().pauseUntil();
        if (consumer.isPaused() && until != null) {
            info.put("paused", true);
            info.put(
                    "pause_remaining",
                    Duration.between(Instant.ofEpochMilli(now), until).toNanos());
        }
        if (consumer.config().priority() != ConsumerConfig.Priority.NONE) {
            groups(consumer, info.putArray("priority_groups"));
        }
        info.put("ts", Fields.timeOfMillis(now));
        return info;
    }

    private static void sequences(ObjectNode to, long consumer, long stream, long at) {
        to.put("consumer_seq", consumer);
        to.put("stream_seq", stream);
        if (at > 0) {
            to.put("last_active", Fields.timeOfMillis(at));
        }
    }

    private static void groups(Consumer consumer, ArrayNode to) {
        for (String group : consumer.config().fields().texts("priority_groups")) {
            ObjectNode entry = to.addObject();
            entry.put("group", group);
            if (!consumer.pulls().pinned().isEmpty()) {
                entry.put("pinned_client_id", consumer.pulls().pinned());
                entry.put("pinned_ts", Fields.timeOfMillis(consumer.pulls().pinnedAt()));
            }
        }
    }
}
