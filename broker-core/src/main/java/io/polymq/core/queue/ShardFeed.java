package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.zone.ShardZone;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One shard, written once and read by any number of groups, each a queue of its own over it. All
 * groups of a feed live in one zone, so a new message is handed to those that are loaded as the
 * same object. The shard is trimmed behind the slowest group, which is looked for only when the one
 * that was slowest has moved.
 *
 * <p>The methods of {@link Feed} are for any thread; all else is shard zone.
 */
final class ShardFeed implements Feed, ShardWriter.Home, ShardZone.AtTurnEnd {

    private static final long TRIM_EVERY = 1024;

    /** Gives a group's queue the source that it reads from. */
    interface Sources {
        ShardSource source(ShardQueue queue);
    }

    /** Makes the queue of a group. */
    interface Groups {
        ShardQueue open(ShardFeed feed, String group, QueueSpec spec, Sources sources);
    }

    private final String tenant;
    private final String name;
    private final ShardZone zone;
    private final ZoneLoad load;
    private final Shard shard;
    private final Groups making;
    private final ShardWriter writer;
    private final ConcurrentHashMap<String, ShardQueue> queues = new ConcurrentHashMap<>();
    private final ArrayList<FeedSource> loaded = new ArrayList<>();
    private String slowest = "";
    private long slowestFloor = -1;
    private int groups;
    private boolean asked;
    private boolean closed;
    private @Nullable Deletion deletion;

    ShardFeed(
            String tenant,
            String name,
            ShardZone zone,
            ZoneLoad load,
            Shard shard,
            QueueRecords records,
            Groups making) {
        this.tenant = tenant;
        this.name = name;
        this.zone = zone;
        this.load = load;
        this.shard = shard;
        this.groups = shard.groups().size();
        this.making = making;
        this.writer = new ShardWriter(this, shard, records);
    }

    Shard shard() {
        return shard;
    }

    // Any thread.

    @Override
    public String tenant() {
        return tenant;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        if (load.isOverloaded()) {
            refuse(
                    receipt,
                    new QueueException(
                            QueueException.Kind.OVERLOADED, name + ": the zone is behind"));
            return;
        }
        int size = message.payload().length;
        load.add(size);
        boolean taken =
                zone.offer(
                        () -> {
                            load.remove(size);
                            publishNow(message, receipt);
                        });
        if (!taken) {
            refuse(receipt, closedNow());
        }
    }

    private static void refuse(@Nullable Receipt receipt, QueueException why) {
        if (receipt != null) {
            receipt.done(why);
        }
    }

    @Override
    public CompletableFuture<Queue> group(String group, QueueSpec spec, Start start) {
        QueueSpec plain =
                spec.withLimits(
                                new QueueSpec.Limits(
                                        QueueSpec.NONE,
                                        QueueSpec.NONE,
                                        QueueSpec.Overflow.REJECT,
                                        spec.limits().maxInFlight()))
                        .withPriorities(0)
                        .withDurability(shard.spec().durability());
        CompletableFuture<Queue> result = new CompletableFuture<>();
        answer(result, () -> open(group, plain, start, result));
        return result;
    }

    @Override
    public Collection<String> groups() {
        return shard.groups();
    }

    @Override
    public CompletableFuture<Void> deleteGroup(String group) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        answer(
                result,
                () -> {
                    ShardQueue queue = queues.remove(group);
                    CompletableFuture<Void> gone =
                            queue == null
                                    ? shard.deleteCursor(group)
                                    : queue.delete(
                                            "the group was deleted",
                                            () -> shard.deleteCursor(group));
                    gone.whenComplete(
                            (done, failure) -> {
                                execute(this::leftForGood);
                                if (failure == null) {
                                    result.complete(null);
                                } else {
                                    result.completeExceptionally(failure);
                                }
                            });
                });
        return result;
    }

    CompletableFuture<Void> shut() {
        return end(null);
    }

    /**
     * Ends it for good, with its groups.
     *
     * @param remains deletes what is stored of it
     */
    CompletableFuture<Void> delete(Supplier<CompletableFuture<Void>> remains) {
        Deletion begun = new Deletion();
        return begun.finish(end(begun), remains);
    }

    private CompletableFuture<Void> end(@Nullable Deletion begun) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        queues.values().forEach(queue -> all.add(queue.shut("the feed was closed")));
        CompletableFuture<Void> own = new CompletableFuture<>();
        answer(
                own,
                () -> {
                    writer.flush();
                    closed = true;
                    deletion = begun;
                    own.complete(null);
                });
        all.add(own);
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
    }

    private void answer(CompletableFuture<?> result, Runnable task) {
        try {
            zone.execute(
                    () -> {
                        try {
                            task.run();
                        } catch (RuntimeException e) {
                            result.completeExceptionally(e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(closedNow());
        }
    }

    private QueueException closedNow() {
        return new QueueException(QueueException.Kind.CLOSED, name + " is closed");
    }

    // Shard zone.

    private void open(String group, QueueSpec spec, Start start, CompletableFuture<Queue> result) {
        ShardQueue known = queues.get(group);
        if (known != null) {
            known.alter(spec);
            result.complete(known);
            return;
        }
        boolean fresh = !shard.groups().contains(group);
        ShardQueue queue = making.open(this, group, spec, self -> new FeedSource(this, group));
        queues.put(group, queue);
        if (!fresh) {
            result.complete(queue);
            return;
        }
        groups++;
        var cursor = shard.cursor(group);
        cursor.reset(start == Start.LATEST ? shard.endOffset() : shard.startOffset(), true);
        cursor.persist()
                .whenComplete(
                        (done, failure) -> {
                            if (failure == null) {
                                result.complete(queue);
                            } else {
                                queues.remove(group, queue);
                                result.completeExceptionally(failure);
                            }
                        });
    }

    void publishNow(KeptMessage message, @Nullable Receipt receipt) {
        if (deletion != null) {
            deletion.drop(receipt);
            return;
        }
        if (closed) {
            refuse(receipt, closedNow());
            return;
        }
        if (groups == 0) {
            if (receipt != null) {
                receipt.done(null);
            }
            return;
        }
        writer.publish(message, receipt);
        if (!asked) {
            asked = true;
            zone.atTurnEnd(this);
        }
    }

    @Override
    public void turnEnds() {
        asked = false;
        writer.flush();
    }

    void joined(FeedSource group) {
        loaded.add(group);
    }

    void left(FeedSource group) {
        loaded.remove(group);
    }

    void passed(String group, long floor) {
        if (slowestFloor < 0 || group.equals(slowest) && floor - slowestFloor >= TRIM_EVERY) {
            lookForSlowest();
        }
    }

    private void leftForGood() {
        groups = shard.groups().size();
        lookForSlowest();
    }

    private void lookForSlowest() {
        long lowest = shard.endOffset();
        slowest = "";
        for (String group : shard.groups()) {
            long floor = shard.cursor(group).floor();
            if (floor <= lowest) {
                lowest = floor;
                slowest = group;
            }
        }
        slowestFloor = lowest;
        writer.trim(lowest);
    }

    @Override
    public ShardZone zone() {
        return zone;
    }

    @Override
    public Durability durability() {
        return shard.spec().durability();
    }

    @Override
    public void execute(Runnable task) {
        try {
            zone.execute(task);
        } catch (RejectedExecutionException e) {
            closed = true;
        }
    }

    @Override
    public void writing(long end) {
        for (int i = 0; i < loaded.size(); i++) {
            loaded.get(i).writing(end);
        }
    }

    @Override
    public void written(long offset, KeptMessage message, long now) {
        for (int i = 0; i < loaded.size(); i++) {
            loaded.get(i).written(offset, message, now);
        }
    }

    @Override
    public void wrote() {
        for (int i = 0; i < loaded.size(); i++) {
            loaded.get(i).wrote();
        }
    }
}
