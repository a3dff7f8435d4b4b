package io.polymq.mq9;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.codec.nats.NatsHeaders;
import io.polymq.config.MetaConfig;
import io.polymq.config.StorageConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.conformance.TestSecurity;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.router.Router;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.DelayedStore;
import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.drivers.MetadataDrivers;
import io.polymq.mq9.registry.NgramEmbedder;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The mq9 broker on a real core, asked as a NATS connection asks. Its clock can be set forward. */
final class Mq9Rig implements AutoCloseable {

    static final Mq9Settings SETTINGS =
            new Mq9Settings(
                    Duration.ofDays(1),
                    Duration.ofDays(7),
                    Duration.ofDays(30),
                    100_000,
                    1 << 20,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(60),
                    Duration.ZERO,
                    100_000,
                    200_000);

    static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE_SECONDS = 20;

    final TrieRouter router = new TrieRouter(TrieRouter.Limits.DEFAULT, 5);
    final ShardStore store;
    final TopicCatalog topics;
    final Mq9Broker broker;
    final TestSecurity security;
    final MessageRecords records;
    final MetadataStore metadata;
    private final AtomicLong ahead = new AtomicLong();
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final ZoneThread zone;
    private final ClientPool clients;
    private final AtomicInteger replies = new AtomicInteger();
    Principal user = Principal.ANONYMOUS;

    /** What the asker may do beside the rules; null when these alone decide. */
    SubjectService.@Nullable Rights rights;

    private Mq9Rig(String driver, Path folder, Mq9Settings settings, TestSecurity security) {
        this.security = security;
        InstantSource clock = () -> Instant.ofEpochMilli(System.currentTimeMillis() + ahead.get());
        List<HeaderCodec> codecs = List.of(Mq9Broker.headerCodec());
        records = new MessageRecords(codecs);
        StorageConfig storage = Defaults.with(StorageConfig.class, "driver=" + driver);
        store =
                ShardStores.open(
                        new StorageParams(
                                folder.resolve("storage"),
                                storage,
                                InstantSource.system(),
                                new PrometheusRegistry()));
        MetaConfig meta =
                Defaults.with(
                        MetaConfig.class,
                        "driver=" + (driver.equals("memory") ? "memory" : "embedded"));
        clients = new ClientPool(MetadataDrivers.connections(meta));
        metadata = MetadataDrivers.open(meta, folder, clients);
        topics =
                TopicCatalog.open(
                                new TopicParams(
                                        metadata,
                                        Drivers.of(store),
                                        router,
                                        records,
                                        TopicLimits.DEFAULT,
                                        clock,
                                        blocking,
                                        new PrometheusRegistry()))
                        .join();
        zone =
                ZoneThread.start(
                        "zone",
                        new Ticks(clock, () -> System.nanoTime() + ahead.get() * 1_000_000L));
        DelayedStore delayed =
                DelayedStore.open(new DelayedStore.Params(store, zone.zone(), records, blocking))
                        .join();
        broker =
                Mq9Broker.start(
                        new Mq9BrokerServerParams(
                                settings,
                                router,
                                security,
                                topics,
                                new ShardQueues(
                                        new ShardQueues.Params(
                                                store, List.of(zone.zone()), codecs, blocking)),
                                delayed,
                                records,
                                new NodeCache(metadata),
                                List.of(zone.zone()),
                                blocking,
                                new NgramEmbedder(),
                                clock,
                                new PrometheusRegistry(),
                                new BrokerEvents(zone.zone())));
    }

    static Mq9Rig inMemory() {
        return inMemory(SETTINGS);
    }

    static Mq9Rig inMemory(Mq9Settings settings) {
        return new Mq9Rig("memory", Path.of("unused"), settings, TestSecurity.open());
    }

    static Mq9Rig with(TestSecurity security) {
        return new Mq9Rig("memory", Path.of("unused"), SETTINGS, security);
    }

    static Mq9Rig onDisk(Path folder) {
        return new Mq9Rig("log", folder, SETTINGS, TestSecurity.open());
    }

    @Override
    public void close() {
        zone.stop().join();
        topics.close();
        metadata.close();
        clients.close();
        store.close();
        blocking.close();
    }

    /** Time passes at once. */
    void pass(Duration time) {
        ahead.addAndGet(time.toMillis());
        zone.zone().execute(() -> {});
    }

    long now() {
        return System.currentTimeMillis() + ahead.get();
    }

    // Asking.

    JsonNode ask(String subject, String body) {
        return ask(subject, Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    JsonNode ask(String subject, Map<String, String> headers, byte[] body) {
        try {
            return begin(subject, headers, body).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(subject + " was not answered", e);
        }
    }

    CompletableFuture<JsonNode> begin(String subject, Map<String, String> headers, byte[] body) {
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        String reply = "_INBOX." + replies.incrementAndGet();
        Router.Space space = router.space(user.tenant());
        Router.Subscription[] subscription = new Router.Subscription[1];
        subscription[0] =
                space.subscribe(
                        filter(reply),
                        null,
                        false,
                        message -> {
                            answer.complete(json(message));
                            subscription[0].close();
                            return true;
                        });
        String refusal = send(subject, headers, body, reply);
        if (refusal != null) {
            subscription[0].close();
            answer.complete(JSON.createObjectNode().put("refused", refusal));
        }
        return answer;
    }

    @Nullable String send(
            String subject, Map<String, String> headers, byte[] body, @Nullable String reply) {
        Message message = new Message().begin(Subject.ofDotted(subject), body, 0, body.length);
        if (!headers.isEmpty()) {
            byte[] block = block(headers);
            message.header(NatsLike.INSTANCE, block, 0, block.length, 0);
        }
        if (reply != null) {
            message.replyTo(Subject.ofDotted(reply));
        }
        Credentials.Peer peer =
                new Credentials.Peer("nats", new InetSocketAddress("127.0.0.1", 1), "", null);
        return broker.request(
                message,
                user,
                peer,
                Objects.requireNonNullElse(
                        rights, SubjectService.Rights.byRules(security, user, peer)));
    }

    static byte[] block(Map<String, String> headers) {
        List<NatsHeaders.Entry> lines = new ArrayList<>();
        headers.forEach((name, value) -> lines.add(new NatsHeaders.Entry(name, value)));
        return new NatsHeaders(0, "", lines).toBytes();
    }

    static Filter filter(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return Dialect.NATS.parse(bytes, 0, bytes.length);
        } catch (InvalidSubjectException e) {
            throw new AssertionError(e);
        }
    }

    static JsonNode json(Message message) {
        try {
            return JSON.readTree(
                    Arrays.copyOfRange(
                            message.payload(),
                            message.payloadOffset(),
                            message.payloadOffset() + message.payloadLength()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is published to a subject from now on. */
    BlockingQueue<JsonNode> listen(String subject) {
        BlockingQueue<JsonNode> heard = new LinkedBlockingQueue<>();
        router.space(user.tenant())
                .subscribe(
                        filter(subject),
                        null,
                        false,
                        message -> {
                            heard.add(json(message));
                            return true;
                        });
        return heard;
    }

    // Shorthands.

    void create(String name) {
        create(name, body -> body);
    }

    void create(String name, UnaryOperator<ObjectNode> more) {
        JsonNode reply =
                ask(
                        "$mq9.AI.MAILBOX.CREATE",
                        more.apply(JSON.createObjectNode().put("name", name)).toString());
        if (!reply.path("error").asText().isEmpty()) {
            throw new AssertionError(reply.toString());
        }
    }

    long send(String address, String text) {
        return send(address, text, Map.of());
    }

    long send(String address, String text, Map<String, String> headers) {
        JsonNode reply =
                ask("$mq9.AI.MSG.SEND." + address, headers, text.getBytes(StandardCharsets.UTF_8));
        if (!reply.path("error").asText().isEmpty()) {
            throw new AssertionError(reply.toString());
        }
        return reply.path("msg_id").asLong();
    }

    JsonNode fetch(String address, String group, UnaryOperator<ObjectNode> more) {
        return ask("$mq9.AI.MSG.FETCH." + address, fetchBody(group, more));
    }

    static String fetchBody(String group, UnaryOperator<ObjectNode> more) {
        ObjectNode body = JSON.createObjectNode();
        if (!group.isEmpty()) {
            body.put("group_name", group);
        }
        body.put("deliver", "earliest");
        body.putObject("config").put("max_wait_ms", 0);
        return more.apply(body).toString();
    }

    /** The payloads that a fetch without waiting brings. */
    List<String> fetched(String address, String group) {
        return payloads(fetch(address, group, body -> body));
    }

    static List<String> payloads(JsonNode reply) {
        if (!reply.path("error").asText("missing").isEmpty()) {
            throw new AssertionError(reply.toString());
        }
        List<String> payloads = new ArrayList<>();
        reply.path("messages").forEach(one -> payloads.add(one.path("payload").asText()));
        return payloads;
    }

    JsonNode ack(String address, String group, long id) {
        return ask(
                "$mq9.AI.MSG.ACK." + address,
                JSON.createObjectNode()
                        .put("group_name", group)
                        .put("mail_address", address)
                        .put("msg_id", id)
                        .toString());
    }

    void as(String name, String tenant) {
        user = new Principal(name, tenant, Set.of(), Map.of(), false);
    }

    /** A header that came from a NATS connection, as this broker finds it. */
    private enum NatsLike implements HeaderCodec {
        INSTANCE;

        @Override
        public String protocol() {
            return "nats";
        }

        @Override
        public MessageProperties decode(byte[] header, int offset, int length, int flags) {
            return MessageProperties.NONE;
        }
    }
}
