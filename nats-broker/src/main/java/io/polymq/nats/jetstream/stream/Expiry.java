package io.polymq.nats.jetstream.stream;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.Publishing.Draft;
import java.util.HashSet;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Messages that leave because of their age: the stream's or their own. The last message of a
 * subject leaves a marker where the stream is so configured; a marker leaves none. Shard zone.
 */
final class Expiry {

    private static final int MOST_PER_TURN = 10_000;

    private record Due(long sequence, long at) {}

    private final Stream stream;
    private final Timer timer;
    private final PriorityQueue<Due> own =
            new PriorityQueue<>(java.util.Comparator.comparingLong(Due::at));
    private final Set<Long> immortal = new HashSet<>();
    private final Set<Long> markers = new HashSet<>();
    private final Message lent = new Message();

    Expiry(Stream stream, Parts parts) {
        this.stream = stream;
        this.timer = new Timer(parts.zone(), this::fire);
    }

    void recovered(Recovery found) {
        for (Recovery.Living living : found.living) {
            if (stream.index().has(living.sequence())) {
                took(
                        living.sequence(),
                        Math.max(MsgHeaders.NEVER, MsgHeaders.ttl(living.ttl())),
                        living.time(),
                        living.marker());
            }
        }
        arm();
    }

    /** A message with a time to live of its own. */
    void took(long sequence, long ttlMillis, long time, boolean marker) {
        if (ttlMillis == MsgHeaders.NEVER) {
            immortal.add(sequence);
        } else if (ttlMillis > 0) {
            own.add(new Due(sequence, time + ttlMillis));
        }
        if (marker) {
            markers.add(sequence);
        }
        arm();
    }

    void removed(long sequence) {
        if (!immortal.isEmpty()) {
            immortal.remove(sequence);
        }
        if (!markers.isEmpty()) {
            markers.remove(sequence);
        }
    }

    void close() {
        timer.stop();
    }

    void arm() {
        long due = Long.MAX_VALUE;
        Due first = own.peek();
        if (first != null) {
            due = first.at();
        }
        long age = stream.config().maxAgeMillis();
        long oldest = age > 0 ? oldest() : 0;
        if (oldest > 0) {
            due = Math.min(due, stream.index().timeAt(oldest) + age);
        }
        if (due != Long.MAX_VALUE) {
            timer.within(due - stream.now() + 1);
        }
    }

    private long oldest() {
        long at = stream.index().next(stream.index().first());
        while (at > 0 && !immortal.isEmpty() && immortal.contains(at)) {
            at = stream.index().next(at + 1);
        }
        return at;
    }

    private void fire() {
        long now = stream.now();
        int done = 0;
        for (Due due = own.peek(); due != null && due.at() <= now; due = own.peek()) {
            own.remove();
            if (stream.index().has(due.sequence())) {
                expire(due.sequence());
            }
        }
        long age = stream.config().maxAgeMillis();
        long oldest = age > 0 ? oldest() : 0;
        while (oldest > 0 && stream.index().timeAt(oldest) + age <= now && done < MOST_PER_TURN) {
            expire(oldest);
            done++;
            oldest = oldest();
        }
        arm();
    }

    private void expire(long sequence) {
        StreamConfig config = stream.config();
        SubjectEntry entry = stream.index().entryAt(sequence);
        boolean last = entry.count() == 1 && !markers.contains(sequence);
        Subject subject = entry.subject();
        stream.remove(sequence);
        long ttl = config.fields().millis("subject_delete_marker_ttl");
        if (last && ttl > 0) {
            mark(subject, "MaxAge", ttl);
        }
    }

    private void mark(Subject subject, String reason, long ttlMillis) {
        byte[] headers = HeaderBlock.with(StreamMessage.NOTHING, MsgHeaders.MARKER, reason);
        headers = HeaderBlock.with(headers, MsgHeaders.TTL, Math.max(1, ttlMillis / 1000) + "s");
        headers = HeaderBlock.with(headers, MsgHeaders.ROLLUP, "sub");
        Draft draft = new Draft(subject, headers, StreamMessage.NOTHING);
        draft.ttlMillis = ttlMillis;
        stream.store(draft, draft.fill(lent), failure -> {});
    }
}
