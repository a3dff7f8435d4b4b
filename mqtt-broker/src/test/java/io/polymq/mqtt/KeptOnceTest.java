package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.StorageConfig;
import io.polymq.conformance.AllowAll;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Principal;
import io.polymq.core.service.DelayedStore;
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.core.topic.TopicSpec;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.meta.embedded.EmbeddedMetadata;
import io.polymq.storage.AppendListener;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A QoS 2 publish is kept once by a topic that captures it, or until its time, whenever the broker
 * is killed (4.3.3).
 */
class KeptOnceTest {

    private static final String TOPIC = "orders";
    private static final String NOTHING = "nothing/";

    @TempDir private Path folder;
    private BrokerProcess broker;

    @AfterEach
    void kill() throws InterruptedException {
        broker.kill();
    }

    @Test
    void case18AReleaseThatIsRepeatedAfterAKillBetweenRecordAndAnswerAddsNoSecondRecord()
            throws Exception {
        broker = BrokerProcess.start(WithTopic.class, folder.toString(), "topic/");
        try (TestClient publisher = TestClient.v5(broker.port())) {
            publisher.connect("p", true, 1000);
            publisher.send(TestClient.message(TOPIC, 2, false, "once", 9));
            publisher.expect(MqttPacket.PubRec.class);
            release(publisher, 9);
            publisher.expectClosed();
        }
        assertThat(broker.awaitEnd()).isTrue();
        broker = BrokerProcess.start(WithTopic.class, folder.toString(), NOTHING);
        try (TestClient publisher = TestClient.v5(broker.port())) {
            assertThat(publisher.connect("p", false, 1000).sessionPresent()).isTrue();
            release(publisher, 9);
            assertThat(publisher.expect(MqttPacket.PubComp.class).packetId()).isEqualTo(9);
            // the identifier is free again, and what it carries now is another message
            publisher.send(TestClient.message(TOPIC, 2, false, "once", 9));
            publisher.expect(MqttPacket.PubRec.class);
            release(publisher, 9);
            publisher.expect(MqttPacket.PubComp.class);
            publisher.publish(TOPIC, 1, "last");
        }
        broker.kill();
        assertThat(records()).containsExactly("once", "once", "last");
    }

    @Test
    void case18AReleaseThatIsRepeatedAfterAKillSchedulesADelayedMessageOnce() throws Exception {
        broker = BrokerProcess.start(WithTopic.class, folder.toString(), "delayed/");
        try (TestClient subscriber = TestClient.v5(broker.port());
                TestClient publisher = TestClient.v5(broker.port())) {
            subscriber.connect("s", true, 1000);
            subscriber.subscribe("late", 1);
            publisher.connect("p", true, 1000);
            publisher.send(TestClient.message("$delayed/1/late", 2, false, "once", 9));
            publisher.expect(MqttPacket.PubRec.class);
            release(publisher, 9);
            publisher.expectClosed();
        }
        assertThat(broker.awaitEnd()).isTrue();
        broker = BrokerProcess.start(WithTopic.class, folder.toString(), NOTHING);
        try (TestClient subscriber = TestClient.v5(broker.port());
                TestClient publisher = TestClient.v5(broker.port())) {
            assertThat(publisher.connect("p", false, 1000).sessionPresent()).isTrue();
            release(publisher, 9);
            assertThat(publisher.expect(MqttPacket.PubComp.class).packetId()).isEqualTo(9);
            // due after a second one would be
            publisher.publish("$delayed/1/late", 2, "last");
            assertThat(subscriber.connect("s", false, 1000).sessionPresent()).isTrue();
            subscriber.ack(subscriber.expectMessage("late", "once"));
            subscriber.ack(subscriber.expectMessage("late", "last"));
        }
    }

    private static void release(TestClient publisher, int id) {
        publisher.send(new MqttPacket.PubRel(id, ReasonCode.SUCCESS, Properties.NONE));
    }

    private List<String> records() throws IOException {
        try (WithTopic opened = new WithTopic(folder, NOTHING)) {
            List<String> found = new ArrayList<>();
            Shard shard = opened.topic.partition(0);
            try (var read = shard.read(0, 1 << 20, true).join()) {
                for (Slice slice : read.slices()) {
                    RecordBatchCursor cursor = new RecordBatchCursor().reset(slice.toBuffer());
                    while (cursor.next()) {
                        ByteBuffer value = cursor.value();
                        assertThat(value).isNotNull();
                        found.add(StandardCharsets.UTF_8.decode(value).toString());
                    }
                }
            }
            return found;
        }
    }

    /** A broker on disk with a topic: FOLDER and the shards whose first record is its death. */
    static final class WithTopic implements AutoCloseable {

        private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        private final ShardStore shards;
        private final EmbeddedMetadata metadata;
        private final TrieRouter router = new TrieRouter(TrieRouter.Limits.DEFAULT, 42);
        private final TopicCatalog topics;
        private final Topic topic;
        private final ZoneThread zone;
        private final DelayedStore delayed;

        WithTopic(Path folder, String deadly) throws IOException {
            ShardStore real =
                    ShardStores.open(
                            new StorageParams(
                                    folder.resolve("log"),
                                    StorageConfig.DEFAULT,
                                    Clock.systemUTC(),
                                    new PrometheusRegistry()));
            shards = mortal(real, deadly);
            metadata = EmbeddedMetadata.open(folder.resolve("metadata"));
            topics =
                    TopicCatalog.open(
                                    new TopicParams(
                                            metadata,
                                            Drivers.of(shards),
                                            router,
                                            new MessageRecords(List.of(MqttHeader.CODEC)),
                                            TopicLimits.DEFAULT,
                                            Clock.systemUTC(),
                                            executor,
                                            new PrometheusRegistry()))
                            .join();
            zone = ZoneThread.start("delayed", Ticks.SYSTEM);
            delayed =
                    DelayedStore.open(
                                    new DelayedStore.Params(
                                            shards,
                                            zone.zone(),
                                            new MessageRecords(List.of(MqttHeader.CODEC)),
                                            executor))
                            .join();
            String tenant = Principal.ANONYMOUS.tenant();
            topic =
                    topics.find(tenant, TOPIC)
                            .orElseGet(() -> topics.create(tenant, TopicSpec.of(TOPIC, 1)).join());
        }

        /** Ends the process when such a shard's record is safe and before anybody hears of it. */
        private static ShardStore mortal(ShardStore real, String deadly) {
            return proxy(
                    ShardStore.class,
                    real,
                    result ->
                            switch (result) {
                                case Optional<?> found ->
                                        found.map(shard -> mortalShard(shard, deadly));
                                case CompletableFuture<?> making ->
                                        making.thenApply(made -> mortalShard(made, deadly));
                                case null, default -> result;
                            });
        }

        private static @Nullable Object mortalShard(@Nullable Object made, String deadly) {
            return made instanceof Shard shard && shard.name().startsWith(deadly)
                    ? proxy(Shard.class, shard, result -> result)
                    : made;
        }

        private interface After {
            @Nullable Object result(@Nullable Object result);
        }

        private static <T> T proxy(Class<T> type, T real, After after) {
            return type.cast(
                    Proxy.newProxyInstance(
                            type.getClassLoader(),
                            new Class<?>[] {type},
                            (proxy, method, arguments) -> {
                                for (int i = 0; arguments != null && i < arguments.length; i++) {
                                    if (arguments[i] instanceof AppendListener) {
                                        AppendListener end =
                                                (base, at, failure) -> Runtime.getRuntime().halt(9);
                                        arguments[i] = end;
                                    }
                                }
                                try {
                                    return after.result(method.invoke(real, arguments));
                                } catch (InvocationTargetException thrown) {
                                    throw thrown.getCause();
                                }
                            }));
        }

        public static void main(String[] args) throws IOException, InterruptedException {
            WithTopic opened = new WithTopic(Path.of(args[0]), args[1]);
            TestServer server =
                    new TestServer(
                            MqttSettings.DEFAULT,
                            new AllowAll(),
                            opened.shards,
                            opened.router,
                            opened.delayed,
                            Clock.systemUTC(),
                            0,
                            2);
            System.out.println("READY " + server.port());
            Thread.currentThread().join();
        }

        @Override
        public void close() {
            zone.stop().join();
            topics.close();
            metadata.close();
            shards.close();
            executor.close();
        }
    }
}
