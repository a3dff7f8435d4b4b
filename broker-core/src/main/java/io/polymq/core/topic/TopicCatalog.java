package io.polymq.core.topic;

import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.MetadataStore.Change;
import io.polymq.meta.MetadataStore.Entry;
import io.polymq.storage.ShardStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All topics, as metadata has them: loaded once, then fed by a watch. A change of this process's
 * own is answered when the watch has brought it, so that whoever asked finds it done.
 *
 * <p>Reads: any thread, from memory. State is changed under the lock, by loading and by the watch's
 * thread.
 */
public final class TopicCatalog implements Topics, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TopicCatalog.class);
    static final String PREFIX = "topics/";
    static final String DEFINITIONS = PREFIX + "def/";

    /** Notes of deleted topics whose shards are still to be removed. */
    static final String GONE = PREFIX + "gone/";

    private final TopicParams params;
    private final TopicMetrics metrics;
    private final TopicSpecJson json = new TopicSpecJson();
    private final TopicChanges changes;
    private final Map<String, TenantTopics> tenants = new ConcurrentHashMap<>();
    private final Map<UUID, StoredTopic> byId = new ConcurrentHashMap<>();

    /** Topics that are being made for an intake. */
    private final Set<UUID> awaitIntake = ConcurrentHashMap.newKeySet();

    private final ReservedTopics reserved = new ReservedTopics(this);
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final ExecutorService notices =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().name("topics").factory());
    private final NavigableMap<Long, List<CompletableFuture<Void>>> waiting = new TreeMap<>();
    private volatile Committed.Source transactions =
            (topic, partition) ->
                    CompletableFuture.completedFuture(
                            new Committed.Everything(topic.partition(partition)));
    private long applied;
    private MetadataStore.@Nullable Watch watch;

    private TopicCatalog(TopicParams params) {
        this.params = params;
        this.metrics = new TopicMetrics(params.metrics());
        this.changes = new TopicChanges(params, this, json);
    }

    /** Loads all topics; what a crash left half made in storage is removed. */
    public static CompletableFuture<TopicCatalog> open(TopicParams params) {
        TopicCatalog catalog = new TopicCatalog(params);
        return params.metadata()
                .range(PREFIX)
                .thenApplyAsync(
                        range -> {
                            catalog.load(range);
                            catalog.finishDeletions(range);
                            catalog.removeOrphans();
                            catalog.follow(range.revision());
                            return catalog;
                        },
                        params.executor());
    }

    @Override
    public CompletableFuture<Topic> create(String tenant, TopicSpec spec) {
        return changes.create(tenant, UUID.randomUUID(), spec);
    }

    @Override
    public CompletableFuture<Topic> createForIntake(String tenant, TopicSpec spec) {
        UUID id = UUID.randomUUID();
        awaitIntake.add(id);
        return changes.create(tenant, id, spec)
                .whenComplete((made, failure) -> awaitIntake.remove(id));
    }

    @Override
    public CompletableFuture<Topic> alter(String tenant, TopicSpec spec) {
        return changes.alter(tenant, spec);
    }

    @Override
    public CompletableFuture<Void> delete(String tenant, String name) {
        return changes.delete(tenant, name);
    }

    @Override
    public Optional<Topic> find(String tenant, String name) {
        return Optional.ofNullable(stored(tenant, name));
    }

    @Override
    public Optional<Topic> find(UUID id) {
        return Optional.ofNullable(byId.get(id));
    }

    @Override
    public CompletableFuture<Optional<Topic>> obtain(String tenant, String name) {
        return reserved.obtain(tenant, name);
    }

    @Override
    public void reserve(String prefix, Provider provider) {
        reserved.add(prefix, provider);
    }

    @Override
    public boolean isReserved(String name) {
        return reserved.covers(name);
    }

    ReservedTopics reserved() {
        return reserved;
    }

    @Override
    public Collection<Topic> list(String tenant) {
        return List.copyOf(of(tenant).all());
    }

    @Override
    public List<Topic> capturing(String tenant, Subject subject) {
        return of(tenant).capturing(subject);
    }

    @Override
    public List<Topic> overlapping(String tenant, Filter filter) {
        return of(tenant).overlapping(filter);
    }

    @Override
    public CompletableFuture<Committed> committed(Topic topic, int partition) {
        return transactions.of(topic, partition);
    }

    @Override
    public void heed(Committed.Source source) {
        transactions = source;
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    /** Ends the watch and the captures; storage and metadata are their owners' to close. */
    @Override
    public void close() {
        MetadataStore.Watch running;
        synchronized (this) {
            running = watch;
            watch = null;
        }
        if (running != null) {
            running.close();
        }
        byId.values().forEach(topic -> topic.log().end());
        notices.close();
    }

    @Nullable StoredTopic stored(String tenant, String name) {
        TenantTopics topics = tenants.get(tenant);
        return topics == null ? null : topics.find(name);
    }

    TenantTopics of(String tenant) {
        return tenants.computeIfAbsent(
                tenant, name -> new TenantTopics(name.hashCode(), params.router().maxLevels()));
    }

    /** Completes when the changes up to that revision of the topics' own keys are in memory. */
    synchronized CompletableFuture<Void> reached(long revision) {
        if (applied >= revision) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> reached = new CompletableFuture<>();
        waiting.computeIfAbsent(revision, r -> new ArrayList<>()).add(reached);
        return reached;
    }

    private void follow(long revision) {
        MetadataStore.Watch running =
                params.metadata()
                        .watch(
                                PREFIX,
                                revision + 1,
                                new MetadataStore.Watcher() {
                                    @Override
                                    public void changed(List<Change> changes, long revision) {
                                        apply(changes, revision);
                                    }

                                    @Override
                                    public void resync(MetadataStore.Range state) {
                                        load(state);
                                    }
                                });
        synchronized (this) {
            watch = running;
        }
    }

    private void load(MetadataStore.Range state) {
        List<Change> changes = new ArrayList<>();
        Set<String> present = new HashSet<>();
        for (Entry entry : state.entries()) {
            present.add(entry.key());
            changes.add(new Change(entry.key(), entry.value(), entry.modRevision(), false));
        }
        for (StoredTopic topic : byId.values()) {
            String key = key(topic.tenant(), topic.name());
            if (!present.contains(key)) {
                changes.add(new Change(key, new byte[0], state.revision(), true));
            }
        }
        apply(changes, state.revision());
    }

    private void apply(List<Change> changes, long revision) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        synchronized (this) {
            for (Change change : changes) {
                if (change.key().startsWith(DEFINITIONS)) {
                    apply(change);
                }
            }
            applied = Math.max(applied, revision);
            NavigableMap<Long, List<CompletableFuture<Void>>> past = waiting.headMap(applied, true);
            past.values().forEach(done::addAll);
            past.clear();
        }
        done.forEach(reached -> reached.complete(null));
    }

    private void apply(Change change) {
        String path = change.key().substring(DEFINITIONS.length());
        int slash = path.lastIndexOf('/');
        String tenant = path.substring(0, slash);
        String name = path.substring(slash + 1);
        StoredTopic before = stored(tenant, name);
        TopicSpecJson.Stored stored = null;
        if (!change.deleted()) {
            try {
                stored = json.read(change.value());
            } catch (IOException malformed) {
                LOG.atError()
                        .setMessage("a topic in metadata cannot be read")
                        .addKeyValue("key", change.key())
                        .addKeyValue("reason", malformed.getMessage())
                        .log();
                return;
            }
        }
        if (before != null && (stored == null || !stored.id().equals(before.id()))) {
            removed(before);
            before = null;
        }
        if (stored == null) {
            return;
        }
        if (before == null) {
            added(tenant, stored);
        } else if (!stored.spec().equals(before.spec())) {
            altered(before, stored.spec());
        }
    }

    private void added(String tenant, TopicSpecJson.Stored stored) {
        ShardStore store = params.drivers().named(stored.spec().driver());
        if (store == null) {
            LOG.atError()
                    .setMessage("a topic's storage driver is not configured")
                    .addKeyValue("topic", stored.spec().name())
                    .addKeyValue("driver", stored.spec().driver())
                    .log();
            return;
        }
        TopicLog log = new TopicLog(stored, params.router().space(tenant), store, params, metrics);
        StoredTopic topic = new StoredTopic(tenant, stored.spec(), log);
        byId.put(topic.id(), topic);
        of(tenant).put(topic);
        reserved.made(topic);
        if (awaitIntake.remove(topic.id())) {
            log.intake(new HeldBack(params.limits().waitingBytes()));
        }
        log.begin();
        tell(listener -> listener.created(topic));
    }

    private void altered(StoredTopic before, TopicSpec spec) {
        before.log().change(spec);
        StoredTopic now = new StoredTopic(before.tenant(), spec, before.log());
        byId.put(now.id(), now);
        of(now.tenant()).put(now);
        tell(listener -> listener.altered(before, now));
    }

    private void removed(StoredTopic topic) {
        topic.log().end();
        byId.remove(topic.id());
        of(topic.tenant()).remove(topic.name());
        tell(listener -> listener.deleted(topic));
    }

    private void tell(Consumer<Listener> event) {
        for (Listener listener : listeners) {
            notices.execute(() -> event.accept(listener));
        }
    }

    /** Topics that were deleted when the process ended, before their shards were. */
    private void finishDeletions(MetadataStore.Range range) {
        for (Entry entry : range.entries()) {
            if (entry.key().startsWith(GONE)) {
                try {
                    TopicSpecJson.Stored gone = json.read(entry.value());
                    changes.bury(entry.key(), gone.id(), gone.spec()).join();
                } catch (IOException malformed) {
                    LOG.atError()
                            .setMessage("a deleted topic in metadata cannot be read")
                            .addKeyValue("key", entry.key())
                            .addKeyValue("reason", malformed.getMessage())
                            .log();
                }
            }
        }
    }

    /**
     * Shards of topics that never came to be. Only empty ones are removed: what has records and is
     * not known may mean that the wrong metadata was opened.
     */
    private void removeOrphans() {
        for (ShardStore store : params.drivers().all()) {
            List<String> orphans;
            try (Stream<String> names = store.list("topic/")) {
                orphans = names.filter(name -> !isKnown(name)).toList();
            }
            for (String orphan : orphans) {
                boolean empty =
                        store.open(orphan).map(shard -> shard.endOffset() == 0).orElse(false);
                LOG.atWarn()
                        .setMessage(empty ? "removing an orphan" : "no topic owns these records")
                        .addKeyValue("shard", orphan)
                        .log();
                if (empty) {
                    store.delete(orphan).join();
                }
            }
        }
    }

    private boolean isKnown(String shard) {
        String[] parts = shard.split("/");
        try {
            return parts.length == 3 && byId.containsKey(UUID.fromString(parts[1]));
        } catch (IllegalArgumentException notOurs) {
            return true;
        }
    }

    static String key(String tenant, String name) {
        return DEFINITIONS + tenant + "/" + name;
    }
}
