package io.polymq.kafka.fetch;

import io.netty.util.concurrent.ScheduledFuture;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.fetch.CommittedRecords.Committed;
import io.polymq.kafka.produce.PartitionProducers;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.storage.ReadResult;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One fetch from its first read to its answer. Connection zone; only {@link #wake} comes from
 * elsewhere.
 *
 * <pre>
 *   READING --enough, an error, no time to wait--> ANSWERED
 *      |  ^                                           ^
 *      v  | more has come                             | time is up
 *   PARKED -------------------------------------------+
 * </pre>
 *
 * Partitions are read in the client's order; what is in memory on the loop, anything else beside
 * it, while the operation waits. A parked fetch watches the end of its partitions and reads again
 * only those whose end has moved.
 */
final class FetchOperation {

    private static final int MOST_BYTES = 55 << 20;

    /** So much is read at once for who cannot be sent files; the rest piece by piece. */
    private static final int READ_AHEAD = 4 << 20;

    private static final int LEADER_EPOCH = 0;
    private static final byte READ_COMMITTED = 1;

    private final Exchange exchange;
    private final FetchRequestData request;
    private final List<FetchedPartition> partitions;
    private final @Nullable FetchSession session;
    private final boolean full;
    private final TopicCatalog catalog;
    private final Access access;
    private final Executor blocking;
    private final boolean committedOnly;
    private final int maxBytes;
    private final AtomicBoolean woken = new AtomicBoolean();
    private int next;
    private int bytes;
    private boolean rereading;
    private boolean parked;
    private boolean over;
    private boolean timeIsUp;
    private @Nullable ScheduledFuture<?> timer;

    /**
     * @param blocking runs what reads files
     * @param full whether all partitions are answered, or only those with news
     */
    FetchOperation(
            Exchange exchange,
            FetchRequestData request,
            List<FetchedPartition> partitions,
            @Nullable FetchSession session,
            boolean full,
            TopicCatalog catalog,
            Access access,
            Executor blocking) {
        this.exchange = exchange;
        this.request = request;
        this.partitions = partitions;
        this.session = session;
        this.full = full;
        this.catalog = catalog;
        this.access = access;
        this.blocking = blocking;
        this.committedOnly = request.isolationLevel() == READ_COMMITTED;
        this.maxBytes = Math.min(request.maxBytes(), MOST_BYTES);
    }

    void start() {
        exchange.whenGone(this::abandon);
        goOn();
    }

    /** Reads from where it stands; returns when it must wait for a read, or is through. */
    private void goOn() {
        assert exchange.loop().inEventLoop();
        while (!over && next < partitions.size()) {
            FetchedPartition partition = partitions.get(next);
            if (rereading && !partition.fired) {
                next++;
                continue;
            }
            partition.fired = false;
            if (!read(partition)) {
                return;
            }
            bytes += partition.bytes();
            next++;
        }
        if (!over) {
            decide();
        }
    }

    /** False when the answer comes later, by {@link #readEnded}. */
    private boolean read(FetchedPartition partition) {
        bytes -= partition.bytes();
        partition.release();
        partition.aborted = List.of();
        Shard shard = resolve(partition);
        KafkaTopic topic = partition.topic;
        if (shard == null || topic == null) {
            return true;
        }
        PartitionProducers producers = topic.producers().partition(partition.asked.partition());
        if (committedOnly && !producers.isKnown()) {
            return waitFor(partition, producers);
        }
        long offset = partition.asked.fetchOffset();
        partition.highWatermark = shard.highWatermark();
        partition.startOffset = shard.startOffset();
        if (offset < partition.startOffset || offset > shard.endOffset()) {
            partition.highWatermark = -1;
            partition.error = Errors.OFFSET_OUT_OF_RANGE;
            return true;
        }
        partition.limit = committedOnly ? producers.stableOffset() : partition.highWatermark;
        int room = Math.min(maxBytes - bytes, partition.asked.partitionMaxBytes());
        boolean atLeastOne = bytes == 0;
        if (offset >= partition.limit || room <= 0 && !atLeastOne) {
            return true;
        }
        return read(partition, shard, Math.max(room, 0), atLeastOne);
    }

    private boolean read(FetchedPartition partition, Shard shard, int room, boolean atLeastOne) {
        long offset = partition.asked.fetchOffset();
        boolean files = exchange.sendsFiles() || bytes + room > READ_AHEAD;
        CompletableFuture<ReadResult> reading;
        try {
            ReadResult cached = shard.readCached(offset, room, atLeastOne);
            reading =
                    cached == null
                            ? shard.readToSend(offset, room, atLeastOne, files)
                            : CompletableFuture.completedFuture(cached);
        } catch (StorageException failed) {
            failed(partition, failed);
            return true;
        }
        if (reading.state() == Future.State.SUCCESS && !mustBlock(partition, reading.join())) {
            found(partition, committed(partition, reading.join()));
            return true;
        }
        reading.thenCompose(read -> committedLater(partition, read))
                .whenComplete((result, failure) -> readEndedLater(partition, result, failure));
        return false;
    }

    /** What is stable is not known yet: the partition is read again once it is. */
    private boolean waitFor(FetchedPartition partition, PartitionProducers producers) {
        producers.whenKnown(
                exchange.loop(),
                () -> {
                    if (over) {
                        return;
                    }
                    StorageException failure = producers.failure();
                    if (failure != null) {
                        failed(partition, failure);
                        next++;
                    }
                    partition.fired = true;
                    goOn();
                });
        return false;
    }

    private @Nullable CommittedRecords committedRecords(FetchedPartition partition) {
        KafkaTopic topic = partition.topic;
        return committedOnly && topic != null
                ? new CommittedRecords(
                        topic.producers().partition(partition.asked.partition()),
                        partition.asked.fetchOffset(),
                        partition.limit)
                : null;
    }

    private boolean mustBlock(FetchedPartition partition, ReadResult read) {
        CommittedRecords committed = committedRecords(partition);
        return committed != null && committed.mustBlock(read);
    }

    private CompletableFuture<Committed> committedLater(
            FetchedPartition partition, ReadResult read) {
        return mustBlock(partition, read)
                ? CompletableFuture.supplyAsync(() -> committed(partition, read), blocking)
                : CompletableFuture.completedFuture(committed(partition, read));
    }

    private Committed committed(FetchedPartition partition, ReadResult read) {
        CommittedRecords committed = committedRecords(partition);
        return committed == null ? new Committed(read, List.of()) : committed.of(read);
    }

    private static void found(FetchedPartition partition, Committed found) {
        partition.found(found.records());
        partition.aborted = found.aborted();
    }

    private void readEndedLater(
            FetchedPartition partition, @Nullable Committed result, @Nullable Throwable failure) {
        exchange.loop().execute(() -> readEnded(partition, result, failure));
    }

    private void readEnded(
            FetchedPartition partition, @Nullable Committed result, @Nullable Throwable failure) {
        if (over) {
            if (result != null) {
                result.records().close();
            }
            return;
        }
        if (result != null) {
            found(partition, result);
        } else if (failure != null) {
            failed(partition, failure);
        }
        bytes += partition.bytes();
        next++;
        goOn();
    }

    private static void failed(FetchedPartition partition, Throwable failure) {
        partition.refuse(KafkaErrors.of(failure));
        partition.highWatermark = -1;
    }

    private @Nullable Shard resolve(FetchedPartition partition) {
        KafkaTopic topic = find(partition);
        partition.topic = topic;
        partition.error = Errors.NONE;
        boolean byId = exchange.version() >= FetchHandler.FIRST_VERSION_BY_ID;
        if (topic == null) {
            partition.error =
                    byId
                            ? Errors.UNKNOWN_TOPIC_ID
                            : access.mayRead(exchange.client(), partition.name)
                                    ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                                    : Errors.TOPIC_AUTHORIZATION_FAILED;
        } else if (!access.mayRead(exchange.client(), topic.name())) {
            partition.error = Errors.TOPIC_AUTHORIZATION_FAILED;
        } else if (!topic.hasPartition(partition.asked.partition())) {
            partition.error = Errors.UNKNOWN_TOPIC_OR_PARTITION;
        } else if (partition.asked.currentLeaderEpoch() > LEADER_EPOCH) {
            partition.error = Errors.UNKNOWN_LEADER_EPOCH;
        } else {
            partition.shard = topic.topic().partition(partition.asked.partition());
            return partition.shard;
        }
        partition.shard = null;
        partition.highWatermark = -1;
        partition.startOffset = -1;
        return null;
    }

    private @Nullable KafkaTopic find(FetchedPartition partition) {
        String tenant = exchange.client().tenant();
        return exchange.version() >= FetchHandler.FIRST_VERSION_BY_ID
                ? catalog.find(tenant, partition.id)
                : catalog.find(tenant, partition.name);
    }

    private void decide() {
        boolean failed = partitions.stream().anyMatch(each -> each.error != Errors.NONE);
        if (failed
                || timeIsUp
                || bytes >= request.minBytes()
                || request.maxWaitMs() <= 0
                || partitions.isEmpty()) {
            answer();
        } else {
            park();
        }
    }

    private void park() {
        parked = true;
        if (timer == null) {
            timer =
                    exchange.loop()
                            .schedule(this::timeUp, request.maxWaitMs(), TimeUnit.MILLISECONDS);
        }
        woken.set(false);
        for (FetchedPartition partition : partitions) {
            Shard shard = partition.shard;
            if (shard != null && partition.watch == null) {
                partition.watch = watch(partition, shard);
            }
        }
    }

    private Shard.Watch watch(FetchedPartition partition, Shard shard) {
        KafkaTopic topic = partition.topic;
        Runnable action = () -> wake(partition);
        return committedOnly && topic != null
                ? topic.producers()
                        .partition(partition.asked.partition())
                        .watchStable(partition.limit, action)
                : shard.watchEnd(partition.highWatermark, action);
    }

    /** A watched end has moved, or its shard is gone. Any thread. */
    private void wake(FetchedPartition partition) {
        partition.fired = true;
        if (woken.compareAndSet(false, true)) {
            exchange.loop().execute(this::awake);
        }
    }

    private void awake() {
        if (over || !parked) {
            return;
        }
        parked = false;
        for (FetchedPartition partition : partitions) {
            if (partition.fired) {
                partition.unwatch();
            }
        }
        next = 0;
        rereading = true;
        goOn();
    }

    private void timeUp() {
        timeIsUp = true;
        if (!over && parked) {
            answer();
        }
    }

    private void answer() {
        stop();
        FetchResponseData response =
                new FetchResponseData().setSessionId(session == null ? 0 : session.id());
        FetchableTopicResponse topic = null;
        FetchedPartition before = null;
        for (FetchedPartition partition : partitions) {
            handedOut(partition);
            PartitionData data = partition.toResponse(committedOnly);
            boolean news = session == null || session.mustTell(partition, data.records());
            if (!full && !news) {
                continue;
            }
            if (topic == null || before == null || !sameTopic(before, partition)) {
                topic =
                        new FetchableTopicResponse()
                                .setTopic(partition.name)
                                .setTopicId(partition.id);
                response.responses().add(topic);
            }
            topic.partitions().add(data);
            before = partition;
        }
        exchange.respond(response, this::release);
    }

    private void handedOut(FetchedPartition partition) {
        KafkaTopic topic = partition.topic;
        if (topic != null && partition.bytes() > 0) {
            topic.topic()
                    .handedOut(
                            partition.asked.partition(),
                            partition.asked.fetchOffset(),
                            partition.bytes(),
                            exchange.client().connectionId());
        }
    }

    private static boolean sameTopic(FetchedPartition one, FetchedPartition other) {
        return one.name.equals(other.name) && one.id.equals(other.id);
    }

    private void abandon() {
        if (!over) {
            stop();
            release();
        }
    }

    private void stop() {
        over = true;
        ScheduledFuture<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
        partitions.forEach(FetchedPartition::unwatch);
    }

    private void release() {
        partitions.forEach(FetchedPartition::release);
    }
}
