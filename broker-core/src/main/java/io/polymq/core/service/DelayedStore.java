package io.polymq.core.service;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Recall;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.storage.Durability;
import io.polymq.storage.GroupCursor;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordHeaders;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delayed messages in one shard; in memory are only their places and times, in the zone's timer
 * wheel. What is due is read back some hundreds at a time, handed over in the order of times, and
 * acknowledged once whoever took it has it safe. A start reads the shard once for the times.
 *
 * <p>The methods of {@link DelayedMessages} are for any thread; all else is shard zone.
 */
public final class DelayedStore implements DelayedMessages, ShardZone.AtTurnEnd {

    private static final Logger log = LoggerFactory.getLogger(DelayedStore.class);
    private static final String SHARD = "delayed/messages";
    private static final String GROUP = "delayed";
    private static final String HEADER = "polymq-delayed";
    private static final int PAGE_BYTES = 1 << 20;
    private static final int READ_AT_ONCE = 512;
    private static final int MOST_OPEN = 4096;
    private static final long RETRY_MILLIS = 1000;
    private static final int FORGET_EVERY = 4096;

    /**
     * @param blocking reads the shard at the start
     * @param tenants say who may store more
     */
    public record Params(
            ShardStore store,
            ShardZone zone,
            MessageRecords records,
            Executor blocking,
            TenantLimits tenants) {

        /** For those who have no tenants with quotas. */
        public Params(ShardStore store, ShardZone zone, MessageRecords records, Executor blocking) {
            this(store, zone, records, blocking, TenantLimits.NONE);
        }
    }

    /** A message that was read back. */
    private record Ready(PendingMessage pending, String kind, String tenant, KeptMessage message) {}

    private final ShardZone zone;
    private final MessageRecords records;
    private final Executor blocking;
    private final TenantLimits tenants;
    private final Shard shard;
    private final GroupCursor cursor;
    private final TurnBatches writer;
    private final PendingMessages pending = new PendingMessages();
    private final AtomicLong number = new AtomicLong();
    private final Map<String, Due> handlers = new HashMap<>();
    private final Map<String, List<Ready>> unhandled = new HashMap<>();
    private final ArrayDeque<PendingMessage> due = new ArrayDeque<>();
    private final RecordBatchCursor batches = new RecordBatchCursor();
    private final RecordHeaders headers = new RecordHeaders();
    private final Message message = new Message();
    private final long[] finished = new long[FORGET_EVERY];
    private int finishedCount;
    private int open;
    private boolean asked;
    private boolean reading;

    private DelayedStore(Params params, Shard shard) {
        this.zone = params.zone();
        this.records = params.records();
        this.blocking = params.blocking();
        this.tenants = params.tenants();
        this.shard = shard;
        this.cursor = shard.cursor(GROUP);
        this.writer = new TurnBatches(zone, shard, Durability.SYNC);
    }

    /** Completes when everything that is stored is armed. */
    public static CompletableFuture<DelayedStore> open(Params params) {
        return CompletableFuture.supplyAsync(() -> params.store().open(SHARD), params.blocking())
                .thenCompose(
                        found ->
                                found.map(CompletableFuture::completedFuture)
                                        .orElseGet(
                                                () ->
                                                        params.store()
                                                                .create(SHARD, ShardSpec.DEFAULT)))
                .thenApplyAsync(shard -> new DelayedStore(params, shard).load(), params.blocking());
    }

    /** Before anyone else knows of it. */
    private DelayedStore load() {
        List<PendingMessage> found = new ArrayList<>();
        long at = Math.max(cursor.floor(), shard.startOffset());
        long end = shard.highWatermark();
        while (at < end) {
            long next = at;
            try (ReadResult page = shard.read(at, PAGE_BYTES, true).join()) {
                for (Slice slice : page.slices()) {
                    batches.reset(slice.toBuffer());
                    while (batches.next()) {
                        ByteBuffer own = batches.header(HEADER);
                        if (!cursor.isAcknowledged(batches.offset()) && own != null) {
                            found.add(
                                    new PendingMessage(
                                            this, batches.offset(), own.getLong(own.position())));
                        }
                    }
                    next = Math.max(next, batches.lastOffset() + 1);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (next == at) {
                break;
            }
            at = next;
        }
        zone.execute(() -> found.forEach(this::arm));
        return this;
    }

    // Any thread.

    @Override
    public void handle(String kind, Due handler) {
        zone.execute(
                () -> {
                    handlers.put(kind, handler);
                    List<Ready> waiting = unhandled.remove(kind);
                    if (waiting != null) {
                        waiting.forEach(ready -> give(handler, ready));
                    }
                });
    }

    @Override
    public CompletableFuture<Ticket> schedule(
            String kind, String tenant, KeptMessage kept, long at) {
        Allowance allowance = tenants.allowance(tenant);
        if (allowance.isUsed()) {
            return CompletableFuture.failedFuture(allowance.refusal());
        }
        CompletableFuture<Ticket> result = new CompletableFuture<>();
        execute(result, () -> append(kind, tenant, kept, at, result));
        return result;
    }

    @Override
    public CompletableFuture<Boolean> cancel(Ticket ticket) {
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        execute(
                result,
                () -> {
                    PendingMessage known = pending.get(ticket.id());
                    if (known == null || known.firing) {
                        result.complete(false);
                        return;
                    }
                    zone.disarm(known);
                    due.remove(known);
                    finish(known);
                    cursor.persist()
                            .whenComplete(
                                    (done, failure) -> {
                                        if (failure == null) {
                                            result.complete(true);
                                        } else {
                                            result.completeExceptionally(failure);
                                        }
                                    });
                });
        return result;
    }

    @Override
    public CompletableFuture<Void> recall(long since, Consumer<KeptMessage> each) {
        Message lent = new Message();
        return Recall.of(
                shard,
                since,
                Runnable::run,
                record -> records.read(record, Subject.EMPTY, lent).keep(),
                each);
    }

    @Override
    public CompletableFuture<Boolean> holds(Origin wanted, long since) {
        return wanted.isIn(shard, since);
    }

    @Override
    public long pending() {
        return number.get();
    }

    @Override
    public CompletableFuture<List<Coming>> coming(int most) {
        CompletableFuture<PendingMessage[]> wanted = new CompletableFuture<>();
        execute(wanted, () -> wanted.complete(pending.next(most)));
        return wanted.thenApplyAsync(this::comings, blocking);
    }

    /** One after the other: they lie apart in the shard. */
    private List<Coming> comings(PendingMessage[] wanted) {
        RecordBatchCursor page = new RecordBatchCursor();
        List<Coming> found = new ArrayList<>(wanted.length);
        for (PendingMessage known : wanted) {
            try (ReadResult read = shard.read(known.id, 1, true).join()) {
                for (Slice slice : read.slices()) {
                    page.reset(slice.toBuffer());
                    while (page.next()) {
                        if (page.offset() == known.id) {
                            Ready ready = ready(known, page, new Message());
                            found.add(
                                    new Coming(
                                            new Ticket(known.id),
                                            ready.kind(),
                                            ready.tenant(),
                                            ready.message(),
                                            known.at));
                        }
                    }
                }
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
        return found;
    }

    private void execute(CompletableFuture<?> result, Runnable task) {
        try {
            zone.execute(task);
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(e);
        }
    }

    // Shard zone.

    private void append(
            String kind,
            String tenant,
            KeptMessage kept,
            long at,
            CompletableFuture<Ticket> result) {
        kept.lendTo(message);
        headers.clear();
        headers.add(HEADER, header(kind, tenant, at));
        records.encode(message, true, zone.now(), headers);
        writer.append(
                zone.now(),
                null,
                ByteBuffer.wrap(kept.payload()),
                headers,
                (offset, failure) -> {
                    if (failure == null) {
                        arm(new PendingMessage(this, offset, at));
                        result.complete(new Ticket(offset));
                    } else {
                        result.completeExceptionally(failure);
                    }
                });
    }

    private static byte[] header(String kind, String tenant, long at) {
        byte[] name = kind.getBytes(StandardCharsets.UTF_8);
        byte[] space = tenant.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + 4 + name.length + space.length)
                .putLong(at)
                .putInt(name.length)
                .put(name)
                .put(space)
                .array();
    }

    private void arm(PendingMessage known) {
        pending.put(known);
        number.set(pending.size());
        zone.arm(known, known.at - zone.now());
    }

    void due(PendingMessage known) {
        if (known.at > zone.now()) {
            zone.arm(known, known.at - zone.now());
            return;
        }
        due.add(known);
        ask();
    }

    private void ask() {
        if (!asked) {
            asked = true;
            zone.atTurnEnd(this);
        }
    }

    @Override
    public void turnEnds() {
        asked = false;
        if (reading || due.isEmpty() || open >= MOST_OPEN) {
            return;
        }
        PendingMessage[] next = new PendingMessage[Math.min(READ_AT_ONCE, due.size())];
        for (int i = 0; i < next.length; i++) {
            next[i] = due.remove();
            next[i].firing = true;
        }
        Arrays.sort(next, Comparator.comparingLong(known -> known.id));
        reading = true;
        read(next, 0, new ArrayList<>(next.length));
    }

    private void read(PendingMessage[] wanted, int from, List<Ready> found) {
        if (from == wanted.length) {
            reading = false;
            found.sort(Comparator.comparingLong(ready -> ready.pending().at));
            found.forEach(this::give);
            ask();
            return;
        }
        shard.read(wanted[from].id, PAGE_BYTES, true)
                .whenComplete(
                        (page, failure) ->
                                zone.offer(() -> arrived(wanted, from, found, page, failure)));
    }

    private void arrived(
            PendingMessage[] wanted,
            int from,
            List<Ready> found,
            @Nullable ReadResult page,
            @Nullable Throwable failure) {
        int next = from;
        if (page != null) {
            try (page) {
                for (Slice slice : page.slices()) {
                    batches.reset(slice.toBuffer());
                    while (next < wanted.length && batches.next()) {
                        while (next < wanted.length && wanted[next].id < batches.offset()) {
                            finish(wanted[next++]);
                        }
                        if (next < wanted.length && wanted[next].id == batches.offset()) {
                            found.add(ready(wanted[next++], batches, message));
                        }
                    }
                }
            } catch (IOException | StorageException e) {
                later(wanted, next, e);
                next = wanted.length;
            }
        }
        if (failure != null || next == from) {
            later(wanted, next, failure);
            next = wanted.length;
        }
        read(wanted, next, found);
    }

    private void later(PendingMessage[] wanted, int from, @Nullable Throwable why) {
        log.atWarn()
                .addKeyValue("shard", shard.name())
                .addKeyValue("fault", String.valueOf(why))
                .log("Delayed messages could not be read and are tried again");
        for (int i = from; i < wanted.length; i++) {
            again(wanted[i]);
        }
    }

    private void again(PendingMessage known) {
        known.firing = false;
        zone.arm(known, RETRY_MILLIS);
    }

    private Ready ready(PendingMessage known, RecordBatchCursor batches, Message message) {
        ByteBuffer own = batches.header(HEADER);
        if (own == null) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT_STORE, "a delayed message without its time");
        }
        own.getLong();
        byte[] kind = new byte[own.getInt()];
        own.get(kind);
        byte[] tenant = new byte[own.remaining()];
        own.get(tenant);
        KeptMessage kept = records.read(batches.record(), Subject.EMPTY, message).keep();
        return new Ready(
                known,
                new String(kind, StandardCharsets.UTF_8),
                new String(tenant, StandardCharsets.UTF_8),
                kept);
    }

    private void give(Ready ready) {
        Due handler = handlers.get(ready.kind());
        if (handler == null) {
            unhandled.computeIfAbsent(ready.kind(), absent -> new ArrayList<>()).add(ready);
        } else {
            give(handler, ready);
        }
    }

    private void give(Due handler, Ready ready) {
        open++;
        Receipt receipt = new Receipt(failure -> zone.offer(() -> given(ready, failure)));
        try {
            handler.due(ready.tenant(), ready.message(), ready.pending().at, receipt);
        } catch (RuntimeException e) {
            receipt.expect();
            receipt.done(e);
        }
        receipt.seal();
    }

    private void given(Ready ready, @Nullable Throwable failure) {
        open--;
        if (failure == null) {
            finish(ready.pending());
        } else {
            log.atDebug()
                    .addKeyValue("kind", ready.kind())
                    .addKeyValue("fault", failure.toString())
                    .log("A delayed message was not taken and is due again");
            again(ready.pending());
        }
        ask();
    }

    /** Done with; now and then the store may forget what lies behind, or single ones among it. */
    private void finish(PendingMessage known) {
        pending.remove(known);
        number.set(pending.size());
        cursor.acknowledge(known.id);
        finished[finishedCount++] = known.id;
        if (finishedCount == FORGET_EVERY) {
            finishedCount = 0;
            long floor = cursor.floor();
            shard.trim(floor).exceptionally(DelayedStore::notForgotten);
            long[] above =
                    Arrays.stream(finished).filter(offset -> offset > floor).sorted().toArray();
            if (above.length > 0) {
                shard.deleteRecords(above).exceptionally(DelayedStore::notForgotten);
            }
        }
    }

    private static @Nullable Void notForgotten(Throwable failure) {
        log.atDebug()
                .addKeyValue("fault", failure.toString())
                .log("Delayed messages that are done with stay stored for now");
        return null;
    }
}
