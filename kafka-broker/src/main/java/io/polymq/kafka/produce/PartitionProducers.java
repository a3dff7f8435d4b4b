package io.polymq.kafka.produce;

import io.netty.channel.EventLoop;
import io.polymq.codec.kafka.BatchVerdict.Accepted;
import io.polymq.core.topic.Committed;
import io.polymq.core.topic.Topic;
import io.polymq.kafka.KafkaErrors;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition's idempotent producers and their transactions. Shared: any loop may ask.
 *
 * <p>Nothing is known until someone asks; then the newest snapshot is loaded and the batches behind
 * it are looked at, while what came meanwhile waits in order. A partition without a snapshot has
 * never had an idempotent producer: its first one waits until a snapshot is safe.
 */
public final class PartitionProducers {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionProducers.class);
    static final long EXPIRY_MILLIS = 86_400_000;
    static final int MAX_PRODUCERS = 100_000;
    private static final long SNAPSHOT_BYTES = 64 << 20;

    private final UUID topic;
    private final int partition;
    private final Shard shard;
    private final ProducerSnapshots snapshots;
    private final Map<Long, ProducerState> states = new ConcurrentHashMap<>();
    private final PartitionTransactions transactions = new PartitionTransactions();
    private final AtomicLong unsaved = new AtomicLong();
    private final Gate known = new Gate();
    private final Gate writable = new Gate();
    private volatile boolean marked;
    private volatile @Nullable StorageException loadFailure;

    PartitionProducers(UUID topic, int partition, Shard shard, ProducerSnapshots snapshots) {
        this.topic = topic;
        this.partition = partition;
        this.shard = shard;
        this.snapshots = snapshots;
    }

    /** Whether it is known what is stable. */
    public boolean isKnown() {
        return known.isOpen();
    }

    /** Runs the action once the states are there, or cannot be had: see {@link #failure}. */
    public void whenKnown(Executor executor, Runnable action) {
        if (known.pass(executor, action)) {
            load();
        }
    }

    /** The same for who does not mind where it runs. */
    public void whenKnown(Runnable action) {
        whenKnown(snapshots.blocking(), action);
    }

    /** Why the states are not known; null when they are. */
    public @Nullable StorageException failure() {
        return loadFailure;
    }

    /**
     * Runs the action once idempotent batches may be appended: at once, or later on the loop;
     * actions of one loop keep their order.
     */
    void whenLoaded(EventLoop loop, Runnable action) {
        if (writable.pass(loop, action)) {
            whenKnown(this::mark);
        }
    }

    private void mark() {
        if (marked || loadFailure != null) {
            letIn();
            return;
        }
        write().whenComplete(
                        (_, failure) -> {
                            marked = failure == null;
                            if (failure != null) {
                                loadFailure = unavailable();
                            }
                            letIn();
                        });
    }

    private void letIn() {
        if (loadFailure == null) {
            writable.open();
        } else {
            writable.failed();
        }
    }

    private void load() {
        snapshots
                .load(topic, partition)
                .thenCompose(this::restore)
                .thenAcceptAsync(
                        from -> new ProducerReplay(shard, states, transactions).from(from),
                        snapshots.blocking())
                .whenComplete((_, failure) -> loaded(failure));
    }

    private CompletableFuture<Long> restore(ProducerSnapshots.@Nullable Snapshot snapshot) {
        if (snapshot == null) {
            return CompletableFuture.completedFuture(shard.highWatermark());
        }
        marked = true;
        ByteBuffer from = snapshot.states();
        ProducersCodec.decode(
                from,
                kept -> {
                    states.put(kept.state().id(), kept.state());
                    if (kept.transactionFrom() >= 0) {
                        transactions.begin(kept.state().id(), kept.transactionFrom());
                    }
                });
        AbortedTransactions.Tail tail = AbortedTransactions.Tail.decode(from);
        return chunks(tail, tail.firstChunk(), new ArrayList<>())
                .thenApply(
                        complete -> {
                            transactions.restore(tail, complete);
                            return snapshot.offset();
                        });
    }

    private CompletableFuture<List<AbortedTransactions.Chunk>> chunks(
            AbortedTransactions.Tail tail, int number, List<AbortedTransactions.Chunk> complete) {
        if (number >= tail.nextChunk()) {
            return CompletableFuture.completedFuture(complete);
        }
        return snapshots
                .loadAborted(topic, partition, number)
                .thenCompose(
                        chunk -> {
                            if (chunk != null) {
                                complete.add(chunk);
                            }
                            return chunks(tail, number + 1, complete);
                        });
    }

    private void loaded(@Nullable Throwable failure) {
        if (failure == null) {
            loadFailure = null;
            known.open();
            return;
        }
        LOG.warn("cannot load the producers of {}-{}", shard.name(), partition, failure);
        loadFailure = unavailable();
        known.failed();
    }

    private static StorageException unavailable() {
        return new StorageException(StorageException.Kind.UNAVAILABLE, "producers not loaded");
    }

    /**
     * Judges a batch and, when it is fresh, has it appended in the same step.
     *
     * @param ticket of the batch's transaction; null when it is in none
     * @param append appends; takes what is to be told how that ended
     */
    Admission admit(
            Accepted batch,
            @Nullable TransactionTicket ticket,
            Consumer<CompletableFuture<Long>> append) {
        if (loadFailure != null) {
            return new Admission.Refused(Errors.KAFKA_STORAGE_ERROR, "producers are not known");
        }
        long now = snapshots.now();
        ProducerState found = states.get(batch.producerId());
        boolean unknown = found == null;
        if (unknown) {
            bound(now);
        }
        ProducerState state =
                found != null
                        ? found
                        : states.computeIfAbsent(
                                batch.producerId(),
                                id -> new ProducerState(id, batch.producerEpoch(), now));
        synchronized (state) {
            Admission refusal = judge(state, batch, unknown);
            if (refusal != null) {
                return refusal;
            }
            if (batch.transactional() ? ticket == null || !ticket.isOpen() : isOpen(state)) {
                return new Admission.Refused(
                        Errors.INVALID_TXN_STATE,
                        batch.transactional()
                                ? "the batch's transaction is not open in this partition"
                                : "the producer has an open transaction");
            }
            append(state, batch, append, now);
            return new Admission.Fresh();
        }
    }

    private boolean isOpen(ProducerState state) {
        return transactions.firstUnstable() != PartitionTransactions.NONE
                && transactions.isOpen(state.id());
    }

    private static @Nullable Admission judge(ProducerState state, Accepted batch, boolean unknown) {
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
        return inOrder
                ? null
                : new Admission.Refused(
                        Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
                        "sequence " + first + " does not follow " + state.lastSequence());
    }

    private void append(
            ProducerState state,
            Accepted batch,
            Consumer<CompletableFuture<Long>> append,
            long now) {
        boolean begins = batch.transactional() && !isOpen(state);
        if (begins) {
            // Its offset is not known yet, and is not below what may be read now.
            transactions.begin(state.id(), shard.highWatermark());
        }
        int first = batch.baseSequence();
        CompletableFuture<Long> baseOffset = new CompletableFuture<>();
        ProducerState.Batch added =
                state.add(
                        batch.producerEpoch(),
                        first,
                        ProducerState.last(first, batch.records()),
                        baseOffset,
                        now);
        baseOffset.whenComplete(
                (base, failed) -> {
                    if (failed != null) {
                        synchronized (state) {
                            state.forget(added);
                        }
                    } else if (begins) {
                        transactions.begunAt(state.id(), base);
                    }
                });
        append.accept(baseOffset);
        grown(batch.batch().remaining());
    }

    /**
     * Ends a producer's transaction in this partition by a marker in the log; done when that is
     * safe. A transaction that has ended already stays as it is.
     */
    public CompletableFuture<Void> end(Topic of, EndOfTransaction how) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        whenKnown(
                () -> {
                    StorageException failure = loadFailure;
                    if (failure != null) {
                        done.completeExceptionally(failure);
                    } else {
                        end(of, how, done);
                    }
                });
        return done;
    }

    private void end(Topic of, EndOfTransaction how, CompletableFuture<Void> done) {
        long now = snapshots.now();
        ProducerState state =
                states.computeIfAbsent(
                        how.producerId(), id -> new ProducerState(id, how.epoch(), now));
        synchronized (state) {
            Errors refusal =
                    how.epoch() < state.epoch()
                            ? Errors.INVALID_PRODUCER_EPOCH
                            : how.coordinatorEpoch() < state.coordinatorEpoch()
                                    ? Errors.TRANSACTION_COORDINATOR_FENCED
                                    : Errors.NONE;
            boolean open = transactions.isOpen(how.producerId());
            if (refusal != Errors.NONE) {
                done.completeExceptionally(refusal.exception());
                return;
            }
            if (!open && how.epoch() == state.epoch()) {
                done.complete(null);
                return;
            }
            state.marked(how.epoch(), how.coordinatorEpoch(), now);
            ByteBuffer marker = ProducerReplay.marker(how, now);
            grown(marker.remaining());
            of.append(
                    partition,
                    marker,
                    of.spec().shard().durability(),
                    (offset, _, failure) -> {
                        if (failure == null) {
                            ended(how, offset);
                            done.complete(null);
                        } else {
                            done.completeExceptionally(KafkaErrors.of(failure).exception());
                        }
                    });
        }
    }

    private void ended(EndOfTransaction how, long offset) {
        AbortedTransactions.Chunk complete =
                transactions.end(how.producerId(), offset, how.commit());
        if (complete != null) {
            snapshots.saveAborted(topic, partition, complete);
        }
    }

    /** What readers of committed records may see: nothing of an open transaction. */
    public long stableOffset() {
        // Read first: a transaction that begins after this lies above.
        long end = shard.highWatermark();
        return Math.min(end, transactions.firstUnstable());
    }

    /** Calls once when the stable offset may have passed that one. */
    public Shard.Watch watchStable(long offset, Runnable action) {
        return transactions.firstUnstable() > offset
                ? shard.watchEnd(offset, action)
                : transactions.watch(offset, action);
    }

    /** For readers who heed transactions, once it is known which there are. */
    public CompletableFuture<Committed> committed() {
        CompletableFuture<Committed> ready = new CompletableFuture<>();
        whenKnown(
                () -> {
                    StorageException failure = loadFailure;
                    if (failure == null) {
                        ready.complete(new CommittedPartition(this));
                    } else {
                        ready.completeExceptionally(failure);
                    }
                });
        return ready;
    }

    /** The aborted transactions that a reader of [from, to) has to leave out. */
    public List<AbortedTransactions.Aborted> aborted(long from, long to) {
        return transactions.aborted(from, to);
    }

    private void grown(int bytes) {
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
                    .filter(state -> !transactions.isOpen(state.id()))
                    .sorted(Comparator.comparingLong(ProducerState::lastUsed))
                    .limit(MAX_PRODUCERS / 10)
                    .forEach(idle -> states.remove(idle.id(), idle));
        }
    }

    private void expire(long now) {
        states.values()
                .removeIf(
                        state ->
                                now - state.lastUsed() > EXPIRY_MILLIS
                                        && !transactions.isOpen(state.id()));
    }

    /** What is known now, for lists. */
    List<ProducerState> list() {
        return List.copyOf(states.values());
    }

    /** Where the producer's open transaction begins; -1 when it has none. */
    long transactionFrom(ProducerState state) {
        return transactions.firstOf(state.id());
    }

    void save() {
        if (known.isOpen() && unsaved.getAndSet(0) > 0) {
            write();
        }
    }

    private CompletableFuture<?> write() {
        expire(snapshots.now());
        for (int chunk : transactions.forgetBelow(shard.startOffset())) {
            snapshots.forgetAborted(topic, partition, chunk);
        }
        // Batches at or above the mark may be in the snapshot too: replaying them changes nothing.
        long mark = shard.highWatermark();
        ByteBuffer encoded =
                ProducersCodec.encode(list(), this::transactionFrom, transactions.encodeTail());
        return snapshots.save(topic, partition, mark, encoded);
    }

    /** The partition is gone. */
    void forget() {
        if (known.isOpen()) {
            transactions.chunks().forEach(n -> snapshots.forgetAborted(topic, partition, n));
            snapshots.forget(topic, partition);
        }
        transactions.close();
    }
}
