package io.polymq.kafka.topic;

import io.polymq.core.topic.Committed;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicException;
import io.polymq.core.topic.TopicSpec;
import io.polymq.core.topic.Topics;
import io.polymq.kafka.produce.ProducerSnapshots;
import io.polymq.kafka.produce.Producers;
import io.polymq.storage.Durability;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Finds topics by name and by id, and makes new ones. Shared; what it keeps per topic is worked out
 * of the core's topic again whenever that has a new specification.
 */
public final class TopicCatalog {

    private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    private final Topics topics;
    private final ProducerSnapshots snapshots;
    private final Supplier<Map<String, String>> brokerWide;
    private final Durability unforced;
    private final Map<UUID, KafkaTopic> known = new ConcurrentHashMap<>();
    private final List<Consumer<Uuid>> deletions = new CopyOnWriteArrayList<>();

    /**
     * @param brokerWide the broker-wide settings in force
     * @param unforced how safe records of topics are that do not ask to be forced
     */
    public TopicCatalog(
            Topics topics,
            ProducerSnapshots snapshots,
            Supplier<Map<String, String>> brokerWide,
            Durability unforced) {
        this.topics = topics;
        this.snapshots = snapshots;
        this.brokerWide = brokerWide;
        this.unforced = unforced;
        topics.listen(
                new Topics.Listener() {
                    @Override
                    public void created(Topic topic) {
                        // found when asked for
                    }

                    @Override
                    public void altered(Topic before, Topic now) {
                        // seen by its specification
                    }

                    @Override
                    public void deleted(Topic topic) {
                        deletions.forEach(listener -> listener.accept(KafkaTopic.id(topic.id())));
                        KafkaTopic gone = known.remove(topic.id());
                        if (gone != null) {
                            gone.producers().close();
                        }
                    }
                });
    }

    /** A partition as readers see it who heed transactions, of whatever protocol they are. */
    public CompletableFuture<Committed> committed(Topic topic, int partition) {
        return view(topic).producers().partition(partition).committed();
    }

    /** Is told the ids of topics that are deleted. */
    public void onDeletion(Consumer<Uuid> listener) {
        deletions.add(listener);
    }

    public @Nullable KafkaTopic find(String tenant, String name) {
        return topics.find(tenant, name).map(this::view).orElse(null);
    }

    public @Nullable KafkaTopic find(String tenant, Uuid id) {
        return topics.find(new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits()))
                .filter(topic -> topic.tenant().equals(tenant))
                .map(this::view)
                .orElse(null);
    }

    public List<KafkaTopic> list(String tenant) {
        return topics.list(tenant).stream()
                .map(this::view)
                .sorted(Comparator.comparing(KafkaTopic::name))
                .toList();
    }

    private KafkaTopic view(Topic topic) {
        KafkaTopic view = known.get(topic.id());
        if (view != null && view.topic() == topic && view.spec() == topic.spec()) {
            return view;
        }
        return known.compute(topic.id(), (_, before) -> renewed(topic, before));
    }

    private KafkaTopic renewed(Topic topic, @Nullable KafkaTopic before) {
        if (before == null) {
            Producers producers = new Producers(topic, snapshots);
            return new KafkaTopic(topic, brokerWide.get(), producers);
        }
        if (before.topic() == topic && before.spec() == topic.spec()) {
            return before;
        }
        before.producers().grow(topic);
        return new KafkaTopic(topic, brokerWide.get(), before.producers());
    }

    /** Has every view made anew: the broker-wide settings have changed. */
    public void refresh() {
        known.replaceAll(
                (_, view) -> new KafkaTopic(view.topic(), brokerWide.get(), view.producers()));
    }

    public Collection<KafkaTopic> inUse() {
        return known.values();
    }

    /** Why a topic may not be called that; null when it may. */
    public static @Nullable String nameRefusal(String name) {
        if (name.isEmpty()) {
            return "Topic name is invalid: the empty string is not allowed";
        }
        if (name.equals(".") || name.equals("..")) {
            return "Topic name is invalid: '.' and '..' are not allowed";
        }
        if (name.length() > 249) {
            return "Topic name is invalid: the length of '"
                    + name
                    + "' is longer than the max allowed"
                    + " length 249";
        }
        return LEGAL.matcher(name).matches()
                ? null
                : "Topic name is invalid: '"
                        + name
                        + "' contains one or more characters other than"
                        + " ASCII alphanumerics, '.', '_' and '-'";
    }

    /** The topic whose name differs from this one only in dots and underscores; null for none. */
    public @Nullable String collision(String tenant, String name) {
        if (name.indexOf('.') < 0 && name.indexOf('_') < 0) {
            return null;
        }
        String folded = name.replace('.', '_');
        return topics.list(tenant).stream()
                .map(Topic::name)
                .filter(other -> !other.equals(name) && other.replace('.', '_').equals(folded))
                .findAny()
                .orElse(null);
    }

    public CompletableFuture<KafkaTopic> create(
            String tenant, String name, int partitions, Map<String, String> settings) {
        return topics.create(tenant, spec(name, partitions, settings)).thenApply(this::view);
    }

    private TopicSpec spec(String name, int partitions, Map<String, String> settings) {
        return TopicSettings.apply(
                TopicSpec.of(name, partitions), settings, brokerWide.get(), unforced);
    }

    /** Whether another protocol says which topics of such a name there are. */
    public boolean isReserved(String name) {
        return topics.isReserved(name);
    }

    /** The topic, made when another protocol has it on demand; null for none. */
    public CompletableFuture<@Nullable KafkaTopic> obtain(String tenant, String name) {
        return topics.obtain(tenant, name).thenApply(topic -> topic.map(this::view).orElse(null));
    }

    /** Creates it unless someone was quicker: then theirs. */
    public CompletableFuture<KafkaTopic> createOrFind(String tenant, String name, int partitions) {
        return create(tenant, name, partitions, Map.of())
                .exceptionally(
                        failure -> {
                            Throwable cause =
                                    failure instanceof CompletionException
                                            ? failure.getCause()
                                            : failure;
                            KafkaTopic theirs = find(tenant, name);
                            if (cause instanceof TopicException exists
                                    && exists.kind() == TopicException.Kind.EXISTS
                                    && theirs != null) {
                                return theirs;
                            }
                            throw new CompletionException(cause);
                        });
    }

    public CompletableFuture<Void> delete(String tenant, String name) {
        return topics.delete(tenant, name);
    }

    public CompletableFuture<KafkaTopic> grow(KafkaTopic topic, int partitions) {
        return alter(topic, topic.topic().spec().withPartitions(partitions));
    }

    public CompletableFuture<KafkaTopic> configure(KafkaTopic topic, Map<String, String> settings) {
        return alter(
                topic,
                TopicSettings.apply(topic.topic().spec(), settings, brokerWide.get(), unforced));
    }

    private CompletableFuture<KafkaTopic> alter(KafkaTopic topic, TopicSpec spec) {
        return topics.alter(topic.topic().tenant(), spec).thenApply(this::view);
    }
}
