package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions as Kafka's own Java clients make and read them. */
class TransactionClientsTest {

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

    private static void create(String name, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                .all()
                .get(10, TimeUnit.SECONDS);
    }

    private static Producer<String, String> producer(String id, Map<String, ?> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", server.bootstrap());
        properties.put("transactional.id", id);
        properties.put("max.block.ms", "20000");
        properties.putAll(more);
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    private static Consumer<String, String> consumer(String isolation, Map<String, ?> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", server.bootstrap());
        properties.put("isolation.level", isolation);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        properties.putAll(more);
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    private static List<String> read(String topic, String isolation) {
        try (Consumer<String, String> consumer = consumer(isolation, Map.of())) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<String> values = new ArrayList<>();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (ends.entrySet().stream()
                            .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())
                    && System.nanoTime() < until) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    @Test
    void whatIsCommittedIsReadAndWhatIsAbortedIsNot() throws Exception {
        create("outcomes", 3);
        try (Producer<String, String> producer = producer("outcomes", Map.of())) {
            producer.initTransactions();
            for (int round = 0; round < 10; round++) {
                producer.beginTransaction();
                for (int i = 0; i < 20; i++) {
                    String fate = round % 2 == 0 ? "kept" : "dropped";
                    producer.send(
                            new ProducerRecord<>("outcomes", "k" + i, fate + round + "-" + i));
                }
                if (round % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
            }
        }
        assertThat(read("outcomes", "read_committed"))
                .hasSize(100)
                .doesNotHaveDuplicates()
                .allMatch(value -> value.startsWith("kept"));
        assertThat(read("outcomes", "read_uncommitted")).hasSize(200);
    }

    @Test
    void readersOfCommittedRecordsWaitForTheOldestOpenTransaction() throws Exception {
        create("open", 1);
        TopicPartition partition = new TopicPartition("open", 0);
        try (Producer<String, String> slow = producer("slow", Map.of());
                Producer<String, String> quick = producer("quick", Map.of());
                Consumer<String, String> reader = consumer("read_committed", Map.of())) {
            slow.initTransactions();
            quick.initTransactions();
            slow.beginTransaction();
            slow.send(new ProducerRecord<>("open", "slow")).get();
            quick.beginTransaction();
            quick.send(new ProducerRecord<>("open", "quick")).get();
            quick.commitTransaction();
            reader.assign(List.of(partition));
            assertThat(reader.endOffsets(List.of(partition)).get(partition)).isZero();
            assertThat(reader.poll(Duration.ofMillis(300))).isEmpty();
            slow.commitTransaction();
            List<String> values = new ArrayList<>();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (values.size() < 2 && System.nanoTime() < until) {
                reader.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
            }
            assertThat(values).containsExactly("slow", "quick");
        }
    }

    @Test
    void aSecondProducerOfTheSameIdShutsOutTheFirst() throws Exception {
        create("fenced", 1);
        try (Producer<String, String> zombie = producer("fenced", Map.of());
                Producer<String, String> heir = producer("fenced", Map.of())) {
            zombie.initTransactions();
            zombie.beginTransaction();
            zombie.send(new ProducerRecord<>("fenced", "zombie")).get();
            heir.initTransactions();
            heir.beginTransaction();
            heir.send(new ProducerRecord<>("fenced", "heir")).get();
            heir.commitTransaction();
            assertThatThrownBy(zombie::commitTransaction)
                    .isInstanceOf(ProducerFencedException.class);
        }
        assertThat(read("fenced", "read_committed")).containsExactly("heir");
    }

    @Test
    void anOverdueTransactionIsAbortedAndItsProducerShutOut() throws Exception {
        create("overdue", 1);
        try (Producer<String, String> producer =
                producer("overdue", Map.of("transaction.timeout.ms", "1000"))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("overdue", "late")).get();
            try (Consumer<String, String> reader = consumer("read_committed", Map.of())) {
                TopicPartition partition = new TopicPartition("overdue", 0);
                long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
                while (reader.endOffsets(List.of(partition)).get(partition) < 2
                        && System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                assertThat(reader.endOffsets(List.of(partition)).get(partition)).isEqualTo(2);
            }
            assertThatThrownBy(producer::commitTransaction).isInstanceOf(KafkaException.class);
        }
        assertThat(read("overdue", "read_committed")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void recordsAreCopiedExactlyOnceWithTheirOffsets(String protocol) throws Exception {
        String from = "from-" + protocol;
        String to = "to-" + protocol;
        create(from, 2);
        create(to, 2);
        try (Producer<String, String> producer = producer("filler-" + protocol, Map.of())) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < 120; i++) {
                producer.send(new ProducerRecord<>(from, "k" + i, "v" + i));
            }
            producer.commitTransaction();
        }
        String group = "copier-" + protocol;
        int copied = 0;
        for (int life = 0; copied < 120; life++) {
            assertThat(life).isLessThan(10);
            copied += copyForAWhile(from, to, group, protocol);
        }
        assertThat(read(to, "read_committed")).hasSize(120).doesNotHaveDuplicates();
    }

    /** Copies some, commits them, copies some more, and dies without a word. */
    private static int copyForAWhile(String from, String to, String group, String protocol) {
        int committed = 0;
        try (Producer<String, String> producer = producer(group, Map.of());
                Consumer<String, String> consumer =
                        consumer(
                                "read_committed",
                                Map.of(
                                        "group.id",
                                        group,
                                        "group.protocol",
                                        protocol,
                                        "max.poll.records",
                                        "40"))) {
            producer.initTransactions();
            consumer.subscribe(List.of(from));
            for (int round = 0; round < 2; round++) {
                ConsumerRecords<String, String> records = poll(consumer);
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                for (ConsumerRecord<String, String> record : records) {
                    producer.send(new ProducerRecord<>(to, record.key(), record.value()));
                    offsets.put(
                            new TopicPartition(record.topic(), record.partition()),
                            new OffsetAndMetadata(record.offset() + 1));
                }
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                if (round == 0) {
                    producer.commitTransaction();
                    committed += records.count();
                } else {
                    producer.flush();
                    producer.close(Duration.ZERO);
                }
            }
        }
        return committed;
    }

    private static ConsumerRecords<String, String> poll(Consumer<String, String> consumer) {
        ConsumerRecords<String, String> records = ConsumerRecords.empty();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (records.isEmpty() && System.nanoTime() < until) {
            records = consumer.poll(Duration.ofMillis(200));
        }
        return records;
    }

    @Test
    void openTransactionsAreListedAndDescribed() throws Exception {
        create("described", 2);
        try (Producer<String, String> producer = producer("described", Map.of())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("described", 1, "k", "v")).get();
            TransactionDescription open =
                    admin.describeTransactions(List.of("described"))
                            .description("described")
                            .get(10, TimeUnit.SECONDS);
            assertThat(open.state()).isEqualTo(TransactionState.ONGOING);
            TopicPartition partition = new TopicPartition("described", 1);
            assertThat(open.topicPartitions()).containsExactly(partition);
            assertThat(
                            admin.listTransactions(
                                            new ListTransactionsOptions()
                                                    .filterStates(Set.of(TransactionState.ONGOING))
                                                    .filterOnTransactionalIdPattern("descr.*"))
                                    .all()
                                    .get(10, TimeUnit.SECONDS))
                    .singleElement()
                    .satisfies(found -> assertThat(found.transactionalId()).isEqualTo("described"));
            ProducerState state =
                    admin.describeProducers(List.of(partition))
                            .partitionResult(partition)
                            .get(10, TimeUnit.SECONDS)
                            .activeProducers()
                            .getFirst();
            assertThat(state.currentTransactionStartOffset()).hasValue(0);
            assertThat(state.producerId()).isEqualTo(open.producerId());
            producer.abortTransaction();
        }
    }

    @Test
    void fencingByAnAdministratorAbortsWhatIsOpen() throws Exception {
        create("admin-fenced", 1);
        try (Producer<String, String> producer = producer("admin-fenced", Map.of())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("admin-fenced", "v")).get();
            admin.fenceProducers(List.of("admin-fenced")).all().get(10, TimeUnit.SECONDS);
            assertThatThrownBy(producer::commitTransaction)
                    .isInstanceOf(ProducerFencedException.class);
        }
        assertThat(read("admin-fenced", "read_committed")).isEmpty();
    }
}
