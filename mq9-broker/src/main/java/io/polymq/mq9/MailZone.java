package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.WheelTimer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The mailboxes in use that belong to one shard zone, and what they need to publish. {@link
 * #execute}, {@link #admit} and {@link #release} are for any thread, all else is shard zone.
 */
final class MailZone {

    private static final long SWEEP_MILLIS = 5_000;
    private static final int MAX_WAITING = 100_000;
    private static final long MAX_WAITING_BYTES = 256L << 20;

    private final ShardZone zone;
    private final Mq9BrokerServerParams params;
    private final RouteCache routes;
    private final Message message = new Message();
    private final Map<String, LiveMailbox> live = new HashMap<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final WheelTimer sweep =
            new WheelTimer() {
                @Override
                protected void fire() {
                    sweep();
                }
            };

    MailZone(ShardZone zone, Mq9BrokerServerParams params) {
        this.zone = zone;
        this.params = params;
        this.routes = params.router().newCache();
    }

    // Any thread.

    /** Once the zone has ended there is nobody left to answer. */
    void execute(Runnable task) {
        try {
            zone.execute(task);
        } catch (RejectedExecutionException ended) {
            // the broker stops
        }
    }

    /**
     * Whether there is room for so much more, which then counts until {@link #release}; else the
     * request is to be refused.
     */
    boolean admit(int bytes) {
        if (zone.waiting() > MAX_WAITING) {
            return false;
        }
        if (waitingBytes.addAndGet(bytes) <= MAX_WAITING_BYTES) {
            return true;
        }
        waitingBytes.addAndGet(-bytes);
        return false;
    }

    void release(int bytes) {
        waitingBytes.addAndGet(-bytes);
    }

    // Shard zone.

    void arm(WheelTimer timer, long millis) {
        zone.arm(timer, millis);
    }

    void disarm(WheelTimer timer) {
        zone.disarm(timer);
    }

    long now() {
        return zone.clock();
    }

    Router.Space space(String tenant) {
        return params.router().space(tenant);
    }

    /** How many took it. */
    int publish(Router.Space space, Subject to, byte[] payload) {
        return space.publish(routes, message.begin(to, payload, 0, payload.length));
    }

    int publish(Router.Space space, KeptMessage kept, @Nullable Receipt receipt) {
        return space.publish(routes, kept.lendTo(message).receipt(receipt));
    }

    /** Runs the action once the mailbox is open; an open that fails is the reply. */
    void with(Mq9Parts parts, Mailbox mailbox, Reply reply, Consumer<LiveMailbox> action) {
        withOrElse(parts, mailbox, action, reply::fail);
    }

    void withOrElse(
            Mq9Parts parts,
            Mailbox mailbox,
            Consumer<LiveMailbox> action,
            Consumer<Throwable> failed) {
        LiveMailbox known = live.get(mailbox.key());
        if (known == null || known.mailbox().createdAt() != mailbox.createdAt()) {
            if (known != null) {
                known.end("mailbox not found: " + mailbox.address());
            }
            known = new LiveMailbox(parts, this, mailbox);
            live.put(mailbox.key(), known);
            if (!sweep.isArmed()) {
                zone.arm(sweep, SWEEP_MILLIS);
            }
        }
        known.whenOpen(action, failed);
    }

    /** The mailbox is gone; those who wait at it hear so. */
    void ended(Mailbox mailbox) {
        LiveMailbox known = live.get(mailbox.key());
        if (known != null && known.mailbox().createdAt() == mailbox.createdAt()) {
            live.remove(mailbox.key());
            known.end("mailbox not found: " + mailbox.address());
        }
    }

    /** It could not be opened. */
    void forget(LiveMailbox mailbox) {
        live.remove(mailbox.mailbox().key(), mailbox);
    }

    private void sweep() {
        for (LiveMailbox mailbox : List.copyOf(live.values())) {
            if (mailbox.isForgettable()) {
                live.remove(mailbox.mailbox().key());
                mailbox.end("the mailbox was idle");
            }
        }
        if (!live.isEmpty()) {
            zone.arm(sweep, SWEEP_MILLIS);
        }
    }
}
