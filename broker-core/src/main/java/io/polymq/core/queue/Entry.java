package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.zone.WheelTimer;
import org.jspecify.annotations.Nullable;

/**
 * A message in a queue's window. It hangs in its level's line for as long as it lives, besides in
 * at most one of: the returned heap, a consumer's parked heap, a consumer's held list. Its one
 * timer is its expiry while it waits, its deadline while it is in flight, and the end of its delay
 * while it is delayed. Entries are used again. Shard zone.
 *
 * <pre>
 *   READY -> IN_FLIGHT -> (settled)
 *     ^         |   |
 *     |         v   v
 *     +---- DELAYED READY ...      any -> DYING -> (settled)
 * </pre>
 */
final class Entry extends WheelTimer {

    /** Where it stands; set by {@link Level} only. */
    enum State {
        READY,
        IN_FLIGHT,
        DELAYED,
        DYING,
        FREE
    }

    static final long NEVER = -1;

    final QueueCore core;
    @Nullable Level level;
    State state = State.FREE;
    long offset;
    long enqueuedAt;
    long expiresAt = NEVER;
    int deliveries;
    boolean redelivered;
    int stickySlot = -1;
    int size;
    @Nullable KeptMessage message;

    /** Who holds it, or held it last before its deadline passed. */
    @Nullable ShardConsumption holder;

    @Nullable Entry lineNext;
    @Nullable Entry linePrevious;
    @Nullable Entry heldNext;
    @Nullable Entry heldPrevious;
    @Nullable EntryHeap heap;
    int heapIndex = -1;

    Entry(QueueCore core) {
        this.core = core;
    }

    Level level() {
        Level known = level;
        if (known == null) {
            throw new IllegalStateException("a free entry");
        }
        return known;
    }

    KeptMessage message() {
        KeptMessage known = message;
        if (known == null) {
            throw new IllegalStateException("a free entry");
        }
        return known;
    }

    /** Whether it was published to be taken at once or not at all. */
    boolean livesOnlyNow() {
        return expiresAt != NEVER && expiresAt <= enqueuedAt;
    }

    boolean isExpired(long now) {
        return expiresAt != NEVER && expiresAt <= now;
    }

    @Override
    protected void fire() {
        core.lifetimes().due(this);
    }
}
