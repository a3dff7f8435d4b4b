package io.polymq.kafka.produce;

import io.netty.channel.EventLoop;
import io.polymq.codec.kafka.BatchVerdict.Accepted;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition's idempotent producers. Shared: any loop may ask.
 *
 * <p>Nothing is known until the first idempotent batch comes; then the newest snapshot is loaded
 * and the batches behind it are looked at, while what came meanwhile waits in order.
 */
public final class PartitionProducers {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionProducers.class);
    static final long EXPIRY_MILLIS = 86_400_000;
    static final int MAX_PRODUCERS = 100_000;
    private static final long SNAPSHOT_BYTES = 64 << 20;
    private static final int SCAN_BYTES = 1 << 20;

    private final UUID topic;
    private final int partition;
    private final Shard shard;
    private final ProducerSnapshots snapshots;
    private final Map<Long, ProducerState> states = new ConcurrentHashMap<>();
    private final AtomicInteger deferred = new AtomicInteger();
    private final AtomicLong unsaved = new AtomicLong();
    private final List<Waiting> waiting = new ArrayList<>();
    private boolean loading;
    private volatile boolean loaded;
    private volatile @Nullable StorageException loadFailure;

    private record Waiting(EventLoop loop, Runnable action) {}

    PartitionProducers(UUID topic, int partition, Shard shard, ProducerSnapshots snapshots) {
        this.topic = topic;
        this.partition = partition;
        this.shard = shard;
        this.snapshots = snapshots;
    }

    /**
     * Runs the action once the states are there: at once, or later on the loop; actions of one loop
     * keep their order.
     */
    void whenLoaded(EventLoop loop, Runnable action) {
        if (loaded && deferred.get() == 0) {
            action.run();
            return;
        }
        synchronized (waiting) {
            deferred.incrementAndGet();
            if (loaded) {
                defer(new Waiting(loop, action));
                return;
            }
            waiting.add(new Waiting(loop, action));
            if (loading) {
                return;
            }
            loading = true;
        }
        load();
    }

    private void defer(Waiting task) {
        task.loop.execute(
                () -> {
                    deferred.decrementAndGet();
                    task.action.run();
                });
    }

    private void load() {
        snapshots
                .load(topic, partition)
                .thenCompose(this::from)
                .thenAcceptAsync(this::scan, snapshots.blocking())
                .whenComplete((_, failure) -> loaded(failure));
    }

    private CompletableFuture<Long> from(ProducerSnapshots.@Nullable Snapshot snapshot) {
        if (snapshot != null) {
            decode(snapshot.states());
            return CompletableFuture.completedFuture(
                    Math.max(snapshot.offset(), shard.startOffset()));
        }
        if (shard.startOffset() == shard.endOffset()) {
            return CompletableFuture.completedFuture(shard.startOffset());
        }
        // Older producers have expired, so what they wrote says nothing any more.
        return shard.offsetForTime(snapshots.now() - EXPIRY_MILLIS)
                .thenApply((OptionalLong found) -> found.orElse(shard.endOffset()));
    }

    private void scan(long from) {
        long at = from;
        long end = shard.highWatermark();
        while (at < end) {
            try (ReadResult read = shard.read(at, SCAN_BYTES, true).join()) {
                long before = at;
                for (Slice slice : read.slices()) {
                    at = Math.max(at, replay(slice.toBuffer(), at));
                }
                if (at == before) {
                    return;
                }
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, "scanning producers", e);
            }
        }
    }

    private long replay(ByteBuffer batches, long from) {
        long next = from;
        for (int at = batches.position(); at < batches.limit(); ) {
            long pid = batches.getLong(at + RecordBatches.PRODUCER_ID);
            if (pid >= 0) {
                replayBatch(batches, at, pid);
            }
            next = RecordBatches.nextOffset(batches, at);
            at += RecordBatches.size(batches, at);
        }
        return next;
    }

    private void replayBatch(ByteBuffer batches, int at, long pid) {
        short epoch = batches.getShort(at + RecordBatches.PRODUCER_EPOCH);
        long time = batches.getLong(at + RecordBatches.MAX_TIMESTAMP);
        ProducerState state = states.computeIfAbsent(pid, id -> new ProducerState(id, epoch, time));
        synchronized (state) {
            if ((batches.getShort(at + RecordBatches.ATTRIBUTES) & RecordBatches.CONTROL) != 0) {
                state.marked(epoch, time);
                return;
            }
            int first = batches.getInt(at + RecordBatches.BASE_SEQUENCE);
            int last =
                    ProducerState.last(
                            first, batches.getInt(at + RecordBatches.LAST_OFFSET_DELTA) + 1);
            if (epoch >= state.epoch() && state.duplicate(epoch, first, last) == null) {
                long base = batches.getLong(at + RecordBatches.BASE_OFFSET);
                state.add(epoch, first, last, CompletableFuture.completedFuture(base), time);
            }
        }
    }

    private void loaded(@Nullable Throwable failure) {
        if (failure != null) {
            LOG.warn("cannot load the producers of {}-{}", shard.name(), partition, failure);
        }
        synchronized (waiting) {
            loading = false;
            loaded = failure == null;
            loadFailure =
                    failure == null
                            ? null
                            : new StorageException(
                                    StorageException.Kind.UNAVAILABLE, "producers not loaded");
            waiting.forEach(this::defer);
            waiting.clear();
        }
    }

    /**
     * Judges a batch and, when it is fresh, has it appended in the same step.
     *
     * @param append appends; takes what is to be told how that ended
     */
    Admission admit(Accepted batch, Consumer<CompletableFuture<Long>> append) {
        StorageException failure = loadFailure;
        if (failure != null) {
            return new Admission.Refused(Errors.KAFKA_STORAGE_ERROR, "producers are not known");
        }
        long now = snapshots.now();
        ProducerState known = states.get(batch.producerId());
        boolean unknown = known == null;
        if (unknown) {
            bound(now);
        }
        ProducerState state =
                known != null
                        ? known
                        : states.computeIfAbsent(
                                batch.producerId(),
                                id -> new ProducerState(id, batch.producerEpoch(), now));
        synchronized (state) {
            return judge(state, batch, unknown, append, now);
        }
    }

    private Admission judge(
            ProducerState state,
            Accepted batch,
            boolean unknown,
            Consumer<CompletableFuture<Long>> append,
            long now) {
        short epoch = batch.producerEpoch();
        int first = batch.baseSequence();
        int last = ProducerState.last(first, batch.records());
        if (epoch < state.epoch()) {
            return new Admission.Refused(
                    Errors.INVALID_PRODUCER_EPOCH,
                    "epoch " + epoch + " is older than " + state.epoch());
        }
        ProducerState.Batch duplicate = state.duplicate(epoch, first, last);
        if (duplicate != null) {
            return new Admission.Again(duplicate.baseOffset());
        }
        boolean inOrder =
                epoch > state.epoch()
                        ? first == 0
                        : unknown && state.batches().isEmpty() || state.follows(first);
        if (!inOrder) {
            return new Admission.Refused(
                    Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
                    "sequence " + first + " does not follow " + state.lastSequence());
        }
        CompletableFuture<Long> baseOffset = new CompletableFuture<>();
        ProducerState.Batch added = state.add(epoch, first, last, baseOffset, now);
        append.accept(baseOffset);
        baseOffset.whenComplete(
                (_, failed) -> {
                    if (failed != null) {
                        synchronized (state) {
                            state.forget(added);
                        }
                    }
                });
        appended(batch.batch().remaining());
        return new Admission.Fresh();
    }

    private void appended(int bytes) {
        if (unsaved.addAndGet(bytes) >= SNAPSHOT_BYTES) {
            unsaved.set(0);
            snapshots.blocking().execute(this::write);
        }
    }

    /** Room for one more: first the expired go, then, should that not do, the longest idle. */
    private void bound(long now) {
        if (states.size() < MAX_PRODUCERS) {
            return;
        }
        expire(now);
        if (states.size() >= MAX_PRODUCERS) {
            states.values().stream()
                    .sorted(Comparator.comparingLong(ProducerState::lastUsed))
                    .limit(MAX_PRODUCERS / 10)
                    .forEach(idle -> states.remove(idle.id(), idle));
        }
    }

    private void expire(long now) {
        states.values().removeIf(state -> now - state.lastUsed() > EXPIRY_MILLIS);
    }

    /** What is known now, for lists. */
    List<ProducerState> list() {
        return List.copyOf(states.values());
    }

    void save() {
        if (loaded && unsaved.getAndSet(0) > 0) {
            write();
        }
    }

    private void write() {
        expire(snapshots.now());
        // Batches at or above the mark may be in the snapshot too: replaying them changes nothing.
        long mark = shard.highWatermark();
        snapshots.save(topic, partition, mark, encode());
    }

    void forget() {
        if (loaded) {
            snapshots.forget(topic, partition);
        }
    }

    private ByteBuffer encode() {
        List<ProducerState> all = list();
        ByteBuffer to =
                ByteBuffer.allocate(4 + all.size() * (23 + 16 * ProducerState.KEPT_BATCHES));
        to.putInt(all.size());
        for (ProducerState state : all) {
            synchronized (state) {
                List<ProducerState.Batch> done =
                        state.batches().stream()
                                .filter(batch -> batch.baseOffset().isDone())
                                .filter(batch -> !batch.baseOffset().isCompletedExceptionally())
                                .toList();
                int last = done.isEmpty() ? -1 : done.getLast().lastSequence();
                to.putLong(state.id()).putShort(state.epoch()).putInt(last);
                to.putLong(state.lastUsed()).put((byte) done.size());
                for (ProducerState.Batch batch : done) {
                    to.putInt(batch.firstSequence()).putInt(batch.lastSequence());
                    to.putLong(batch.baseOffset().join());
                }
            }
        }
        return to.flip();
    }

    private void decode(ByteBuffer from) {
        int count = from.getInt();
        for (int i = 0; i < count; i++) {
            long id = from.getLong();
            short epoch = from.getShort();
            from.getInt();
            long used = from.getLong();
            ProducerState state = new ProducerState(id, epoch, used);
            for (int batches = from.get(); batches > 0; batches--) {
                int first = from.getInt();
                int last = from.getInt();
                state.add(
                        epoch,
                        first,
                        last,
                        CompletableFuture.completedFuture(from.getLong()),
                        used);
            }
            states.put(id, state);
        }
    }
}
