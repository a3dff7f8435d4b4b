package io.polymq.core.topic;

import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Capture;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.service.Allowance;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.core.trace.MessageTracer;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A topic's life beneath its changing specification: its partitions, its captures, its guard. A
 * partition costs a reference until it is first used. Shared; captures change on the catalogue's
 * thread alone.
 */
final class TopicLog implements Capture {

    private static final Logger LOG = LoggerFactory.getLogger(TopicLog.class);

    private final UUID id;
    private final long rank;
    private final Router.Space space;
    private final TopicParams params;
    private final TopicMetrics metrics;
    private final ShardStore store;
    private final Allowance allowance;
    private final AtomicInteger turn = new AtomicInteger();
    private final List<Router.Subscription> captures = new ArrayList<>();
    private volatile TopicSpec spec;
    private volatile Subject ownSubject;
    private volatile Router.Interest interest;
    private volatile AtomicReferenceArray<PartitionWriter> writers;
    private volatile Topic.@Nullable Guard guard;
    private volatile Topic.@Nullable Intake intake;
    private volatile boolean ended;

    TopicLog(
            TopicSpecJson.Stored stored,
            Router.Space space,
            ShardStore store,
            TopicParams params,
            TopicMetrics metrics) {
        this.id = stored.id();
        this.rank = stored.rank();
        this.spec = stored.spec();
        this.space = space;
        this.store = store;
        this.params = params;
        this.metrics = metrics;
        this.allowance = params.tenants().allowance(space.tenant());
        this.ownSubject = ownSubject(spec);
        this.writers = new AtomicReferenceArray<>(spec.partitions());
        this.interest = space.interest(ownSubject, this);
    }

    static String shardName(UUID topic, int partition) {
        return "topic/" + topic + "/" + partition;
    }

    private static Subject ownSubject(TopicSpec spec) {
        Subject captured =
                spec.captures().size() == 1 ? spec.captures().getFirst().subject() : null;
        return captured == null ? Subject.ofDotted(spec.name()) : captured;
    }

    @Override
    public UUID id() {
        return id;
    }

    TopicSpec spec() {
        return spec;
    }

    Router.Space space() {
        return space;
    }

    MessageRecords records() {
        return params.records();
    }

    long now() {
        return params.clock().millis();
    }

    boolean isFull() {
        return store.isFull();
    }

    Allowance allowance() {
        return allowance;
    }

    /** Those that nobody has used since the start are not loaded for it. */
    long storedBytes() {
        AtomicReferenceArray<PartitionWriter> known = writers;
        long sum = 0;
        for (int partition = 0; partition < known.length(); partition++) {
            PartitionWriter writer = known.get(partition);
            sum +=
                    writer == null
                            ? store.bytes(shardName(id, partition))
                            : writer.shard().statistics().bytes();
        }
        return sum;
    }

    Topic.@Nullable Guard guard() {
        return guard;
    }

    void guard(Topic.@Nullable Guard now) {
        guard = now;
    }

    void intake(Topic.@Nullable Intake now) {
        Topic.Intake before = intake;
        if (before != null) {
            before.replacedBy(now);
        }
        intake = now;
    }

    // Life: on the catalogue's thread.

    void begin() {
        capture(spec.captures());
    }

    void change(TopicSpec now) {
        AtomicReferenceArray<PartitionWriter> old = writers;
        if (now.partitions() > old.length()) {
            AtomicReferenceArray<PartitionWriter> more =
                    new AtomicReferenceArray<>(now.partitions());
            for (int i = 0; i < old.length(); i++) {
                more.set(i, writer(i));
            }
            writers = more;
        }
        List<Filter> before = spec.captures();
        spec = now;
        ownSubject = ownSubject(now);
        interest = space.interest(ownSubject, this);
        if (!before.equals(now.captures())) {
            List<Router.Subscription> former = List.copyOf(captures);
            captures.clear();
            capture(now.captures());
            former.forEach(Router.Subscription::close);
        }
    }

    void end() {
        ended = true;
        captures.forEach(Router.Subscription::close);
        captures.clear();
    }

    private void capture(List<Filter> filters) {
        for (Filter filter : filters) {
            captures.add(space.subscribe(filter, null, false, this));
        }
    }

    // Appends: any thread.

    PartitionWriter writer(int partition) {
        AtomicReferenceArray<PartitionWriter> known = writers;
        PartitionWriter writer = known.get(partition);
        if (writer != null) {
            return writer;
        }
        Shard shard =
                store.open(shardName(id, partition))
                        .orElseThrow(
                                () ->
                                        new StorageException(
                                                StorageException.Kind.NO_SUCH_SHARD,
                                                spec.name() + " " + partition));
        heal(shard);
        PartitionWriter fresh =
                new PartitionWriter(
                        this, partition, shard, params.executor(), params.limits().waitingBytes());
        PartitionWriter first = known.compareAndExchange(partition, null, fresh);
        return first == null ? fresh : first;
    }

    /** A change that was cut short between metadata and storage is finished here. */
    private void heal(Shard shard) {
        ShardSpec wanted = spec.shard();
        if (!shard.spec().equals(wanted)) {
            store.alter(shard.name(), wanted)
                    .whenComplete(
                            (done, failure) -> {
                                if (failure != null) {
                                    LOG.atWarn()
                                            .setMessage("a partition keeps its former limits")
                                            .addKeyValue("shard", shard.name())
                                            .addKeyValue("reason", failure.toString())
                                            .log();
                                }
                            });
        }
    }

    /** Ready batches: to the intake, where there is one. */
    void append(int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
        if (allowance.isUsed() && !isControl(batches)) {
            StorageException why = allowance.refusal();
            refused(why);
            listener.appended(-1, -1, why);
            return;
        }
        Topic.Intake first = intake;
        if (first != null) {
            first.take(partition, batches, durability, listener);
        } else {
            admit(partition, batches, durability, listener);
        }
    }

    /** Ready batches: past everything when no one watches. */
    void admit(int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
        PartitionWriter writer = writer(partition);
        if (writer.isIdle() && !isWatched(batches)) {
            writer.shard().append(batches, durability, listener);
        } else {
            writer.append(batches, durability, listener);
        }
    }

    private boolean isWatched(ByteBuffer batches) {
        return !spec.captures().isEmpty() && (is(batches, RecordBatches.TRANSACTIONAL) || isSeen());
    }

    /** A transaction's end, without which readers of what is there do not get on. */
    private static boolean isControl(ByteBuffer batches) {
        return is(batches, RecordBatches.CONTROL);
    }

    private static boolean is(ByteBuffer batches, int attribute) {
        return batches.remaining() >= RecordBatches.HEADER_BYTES
                && (batches.getShort(batches.position() + RecordBatches.ATTRIBUTES) & attribute)
                        != 0;
    }

    /** Whether anyone besides topics looks at what is published here. */
    boolean isSeen() {
        return params.router().tracer().isOn() || spec.keyedBySubject()
                ? space.liveSize() > 0
                : interest.exists();
    }

    void append(Message message, AppendListener listener) {
        Topic.Intake first = intake;
        if (first != null) {
            first.take(message, listener, null);
            return;
        }
        PartitionWriter writer;
        try {
            writer = writer(partitionFor(message));
        } catch (StorageException unavailable) {
            refused(unavailable);
            listener.appended(-1, -1, unavailable);
            return;
        }
        writer.publish(message, listener, null);
    }

    @Override
    public boolean deliver(Message message) {
        return capture(message, null) > 0;
    }

    @Override
    public int capture(Message message, @Nullable Fanout live) {
        Topic.Intake first = intake;
        if (first != null) {
            return first.take(message, null, live);
        }
        PartitionWriter writer;
        try {
            writer = writer(partitionFor(message));
        } catch (StorageException unavailable) {
            refused(unavailable);
            Receipt receipt = message.receipt();
            if (receipt != null) {
                receipt.expect();
                receipt.done(ofRouted(unavailable));
            }
            return live == null ? 0 : live.deliver(message);
        }
        return writer.publish(message, null, live);
    }

    /**
     * What a publisher hears whose message the router has brought here: to a topic that was deleted
     * meanwhile it counts as not routed.
     */
    @Nullable StorageException ofRouted(@Nullable StorageException failure) {
        return ended && failure != null && failure.kind() == StorageException.Kind.NO_SUCH_SHARD
                ? null
                : failure;
    }

    @Override
    public long rank() {
        return rank;
    }

    @Override
    public String topic() {
        return spec.name();
    }

    /** In whichever partition: some ways of choosing one depend on more than the message. */
    @Override
    public CompletableFuture<Boolean> holds(Origin message, long since) {
        CompletableFuture<Boolean> found = CompletableFuture.completedFuture(false);
        for (int partition = 0; partition < writers.length(); partition++) {
            Shard shard;
            try {
                shard = writer(partition).shard();
            } catch (StorageException unavailable) {
                return CompletableFuture.failedFuture(unavailable);
            }
            found = found.thenCombine(message.isIn(shard, since), Boolean::logicalOr);
        }
        return found;
    }

    /** The record's key: its subject where that varies, else the one that the publisher chose. */
    byte @Nullable [] keyFor(Message message) {
        return spec.keyedBySubject() ? message.subject().dotted() : MessageRecords.keyOf(message);
    }

    private int partitionFor(Message message) {
        int partitions = writers.length();
        if (partitions == 1) {
            return 0;
        }
        byte[] key = keyFor(message);
        if (key != null) {
            return KafkaPartitioner.partition(key, partitions);
        }
        return switch (spec.partitioning()) {
            case SUBJECT -> KafkaPartitioner.partition(message.subject().dotted(), partitions);
            case PUBLISHER -> (int) Long.remainderUnsigned(mix(message.publisher()), partitions);
            case ROUND_ROBIN -> Integer.remainderUnsigned(turn.getAndIncrement(), partitions);
        };
    }

    private static long mix(long connection) {
        long bits = connection * 0x9E3779B97F4A7C15L;
        return bits ^ bits >>> 32;
    }

    // Fan-out of records.

    /** A record's subject: its key where a capture takes it, else the topic's own. */
    Subject subjectOf(@Nullable ByteBuffer key) {
        TopicSpec now = spec;
        if (key == null || !now.keyedBySubject()) {
            return ownSubject;
        }
        byte[] bytes = new byte[key.remaining()];
        key.get(key.position(), bytes);
        Subject subject = Subject.ofDotted(bytes, 0, bytes.length);
        for (Filter filter : now.captures()) {
            if (filter.matches(subject)) {
                return subject;
            }
        }
        return ownSubject;
    }

    RouteCache newCache(int subjects) {
        return params.router().newCache(subjects);
    }

    void publishLive(RouteCache cache, Message message) {
        space.publishBeside(this, cache, message);
    }

    void handedOut(int partition, long from, int bytes, long connection) {
        MessageTracer tracer = params.router().tracer();
        if (tracer.isOn() && bytes > 0) {
            new HandedOut(this, tracer, params.executor(), connection)
                    .tell(writer(partition).shard(), from, bytes);
        }
    }

    void handedOutRecords(int partition, long first, long last, long connection) {
        MessageTracer tracer = params.router().tracer();
        if (tracer.isOn()) {
            new HandedOut(this, tracer, params.executor(), connection)
                    .tellRecords(writer(partition).shard(), first, last);
        }
    }

    // What went wrong.

    void untraced(String why) {
        LOG.atDebug()
                .setMessage("records that were handed out are left out of traces")
                .addKeyValue("topic", spec.name())
                .addKeyValue("reason", why)
                .log();
    }

    void refused(RuntimeException why) {
        metrics.refused();
        LOG.atDebug()
                .setMessage("a topic refused a message")
                .addKeyValue("topic", spec.name())
                .addKeyValue("reason", why.getMessage())
                .log();
    }

    /** A publisher that waits for no answer has lost a message. */
    void lost(StorageException failure) {
        metrics.lost();
        LOG.atDebug()
                .setMessage("a message was not kept")
                .addKeyValue("topic", spec.name())
                .addKeyValue("reason", failure.kind())
                .log();
    }

    void broken(Throwable failure) {
        LOG.atWarn()
                .setMessage("live subscribers may have missed records")
                .addKeyValue("topic", spec.name())
                .addKeyValue("reason", failure.toString())
                .log();
    }
}
