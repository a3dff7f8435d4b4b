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
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.core.topic.TopicSpec;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A QoS 2 publish reaches a topic that captures it once, whenever the broker is killed (4.3.3). */
class CapturedTopicTest {

    private static final String TOPIC = "orders";

    @TempDir private Path folder;
    private BrokerProcess broker;

    @AfterEach
    void kill() throws InterruptedException {
        broker.kill();
    }

    @Test
    void case18AReleaseThatIsRepeatedAfterAKillBetweenRecordAndAnswerAddsNoSecondRecord()
            throws Exception {
        broker = BrokerProcess.start(WithTopic.class, folder.toString(), "mortal");
        try (TestClient publisher = TestClient.v5(broker.port())) {
            publisher.connect("p", true, 1000);
            publisher.send(TestClient.message(TOPIC, 2, false, "once", 9));
            publisher.expect(MqttPacket.PubRec.class);
            release(publisher, 9);
            publisher.expectClosed();
        }
        assertThat(broker.awaitEnd()).isTrue();
        broker = BrokerProcess.start(WithTopic.class, folder.toString(), "immortal");
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

    private static void release(TestClient publisher, int id) {
        publisher.send(new MqttPacket.PubRel(id, ReasonCode.SUCCESS, Properties.NONE));
    }

    private List<String> records() throws IOException {
        try (WithTopic opened = new WithTopic(folder, false)) {
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

    /** A broker on disk with a topic: FOLDER and whether the topic's first record is its death. */
    static final class WithTopic implements AutoCloseable {

        private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        private final ShardStore shards;
        private final EmbeddedMetadata metadata;
        private final TrieRouter router = new TrieRouter(TrieRouter.Limits.DEFAULT, 42);
        private final TopicCatalog topics;
        private final Topic topic;

        WithTopic(Path folder, boolean mortal) throws IOException {
            ShardStore real =
                    ShardStores.open(
                            new StorageParams(
                                    folder.resolve("log"),
                                    StorageConfig.DEFAULT,
                                    Clock.systemUTC(),
                                    new PrometheusRegistry()));
            shards = mortal ? mortal(real) : real;
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
            String tenant = Principal.ANONYMOUS.tenant();
            topic =
                    topics.find(tenant, TOPIC)
                            .orElseGet(() -> topics.create(tenant, TopicSpec.of(TOPIC, 1)).join());
        }

        /** Ends the process when a topic's record is safe and before anybody hears of it. */
        private static ShardStore mortal(ShardStore real) {
            return proxy(
                    ShardStore.class,
                    real,
                    (name, result) ->
                            name.equals("open")
                                    ? ((Optional<?>) result).map(WithTopic::mortalShard)
                                    : result);
        }

        private static Object mortalShard(Object shard) {
            return ((Shard) shard).name().startsWith("topic/")
                    ? proxy(Shard.class, (Shard) shard, (name, result) -> result)
                    : shard;
        }

        private interface After {
            Object result(String method, Object result);
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
                                    return after.result(
                                            method.getName(), method.invoke(real, arguments));
                                } catch (InvocationTargetException thrown) {
                                    throw thrown.getCause();
                                }
                            }));
        }

        public static void main(String[] args) throws IOException, InterruptedException {
            WithTopic opened = new WithTopic(Path.of(args[0]), args[1].equals("mortal"));
            TestServer server =
                    new TestServer(
                            MqttSettings.DEFAULT,
                            new AllowAll(),
                            opened.shards,
                            opened.router,
                            0,
                            2);
            System.out.println("READY " + server.port());
            Thread.currentThread().join();
        }

        @Override
        public void close() {
            topics.close();
            metadata.close();
            shards.close();
            executor.close();
        }
    }
}
