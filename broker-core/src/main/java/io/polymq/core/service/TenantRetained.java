package io.polymq.core.service;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.RetainedMessages.Retained;
import io.polymq.core.service.RetainedMessages.RetainedException;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.WheelTimer;
import java.util.HashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's retained messages. Look-ups take no lock; changes of one subject follow each other
 * under the map's own, under which their records are handed to the writer too, so that memory and
 * shard agree on the last one. Any thread.
 */
final class TenantRetained {

    private final RetainedStore.Limits limits;
    private final LongPredicate mayAdd;
    private final Allowance allowance;
    private final ShardZone zone;
    private final RetainedWriter writer;
    private final ConcurrentHashMap<Subject, Retained> bySubject = new ConcurrentHashMap<>();
    private final RetainedTrie trie = new RetainedTrie();
    private final Object trieLock = new Object();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong storedBytes = new AtomicLong();

    /** Shard zone. */
    private final HashMap<Subject, Expiry> expiries = new HashMap<>();

    /**
     * @param mayAdd whether there may be one more when there are so many
     * @param allowance whether there may be more bytes
     */
    TenantRetained(
            RetainedStore.Limits limits,
            LongPredicate mayAdd,
            Allowance allowance,
            ShardZone zone,
            RetainedWriter writer) {
        this.limits = limits;
        this.mayAdd = mayAdd;
        this.allowance = allowance;
        this.zone = zone;
        this.writer = writer;
    }

    void put(KeptMessage message, @Nullable Receipt receipt) {
        Subject subject = message.subject();
        if (message.payload().length == 0) {
            remove(subject, null, receipt);
            return;
        }
        String fault = fault(message);
        if (fault != null) {
            if (receipt != null) {
                receipt.done(new RetainedException(fault));
            }
            return;
        }
        Retained now = new Retained(message, zone.clock());
        bySubject.compute(
                subject,
                (key, before) -> {
                    replaced(subject, before, now);
                    writer.write(subject, now, receipt);
                    return now;
                });
    }

    private @Nullable String fault(KeptMessage message) {
        if (message.payload().length > limits.payload()) {
            return "a payload of " + message.payload().length + " bytes is not retained";
        }
        Retained before = bySubject.get(message.subject());
        if (before == null && bySubject.size() >= limits.messages()) {
            return limits.messages() + " messages are retained already";
        }
        if (before == null && !mayAdd.test(bySubject.size())) {
            return "the tenant has its quota of retained messages";
        }
        long more = message.size() - (before == null ? 0 : before.message().size());
        if (more > 0 && allowance.isUsed() && !message.subject().isReserved()) {
            return String.valueOf(allowance.refusal().getMessage());
        }
        return bytes.get() + more > limits.bytes()
                ? limits.bytes() + " bytes are retained already"
                : null;
    }

    /** Takes what was stored, at the start. */
    void restore(Subject subject, @Nullable Retained stored) {
        bySubject.compute(
                subject,
                (key, before) -> {
                    replaced(subject, before, stored);
                    return stored;
                });
    }

    /**
     * @param only when not null, nothing happens unless this is still the one
     */
    private void remove(Subject subject, @Nullable Retained only, @Nullable Receipt receipt) {
        boolean[] answered = new boolean[1];
        bySubject.computeIfPresent(
                subject,
                (key, before) -> {
                    if (only != null && before != only) {
                        return before;
                    }
                    replaced(subject, before, null);
                    writer.write(subject, null, receipt);
                    answered[0] = true;
                    return null;
                });
        if (!answered[0] && receipt != null) {
            receipt.done(null);
        }
    }

    private void replaced(Subject subject, @Nullable Retained before, @Nullable Retained now) {
        long more = size(now) - size(before);
        bytes.addAndGet(more);
        if (!subject.isReserved()) {
            storedBytes.addAndGet(more);
        }
        if (expiry(before) >= 0 || expiry(now) >= 0) {
            zone.offer(() -> expireLater(subject, now));
        }
        if ((before == null) == (now == null)) {
            return;
        }
        synchronized (trieLock) {
            if (now == null) {
                trie.remove(subject);
            } else {
                trie.add(subject);
            }
        }
    }

    private static long size(@Nullable Retained retained) {
        return retained == null ? 0 : retained.message().size();
    }

    private static long expiry(@Nullable Retained retained) {
        return retained == null ? -1 : retained.message().expiresAt(retained.storedAt());
    }

    /** One timer for each subject whose message ends; shard zone. */
    private void expireLater(Subject subject, @Nullable Retained now) {
        Expiry timer = expiries.get(subject);
        long at = expiry(now);
        if (now == null || at < 0) {
            if (timer != null) {
                zone.disarm(timer);
                expiries.remove(subject);
            }
            return;
        }
        if (timer == null) {
            timer = new Expiry(subject);
            expiries.put(subject, timer);
        }
        timer.of = now;
        zone.arm(timer, at - zone.now());
    }

    /** The end of a message's life. */
    private final class Expiry extends WheelTimer {
        private final Subject subject;
        private @Nullable Retained of;

        Expiry(Subject subject) {
            this.subject = subject;
        }

        @Override
        protected void fire() {
            expiries.remove(subject);
            remove(subject, of, null);
        }
    }

    @Nullable Retained get(Subject subject) {
        Retained found = bySubject.get(subject);
        if (found == null) {
            return null;
        }
        long at = expiry(found);
        return at >= 0 && at <= zone.clock() ? null : found;
    }

    RetainedMessages.Scan scan(Filter filter) {
        return trie.walk(filter, this::get);
    }

    long count() {
        return bySubject.size();
    }

    /** Without what the broker itself tells. */
    long storedBytes() {
        return storedBytes.get();
    }

    long bytes() {
        return bytes.get();
    }

    void clear(@Nullable Receipt receipt) {
        for (Subject subject : bySubject.keySet()) {
            if (receipt != null) {
                receipt.expect();
            }
            remove(subject, null, receipt);
        }
        if (receipt != null) {
            receipt.done(null);
        }
    }
}
