package io.polymq.kafka.share;

import io.polymq.core.queue.Queue;
import io.polymq.core.queue.Queues;
import io.polymq.core.topic.Committed;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.storage.Shard;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The share-partitions that some session works on. One is opened for the first session and let go
 * of with the last; what the group has done is kept by its cursor. Shared.
 */
public final class SharePartitions {

    private record Opened(CompletableFuture<SharePartition> partition, int users) {}

    private final Queues queues;
    private final ShareStates states;
    private final TopicCatalog catalog;
    private final BiFunction<String, String, CompletableFuture<ShareSettings>> settings;
    private final Map<ShareKey, Opened> open = new ConcurrentHashMap<>();

    /**
     * @param settings of a group, by tenant and name
     */
    public SharePartitions(
            Queues queues,
            ShareStates states,
            TopicCatalog catalog,
            BiFunction<String, String, CompletableFuture<ShareSettings>> settings) {
        this.queues = queues;
        this.states = states;
        this.catalog = catalog;
        this.settings = settings;
        states.onNewBeginning(this::beganAnew);
    }

    CompletableFuture<ShareSettings> settings(String tenant, String group) {
        return settings.apply(tenant, group);
    }

    /** For a session more; {@link #release} gives it back. */
    CompletableFuture<SharePartition> retain(ShareKey key, KafkaTopic topic) {
        CompletableFuture<SharePartition> created = new CompletableFuture<>();
        Opened now =
                open.compute(
                        key,
                        (_, known) ->
                                known == null || known.partition.isCompletedExceptionally()
                                        ? new Opened(created, 1)
                                        : new Opened(known.partition, known.users + 1));
        if (now.partition == created) {
            begin(key, topic, created);
        }
        return now.partition;
    }

    private void begin(ShareKey key, KafkaTopic topic, CompletableFuture<SharePartition> created) {
        Shard shard = topic.topic().partition(key.partition());
        settings.apply(key.tenant(), key.group())
                .thenCombine(
                        catalog.committed(topic.topic(), key.partition()),
                        (how, committed) -> new Opening(key, shard, committed, how))
                .thenCompose(
                        opening ->
                                beginning(key, shard, opening.how)
                                        .thenCompose(state -> opened(opening, state)))
                .whenComplete(
                        (partition, failure) -> {
                            if (failure == null) {
                                created.complete(partition);
                            } else {
                                created.completeExceptionally(failure);
                            }
                        });
    }

    private CompletableFuture<ShareState> beginning(ShareKey key, Shard shard, ShareSettings how) {
        ShareState known = states.find(key);
        if (known != null && known.start() != ShareState.UNDECIDED) {
            return CompletableFuture.completedFuture(known);
        }
        int epoch = known == null ? 0 : known.epoch();
        return start(shard, how)
                .thenCompose(
                        start -> {
                            ShareState decided = new ShareState(epoch, start, false);
                            return states.put(key, decided).thenApply(_ -> decided);
                        });
    }

    private static CompletableFuture<Long> start(Shard shard, ShareSettings how) {
        return switch (how.reset().type()) {
            case EARLIEST -> CompletableFuture.completedFuture(shard.startOffset());
            case LATEST -> CompletableFuture.completedFuture(shard.highWatermark());
            case BY_DURATION ->
                    shard.offsetForTime(how.reset().timestamp())
                            .thenApply(offset -> offset.orElseGet(shard::highWatermark));
        };
    }

    /** What a share-partition is made of. */
    private record Opening(ShareKey key, Shard shard, Committed committed, ShareSettings how) {}

    private CompletableFuture<SharePartition> opened(Opening of, ShareState state) {
        SharedView view = new SharedView(of.shard, of.committed, of.how.committedOnly());
        Queue queue =
                queues.over(of.shard, of.key.cursor(), of.how.spec(), SharePartition.READER, view);
        SharePartition partition = new SharePartition(of.shard, queue, view);
        return state.applied()
                ? CompletableFuture.completedFuture(partition)
                : apply(of.key, state, partition).thenApply(_ -> partition);
    }

    private CompletableFuture<Void> apply(
            ShareKey key, ShareState state, SharePartition partition) {
        return partition
                .seek(state.start())
                .thenCompose(
                        _ -> states.put(key, new ShareState(state.epoch(), state.start(), true)));
    }

    void release(ShareKey key) {
        Opened[] last = new Opened[1];
        open.computeIfPresent(
                key,
                (_, known) -> {
                    if (known.users > 1) {
                        return new Opened(known.partition, known.users - 1);
                    }
                    last[0] = known;
                    return null;
                });
        if (last[0] != null) {
            last[0].partition.thenAccept(partition -> queues.close(partition.queue()));
        }
    }

    private void beganAnew(ShareKey key) {
        ShareState state = states.find(key);
        Opened now = open.get(key);
        if (state == null) {
            open.remove(key);
            if (now != null) {
                now.partition.thenAccept(partition -> queues.close(partition.queue()));
            }
            Shard shard = shard(key);
            if (shard != null) {
                shard.deleteCursor(key.cursor());
            }
        } else if (now != null && !state.applied() && state.start() != ShareState.UNDECIDED) {
            now.partition.thenAccept(partition -> apply(key, state, partition));
        }
    }

    private @Nullable Shard shard(ShareKey key) {
        KafkaTopic topic = catalog.find(key.tenant(), key.topicId());
        return topic != null && topic.hasPartition(key.partition())
                ? topic.topic().partition(key.partition())
                : null;
    }

    /** The group's settings have changed: they hold for what is delivered from now on. */
    public void reconfigure(String tenant, String group) {
        open.forEach(
                (key, opened) -> {
                    if (key.tenant().equals(tenant) && key.group().equals(group)) {
                        opened.partition.thenCombine(
                                settings.apply(tenant, group),
                                (partition, how) -> {
                                    partition.alter(how);
                                    return partition;
                                });
                    }
                });
    }
}
