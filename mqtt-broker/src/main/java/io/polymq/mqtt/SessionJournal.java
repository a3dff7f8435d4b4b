package io.polymq.mqtt;

import io.netty.util.concurrent.EventExecutor;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what persistent sessions are owed safe: one shard, to which messages and the ends of their
 * deliveries are appended. A message for a thousand sessions is one record that names them all,
 * written when it was handed to each of them; so the records of a session are not in the order of
 * its messages' numbers. What happened is gathered by a thread of its own and written a batch at a
 * time; recovery reads the shard from its start. The start follows the oldest message that is still
 * owed; when old ones hold up much that is done with, they are written again at the end.
 *
 * <p>Zone: its executor. What sessions call only enqueues.
 */
final class SessionJournal {

    private static final Logger LOG = LoggerFactory.getLogger(SessionJournal.class);
    private static final int BATCH_BYTES = 1 << 20;
    private static final int READ_BYTES = 256 << 10;

    private final Shard shard;
    private final Durability durability;
    private final InstantSource clock;
    private final EventExecutor executor;
    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final RecordBatchBuilder builder = new RecordBatchBuilder();

    /** Clients' QoS 2 messages on their way to others, by message and by place. */
    private final Map<KeptMessage, JournalCodec.Place> releasing = new IdentityHashMap<>(0);

    private final Map<JournalCodec.Place, KeptMessage> released = new HashMap<>(0);
    private final Map<KeptMessage, Gathering> gatherings = new IdentityHashMap<>(0);
    private final List<Gathering> unannounced = new ArrayList<>(0);
    private final Message scratch = new Message();
    private final JournalSpace space;
    private final OwedBytes bytes = new OwedBytes();

    /** Takes what was read, in its order. */
    interface Reader {
        void onEvent(long offset, long timestamp, JournalCodec.Event event);
    }

    private sealed interface Command {}

    /**
     * A message on its way to sessions, some of which have told so; in the queue it says that all
     * have.
     */
    private static final class Gathering implements Command {
        final KeptMessage message;
        final long begun;
        final OwedMessage owed = new OwedMessage();
        final List<Receipt> receipts = new ArrayList<>(1);

        Gathering(KeptMessage message, long begun) {
            this.message = message;
            this.begun = begun;
        }

        void add(Write write) {
            owed.add(write.target());
            if (write.receipt() != null) {
                receipts.add(write.receipt());
            }
        }
    }

    private record Write(OwedShare target, KeptMessage message, @Nullable Receipt receipt)
            implements Command {}

    private record Finish(OwedShare target) implements Command {}

    private record Releasing(OwedShare target, KeptMessage message) implements Command {}

    private record Release(OwedShare target, Runnable then) implements Command {}

    private record Again(OwedMessage owed, Publication publication, long timestamp)
            implements Command {}

    SessionJournal(
            Shard shard, Durability durability, InstantSource clock, EventExecutor executor) {
        this.shard = shard;
        this.durability = durability;
        this.clock = clock;
        this.executor = executor;
        this.space = new JournalSpace(shard, this::rewrite);
    }

    // What sessions say; any thread.

    /** The receipt, told to expect it, is done when the message is safe. */
    void write(OwedShare target, KeptMessage message, @Nullable Receipt receipt) {
        if (receipt != null) {
            receipt.expect();
        }
        enqueue(new Write(target, message, receipt));
    }

    void finish(OwedShare target) {
        enqueue(new Finish(target));
    }

    /** Runs {@code then} in the session's zone when it is safe that the message was released. */
    void release(OwedShare target, Runnable then) {
        enqueue(new Release(target, then));
    }

    /** A client's QoS 2 message is going to be routed: what is written of it says so. */
    void releasing(OwedShare target, KeptMessage message) {
        enqueue(new Releasing(target, message));
    }

    private void enqueue(Command command) {
        commands.add(command);
        if (scheduled.compareAndSet(false, true)) {
            executor.execute(this::drain);
        }
    }

    // Writing.

    /** What one batch is about. */
    private static final class Batch {
        final List<OwedMessage> stored = new ArrayList<>();
        final List<Integer> places = new ArrayList<>();
        final List<Receipt> receipts = new ArrayList<>();
        final List<Release> releases = new ArrayList<>();
        final List<OwedShare> finished = new ArrayList<>();
        boolean mustBeSafe;
    }

    private void drain() {
        scheduled.set(false);
        Batch batch = new Batch();
        Command command = commands.poll();
        while (command != null) {
            carryOut(command, batch);
            command = builder.bytes() > BATCH_BYTES ? null : commands.poll();
        }
        write(batch);
        if (!commands.isEmpty() && scheduled.compareAndSet(false, true)) {
            executor.execute(this::drain);
        }
    }

    private void drainAll() {
        do {
            drain();
        } while (!commands.isEmpty());
    }

    private void carryOut(Command command, Batch batch) {
        switch (command) {
            case Write write when write.target().isIncoming() -> {
                writeFinished(batch); // one of them may have had this identifier
                append(batch, gathering(write));
            }
            case Write write -> {
                Gathering known = gatherings.get(write.message());
                if (known == null) {
                    begin(write);
                } else {
                    known.add(write);
                }
            }
            case Gathering complete -> {
                if (gatherings.remove(complete.message, complete)) {
                    append(batch, complete);
                }
            }
            case Finish finish -> {
                batch.finished.add(finish.target());
                if (finish.target().isIncoming() && !released.isEmpty()) {
                    releasing.remove(released.remove(finish.target().place()));
                }
            }
            case Releasing begun -> {
                JournalCodec.Place place = begun.target().place();
                releasing.put(begun.message(), place);
                released.put(place, begun.message());
            }
            case Release release -> {
                release.target().markReleased();
                batch.releases.add(release);
                batch.mustBeSafe = true;
                builder.append(clock.millis(), null, JournalCodec.released(release.target()));
            }
            case Again again -> append(batch, again.owed(), again.publication(), again.timestamp());
        }
    }

    /** The first session that is owed a message: others may follow until it is routed. */
    private void begin(Write write) {
        Gathering gathering = gathering(write);
        gatherings.put(write.message(), gathering);
        if (write.receipt() != null) {
            write.receipt().whenRouted(() -> enqueue(gathering));
        } else if (unannounced.isEmpty()) {
            unannounced.add(gathering);
            var unused = executor.schedule(this::endUnannounced, 1, TimeUnit.MILLISECONDS);
        } else {
            unannounced.add(gathering);
        }
    }

    private Gathering gathering(Write write) {
        Gathering gathering = new Gathering(write.message(), clock.millis());
        gathering.owed.origin = releasing.get(write.message());
        gathering.add(write);
        return gathering;
    }

    /** Nobody waits for these, so nobody says when they are routed: a moment must do. */
    private void endUnannounced() {
        unannounced.forEach(this::enqueue);
        unannounced.clear();
    }

    private void append(Batch batch, Gathering complete) {
        batch.receipts.addAll(complete.receipts);
        batch.mustBeSafe = true;
        append(
                batch,
                complete.owed,
                Publication.of(complete.message.lendTo(scratch), clock.millis()),
                complete.begun);
    }

    private void append(Batch batch, OwedMessage owed, Publication publication, long timestamp) {
        owed.bytes = publication.bytes();
        batch.stored.add(owed);
        batch.places.add(builder.count());
        JournalCodec.Place origin = owed.origin;
        if (origin != null && !released.containsKey(origin)) {
            origin = null;
        }
        builder.append(timestamp, null, JournalCodec.message(publication, origin, owed.targets));
    }

    private void write(Batch batch) {
        writeFinished(batch);
        if (builder.isEmpty()) {
            return;
        }
        shard.append(
                builder.build(),
                batch.mustBeSafe ? durability : Durability.OS,
                (base, timestamp, failure) -> {
                    for (Receipt receipt : batch.receipts) {
                        receipt.done(failure);
                    }
                    executor.execute(() -> onAppended(batch, base, failure));
                });
    }

    private void writeFinished(Batch batch) {
        if (batch.finished.isEmpty()) {
            return;
        }
        builder.append(clock.millis(), null, JournalCodec.finished(batch.finished));
        for (OwedShare target : batch.finished) {
            onFinished(target);
        }
        batch.finished.clear();
    }

    private void onAppended(Batch batch, long base, @Nullable StorageException failure) {
        if (failure != null) {
            LOG.atWarn().setCause(failure).log("the session journal could not be written");
            return;
        }
        Map<SessionZone, List<OwedShare>> byZone = new HashMap<>();
        for (int i = 0; i < batch.stored.size(); i++) {
            OwedMessage owed = batch.stored.get(i);
            owed.offset = base + batch.places.get(i);
            bytes.stored(owed);
            space.stored(owed);
            for (OwedShare target : owed.targets) {
                byZone.computeIfAbsent(target.session().zone(), z -> new ArrayList<>()).add(target);
            }
        }
        byZone.forEach((zone, targets) -> zone.run(() -> targets.forEach(SessionJournal::tell)));
        for (Release release : batch.releases) {
            release.target().session().run(release.then());
        }
    }

    private static void tell(OwedShare target) {
        target.session().run(() -> target.session().sender().onStored(target));
    }

    private void onFinished(OwedShare target) {
        OwedMessage owed = target.message();
        if (target.isFinished() || owed == null) {
            return;
        }
        target.markFinished();
        if (--owed.remaining == 0) {
            bytes.finished(owed);
            space.finished(owed);
        }
    }

    /** An old message that holds up the shard's start is written again at the end. */
    private void rewrite(OwedMessage owed) {
        read(
                        owed.offset,
                        (offset, timestamp, event) -> {
                            if (offset == owed.offset
                                    && event instanceof JournalCodec.Stored stored) {
                                enqueue(new Again(owed, stored.publication(), timestamp));
                            }
                        })
                .exceptionally(
                        failure -> {
                            LOG.atWarn().setCause(failure).log("an old message cannot be read");
                            executor.execute(() -> space.rewriteFailed(owed));
                            return null;
                        });
    }

    // Reading.

    /**
     * Reads contents from a message's place on, as far as one read goes, and hands them over on a
     * storage thread.
     */
    CompletableFuture<Void> read(long from, Reader to) {
        return shard.read(from, READ_BYTES, true)
                .thenAccept(
                        result -> {
                            try (result) {
                                for (Slice slice : result.slices()) {
                                    decode(slice.toBuffer(), to);
                                }
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
    }

    private static void decode(ByteBuffer batches, Reader to) {
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batches);
        while (cursor.next()) {
            ByteBuffer value = cursor.value();
            JournalCodec.Event event = value == null ? null : JournalCodec.decode(value);
            if (event != null) {
                to.onEvent(cursor.offset(), cursor.timestamp(), event);
            }
        }
    }

    /** Everything from the start on, in order; blocks, so for the start of the broker. */
    void recover(Reader to) throws IOException {
        long at = shard.startOffset();
        while (at < shard.highWatermark()) {
            long next = at;
            try (var result = shard.read(at, 4 << 20, true).join()) {
                for (Slice slice : result.slices()) {
                    ByteBuffer batches = slice.toBuffer();
                    decode(batches, to);
                    RecordBatchCursor cursor = new RecordBatchCursor().reset(batches);
                    while (cursor.nextBatch()) {
                        next = cursor.lastOffset() + 1;
                    }
                }
            }
            if (next == at) {
                break;
            }
            at = next;
        }
    }

    /** A message that recovery found to be owed still. */
    void recovered(OwedMessage owed) {
        bytes.stored(owed);
        space.stored(owed);
    }

    /** What its sessions are owed; any thread. */
    long bytes(String tenant) {
        return bytes.of(tenant);
    }

    /** One that recovery found finished. */
    void recoveredFinished(OwedShare target) {
        onFinished(target);
    }

    /** Completes when everything that was said before is written. */
    CompletableFuture<Void> flush() {
        CompletableFuture<Void> flushed = new CompletableFuture<>();
        executor.execute(
                () -> {
                    drainAll();
                    gatherings.values().forEach(this::enqueue);
                    drainAll();
                    RecordBatchBuilder mark = new RecordBatchBuilder();
                    mark.append(clock.millis(), null, JournalCodec.finished(List.of()));
                    shard.append(
                            mark.build(),
                            durability,
                            (base, timestamp, failure) -> flushed.complete(null));
                });
        return flushed;
    }
}
