package io.polymq.nats.jetstream.consumer;

import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.stream.HeaderBlock;
import io.polymq.nats.jetstream.stream.StreamMessage;
import io.polymq.nats.jetstream.stream.Timer;
import io.polymq.nats.jetstream.wire.Outlet;

/**
 * Delivery to a subject: while someone listens, within the window that the receiver's answers to
 * flow control open, with a heartbeat when nothing else goes out. Shard zone.
 */
final class Push {

    private static final long WINDOW = 32L << 20;
    private static final long LOOK_FOR_INTEREST = 25;

    private final Consumer consumer;
    private final ShardZone zone;
    private final Outlet outlet;
    private final Timer heartbeat;
    private final Timer looking;
    private Subject target;
    private long window;
    private long outstanding;
    private long asked;
    private String question = "";
    private long heartbeatMillis;
    private boolean flowControl;
    private boolean wasActive;
    private long lastActive;
    private boolean sentSince;

    Push(Consumer consumer, ShardZone zone, Outlet outlet) {
        this.consumer = consumer;
        this.zone = zone;
        this.outlet = outlet;
        this.heartbeat = new Timer(zone, this::beat);
        this.looking = new Timer(zone, this::look);
        this.target = Subject.EMPTY;
        this.lastActive = zone.elapsed();
        configured();
    }

    void configured() {
        ConsumerConfig config = consumer.config();
        Subject now = Subject.ofDotted(config.fields().text("deliver_subject"));
        if (!now.equals(target)) {
            target = now;
            window = WINDOW / 16;
            outstanding = 0;
            question = "";
        }
        flowControl = config.fields().flag("flow_control");
        heartbeatMillis = config.fields().millis("idle_heartbeat");
        if (heartbeatMillis > 0) {
            heartbeat.in(heartbeatMillis);
        } else {
            heartbeat.stop();
        }
        looking.in(0);
    }

    Subject target() {
        return target;
    }

    boolean isActive() {
        return outlet.hasInterest(target);
    }

    /** When someone listened last. */
    long lastActive() {
        return isActive() ? zone.elapsed() : lastActive;
    }

    /** Whether the receiver may get more; otherwise it is looked at again by itself. */
    boolean mayDeliver() {
        boolean active = isActive();
        if (wasActive && !active) {
            lastActive = zone.elapsed();
            outstanding = 0;
            question = "";
            window = WINDOW / 16;
        }
        wasActive = active;
        if (!active) {
            looking.within(LOOK_FOR_INTEREST);
            return false;
        }
        return !flowControl || outstanding <= window;
    }

    private void look() {
        if (isActive()) {
            consumer.signal();
        } else if (consumer.pending() > 0 || consumer.hasAgain()) {
            looking.within(LOOK_FOR_INTEREST);
        } else {
            looking.within(LOOK_FOR_INTEREST * 10);
        }
    }

    void delivered(int size) {
        sentSince = true;
        if (!flowControl) {
            return;
        }
        outstanding += size;
        if (question.isEmpty() && outstanding > window / 2) {
            question = consumer.flowSubject(outlet.newId(8));
            asked = outstanding;
            outlet.send(
                    target,
                    target,
                    Subject.ofDotted(question).dotted(),
                    HeaderBlock.status(100, "FlowControl Request"),
                    StreamMessage.NOTHING);
        }
    }

    /** The receiver has come to where it was asked. */
    void answered(String subject) {
        if (subject.equals(question)) {
            question = "";
            outstanding = Math.max(0, outstanding - asked);
            window = Math.min(WINDOW, window * 2);
            consumer.signal();
        }
    }

    private void beat() {
        heartbeat.in(heartbeatMillis);
        if (!sentSince && isActive()) {
            outlet.send(
                    target,
                    consumer.unacked().heartbeat(outstanding > window ? question : ""),
                    StreamMessage.NOTHING);
        }
        sentSince = false;
    }

    void close() {
        heartbeat.stop();
        looking.stop();
    }
}
