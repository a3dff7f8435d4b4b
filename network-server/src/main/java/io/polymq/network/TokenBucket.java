package io.polymq.network;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A rate as a single number: the time at which all that was taken so far is paid for. Taking always
 * succeeds; what was taken beyond the burst is answered with the time to wait before more. Shared
 * zone; allocates nothing.
 */
final class TokenBucket {

    /** A bucket holds what a quarter of a second brings in. */
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final AtomicLong paidAt;

    TokenBucket(long now) {
        this.paidAt = new AtomicLong(now);
    }

    /**
     * @param perSecond the rate now in force, 0 for none
     * @return nanoseconds to wait, 0 to go on
     */
    long take(long tokens, long perSecond, long now) {
        if (perSecond == 0 || tokens == 0) {
            return 0;
        }
        long cost = (long) ((double) tokens / perSecond * TimeUnit.SECONDS.toNanos(1));
        while (true) {
            long before = paidAt.get();
            long after = Math.max(before, now) + cost;
            if (paidAt.compareAndSet(before, after)) {
                return Math.max(0, after - now - BURST_NANOS);
            }
        }
    }

    /** As {@link #take}, but takes nothing when it would have to wait. */
    boolean tryTake(long perSecond, long now) {
        if (perSecond == 0) {
            return true;
        }
        long cost = TimeUnit.SECONDS.toNanos(1) / perSecond;
        while (true) {
            long before = paidAt.get();
            long after = Math.max(before, now) + cost;
            // A bucket always holds at least one.
            if (after - now > Math.max(BURST_NANOS, cost)) {
                return false;
            }
            if (paidAt.compareAndSet(before, after)) {
                return true;
            }
        }
    }

    /** Nanoseconds until it owes no more than a burst, 0 when it does not. */
    long owed(long perSecond, long now) {
        return perSecond == 0 ? 0 : Math.max(0, paidAt.get() - now - BURST_NANOS);
    }

    /** Whether it owes nothing: forgetting it then changes nothing. */
    boolean isFull(long now) {
        return paidAt.get() - now <= 0;
    }
}
