package io.polymq.amqp;

import io.polymq.network.Outbox;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * How much a consumer may be given: its prefetch limit, and no more at once than its connection can
 * take. Credit that the limit allows is granted in portions of about a megabyte; while the outbox
 * is congested none is. Any thread.
 */
final class CreditWindow {

    private static final int PORTION_BYTES = 1 << 20;
    private static final int MOST = 2048;
    private static final int FIRST = 64;

    private final Outbox outbox;
    private final IntConsumer grant;
    private final boolean auto;

    /** Allowed by the limit and not granted. */
    private final AtomicInteger allowed;

    /** Granted and not used. */
    private final AtomicInteger granted = new AtomicInteger();

    private final AtomicBoolean stalled = new AtomicBoolean();
    private volatile int portion = FIRST;
    private volatile int narrowed = Integer.MAX_VALUE;
    private int averageBytes;

    /**
     * @param limit deliveries that may be unsettled
     * @param auto whether deliveries are settled at once
     * @param grant gives credit
     */
    CreditWindow(Outbox outbox, int limit, boolean auto, IntConsumer grant) {
        this.outbox = outbox;
        this.auto = auto;
        this.allowed = new AtomicInteger(limit);
        this.grant = grant;
    }

    /** No more than so many are granted at once from now on. */
    void narrow(int most) {
        narrowed = most;
    }

    /** A delivery was written; in the queue's zone. */
    void delivered(int bytes) {
        granted.decrementAndGet();
        if (auto) {
            allowed.incrementAndGet();
        }
        averageBytes += (bytes - averageBytes) / 8 + (bytes > averageBytes ? 1 : 0);
    }

    /** A turn of deliveries has ended; in the queue's zone. */
    void turnEnds() {
        portion = Math.clamp(PORTION_BYTES / Math.max(1, averageBytes), 1, MOST);
        pump();
    }

    void settled(int number) {
        allowed.addAndGet(number);
        pump();
    }

    /** Grants what may be granted. */
    void pump() {
        if (outbox.isCongested()) {
            if (stalled.compareAndSet(false, true)) {
                outbox.whenWritable(
                        () -> {
                            stalled.set(false);
                            pump();
                        });
            }
            return;
        }
        int most = Math.min(portion, narrowed);
        while (true) {
            int now = allowed.get();
            int open = granted.get();
            int more = Math.min(now, most - open);
            // Small change is not worth a task, as long as the consumer is not idle.
            if (more <= 0 || (more < most / 4 && open > most / 2)) {
                return;
            }
            if (allowed.compareAndSet(now, now - more)) {
                granted.addAndGet(more);
                grant.accept(more);
                return;
            }
        }
    }
}
