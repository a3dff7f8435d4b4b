package io.polymq.nats.jetstream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Topic;
import io.polymq.core.zone.ShardZone;
import io.polymq.meta.MetadataStore;
import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.api.ConsumerLimits;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.consumer.Consumer;
import io.polymq.nats.jetstream.stream.AckSubject;
import io.polymq.nats.jetstream.stream.Home;
import io.polymq.nats.jetstream.stream.Parts;
import io.polymq.nats.jetstream.stream.StoredStream;
import io.polymq.nats.jetstream.stream.Stream;
import io.polymq.nats.jetstream.wire.Outlet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One account's streams and consumers. Everything runs in one shard zone, so that mirrors, limits
 * and lists need no locks; only what says "any thread" is called from elsewhere.
 *
 * <p>Streams are kept as settings of their topics, consumers as metadata under {@code
 * jetstream/consumers/<tenant>/<stream>/<consumer>}, their positions as cursors of the stream's
 * shard.
 */
final class JetStreamAccount implements Home, Consumer.Home {

    private static final Logger LOG = LoggerFactory.getLogger(JetStreamAccount.class);
    private static final String CONSUMERS = "jetstream/consumers/";
    private static final long CACHE_BYTES = 64L << 20;
    private static final long LEAST_CACHE = 64L << 10;

    private final String tenant;
    private final ShardZone zone;
    private final JetStreamParams params;
    private final ServerIdentity identity;
    private final Outlet outlet;
    private final Parts parts;
    private final Api api;
    private final Map<String, Stream> streams = new TreeMap<>();
    private final Map<String, Map<String, Consumer>> consumers = new LinkedHashMap<>();
    private final Set<String> direct = ConcurrentHashMap.newKeySet();
    private final Set<String> reachable = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private AccountLimits limits;
    private long memoryUsed;
    private long storageUsed;
    private boolean open;
    private boolean marked;

    JetStreamAccount(
            String tenant,
            ShardZone zone,
            Router.Space space,
            RouteCache routes,
            JetStreamParams params,
            ServerIdentity identity,
            AccountLimits limits) {
        this.tenant = tenant;
        this.zone = zone;
        this.params = params;
        this.identity = identity;
        this.limits = limits;
        this.outlet = new Outlet(space, routes, Fields.MAPPER, new Random());
        this.parts = new Parts(zone, outlet, params.records(), params.blocking());
        this.api = new Api(this);
    }

    // Life.

    /** Brings back what was kept. */
    void open() {
        List<CompletableFuture<?>> loading = new ArrayList<>();
        for (Topic topic : params.topics().list(tenant)) {
            StoredStream stored = StoredStream.of(topic);
            if (stored != null) {
                loading.add(put(topic, stored).ready());
            }
        }
        CompletableFuture.allOf(loading.toArray(CompletableFuture<?>[]::new))
                .handle((done, failure) -> null)
                .thenCompose(done -> params.metadata().range(CONSUMERS + tenant + '/'))
                .whenComplete((kept, failure) -> zone.offer(() -> openConsumers(kept, failure)));
    }

    private void openConsumers(MetadataStore.@Nullable Range kept, @Nullable Throwable failure) {
        if (kept == null) {
            LOG.atError().addKeyValue("account", tenant).setCause(failure).log("no consumers");
        } else {
            kept.entries().forEach(this::openConsumer);
        }
        open = true;
        opened.complete(null);
        waiting.forEach(Runnable::run);
        waiting.clear();
    }

    private void openConsumer(MetadataStore.Entry entry) {
        String[] names = entry.key().substring((CONSUMERS + tenant + '/').length()).split("/");
        Stream stream = names.length == 2 ? streams.get(names[0]) : null;
        if (stream == null || !stream.isReady()) {
            return;
        }
        try {
            ObjectNode stored = (ObjectNode) Fields.MAPPER.readTree(entry.value());
            ConsumerConfig config = ConsumerConfig.of(stored.get("config"));
            add(stream, config, names[1], stored.path("created").asLong(), true);
        } catch (IOException | RuntimeException unreadable) {
            LOG.atError()
                    .addKeyValue("consumer", entry.key())
                    .setCause(unreadable)
                    .log("a consumer cannot be read");
        }
    }

    CompletableFuture<Void> opened() {
        return opened;
    }

    /** Any thread: those who wait for messages hear that the server ends. */
    CompletableFuture<Void> tellOfEnd() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean told =
                zone.offer(
                        () -> {
                            consumers
                                    .values()
                                    .forEach(some -> some.values().forEach(Consumer::serverEnds));
                            done.complete(null);
                        });
        if (!told) {
            done.complete(null);
        }
        return done;
    }

    /** Any thread: positions are written down, then nothing more is taken. */
    CompletableFuture<Void> drain() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean told =
                zone.offer(
                        () -> {
                            List<CompletableFuture<Void>> saving = new ArrayList<>();
                            for (Map<String, Consumer> some : consumers.values()) {
                                for (Consumer consumer : some.values()) {
                                    saving.add(consumer.save());
                                    consumer.close(null);
                                }
                            }
                            CompletableFuture.allOf(saving.toArray(CompletableFuture<?>[]::new))
                                    .whenComplete((saved, failure) -> done.complete(null));
                        });
        if (!told) {
            done.complete(null);
        }
        return done;
    }

    // What clients send.

    void request(KeptMessage message) {
        if (open) {
            api.take(message);
        } else {
            waiting.add(() -> api.take(message));
        }
    }

    void acknowledge(KeptMessage kept, Message message) {
        AckSubject ack = AckSubject.read(kept.subject());
        Map<String, Consumer> some = ack == null ? null : consumers.get(ack.stream());
        Consumer consumer = some == null || ack == null ? null : some.get(ack.consumer());
        if (consumer != null && ack != null) {
            consumer.answer(ack, kept.payload(), message.replyTo());
        }
    }

    void flow(KeptMessage kept, Message message) {
        String subject = kept.subject().toString();
        String[] tokens = subject.split("\\.");
        Map<String, Consumer> some = tokens.length < 5 ? null : consumers.get(tokens[2]);
        Consumer consumer = some == null ? null : some.get(tokens[3]);
        if (consumer != null) {
            consumer.flow(subject);
        }
    }

    void snapshot(KeptMessage kept, Message message) {
        api.snapshots().chunk(kept.subject().toString(), kept.payload(), message.replyTo());
    }

    /** Any thread. */
    boolean allowsDirect(String tail) {
        int dot = tail.indexOf('.');
        return direct.contains(dot < 0 ? tail : tail.substring(0, dot));
    }

    /**
     * Any thread; what was kept is not known before it was opened.
     *
     * @param tail stream, dot, consumer
     */
    boolean hasConsumer(String tail) {
        return reachable.contains(tail) || !opened.isDone();
    }

    private static String tail(Consumer consumer) {
        return consumer.stream().name() + '.' + consumer.name();
    }

    /** Any thread. */
    ShardZone zone() {
        return zone;
    }

    void limit(AccountLimits most) {
        zone.offer(() -> limits = most);
    }

    // Streams.

    Stream put(Topic topic, StoredStream stored) {
        Stream stream = new Stream(parts, this, topic, stored);
        streams.put(stored.config().name(), stream);
        consumers.put(stored.config().name(), new TreeMap<>());
        directOf(stored.config());
        return stream;
    }

    void directOf(StreamConfig config) {
        if (config.fields().flag("allow_direct")) {
            direct.add(config.name());
        } else {
            direct.remove(config.name());
        }
    }

    /** The account has something to come back to after a restart. */
    CompletableFuture<Long> mark() {
        if (marked) {
            return CompletableFuture.completedFuture(0L);
        }
        marked = true;
        return params.metadata().put(JetStream.tenantKey(tenant), new byte[0]);
    }

    /** Its consumers end with it. */
    void forget(Stream stream) {
        String name = stream.name();
        Map<String, Consumer> its = consumers.remove(name);
        if (its != null) {
            its.values()
                    .forEach(
                            consumer -> {
                                reachable.remove(tail(consumer));
                                consumer.close("Consumer Deleted");
                                keep(consumer, false);
                            });
        }
        stream.close();
        streams.remove(name);
        direct.remove(name);
        used(stream.config().inMemory(), -stream.index().bytes());
    }

    void topicDeleted(Topic topic) {
        Stream stream = streams.get(topic.name());
        if (stream != null && stream.topic().id().equals(topic.id())) {
            forget(stream);
        }
    }

    ConsumerLimits consumerLimits() {
        return params.consumerLimits().within(limits.maxAckPending());
    }

    Map<String, Stream> streams() {
        return streams;
    }

    @Override
    public @Nullable Stream find(String name) {
        return streams.get(name);
    }

    @Override
    public void rebased(Stream stream) {
        Topic topic = stream.topic();
        params.topics()
                .alter(
                        tenant,
                        StoredStream.spec(stream.config(), stream.created(), stream.base(), topic));
    }

    // Consumers.

    Map<String, Consumer> consumers(String stream) {
        return consumers.getOrDefault(stream, Map.of());
    }

    int consumerCount() {
        int count = 0;
        for (Map<String, Consumer> some : consumers.values()) {
            count += some.size();
        }
        return count;
    }

    Consumer add(Stream stream, ConsumerConfig config, String name, long created, boolean kept) {
        Consumer consumer = new Consumer(stream, zone, outlet, this, config, name, created, kept);
        stream.add(consumer);
        Map<String, Consumer> its = consumers.get(stream.name());
        if (its != null) {
            its.put(name, consumer);
            reachable.add(tail(consumer));
        }
        return consumer;
    }

    /** Whether the consumer comes back after a restart. */
    static boolean isKept(ConsumerConfig config) {
        return !config.durable().isEmpty()
                || !config.fields().text("name").isEmpty() && !config.fields().flag("mem_storage");
    }

    /** Writes a consumer down, or takes it away. */
    CompletableFuture<Long> keep(Consumer consumer, boolean there) {
        if (!isKept(consumer.config())) {
            return CompletableFuture.completedFuture(0L);
        }
        String key = CONSUMERS + tenant + '/' + consumer.stream().name() + '/' + consumer.name();
        if (!there) {
            return params.metadata().delete(key);
        }
        ObjectNode stored = Fields.MAPPER.createObjectNode();
        stored.put("created", consumer.created());
        stored.set("config", consumer.config().json());
        try {
            return params.metadata().put(key, Fields.MAPPER.writeValueAsBytes(stored));
        } catch (JsonProcessingException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    CompletableFuture<Long> remove(Consumer consumer) {
        Stream stream = consumer.stream();
        Map<String, Consumer> its = consumers.get(stream.name());
        if (its != null) {
            its.remove(consumer.name());
        }
        reachable.remove(tail(consumer));
        consumer.close("Consumer Deleted");
        stream.drop(consumer);
        CompletableFuture<Long> gone = keep(consumer, false);
        if (isKept(consumer.config())) {
            stream.topic().partition(0).deleteCursor(Consumer.cursorName(consumer.name()));
        }
        ObjectNode body = Fields.MAPPER.createObjectNode();
        body.put("stream", stream.name());
        body.put("consumer", consumer.name());
        body.put("action", "delete");
        advise(
                "io.nats.jetstream.advisory.v1.consumer_action",
                "CONSUMER.DELETED." + stream.name() + '.' + consumer.name(),
                body);
        return gone;
    }

    @Override
    public void inactive(Consumer consumer) {
        if (consumers(consumer.stream().name()).get(consumer.name()) == consumer) {
            remove(consumer);
        }
    }

    // What it has and may have.

    @Override
    public boolean hasRoom(boolean memory, long bytes) {
        long most = memory ? limits.maxMemory() : limits.maxStorage();
        return most < 0 || used(memory) + bytes <= most;
    }

    @Override
    public void used(boolean memory, long bytes) {
        if (memory) {
            memoryUsed += bytes;
        } else {
            storageUsed += bytes;
        }
    }

    long used(boolean memory) {
        return Math.max(0, memory ? memoryUsed : storageUsed);
    }

    @Override
    public long cacheBudget() {
        return Math.max(LEAST_CACHE, CACHE_BYTES / Math.max(8, streams.size()));
    }

    @Override
    public String domain() {
        return params.domain();
    }

    /** What streams with a limit may take. */
    long reserved(boolean memory) {
        return api.reserved(memory);
    }

    /** How many requests the API had. */
    long requests() {
        return api.total();
    }

    /** How many of them were refused. */
    long errors() {
        return api.errors();
    }

    AccountLimits limits() {
        return limits;
    }

    // What it tells.

    @Override
    public void advise(String type, String tail, ObjectNode body) {
        event(type, "$JS.EVENT.ADVISORY." + tail, body);
    }

    @Override
    public void metric(String tail, ObjectNode body) {
        event("io.nats.jetstream.metric.v1.consumer_ack", "$JS.EVENT.METRIC." + tail, body);
    }

    private void event(String type, String subject, ObjectNode body) {
        Subject to = Subject.ofDotted(subject);
        if (!outlet.hasInterest(to)) {
            return;
        }
        ObjectNode event = Fields.MAPPER.createObjectNode();
        event.put("type", type);
        event.put("id", outlet.newId());
        event.put("timestamp", Fields.timeOfMillis(zone.now()));
        event.setAll(body);
        outlet.send(to, event);
    }

    Outlet outlet() {
        return outlet;
    }

    Parts parts() {
        return parts;
    }

    ServerIdentity identity() {
        return identity;
    }

    JetStreamParams params() {
        return params;
    }

    String tenant() {
        return tenant;
    }
}
