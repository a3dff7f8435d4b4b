package io.polymq.kafka;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicException;
import io.polymq.core.topic.TopicSpec;
import io.polymq.core.topic.Topics;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Topics that are forgotten with the process; their shards are what the store makes of them. */
final class MemoryTopics implements Topics {

    private final ShardStore store;
    private final Map<String, Held> topics = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    MemoryTopics(ShardStore store) {
        this.store = store;
    }

    private static final class Held implements Topic {
        private final UUID id = UUID.randomUUID();
        private final String tenant;
        private final List<Shard> shards = new CopyOnWriteArrayList<>();
        private volatile TopicSpec spec;

        Held(String tenant, TopicSpec spec) {
            this.tenant = tenant;
            this.spec = spec;
        }

        @Override
        public UUID id() {
            return id;
        }

        @Override
        public String tenant() {
            return tenant;
        }

        @Override
        public TopicSpec spec() {
            return spec;
        }

        @Override
        public Shard partition(int number) {
            return shards.get(number);
        }

        @Override
        public void append(
                int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
            shards.get(partition).append(batches, durability, listener);
        }

        @Override
        public void append(Message message, AppendListener listener) {
            throw new AssertionError("Kafka appends batches");
        }

        @Override
        public void guard(@Nullable Guard guard) {
            throw new AssertionError("Kafka has no guard");
        }
    }

    @Override
    public CompletableFuture<Topic> create(String tenant, TopicSpec spec) {
        Held topic = new Held(tenant, spec);
        if (topics.putIfAbsent(tenant + "/" + spec.name(), topic) != null) {
            return CompletableFuture.failedFuture(
                    new TopicException(TopicException.Kind.EXISTS, spec.name()));
        }
        return grow(topic, spec)
                .thenApply(
                        _ -> {
                            listeners.forEach(listener -> listener.created(topic));
                            return topic;
                        });
    }

    private CompletableFuture<Void> grow(Held topic, TopicSpec spec) {
        CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
        for (int number = topic.shards.size(); number < spec.partitions(); number++) {
            String name = "t/" + topic.id + "/" + number;
            done =
                    done.thenCompose(_ -> store.create(name, spec.shard()))
                            .thenAccept(topic.shards::add);
        }
        return done;
    }

    @Override
    public Optional<Topic> find(String tenant, String name) {
        Held topic = topics.get(tenant + "/" + name);
        return topic == null || topic.shards.size() < topic.spec.partitions()
                ? Optional.empty()
                : Optional.of(topic);
    }

    @Override
    public Optional<Topic> find(UUID id) {
        return topics.values().stream()
                .filter(topic -> topic.id.equals(id))
                .map(Topic.class::cast)
                .findAny();
    }

    @Override
    public Collection<Topic> list(String tenant) {
        List<Topic> all = new ArrayList<>();
        for (Held topic : topics.values()) {
            if (topic.tenant.equals(tenant)) {
                all.add(topic);
            }
        }
        return all;
    }

    @Override
    public List<Topic> capturing(String tenant, Subject subject) {
        return List.of();
    }

    @Override
    public List<Topic> overlapping(String tenant, Filter filter) {
        return List.of();
    }

    @Override
    public CompletableFuture<Topic> alter(String tenant, TopicSpec spec) {
        Held topic = topics.get(tenant + "/" + spec.name());
        if (topic == null) {
            return CompletableFuture.failedFuture(
                    new TopicException(TopicException.Kind.NO_SUCH_TOPIC, spec.name()));
        }
        return grow(topic, spec)
                .thenApply(
                        _ -> {
                            topic.spec = spec;
                            listeners.forEach(listener -> listener.altered(topic, topic));
                            return topic;
                        });
    }

    @Override
    public CompletableFuture<Void> delete(String tenant, String name) {
        Held topic = topics.remove(tenant + "/" + name);
        if (topic == null) {
            return CompletableFuture.failedFuture(
                    new TopicException(TopicException.Kind.NO_SUCH_TOPIC, name));
        }
        CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
        for (Shard shard : topic.shards) {
            done = done.thenCompose(_ -> store.delete(shard.name()));
        }
        return done.thenRun(() -> listeners.forEach(listener -> listener.deleted(topic)));
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }
}
