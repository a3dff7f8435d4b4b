package io.polymq.storage;

import java.util.function.LongSupplier;

/**
 * Tells when the device is nearly full. Asks the device again only after so much was written that
 * the answer may have changed, or when it said no. Shared, any thread.
 */
final class SpaceGuard {

    private final LongSupplier usable;
    private final long reserve;
    private volatile boolean full;
    private long allowance;

    SpaceGuard(LongSupplier usable, long reserve) {
        this.usable = usable;
        this.reserve = reserve;
        refresh();
    }

    boolean isFull() {
        return full;
    }

    /** So many bytes are about to be written. */
    void spend(long bytes) {
        boolean ask;
        synchronized (this) {
            allowance -= bytes;
            ask = allowance < 0 && !full;
        }
        if (ask) {
            refresh();
        }
    }

    /** Asks the device; called now and then, so that a full one is found free again. */
    void refresh() {
        long free = usable.getAsLong();
        synchronized (this) {
            full = free < reserve;
            // half of what is left may be spent unseen
            allowance = Math.max(0, free - reserve) / 2;
        }
    }
}
