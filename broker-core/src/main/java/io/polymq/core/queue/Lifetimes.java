package io.polymq.core.queue;

import java.time.Duration;
import java.util.ArrayList;

/**
 * How long messages live: expiry while they wait, the end of delays, what a full queue gives up,
 * and how they die. Shard zone.
 */
final class Lifetimes {

    private final QueueCore core;
    private final Graveyard graveyard;

    /** Those that are to be taken in this turn or not at all. */
    private final ArrayList<Entry> nowOrNever = new ArrayList<>();

    Lifetimes(QueueCore core, Graveyard graveyard) {
        this.core = core;
        this.graveyard = graveyard;
    }

    /** A message has come into a window. */
    void begin(Entry entry) {
        entry.expiresAt = expiryOf(entry);
        if (entry.expiresAt == Entry.NEVER) {
            return;
        }
        if (entry.livesOnlyNow()) {
            nowOrNever.add(entry);
        } else {
            arm(entry);
        }
    }

    /** The queue's time to live may have changed. */
    void reconsider(Entry entry) {
        entry.expiresAt = expiryOf(entry);
        if (entry.state == Entry.State.READY) {
            core.zone().disarm(entry);
            if (entry.expiresAt != Entry.NEVER) {
                arm(entry);
            }
        }
    }

    private long expiryOf(Entry entry) {
        long own = entry.message().expiresAt(entry.enqueuedAt);
        Duration ttl = core.spec().messageTtl();
        if (ttl == null) {
            return own < 0 ? Entry.NEVER : own;
        }
        long ours = entry.enqueuedAt + ttl.toMillis();
        return own < 0 ? ours : Math.min(own, ours);
    }

    private void arm(Entry entry) {
        core.zone().arm(entry, entry.expiresAt - core.zone().now());
    }

    /** Past its time, unless this is the one chance of a message that lives only now. */
    boolean hasExpired(Entry entry) {
        return entry.isExpired(core.zone().now()) && !entry.livesOnlyNow();
    }

    /** After everyone had a chance: what nobody took at once. */
    void expireNow() {
        for (int i = 0; i < nowOrNever.size(); i++) {
            Entry entry = nowOrNever.get(i);
            if (entry.state == Entry.State.READY && entry.livesOnlyNow()) {
                die(entry, DeadLetter.Reason.EXPIRED);
            }
        }
        nowOrNever.clear();
    }

    /** Gives up the oldest while there is too much. */
    void shed() {
        if (core.spec().limits().overflow() != QueueSpec.Overflow.DROP_HEAD) {
            return;
        }
        while (core.isOverfull() && !graveyard.isBusy()) {
            Entry oldest = core.delivery().oldestReady();
            if (oldest == null) {
                return;
            }
            die(oldest, DeadLetter.Reason.MAX_LENGTH);
        }
    }

    /** The timer of an entry. */
    void due(Entry entry) {
        switch (entry.state) {
            case READY -> die(entry, DeadLetter.Reason.EXPIRED);
            case IN_FLIGHT -> core.settlement().overdue(entry);
            case DELAYED -> waitAgain(entry);
            case DYING -> graveyard.retry(entry);
            case FREE -> throw new IllegalStateException("a free entry has a timer");
        }
        core.ask();
    }

    /** Ready again, in its place. */
    void waitAgain(Entry entry) {
        if (entry.isExpired(core.zone().now())) {
            die(entry, DeadLetter.Reason.EXPIRED);
            return;
        }
        entry.level().putBack(entry);
        if (entry.expiresAt != Entry.NEVER) {
            arm(entry);
        }
        core.ask();
    }

    void die(Entry entry, DeadLetter.Reason reason) {
        if (entry.state == Entry.State.READY) {
            entry.level().take(entry, Entry.State.DYING);
        } else {
            entry.level().set(entry, Entry.State.DYING);
        }
        core.zone().disarm(entry);
        entry.holder = null;
        core.counters.died(reason);
        graveyard.add(entry, reason);
        core.ask();
    }

    void forget() {
        nowOrNever.clear();
    }
}
