package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRecordStateException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Share groups, with Kafka's own share consumer. */
class ShareClientsTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private static TestServer server;
    private static Admin admin;
    private static Producer<String, String> producer;

    @BeforeAll
    static void start() {
        server = new TestServer(0);
        admin = Admin.create(Map.of("bootstrap.servers", server.bootstrap()));
        producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", server.bootstrap()),
                        new StringSerializer(),
                        new StringSerializer());
    }

    @AfterAll
    static void stop() {
        producer.close(Duration.ofSeconds(5));
        admin.close(Duration.ofSeconds(5));
        server.close();
    }

    private static String topic(int partitions) throws Exception {
        String name = "share." + UUID.randomUUID();
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                .all()
                .get(20, TimeUnit.SECONDS);
        return name;
    }

    /** A group that begins at the beginning. */
    private static String group(String... settings) throws Exception {
        String name = "group." + UUID.randomUUID();
        List<AlterConfigOp> ops = new ArrayList<>();
        Map<String, String> all = new HashMap<>();
        all.put("share.auto.offset.reset", "earliest");
        all.put("share.heartbeat.interval.ms", "200");
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        all.forEach(
                (key, value) ->
                        ops.add(
                                new AlterConfigOp(
                                        new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
        admin.incrementalAlterConfigs(
                        Map.of(new ConfigResource(ConfigResource.Type.GROUP, name), ops))
                .all()
                .get(20, TimeUnit.SECONDS);
        return name;
    }

    private static ShareConsumer<String, String> consumer(
            String group, String topic, boolean explicit) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", server.bootstrap());
        settings.put("group.id", group);
        settings.put("share.acknowledgement.mode", explicit ? "explicit" : "implicit");
        ShareConsumer<String, String> consumer =
                new KafkaShareConsumer<>(
                        settings, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(Set.of(topic));
        return consumer;
    }

    private static void produce(String topic, int records) throws Exception {
        for (int i = 0; i < records - 1; i++) {
            producer.send(new ProducerRecord<>(topic, "r" + i));
        }
        producer.send(new ProducerRecord<>(topic, "r" + (records - 1))).get(20, TimeUnit.SECONDS);
        producer.flush();
    }

    private static List<ConsumerRecord<String, String>> poll(
            ShareConsumer<String, String> consumer, int records) {
        List<ConsumerRecord<String, String>> got = new ArrayList<>();
        long end = System.nanoTime() + LONG.toNanos();
        while (got.size() < records && System.nanoTime() < end) {
            consumer.poll(Duration.ofMillis(200)).forEach(got::add);
        }
        return got;
    }

    private static List<String> values(Collection<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    @Test
    void everyRecordIsHandedOutOnceAndAcknowledgedByTheNext() throws Exception {
        String topic = topic(3);
        String group = group();
        produce(topic, 300);
        try (ShareConsumer<String, String> consumer = consumer(group, topic, false)) {
            List<ConsumerRecord<String, String>> got = poll(consumer, 300);
            assertThat(new HashSet<>(values(got))).hasSize(300);
            assertThat(got).hasSize(300);
            assertThat(consumer.commitSync(LONG).values()).allMatch(error -> error.isEmpty());
        }
        assertThat(lag(group, topic)).isZero();
    }

    private static long lag(String group, String topic) throws Exception {
        return offsets(group).entrySet().stream()
                .filter(entry -> entry.getKey().topic().equals(topic))
                .mapToLong(entry -> entry.getValue().lag().orElse(-1L))
                .sum();
    }

    private static Map<TopicPartition, org.apache.kafka.clients.admin.SharePartitionOffsetInfo>
            offsets(String group) throws Exception {
        return admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                .partitionsToOffsetInfo(group)
                .get(20, TimeUnit.SECONDS);
    }

    @Test
    void releasedRecordsComeAgainAndRejectedOnesDoNot() throws Exception {
        String topic = topic(1);
        String group = group();
        produce(topic, 3);
        try (ShareConsumer<String, String> consumer = consumer(group, topic, true)) {
            Function<String, AcknowledgeType> first =
                    value ->
                            switch (value) {
                                case "r0" -> AcknowledgeType.ACCEPT;
                                case "r1" -> AcknowledgeType.RELEASE;
                                default -> AcknowledgeType.REJECT;
                            };
            List<ConsumerRecord<String, String>> got = poll(consumer, 3);
            assertThat(values(got)).containsExactly("r0", "r1", "r2");
            assertThat(got).allMatch(record -> record.deliveryCount().orElse((short) 0) == 1);
            got.forEach(record -> consumer.acknowledge(record, first.apply(record.value())));
            assertThat(consumer.commitSync(LONG).values()).allMatch(error -> error.isEmpty());
            List<ConsumerRecord<String, String>> again = poll(consumer, 1);
            assertThat(values(again)).containsExactly("r1");
            assertThat(again.getFirst().deliveryCount()).hasValue((short) 2);
            consumer.acknowledge(again.getFirst(), AcknowledgeType.ACCEPT);
            consumer.commitSync(LONG);
        }
        assertThat(lag(group, topic)).isZero();
    }

    @Test
    void whatALostConsumerHeldComesToAnother() throws Exception {
        String topic = topic(1);
        String group = group("share.record.lock.duration.ms", "15000");
        produce(topic, 10);
        ShareConsumer<String, String> lost = consumer(group, topic, true);
        assertThat(poll(lost, 10)).hasSize(10);
        try (ShareConsumer<String, String> other = consumer(group, topic, false)) {
            lost.close(Duration.ofSeconds(5));
            List<ConsumerRecord<String, String>> got = poll(other, 10);
            assertThat(values(got)).hasSize(10);
            assertThat(got).allMatch(record -> record.deliveryCount().orElse((short) 0) >= 2);
        }
    }

    @Test
    void whatIsHeldTooLongComesToAnother() throws Exception {
        String topic = topic(1);
        String group = group("share.record.lock.duration.ms", "1000");
        produce(topic, 5);
        try (ShareConsumer<String, String> slow = consumer(group, topic, true);
                ShareConsumer<String, String> other = consumer(group, topic, false)) {
            List<ConsumerRecord<String, String>> late = poll(slow, 5);
            assertThat(late).hasSize(5);
            List<ConsumerRecord<String, String>> got = poll(other, 5);
            assertThat(values(got)).hasSize(5);
            late.forEach(record -> slow.acknowledge(record, AcknowledgeType.ACCEPT));
            assertThat(slow.commitSync(LONG).values())
                    .allMatch(error -> error.orElse(null) instanceof InvalidRecordStateException);
            other.commitSync(LONG);
        }
        assertThat(lag(group, topic)).isZero();
    }

    @Test
    void aRecordThatNobodyAcceptsIsGivenUp() throws Exception {
        String topic = topic(1);
        String group = group("share.delivery.count.limit", "2");
        produce(topic, 1);
        try (ShareConsumer<String, String> consumer = consumer(group, topic, true)) {
            for (int delivery = 1; delivery <= 2; delivery++) {
                List<ConsumerRecord<String, String>> got = poll(consumer, 1);
                assertThat(got).hasSize(1);
                assertThat(got.getFirst().deliveryCount()).hasValue((short) delivery);
                consumer.acknowledge(got.getFirst(), AcknowledgeType.RELEASE);
                consumer.commitSync(LONG);
            }
            produce(topic, 1);
            assertThat(values(poll(consumer, 1))).hasSize(1);
            assertThat(lag(group, topic)).isEqualTo(1);
        }
    }

    @Test
    void deadLetterTopicsAreRefusedBecauseThereAreNone() {
        assertThatThrownBy(() -> group("errors.deadletterqueue.topic.name", "dead"))
                .hasCauseInstanceOf(InvalidConfigurationException.class);
    }

    @Test
    void consumersShareOnePartition() throws Exception {
        String topic = topic(1);
        String group = group();
        try (ShareConsumer<String, String> one = consumer(group, topic, false);
                ShareConsumer<String, String> other = consumer(group, topic, false)) {
            Set<String> got = new HashSet<>();
            int ones = 0;
            int others = 0;
            long end = System.nanoTime() + LONG.toNanos();
            int sent = 0;
            while ((ones == 0 || others == 0) && System.nanoTime() < end) {
                produce(topic, 20);
                sent += 20;
                int before = ones + others;
                while (ones + others < before + 20 && System.nanoTime() < end) {
                    for (var record : one.poll(Duration.ofMillis(20))) {
                        ones++;
                        got.add(record.offset() + "");
                    }
                    for (var record : other.poll(Duration.ofMillis(20))) {
                        others++;
                        got.add(record.offset() + "");
                    }
                }
            }
            assertThat(ones).isPositive();
            assertThat(others).isPositive();
            assertThat(got).hasSize(sent);
        }
    }

    @Test
    void offsetsAreToldSetAndForgotten() throws Exception {
        String topic = topic(1);
        String group = group();
        produce(topic, 10);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (ShareConsumer<String, String> consumer = consumer(group, topic, false)) {
            assertThat(poll(consumer, 10)).hasSize(10);
            consumer.commitSync(LONG);
        }
        assertThat(offsets(group).get(partition).startOffset()).isEqualTo(10);
        admin.alterShareGroupOffsets(group, Map.of(partition, 4L)).all().get(20, TimeUnit.SECONDS);
        assertThat(offsets(group).get(partition).startOffset()).isEqualTo(4);
        try (ShareConsumer<String, String> consumer = consumer(group, topic, false)) {
            assertThat(values(poll(consumer, 6)))
                    .containsExactly("r4", "r5", "r6", "r7", "r8", "r9");
        }
        admin.deleteShareGroupOffsets(group, Set.of(topic)).all().get(20, TimeUnit.SECONDS);
        assertThat(offsets(group)).doesNotContainKey(partition);
        assertThat(
                        admin.describeShareGroups(List.of(group))
                                .all()
                                .get(20, TimeUnit.SECONDS)
                                .get(group)
                                .members())
                .isEmpty();
        admin.deleteShareGroups(List.of(group)).all().get(20, TimeUnit.SECONDS);
    }

    private static KafkaProducer<String, String> transactional() {
        KafkaProducer<String, String> made =
                new KafkaProducer<>(
                        Map.of(
                                "bootstrap.servers",
                                server.bootstrap(),
                                "transactional.id",
                                "id." + UUID.randomUUID()),
                        new StringSerializer(),
                        new StringSerializer());
        made.initTransactions();
        return made;
    }

    private static void send(KafkaProducer<String, String> to, String topic, String... values) {
        to.beginTransaction();
        for (String value : values) {
            to.send(new ProducerRecord<>(topic, value));
        }
        to.flush();
    }

    /** Kafka's tests: what is open is waited for, and what was aborted is nobody's. */
    @Test
    void groupOfCommittedRecordsGetsNothingOfOpenAndAbortedTransactions() throws Exception {
        String topic = topic(1);
        String group = group("share.isolation.level", "read_committed");
        try (KafkaProducer<String, String> first = transactional();
                KafkaProducer<String, String> second = transactional();
                ShareConsumer<String, String> consumer = consumer(group, topic, false)) {
            send(first, topic, "a", "b");
            first.commitTransaction();
            send(first, topic, "never", "ever");
            first.abortTransaction();
            produce(topic, 1);
            assertThat(values(poll(consumer, 3))).containsExactly("a", "b", "r0");
            send(second, topic, "open");
            produce(topic, 1);
            assertThat(consumer.poll(Duration.ofMillis(500)).count()).isZero();
            send(first, topic, "gone");
            first.abortTransaction();
            second.commitTransaction();
            assertThat(values(poll(consumer, 2))).containsExactly("open", "r0");
        }
    }

    @Test
    void groupThatNoLongerHeedsTransactionsGetsWhatIsOpen() throws Exception {
        String topic = topic(1);
        String group = group("share.isolation.level", "read_committed");
        try (KafkaProducer<String, String> writer = transactional();
                ShareConsumer<String, String> consumer = consumer(group, topic, false)) {
            send(writer, topic, "open");
            assertThat(consumer.poll(Duration.ofMillis(500)).count()).isZero();
            admin.incrementalAlterConfigs(
                            Map.of(
                                    new ConfigResource(ConfigResource.Type.GROUP, group),
                                    List.of(
                                            new AlterConfigOp(
                                                    new ConfigEntry(
                                                            "share.isolation.level",
                                                            "read_uncommitted"),
                                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get(20, TimeUnit.SECONDS);
            assertThat(values(poll(consumer, 1))).containsExactly("open");
            writer.abortTransaction();
        }
    }
}
