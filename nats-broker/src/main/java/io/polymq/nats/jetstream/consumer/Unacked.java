package io.polymq.nats.jetstream.consumer;

import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.stream.HeaderBlock;
import io.polymq.storage.GroupCursor;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How far a consumer has come: what was delivered, what is acknowledged, what is held, what waits
 * to be delivered again. Both numberings are kept: the stream's, and the consumer's own in which
 * every delivery counts.
 *
 * <p>Acknowledged messages are offsets of a cursor of the stream's shard; its attachment holds the
 * numbers that cannot be worked out from them. After a crash the cursor may be a little older: then
 * messages come again. Shard zone.
 */
final class Unacked {

    private static final int MAX_ATTACHMENT = 60_000;
    private static final int VERSION = 1;

    private final @Nullable GroupCursor cursor;
    private final LongSupplier base;
    private final TreeMap<Long, Held> held = new TreeMap<>();
    private final ArrayDeque<Long> again = new ArrayDeque<>();
    private final Map<Long, Integer> redelivered = new HashMap<>();
    private long consumerSequence;
    private long streamSequence;
    private long floorConsumer;
    private long floorStream;

    /**
     * @param cursor null for a consumer that is not kept
     * @param base what is added to an offset of the shard for a sequence
     */
    Unacked(@Nullable GroupCursor cursor, LongSupplier base) {
        this.cursor = cursor;
        this.base = base;
    }

    /** Nothing was delivered; the first message is behind this sequence. */
    void begin(long before) {
        held.clear();
        again.clear();
        redelivered.clear();
        streamSequence = before;
        floorStream = before;
        floorConsumer = consumerSequence;
        GroupCursor kept = cursor;
        if (kept != null) {
            kept.reset(Math.max(0, before + 1 - base.getAsLong()), true);
        }
    }

    /** A message goes out; its consumer sequence. */
    long delivered(long sequence, ConsumerConfig.AckPolicy policy, long now) {
        consumerSequence++;
        if (policy == ConsumerConfig.AckPolicy.NONE) {
            streamSequence = Math.max(streamSequence, sequence);
            floorConsumer = consumerSequence;
            floorStream = streamSequence;
            done(sequence);
            return consumerSequence;
        }
        Held before = held.get(sequence);
        if (before == null) {
            Integer times = redelivered.get(sequence);
            Held fresh = new Held(consumerSequence, now);
            if (times != null) {
                fresh.deliveries = times + 1;
                redelivered.put(sequence, times + 1);
            }
            held.put(sequence, fresh);
        } else {
            before.since = now;
            before.until = 0;
            before.deliveries++;
            redelivered.put(sequence, before.deliveries);
        }
        streamSequence = Math.max(streamSequence, sequence);
        return consumerSequence;
    }

    /** What the next delivery will be numbered. */
    long nextNumber() {
        return consumerSequence + 1;
    }

    int deliveries(long sequence) {
        Held one = held.get(sequence);
        return one == null ? redelivered.getOrDefault(sequence, 0) : one.deliveries;
    }

    @Nullable Held find(long sequence) {
        return held.get(sequence);
    }

    /** Done with one message; null when it was not held. */
    @Nullable Held acknowledged(long sequence) {
        Held one = held.remove(sequence);
        if (one == null) {
            return null;
        }
        redelivered.remove(sequence);
        unqueue(sequence, one);
        moveFloor(one, sequence);
        done(sequence);
        return one;
    }

    /** It stays in the stream but is delivered no more. */
    void givenUp(long sequence) {
        Held one = held.remove(sequence);
        if (one != null) {
            redelivered.put(sequence, one.deliveries);
            unqueue(sequence, one);
            moveFloor(one, sequence);
            done(sequence);
        }
    }

    private void moveFloor(Held one, long sequence) {
        if (held.isEmpty()) {
            floorConsumer = consumerSequence;
            floorStream = streamSequence;
        } else if (one.consumerSequence == floorConsumer + 1) {
            floorConsumer = one.consumerSequence;
            floorStream = sequence;
            Map.Entry<Long, Held> next = held.higherEntry(sequence);
            if (next != null && held.firstKey().equals(next.getKey())) {
                floorConsumer = Math.max(floorConsumer, next.getValue().consumerSequence - 1);
                floorStream = next.getKey() - 1;
            }
        }
    }

    private void done(long sequence) {
        GroupCursor kept = cursor;
        if (kept == null) {
            return;
        }
        long offset = base.getAsLong();
        kept.acknowledge(sequence - offset);
        long low = held.isEmpty() ? streamSequence : held.firstKey() - 1;
        long from = kept.floor();
        if (low - offset >= from) {
            kept.acknowledge(from, low - offset + 1);
        }
    }

    /** The sequences that are held up to one; in order. */
    List<Long> through(long sequence) {
        return new ArrayList<>(held.headMap(sequence, true).keySet());
    }

    /** All of it up to one counts as done. */
    void floorThrough(long sequence, long consumer) {
        if (held.isEmpty() || held.firstKey() > sequence) {
            floorStream = Math.max(floorStream, sequence);
            floorConsumer = Math.max(floorConsumer, consumer);
        }
    }

    /** Everything up to a sequence is gone from the stream. */
    void purged(long through) {
        streamSequence = Math.max(streamSequence, through);
        if (held.isEmpty()) {
            floorStream = streamSequence;
            floorConsumer = consumerSequence;
        }
    }

    // What comes again.

    void queue(long sequence, Held one) {
        if (!one.queued) {
            one.queued = true;
            again.add(sequence);
        }
    }

    /** It does not come again yet, or never. */
    void unqueue(long sequence, Held one) {
        if (one.queued) {
            one.queued = false;
            again.remove(sequence);
        }
    }

    /** In front of the others: it could not be delivered after all. */
    void queueFirst(long sequence, Held one) {
        if (!one.queued) {
            one.queued = true;
            again.addFirst(sequence);
        }
    }

    /** The next one to be delivered again; 0 when there is none. */
    long takeAgain() {
        while (!again.isEmpty()) {
            long sequence = again.remove();
            Held one = held.get(sequence);
            if (one != null && one.queued) {
                one.queued = false;
                return sequence;
            }
        }
        return 0;
    }

    boolean hasAgain() {
        return !again.isEmpty();
    }

    int againCount() {
        return again.size();
    }

    TreeMap<Long, Held> held() {
        return held;
    }

    int redeliveredCount() {
        return redelivered.size();
    }

    long consumerSequence() {
        return consumerSequence;
    }

    long streamSequence() {
        return streamSequence;
    }

    long floorConsumer() {
        return floorConsumer;
    }

    long floorStream() {
        return floorStream;
    }

    /** Whether it is delivered and done with. */
    boolean isDone(long sequence) {
        if (sequence > streamSequence) {
            return false;
        }
        return !held.containsKey(sequence);
    }

    /** Everything that was delivered is looked at again as if it never was: for a reset. */
    void forgetDeliveries() {
        consumerSequence = 0;
        floorConsumer = 0;
    }

    // Keeping.

    /** Writes into the cursor what it does not say by itself. */
    void save() {
        GroupCursor kept = cursor;
        if (kept == null) {
            return;
        }
        int room = (MAX_ATTACHMENT - 64) / 28;
        int count = Math.min(room, held.size());
        ByteBuffer out = ByteBuffer.allocate(64 + count * 28);
        out.putInt(VERSION)
                .putLong(consumerSequence)
                .putLong(streamSequence)
                .putLong(floorConsumer)
                .putLong(floorStream)
                .putInt(count);
        for (Map.Entry<Long, Held> one : held.entrySet()) {
            if (count-- == 0) {
                break;
            }
            out.putLong(one.getKey())
                    .putLong(one.getValue().consumerSequence)
                    .putInt(one.getValue().deliveries);
        }
        byte[] state = new byte[out.position()];
        out.flip().get(state);
        kept.attach(state);
    }

    /**
     * Reads what was kept: what was delivered and not acknowledged is held again.
     *
     * @param there whether a sequence is one of the consumer's that the stream still has
     * @param from the beginning of the numbers that the stream may have
     * @return false when nothing was kept
     */
    boolean restore(LongPredicate there, long from, long now) {
        GroupCursor kept = cursor;
        byte[] state = kept == null ? new byte[0] : kept.attachment();
        if (kept == null || state.length < 40 || ByteBuffer.wrap(state).getInt() != VERSION) {
            return false;
        }
        ByteBuffer in = ByteBuffer.wrap(state, 4, state.length - 4);
        consumerSequence = in.getLong();
        streamSequence = in.getLong();
        floorConsumer = in.getLong();
        floorStream = in.getLong();
        Map<Long, Held> known = new HashMap<>();
        for (int left = in.getInt(); left > 0 && in.remaining() >= 20; left--) {
            long sequence = in.getLong();
            Held one = new Held(in.getLong(), now);
            one.deliveries = in.getInt();
            known.put(sequence, one);
        }
        long number = floorConsumer;
        long offset = base.getAsLong();
        long start = Math.max(from, kept.floor() + offset);
        for (long at = start; at <= streamSequence; at++) {
            at = kept.nextUnacknowledged(at - offset) + offset;
            if (at <= streamSequence && there.test(at)) {
                Held one = known.get(at);
                number = one == null ? number + 1 : one.consumerSequence;
                Held again = one == null ? new Held(number, now) : one;
                held.put(at, again);
                if (again.deliveries > 1) {
                    redelivered.put(at, again.deliveries);
                }
            }
        }
        if (held.isEmpty()) {
            floorConsumer = consumerSequence;
            floorStream = streamSequence;
        }
        return true;
    }

    @Nullable GroupCursor cursor() {
        return cursor;
    }

    /** The headers of a heartbeat, which says how far deliveries are. */
    byte[] heartbeat(String stalledOn) {
        String consumer = Long.toString(consumerSequence());
        String last = Long.toString(streamSequence());
        return stalledOn.isEmpty()
                ? HeaderBlock.status(
                        100,
                        "Idle Heartbeat",
                        "Nats-Last-Consumer",
                        consumer,
                        "Nats-Last-Stream",
                        last)
                : HeaderBlock.status(
                        100,
                        "Idle Heartbeat",
                        "Nats-Last-Consumer",
                        consumer,
                        "Nats-Last-Stream",
                        last,
                        "Nats-Consumer-Stalled",
                        stalledOn);
    }
}
