package io.polymq.nats.jetstream.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.nats.jetstream.api.ConsumerConfig.AckPolicy;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.stream.AckSubject;
import io.polymq.nats.jetstream.stream.MsgHeaders;
import io.polymq.nats.jetstream.stream.StreamMessage;
import io.polymq.nats.jetstream.wire.Outlet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What clients answer to deliveries: done, not done, at work, never, and next. An answer that is a
 * request is answered once what it says is safe. Shard zone.
 */
final class Acks {

    private static final int SAMPLE_ALL = 100;

    private final Consumer consumer;
    private final ShardZone zone;
    private final Outlet outlet;
    private final Unacked unacked;
    private List<Subject> waiting = new ArrayList<>();

    Acks(Consumer consumer, ShardZone zone, Outlet outlet, Unacked unacked) {
        this.consumer = consumer;
        this.zone = zone;
        this.outlet = outlet;
        this.unacked = unacked;
    }

    void take(AckSubject ack, byte[] body, @Nullable Subject reply) {
        String text = new String(body, StandardCharsets.UTF_8);
        if (text.isEmpty() || text.equals("+ACK") || text.equals("+OK")) {
            acknowledge(ack);
            answerSafe(reply);
        } else if (text.startsWith("+NXT")) {
            acknowledge(ack);
            if (reply != null) {
                byte[] wish = text.substring(4).strip().getBytes(StandardCharsets.UTF_8);
                consumer.ask(reply, wish);
            }
        } else {
            if (text.startsWith("-NAK")) {
                refuse(ack, text.substring(4).strip());
            } else if (text.startsWith("+WPI")) {
                atWork(ack);
            } else if (text.startsWith("+TERM")) {
                terminate(ack, text.substring(5).strip());
            }
            answer(reply);
        }
    }

    private void answer(@Nullable Subject reply) {
        if (reply != null) {
            outlet.send(reply, StreamMessage.NOTHING, StreamMessage.NOTHING);
        }
    }

    /** The answer waits for the cursor; all of one turn wait for one write. */
    private void answerSafe(@Nullable Subject reply) {
        if (reply == null) {
            return;
        }
        if (unacked.cursor() == null || consumer.stream().config().inMemory()) {
            answer(reply);
            return;
        }
        waiting.add(reply);
        if (waiting.size() == 1) {
            zone.atTurnEnd(this::persist);
        }
    }

    private void persist() {
        List<Subject> replies = waiting;
        waiting = new ArrayList<>();
        consumer.save()
                .whenComplete((done, failure) -> zone.offer(() -> replies.forEach(this::answer)));
    }

    private void acknowledge(AckSubject ack) {
        AckPolicy policy = consumer.config().ackPolicy();
        if (policy == AckPolicy.ALL) {
            for (long sequence : unacked.through(ack.sequence())) {
                settle(sequence, ack);
            }
            unacked.floorThrough(
                    Math.min(ack.sequence(), unacked.streamSequence()),
                    Math.min(ack.consumerSequence(), unacked.consumerSequence()));
        } else if (policy == AckPolicy.EXPLICIT) {
            settle(ack.sequence(), ack);
        }
    }

    private void settle(long sequence, AckSubject ack) {
        Held one = unacked.acknowledged(sequence);
        if (one != null) {
            sample(one, sequence, ack);
            consumer.done(sequence);
        } else if (sequence <= unacked.streamSequence() && unacked.deliveries(sequence) > 0) {
            // Given up after its last delivery, and done after all.
            consumer.done(sequence);
        }
    }

    private void refuse(AckSubject ack, String how) {
        Held one = unacked.find(ack.sequence());
        if (one == null) {
            return;
        }
        advise("MSG_NAKED", "nak", ack, "");
        long delay = delay(how);
        if (delay > 0) {
            one.until = zone.elapsed() + delay;
            unacked.unqueue(ack.sequence(), one);
            consumer.deadlines().look();
        } else {
            one.until = zone.elapsed();
            consumer.deadlines().look();
        }
    }

    /** Milliseconds; 0 for at once. */
    private static long delay(String how) {
        if (how.isEmpty()) {
            return 0;
        }
        long nanos = 0;
        if (how.startsWith("{")) {
            try {
                JsonNode tree = Fields.MAPPER.readTree(how);
                nanos = tree.path("delay").asLong(0);
            } catch (IOException unreadable) {
                return 0;
            }
        } else {
            nanos = Math.max(0, MsgHeaders.duration(how));
        }
        return nanos <= 0 ? 0 : Math.ceilDiv(nanos, 1_000_000L);
    }

    private void atWork(AckSubject ack) {
        Held one = unacked.find(ack.sequence());
        if (one != null) {
            one.since = zone.elapsed();
            one.until = 0;
        }
    }

    private void terminate(AckSubject ack, String reason) {
        Held one = unacked.acknowledged(ack.sequence());
        if (one != null) {
            advise("MSG_TERMINATED", "terminated", ack, reason);
            consumer.done(ack.sequence());
        }
    }

    private void advise(String kind, String type, AckSubject ack, String reason) {
        ObjectNode body = consumer.body();
        body.put("consumer_seq", ack.consumerSequence());
        body.put("stream_seq", ack.sequence());
        body.put("deliveries", ack.deliveries());
        if (!reason.isEmpty()) {
            body.put("reason", reason);
        }
        consumer.home()
                .advise(
                        "io.nats.jetstream.advisory.v1." + type,
                        "CONSUMER." + kind + '.' + ack.stream() + '.' + ack.consumer(),
                        body);
    }

    private void sample(Held one, long sequence, AckSubject ack) {
        String frequency = consumer.config().fields().text("sample_freq");
        if (frequency.isEmpty()) {
            return;
        }
        long percent = MsgHeaders.duration(frequency.replace("%", "").strip() + "ns");
        if (percent < SAMPLE_ALL && sequence % SAMPLE_ALL >= percent) {
            return;
        }
        ObjectNode body = consumer.body();
        body.put("consumer_seq", one.consumerSequence);
        body.put("stream_seq", sequence);
        body.put("ack_time", (zone.elapsed() - one.firstAt) * 1_000_000L);
        body.put("deliveries", one.deliveries);
        consumer.home().metric("CONSUMER.ACK." + ack.stream() + '.' + ack.consumer(), body);
    }
}
