package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kafka's own Java clients, unmodified. */
class ClientsTest {

    private static TestServer server;
    private static Admin admin;

    @BeforeAll
    static void start() {
        server = new TestServer(0);
        admin = Admin.create(Map.of("bootstrap.servers", server.bootstrap()));
    }

    @AfterAll
    static void stop() {
        admin.close(Duration.ofSeconds(5));
        server.close();
    }

    private static Producer<String, String> producer(String codec) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", server.bootstrap());
        properties.put("compression.type", codec);
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    private static Consumer<String, String> consumer(String group, String protocol) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", server.bootstrap());
        properties.put("group.id", group);
        properties.put("group.protocol", protocol);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    private static void produce(String topic, int count, String codec) throws Exception {
        try (Producer<String, String> producer = producer(codec)) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>(topic, "key-" + i, "value-" + i));
            }
            producer.flush();
        }
    }

    private static List<ConsumerRecord<String, String>> take(
            Consumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (records.size() < count && System.nanoTime() < until) {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        }
        return records;
    }

    private static void create(String name, int partitions, Map<String, String> settings)
            throws Exception {
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(settings)))
                .all()
                .get(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void whatIsProducedIsConsumed(String codec) throws Exception {
        String topic = "round-trip-" + codec;
        create(topic, 3, Map.of());
        produce(topic, 500, codec);
        try (Consumer<String, String> consumer = consumer("g-" + codec, "classic")) {
            consumer.subscribe(List.of(topic));
            assertThat(take(consumer, 500))
                    .extracting(ConsumerRecord::value)
                    .hasSize(500)
                    .doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void aGroupGoesOnWhereItCommitted(String protocol) throws Exception {
        String topic = "commits-" + protocol;
        String group = "committers-" + protocol;
        create(topic, 1, Map.of());
        produce(topic, 10, "none");
        try (Consumer<String, String> first = consumer(group, protocol)) {
            first.subscribe(List.of(topic));
            assertThat(take(first, 10)).hasSize(10);
            first.commitSync(
                    Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(4, "four")));
        }
        try (Consumer<String, String> second = consumer(group, protocol)) {
            second.subscribe(List.of(topic));
            assertThat(take(second, 6)).extracting(ConsumerRecord::offset).first().isEqualTo(4L);
        }
        OffsetAndMetadata committed =
                admin.listConsumerGroupOffsets(group)
                        .partitionsToOffsetAndMetadata()
                        .get(10, TimeUnit.SECONDS)
                        .get(new TopicPartition(topic, 0));
        assertThat(committed.offset()).isEqualTo(4);
        assertThat(committed.metadata()).isEqualTo("four");
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void twoMembersShareThePartitions(String protocol) throws Exception {
        String topic = "shared-" + protocol;
        String group = "sharers-" + protocol;
        create(topic, 4, Map.of());
        try (Consumer<String, String> one = consumer(group, protocol);
                Consumer<String, String> two = consumer(group, protocol)) {
            one.subscribe(List.of(topic));
            two.subscribe(List.of(topic));
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
            while ((one.assignment().size() != 2 || two.assignment().size() != 2)
                    && System.nanoTime() < until) {
                one.poll(Duration.ofMillis(100));
                two.poll(Duration.ofMillis(100));
            }
            assertThat(one.assignment()).hasSize(2);
            assertThat(two.assignment()).hasSize(2).doesNotContainAnyElementsOf(one.assignment());
            ConsumerGroupDescription described =
                    admin.describeConsumerGroups(List.of(group))
                            .all()
                            .get(10, TimeUnit.SECONDS)
                            .get(group);
            assertThat(described.members()).hasSize(2);
            assertThatThrownBy(
                            () ->
                                    admin.deleteConsumerGroups(List.of(group))
                                            .all()
                                            .get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(GroupNotEmptyException.class);
        }
        admin.deleteConsumerGroups(List.of(group)).all().get(10, TimeUnit.SECONDS);
        Collection<GroupListing> left = admin.listGroups().all().get(10, TimeUnit.SECONDS);
        assertThat(left).extracting(GroupListing::groupId).doesNotContain(group);
    }

    @Test
    void aTopicThatIsProducedToComesIntoBeing() throws Exception {
        produce("out-of-nothing", 1, "none");
        TopicDescription described =
                admin.describeTopics(List.of("out-of-nothing"))
                        .allTopicNames()
                        .get(10, TimeUnit.SECONDS)
                        .get("out-of-nothing");
        assertThat(described.partitions()).hasSize(1);
    }

    @Test
    void topicsAreCreatedGrownAndDeleted() throws Exception {
        create("life", 2, Map.of());
        assertThatThrownBy(() -> create("life", 2, Map.of()))
                .hasCauseInstanceOf(TopicExistsException.class);
        admin.createPartitions(Map.of("life", NewPartitions.increaseTo(5)))
                .all()
                .get(10, TimeUnit.SECONDS);
        assertThat(
                        admin.describeTopics(List.of("life"))
                                .allTopicNames()
                                .get(10, TimeUnit.SECONDS)
                                .get("life")
                                .partitions())
                .hasSize(5);
        admin.deleteTopics(List.of("life")).all().get(10, TimeUnit.SECONDS);
        assertThat(admin.listTopics().names().get(10, TimeUnit.SECONDS)).doesNotContain("life");
    }

    @Test
    void namesThatDifferOnlyInDotsAndUnderscoresCollide() throws Exception {
        create("a.b_c", 1, Map.of());
        assertThatThrownBy(() -> create("a_b.c", 1, Map.of()))
                .hasCauseInstanceOf(InvalidTopicException.class);
    }

    @Test
    void settingsThatCannotBeAreRefused() {
        for (Map<String, String> settings :
                List.of(
                        Map.of("no.such.setting", "1"),
                        Map.of("retention.ms", "soon"),
                        Map.of("cleanup.policy", "forget"),
                        Map.of("remote.storage.enable", "true"),
                        Map.of("remote.copy.lag.ms", "5"),
                        Map.of("errors.deadletterqueue.group.enable", "true"),
                        Map.of("max.decompressed.message.bytes", "0"))) {
            assertThatThrownBy(() -> create("refused", 1, settings))
                    .hasCauseInstanceOf(InvalidConfigurationException.class);
        }
    }

    @Test
    void settingsAreChangedOneByOneAndTellWhereTheyComeFrom() throws Exception {
        create("configured", 1, Map.of("retention.ms", "1000"));
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "configured");
        assertThat(config(resource).get("retention.ms").source())
                .isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
        alter(resource, "cleanup.policy", "compact", AlterConfigOp.OpType.APPEND);
        assertThat(config(resource).get("cleanup.policy").value()).isEqualTo("delete,compact");
        alter(resource, "cleanup.policy", "delete", AlterConfigOp.OpType.SUBTRACT);
        assertThat(config(resource).get("cleanup.policy").value()).isEqualTo("compact");
        alter(resource, "retention.ms", "", AlterConfigOp.OpType.DELETE);
        assertThat(config(resource).get("retention.ms").source())
                .isEqualTo(ConfigEntry.ConfigSource.DEFAULT_CONFIG);
    }

    @Test
    void settingsOfTheBrokerHoldForTopicsThatSayNothing() throws Exception {
        create("follows", 1, Map.of());
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "");
        alter(broker, "log.retention.ms", "123456", AlterConfigOp.OpType.SET);
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "follows");
        assertThat(config(topic).get("retention.ms").value()).isEqualTo("123456");
        alter(broker, "log.retention.ms", "", AlterConfigOp.OpType.DELETE);
        assertThat(config(topic).get("retention.ms").value()).isEqualTo("604800000");
    }

    @Test
    void groupsHaveSettings() throws Exception {
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "tuned");
        alter(group, "consumer.session.timeout.ms", "50000", AlterConfigOp.OpType.SET);
        assertThat(config(group).get("consumer.session.timeout.ms").value()).isEqualTo("50000");
        assertThat(config(group).get("consumer.heartbeat.interval.ms").value()).isEqualTo("5000");
    }

    private static Config config(ConfigResource resource) throws Exception {
        return admin.describeConfigs(Set.of(resource))
                .all()
                .get(10, TimeUnit.SECONDS)
                .get(resource);
    }

    private static void alter(
            ConfigResource resource, String name, String value, AlterConfigOp.OpType operation)
            throws Exception {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        changes.put(resource, List.of(new AlterConfigOp(new ConfigEntry(name, value), operation)));
        admin.incrementalAlterConfigs(changes).all().get(10, TimeUnit.SECONDS);
    }
}
