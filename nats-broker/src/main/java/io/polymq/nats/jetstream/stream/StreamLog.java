package io.polymq.nats.jetstream.stream;

import io.polymq.core.message.Message;
import io.polymq.core.topic.Topic;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.GroupCursor;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import io.polymq.storage.StoredRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream's records: sequence = offset + base. Messages of one turn of the zone become one batch;
 * several batches may be on their way, and what they hold can be read once they are safe. A
 * sequence that is consumed without a message becomes a hole between two records.
 *
 * <p>Removed messages are acknowledged offsets of a cursor of the shard, written lazily; when many
 * have come together their records are deleted in one go. Shard zone.
 */
final class StreamLog {

    private static final Logger LOG = LoggerFactory.getLogger(StreamLog.class);
    private static final String HOLES = "polymq-jetstream";
    private static final int MAX_IN_FLIGHT = 4;
    private static final int MAX_BATCH_BYTES = 512 << 10;
    private static final int MAX_FRESH_HOLES = 1 << 16;
    private static final int PAGE_BYTES = 256 << 10;

    /** Hears what became of appends. */
    interface Owner {
        /** Everything up to this sequence is safe; the settlers of the batch are told next. */
        void safe(long sequence);

        /** Appends have failed, or offsets came out otherwise: what is held must be read anew. */
        void broken(Throwable why);
    }

    /** Is told when a message is safe, or why it is not. */
    interface Settler {
        void settle(@Nullable Throwable failure);
    }

    private static final class Flight {
        final List<Settler> settlers;
        final long lastSequence;
        boolean done;
        @Nullable Throwable failure;

        Flight(List<Settler> settlers, long lastSequence) {
            this.settlers = settlers;
            this.lastSequence = lastSequence;
        }
    }

    private final Parts parts;
    private final Topic topic;
    private final Shard shard;
    private final Owner owner;
    private final GroupCursor holes;
    private final RecordBatchBuilder builder = new RecordBatchBuilder();
    private final ArrayDeque<Flight> flights = new ArrayDeque<>();
    private final MessageCache cache = new MessageCache();
    private RecordForm form;
    private Durability durability;
    private List<Settler> settlers = new ArrayList<>();
    private long[] fresh = new long[64];
    private int freshCount;
    private boolean rewriting;
    private boolean flushAsked;
    private boolean together;
    private long base;
    private long batchOffset;
    private long nextOffset;
    private long cacheBudget = 1 << 20;

    StreamLog(Parts parts, Topic topic, RecordForm form, Durability durability, Owner owner) {
        this.parts = parts;
        this.topic = topic;
        this.shard = topic.partition(0);
        this.form = form;
        this.durability = durability;
        this.owner = owner;
        this.holes = shard.cursor(HOLES);
    }

    /** Where it goes on after what is stored was read. */
    void begin(long base) {
        this.base = base;
        nextOffset = shard.endOffset();
        batchOffset = nextOffset;
        flights.clear();
        settlers = new ArrayList<>();
        builder.clear();
        cache.clear();
    }

    void change(RecordForm now, Durability level) {
        form = now;
        durability = level;
    }

    void cacheBudget(long bytes) {
        cacheBudget = bytes;
    }

    Shard shard() {
        return shard;
    }

    long base() {
        return base;
    }

    long offset(long sequence) {
        return sequence - base;
    }

    /** Everything is safe and nothing waits. */
    boolean isIdle() {
        return flights.isEmpty() && builder.isEmpty();
    }

    /** A new beginning of the numbers; nothing may be stored. */
    void rebase(long nextSequence) {
        base = nextSequence - nextOffset;
    }

    // Appends.

    /** Adds a message; it is written when the turn ends. */
    void append(long sequence, Message message, long time, Settler settler) {
        long offset = offset(sequence);
        if (builder.isEmpty()) {
            batchOffset = nextOffset;
        }
        byte[] key = message.subject().dotted();
        builder.appendAt(
                (int) (offset - batchOffset),
                time,
                ByteBuffer.wrap(key),
                ByteBuffer.wrap(
                        message.payload(), message.payloadOffset(), message.payloadLength()),
                form.headers(message, time));
        nextOffset = offset + 1;
        settlers.add(settler);
        if (builder.bytes() >= MAX_BATCH_BYTES && !together) {
            flush();
        } else {
            flushLater();
        }
    }

    /** While it is on, messages go into one batch, however large: all of it is kept, or nothing. */
    void together(boolean on) {
        together = on;
    }

    private void flushLater() {
        if (!flushAsked) {
            flushAsked = true;
            parts.zone().atTurnEnd(this::turnEnds);
        }
    }

    private void turnEnds() {
        flushAsked = false;
        if (flights.size() < MAX_IN_FLIGHT) {
            flush();
        }
    }

    private void flush() {
        if (builder.isEmpty()) {
            return;
        }
        long expected = batchOffset;
        Flight flight = new Flight(settlers, nextOffset - 1 + base);
        settlers = new ArrayList<>();
        flights.add(flight);
        shard.append(
                builder.build(),
                durability,
                (offset, timestamp, failure) ->
                        parts.zone().offer(() -> appended(flight, expected, offset, failure)));
    }

    /** Batches of others, in order behind what is here. */
    void append(ByteBuffer batches, Durability level, AppendListener listener) {
        flush();
        long expected = nextOffset;
        nextOffset += RecordBatches.offsetSpan(batches);
        Flight flight = new Flight(List.of(), nextOffset - 1 + base);
        flights.add(flight);
        topic.admit(
                0,
                batches,
                level,
                (offset, timestamp, failure) -> {
                    listener.appended(offset, timestamp, failure);
                    parts.zone().offer(() -> appended(flight, expected, offset, failure));
                });
    }

    private void appended(
            Flight flight, long expected, long offset, @Nullable StorageException failure) {
        flight.done = true;
        flight.failure = failure;
        if (failure == null && offset != expected) {
            flight.failure =
                    new IllegalStateException("offset " + offset + " in place of " + expected);
        }
        Throwable broken = null;
        while (!flights.isEmpty() && flights.getFirst().done) {
            Flight first = flights.remove();
            if (first.failure == null) {
                owner.safe(first.lastSequence);
            } else {
                broken = first.failure;
            }
            for (Settler settler : first.settlers) {
                settler.settle(first.failure);
            }
        }
        if (broken != null) {
            owner.broken(broken);
        } else if (!builder.isEmpty()) {
            flushLater();
        }
    }

    // Reads.

    void remember(StreamMessage message) {
        cache.put(message, cacheBudget);
    }

    /** A message that is in memory. */
    @Nullable StreamMessage cached(long sequence) {
        return cache.find(sequence);
    }

    /**
     * Reads a message, then runs the action in the zone, with null when there is none of that
     * sequence. In the same turn when it is in memory, and otherwise with as little waking of
     * others as can be: somebody waits for this one message.
     */
    void fetch(long sequence, Consumer<@Nullable StreamMessage> then) {
        RecordForm reading = form;
        CompletableFuture<Optional<StoredRecord>> read;
        try {
            read = shard.readRecord(offset(sequence));
        } catch (StorageException gone) {
            read = CompletableFuture.failedFuture(gone);
        }
        CompletableFuture<@Nullable StreamMessage> decoded =
                read.thenApply(
                        found -> found.map(record -> reading.read(record, sequence)).orElse(null));
        if (decoded.state() == Future.State.SUCCESS) {
            then.accept(took(decoded.resultNow()));
            return;
        }
        decoded.whenComplete(
                (message, failure) ->
                        parts.zone()
                                .offer(
                                        () ->
                                                then.accept(
                                                        failure == null
                                                                ? took(message)
                                                                : unread(failure))));
    }

    private @Nullable StreamMessage took(@Nullable StreamMessage message) {
        if (message != null) {
            cache.put(message, cacheBudget);
        }
        return message;
    }

    /** The same for whoever asks for those behind it next: they are read with it. */
    void fetchOnward(long sequence, Consumer<@Nullable StreamMessage> then) {
        RecordForm reading = form;
        long budget = cacheBudget / 2;
        long wanted = offset(sequence);
        long start = base;
        CompletableFuture<ReadResult> read;
        try {
            read = shard.read(wanted, PAGE_BYTES, true);
        } catch (StorageException gone) {
            read = CompletableFuture.failedFuture(gone);
        }
        read.thenApplyAsync(
                        result -> decode(result, reading, wanted, start, budget), parts.blocking())
                .whenComplete(
                        (messages, failure) ->
                                parts.zone()
                                        .offer(
                                                () ->
                                                        then.accept(
                                                                failure == null
                                                                        ? took(sequence, messages)
                                                                        : unread(failure))));
    }

    private @Nullable StreamMessage took(long sequence, List<StreamMessage> messages) {
        StreamMessage found = null;
        for (StreamMessage message : messages) {
            cache.put(message, cacheBudget);
            if (message.sequence() == sequence) {
                found = message;
            }
        }
        return found;
    }

    private @Nullable StreamMessage unread(Throwable failure) {
        LOG.atWarn()
                .addKeyValue("stream", topic.name())
                .addKeyValue("reason", failure.toString())
                .log("a message could not be read");
        return null;
    }

    private static List<StreamMessage> decode(
            ReadResult result, RecordForm form, long from, long base, long budget) {
        List<StreamMessage> messages = new ArrayList<>();
        long bytes = 0;
        RecordBatchCursor cursor = new RecordBatchCursor();
        try (result) {
            for (Slice slice : result.slices()) {
                cursor.reset(slice.toBuffer());
                while (cursor.next()) {
                    if (cursor.offset() < from || cursor.isControl()) {
                        continue;
                    }
                    if (bytes >= budget && !messages.isEmpty()) {
                        return messages;
                    }
                    StreamMessage message = form.read(cursor, cursor.offset() + base);
                    bytes += message.payload().length + message.headers().length;
                    messages.add(message);
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return messages;
    }

    // Removals.

    /** A message is gone; written down lazily. */
    void removed(long sequence) {
        cache.remove(sequence);
        long offset = offset(sequence);
        holes.acknowledge(offset);
        if (freshCount == fresh.length) {
            fresh = Arrays.copyOf(fresh, freshCount * 2);
        }
        fresh[freshCount++] = offset;
        if (freshCount >= MAX_FRESH_HOLES && !rewriting) {
            rewrite();
        }
    }

    boolean isHole(long offset) {
        return holes.isAcknowledged(offset);
    }

    private void rewrite() {
        rewriting = true;
        long start = shard.startOffset();
        long safe = shard.highWatermark();
        long[] gone = new long[freshCount];
        int count = 0;
        int left = 0;
        for (int i = 0; i < freshCount; i++) {
            if (fresh[i] >= safe) {
                fresh[left++] = fresh[i];
            } else if (fresh[i] >= start) {
                gone[count++] = fresh[i];
            }
        }
        freshCount = left;
        CompletableFuture<Void> deleted =
                count == 0
                        ? CompletableFuture.completedFuture(null)
                        : shard.deleteRecords(Arrays.copyOf(gone, count));
        deleted.whenComplete(
                (done, failure) -> parts.zone().offer(() -> rewritten(start, failure)));
    }

    /** The cursor needs to tell only what was removed meanwhile. */
    private void rewritten(long start, @Nullable Throwable failure) {
        rewriting = false;
        if (failure != null) {
            LOG.atWarn()
                    .addKeyValue("stream", topic.name())
                    .addKeyValue("reason", failure.toString())
                    .log("removed messages still take space");
            return;
        }
        holes.reset(start, true);
        for (int i = 0; i < freshCount; i++) {
            holes.acknowledge(fresh[i]);
        }
    }

    /** Everything before the sequence is gone. */
    CompletableFuture<Void> trim(long firstSequence) {
        long offset = Math.min(offset(firstSequence), shard.highWatermark());
        if (offset <= shard.startOffset()) {
            return CompletableFuture.completedFuture(null);
        }
        holes.reset(Math.max(offset, holes.floor()), false);
        return shard.trim(offset);
    }

    /** The removals so far are safe. */
    CompletableFuture<Void> persistRemovals() {
        return holes.persist();
    }

    /** Overwrites what was stored of a message. */
    CompletableFuture<Void> erase(long sequence) {
        return shard.deleteRecords(new long[] {offset(sequence)});
    }
}
