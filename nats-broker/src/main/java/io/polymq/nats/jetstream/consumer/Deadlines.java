package io.polymq.nats.jetstream.consumer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.zone.ShardZone;
import io.polymq.nats.jetstream.stream.Timer;
import java.util.List;
import java.util.Map;

/**
 * How long a delivered message may be held: {@code ack_wait}, or the back-off's step for the number
 * of its deliveries, or until when a client asked. What is overdue comes again; what was delivered
 * as often as it may be is given up. Shard zone.
 */
final class Deadlines {

    private final Consumer consumer;
    private final ShardZone zone;
    private final Unacked unacked;
    private final Timer timer;

    Deadlines(Consumer consumer, ShardZone zone, Unacked unacked) {
        this.consumer = consumer;
        this.zone = zone;
        this.unacked = unacked;
        this.timer = new Timer(zone, this::look);
    }

    private long of(Held one) {
        if (one.until > 0) {
            return one.until;
        }
        List<Long> backoff = consumer.config().backoffMillis();
        long wait =
                backoff.isEmpty()
                        ? consumer.config().ackWaitMillis()
                        : backoff.get(Math.min(one.deliveries, backoff.size()) - 1);
        return one.since + wait;
    }

    void arm(long sequence) {
        Held one = unacked.find(sequence);
        if (one != null) {
            timer.within(of(one) - zone.elapsed());
        }
    }

    /** Looks for what was held too long. */
    void look() {
        long now = zone.elapsed();
        long soonest = Long.MAX_VALUE;
        boolean any = false;
        for (Map.Entry<Long, Held> entry : unacked.held().entrySet()) {
            Held one = entry.getValue();
            if (one.queued) {
                continue;
            }
            long deadline = of(one);
            if (deadline <= now) {
                unacked.queue(entry.getKey(), one);
                any = true;
            } else {
                soonest = Math.min(soonest, deadline);
            }
        }
        if (any) {
            giveUp();
            consumer.signal();
        }
        if (soonest != Long.MAX_VALUE) {
            timer.within(soonest - now);
        }
    }

    /** Those beyond their last delivery are told of without waiting for someone who asks. */
    private void giveUp() {
        long most = consumer.config().maxDeliver();
        if (most <= 0) {
            return;
        }
        for (long sequence : List.copyOf(unacked.held().keySet())) {
            Held one = unacked.find(sequence);
            if (one != null && one.queued && one.deliveries >= most) {
                exceeded(sequence, one.deliveries);
            }
        }
    }

    void exceeded(long sequence, int deliveries) {
        unacked.givenUp(sequence);
        consumer.changed();
        ObjectNode body = consumer.body();
        body.put("stream_seq", sequence);
        body.put("deliveries", deliveries);
        consumer.home()
                .advise(
                        "io.nats.jetstream.advisory.v1.max_deliver",
                        "CONSUMER.MAX_DELIVERIES."
                                + consumer.stream().name()
                                + '.'
                                + consumer.name(),
                        body);
    }

    void close() {
        timer.stop();
    }
}
