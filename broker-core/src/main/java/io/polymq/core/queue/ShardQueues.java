package io.polymq.core.queue;

import io.polymq.core.message.HeaderCodec;
import io.polymq.core.service.Allowance;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.topic.Committed;
import io.polymq.core.trace.MessageTracer;
import io.polymq.core.zone.ShardZone;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.StorageException;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds, opens and deletes queues, and gives each to a shard zone by its name. Any thread; what may
 * look into the store's index runs on the executor that was given.
 */
public final class ShardQueues implements Queues {

    private static final String GROUP = "queue";

    /**
     * @param store where durable queues live
     * @param zones at least one; a queue belongs to one of them for good
     * @param codecs of every protocol whose messages may be queued
     * @param blocking runs what may wait for the device, such as virtual threads
     * @param tracer hears of what is delivered
     * @param tenants say who may store more
     */
    public record Params(
            ShardStore store,
            List<ShardZone> zones,
            Collection<HeaderCodec> codecs,
            Executor blocking,
            MessageTracer tracer,
            TenantLimits tenants) {
        public Params {
            zones = List.copyOf(zones);
            codecs = List.copyOf(codecs);
            if (zones.isEmpty()) {
                throw new IllegalArgumentException("queues need a shard zone");
            }
        }

        /** Of queues whose deliveries nobody follows, of tenants without quotas. */
        public Params(
                ShardStore store,
                List<ShardZone> zones,
                Collection<HeaderCodec> codecs,
                Executor blocking) {
            this(store, zones, codecs, blocking, MessageTracer.NONE, TenantLimits.NONE);
        }
    }

    private record Key(String tenant, String name) {}

    private record OverKey(long shard, String group) {}

    private final ShardStore store;
    private final Executor blocking;
    private final TenantLimits tenants;
    private final MessageTracer tracer;
    private final Allowance unlimited = Allowance.unlimited();
    private final List<Room> rooms;
    private final QueueTotals totals = new QueueTotals();
    private final ConcurrentHashMap<Key, ShardQueue> queues = new ConcurrentHashMap<>();

    /** Those whose shards are still being deleted; their names can be used again after that. */
    private final ConcurrentHashMap<Key, CompletableFuture<Void>> going = new ConcurrentHashMap<>();

    private final ConcurrentHashMap<OverKey, ShardQueue> over = new ConcurrentHashMap<>();

    public ShardQueues(Params params) {
        store = params.store();
        blocking = params.blocking();
        tenants = params.tenants();
        tracer = params.tracer();
        AtomicInteger consumers = new AtomicInteger();
        rooms =
                params.zones().stream()
                        .map(
                                zone ->
                                        new Room(
                                                zone,
                                                new ZoneLoad(zone),
                                                new QueueRecords(params.codecs()),
                                                consumers,
                                                totals))
                        .toList();
    }

    /** Shows the {@code polymq_queue_*} metrics. */
    public void register(PrometheusRegistry registry) {
        totals.register(registry);
    }

    private Room room(int hash) {
        return rooms.get(Math.floorMod(hash * 0x9E3779B9 >>> 8, rooms.size()));
    }

    // Queues.

    @Override
    public CompletableFuture<Queue> create(String tenant, String name, QueueSpec spec) {
        return onceFree(tenant, name, () -> createNow(tenant, name, spec));
    }

    private CompletableFuture<Queue> onceFree(
            String tenant, String name, Supplier<CompletableFuture<Queue>> then) {
        CompletableFuture<Void> former = going.get(new Key(tenant, name));
        return former == null
                ? then.get()
                : former.handle((done, failure) -> then.get()).thenCompose(made -> made);
    }

    private CompletableFuture<Queue> createNow(String tenant, String name, QueueSpec spec) {
        if (find(tenant, name).isPresent()) {
            return CompletableFuture.failedFuture(exists(name));
        }
        if (spec.durability() == Durability.MEMORY) {
            return transientQueue(tenant, name, spec, true);
        }
        return shards(tenant, name, spec, true)
                .thenApply(
                        created -> {
                            ShardQueue queue = durable(tenant, name, spec);
                            if (queues.putIfAbsent(new Key(tenant, name), queue) != null) {
                                throw exists(name);
                            }
                            return queue;
                        });
    }

    @Override
    public CompletableFuture<Queue> open(String tenant, String name, QueueSpec spec) {
        return onceFree(tenant, name, () -> openNow(tenant, name, spec));
    }

    private CompletableFuture<Queue> openNow(String tenant, String name, QueueSpec spec) {
        Optional<Queue> known = find(tenant, name);
        if (known.isPresent()) {
            return altered(known.get(), spec);
        }
        if (spec.durability() == Durability.MEMORY) {
            return transientQueue(tenant, name, spec, false);
        }
        return shards(tenant, name, spec, false)
                .thenCompose(
                        hadMessages -> {
                            ShardQueue queue = durable(tenant, name, spec);
                            Queue other = queues.putIfAbsent(new Key(tenant, name), queue);
                            if (other != null) {
                                return altered(other, spec);
                            }
                            if (hadMessages) {
                                queue.warm();
                            }
                            return CompletableFuture.completedFuture(queue);
                        });
    }

    private static CompletableFuture<Queue> altered(Queue queue, QueueSpec spec) {
        try {
            queue.alter(spec);
            return CompletableFuture.completedFuture(queue);
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<Queue> transientQueue(
            String tenant, String name, QueueSpec spec, boolean fresh) {
        Room room = room(name.hashCode() ^ tenant.hashCode());
        ShardQueue queue =
                new ShardQueue(
                        tenant,
                        name,
                        spec,
                        room,
                        unlimited,
                        tracer,
                        self ->
                                new QueueCore(
                                        self,
                                        room.zone(),
                                        self.spec(),
                                        level -> new MemoryBacking(level, room.records())));
        Queue other = queues.putIfAbsent(new Key(tenant, name), queue);
        if (other == null) {
            return CompletableFuture.completedFuture(queue);
        }
        return fresh ? CompletableFuture.failedFuture(exists(name)) : altered(other, spec);
    }

    private ShardQueue durable(String tenant, String name, QueueSpec spec) {
        Room room = room(name.hashCode() ^ tenant.hashCode());
        return new ShardQueue(
                tenant,
                name,
                spec,
                room,
                tenants.allowance(tenant),
                tracer,
                self -> load(self, room));
    }

    /** Of levels with priorities only those that hold something are looked at. */
    private QueueCore load(ShardQueue queue, Room room) {
        QueueCore core =
                new QueueCore(
                        queue,
                        room.zone(),
                        queue.spec(),
                        level -> {
                            Shard shard =
                                    shard(shardName(queue.tenant(), queue.name(), level.priority));
                            return new ShardBacking(
                                    level,
                                    shard,
                                    shard.cursor(GROUP),
                                    room.records(),
                                    new OwnSource(level.core, shard, room.records()));
                        });
        for (int priority = 0; priority < levels(queue.spec()); priority++) {
            Shard shard = shard(shardName(queue.tenant(), queue.name(), priority));
            if (shard.cursor(GROUP).floor() < shard.endOffset()) {
                core.level(priority);
            }
        }
        return core;
    }

    private Shard shard(String name) {
        try {
            return store.open(name)
                    .orElseThrow(
                            () ->
                                    new QueueException(
                                            QueueException.Kind.CLOSED, name + " is gone"));
        } catch (StorageException e) {
            throw new QueueException(QueueException.Kind.STORAGE, name + " cannot be read", e);
        }
    }

    private static int levels(QueueSpec spec) {
        return Math.max(1, spec.priorities());
    }

    private static String shardName(String tenant, String name, int priority) {
        String base = "queue/" + tenant + "/" + name;
        return priority == 0 ? base : base + "#" + priority;
    }

    /** Sees to a queue's shards; whether any of them holds something. */
    private CompletableFuture<Boolean> shards(
            String tenant, String name, QueueSpec spec, boolean fresh) {
        ShardSpec how = ShardSpec.DEFAULT.withDurability(spec.durability());
        CompletableFuture<Boolean> any = shard(shardName(tenant, name, 0), how, fresh);
        for (int priority = 1; priority < levels(spec); priority++) {
            String shard = shardName(tenant, name, priority);
            any = any.thenCompose(had -> shard(shard, how, false).thenApply(also -> had || also));
        }
        return any.exceptionallyCompose(
                failure -> CompletableFuture.failedFuture(refusal(name, failure)));
    }

    /** Opens or creates a shard; whether it holds something. */
    private CompletableFuture<Boolean> shard(String name, ShardSpec spec, boolean fresh) {
        if (fresh) {
            return store.create(name, spec).thenApply(created -> false);
        }
        return CompletableFuture.supplyAsync(() -> store.open(name), blocking)
                .thenCompose(
                        found ->
                                found.map(
                                                known ->
                                                        CompletableFuture.completedFuture(
                                                                known.startOffset()
                                                                        < known.endOffset()))
                                        .orElseGet(
                                                () ->
                                                        store.create(name, spec)
                                                                .thenApply(created -> false)));
    }

    private static RuntimeException refusal(String name, Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        if (cause instanceof StorageException e) {
            return e.kind() == StorageException.Kind.SHARD_EXISTS
                    ? exists(name)
                    : new QueueException(QueueException.Kind.STORAGE, name + " cannot be made", e);
        }
        return new QueueException(QueueException.Kind.STORAGE, name + " cannot be made", cause);
    }

    private static QueueException exists(String name) {
        return new QueueException(QueueException.Kind.EXISTS, name + " exists");
    }

    @Override
    public Optional<Queue> find(String tenant, String name) {
        return Optional.ofNullable(queues.get(new Key(tenant, name)));
    }

    @Override
    public Collection<String> names(String tenant) {
        return queues.keySet().stream()
                .filter(key -> key.tenant().equals(tenant))
                .map(Key::name)
                .sorted()
                .toList();
    }

    @Override
    public long storedBytes(String tenant) {
        long sum = 0;
        for (ShardQueue queue : durable(tenant)) {
            for (int priority = 0; priority < levels(queue.spec()); priority++) {
                sum += store.bytes(shardName(tenant, queue.name(), priority));
            }
        }
        return sum;
    }

    @Override
    public void tidy(String tenant) {
        durable(tenant).forEach(ShardQueue::tidy);
    }

    private List<ShardQueue> durable(String tenant) {
        List<ShardQueue> found = new ArrayList<>();
        queues.forEach(
                (key, queue) -> {
                    if (key.tenant().equals(tenant)
                            && queue.spec().durability() != Durability.MEMORY) {
                        found.add(queue);
                    }
                });
        return found;
    }

    @Override
    public CompletableFuture<Void> delete(String tenant, String name) {
        Key key = new Key(tenant, name);
        queues.computeIfPresent(
                key,
                (same, queue) -> {
                    going.put(key, delete(queue));
                    return null;
                });
        CompletableFuture<Void> gone = going.get(key);
        if (gone == null) {
            return CompletableFuture.completedFuture(null);
        }
        gone.whenComplete((done, failure) -> going.remove(key, gone));
        return gone;
    }

    private CompletableFuture<Void> delete(ShardQueue queue) {
        List<String> shards = new ArrayList<>();
        if (queue.spec().durability() != Durability.MEMORY) {
            for (int priority = 0; priority < levels(queue.spec()); priority++) {
                shards.add(shardName(queue.tenant(), queue.name(), priority));
            }
        }
        return queue.delete("the queue was deleted", () -> deleteShards(shards));
    }

    private CompletableFuture<Void> deleteShards(List<String> names) {
        return CompletableFuture.allOf(
                names.stream().map(this::deleteShard).toArray(CompletableFuture<?>[]::new));
    }

    private CompletableFuture<Void> deleteShard(String name) {
        return store.delete(name)
                .exceptionallyCompose(
                        failure ->
                                isMissing(failure)
                                        ? CompletableFuture.completedFuture(null)
                                        : CompletableFuture.failedFuture(failure));
    }

    private static boolean isMissing(@Nullable Throwable failure) {
        Throwable cause =
                failure == null || failure.getCause() == null ? failure : failure.getCause();
        return cause instanceof StorageException e
                && e.kind() == StorageException.Kind.NO_SUCH_SHARD;
    }

    // Queues over other shards.

    @Override
    public Queue over(
            Shard shard, String group, QueueSpec spec, RecordReader reader, Committed committed) {
        OverKey key = new OverKey(shard.id(), group);
        Room room = room(Long.hashCode(shard.id()));
        return over.computeIfAbsent(
                key,
                absent ->
                        new ShardQueue(
                                "",
                                shard.name() + "/" + group,
                                spec,
                                room,
                                unlimited,
                                MessageTracer.NONE,
                                self ->
                                        readerOf(
                                                self,
                                                room,
                                                shard,
                                                group,
                                                reader,
                                                new ForeignSource(shard.name(), committed))));
    }

    private static QueueCore readerOf(
            ShardQueue queue,
            Room room,
            Shard shard,
            String group,
            RecordReader reader,
            ShardSource source) {
        QueueCore core =
                new QueueCore(
                        queue,
                        room.zone(),
                        queue.spec(),
                        level ->
                                new ShardBacking(
                                        level, shard, shard.cursor(group), reader, source));
        core.level(0);
        return core;
    }

    @Override
    public CompletableFuture<Void> close(Queue queue) {
        over.values().removeIf(known -> known == queue);
        return ((ShardQueue) queue).shut("the queue was closed");
    }

    /** Forgets the state of every queue, with its position written; for an orderly end. */
    public CompletableFuture<Void> shut() {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        queues.values().forEach(queue -> all.add(queue.shut("the broker stops")));
        over.values().forEach(queue -> all.add(queue.shut("the broker stops")));
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
    }
}
