package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A copier, in the manner of Kafka's own TransactionalMessageCopier, while the broker's process is
 * killed again and again: in the end every record was copied, once, and in order.
 */
@Tag("long")
class TransactionKillTest {

    private static final int RECORDS = 5_000;
    private static final int KILLS = 8;

    @TempDir private Path folder;
    private int port;

    private Properties properties(Map<String, String> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", "127.0.0.1:" + port);
        properties.put("reconnect.backoff.ms", "50");
        properties.put("reconnect.backoff.max.ms", "200");
        properties.putAll(more);
        return properties;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void everythingIsCopiedOnceThoughTheBrokerIsKilledAgainAndAgain() throws Exception {
        port = freePort();
        Random random = new Random(7);
        try (RestartTest.Broker broker = new RestartTest.Broker(folder, port)) {
            fill();
            broker.kill();
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                killAgainAndAgain(threads.submit(this::copyAll), random);
            } finally {
                threads.shutdownNow(); // a copier without a broker would try for ever
            }
        }
    }

    private void killAgainAndAgain(Future<?> copier, Random random) throws Exception {
        for (int kill = 0; kill < KILLS; kill++) {
            try (RestartTest.Broker broker = new RestartTest.Broker(folder, port)) {
                boolean through = finishes(copier, Duration.ofMillis(1500 + random.nextInt(2500)));
                broker.kill();
                if (through) {
                    break;
                }
            }
        }
        try (RestartTest.Broker broker = new RestartTest.Broker(folder, port)) {
            assertThat(broker.port).isEqualTo(port);
            copier.get(120, TimeUnit.SECONDS);
            compare();
        }
    }

    private static boolean finishes(Future<?> copier, Duration within) throws Exception {
        try {
            copier.get(within.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException goesOn) {
            return false;
        }
    }

    private void fill() throws Exception {
        try (Admin admin = Admin.create(properties(Map.of()));
                KafkaProducer<String, String> producer =
                        new KafkaProducer<>(
                                properties(Map.of()),
                                new StringSerializer(),
                                new StringSerializer())) {
            admin.createTopics(
                            List.of(
                                    new NewTopic("from", 1, (short) 1),
                                    new NewTopic("to", 1, (short) 1)))
                    .all()
                    .get(10, TimeUnit.SECONDS);
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>("from", "v" + i));
            }
            producer.flush();
        }
    }

    private void copyAll() {
        while (true) {
            try (KafkaProducer<String, String> producer =
                            new KafkaProducer<>(
                                    properties(
                                            Map.of(
                                                    "transactional.id",
                                                    "copier",
                                                    "max.block.ms",
                                                    "60000")),
                                    new StringSerializer(),
                                    new StringSerializer());
                    KafkaConsumer<String, String> consumer = consumer("copier", "latest")) {
                TopicPartition from = new TopicPartition("from", 0);
                consumer.assign(List.of(from));
                producer.initTransactions();
                OffsetAndMetadata committed =
                        consumer.committed(Set.of(from), Duration.ofSeconds(60)).get(from);
                long at = committed == null ? 0 : committed.offset();
                consumer.seek(from, at);
                while (at < RECORDS) {
                    at = copySome(producer, consumer, from, at);
                }
                return;
            } catch (InterruptException ended) {
                return;
            } catch (KafkaException again) {
                // as a real copier does: from where the last commit was
            }
        }
    }

    private static long copySome(
            KafkaProducer<String, String> producer,
            KafkaConsumer<String, String> consumer,
            TopicPartition from,
            long at) {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
        if (records.isEmpty()) {
            return at;
        }
        producer.beginTransaction();
        long next = at;
        for (ConsumerRecord<String, String> record : records) {
            producer.send(new ProducerRecord<>("to", record.value()));
            next = record.offset() + 1;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        offsets.put(from, new OffsetAndMetadata(next));
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        producer.commitTransaction();
        return next;
    }

    private KafkaConsumer<String, String> consumer(String group, String reset) {
        return new KafkaConsumer<>(
                properties(
                        Map.of(
                                "group.id",
                                group,
                                "auto.offset.reset",
                                reset,
                                "enable.auto.commit",
                                "false",
                                "isolation.level",
                                "read_committed",
                                "max.poll.records",
                                "25")),
                new StringDeserializer(),
                new StringDeserializer());
    }

    private void compare() {
        List<String> copied = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer("comparer", "earliest")) {
            TopicPartition to = new TopicPartition("to", 0);
            consumer.assign(List.of(to));
            consumer.seekToBeginning(List.of(to));
            long end = consumer.endOffsets(List.of(to)).get(to);
            while (consumer.position(to) < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> copied.add(record.value()));
            }
        }
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            wanted.add("v" + i);
        }
        assertThat(copied).isEqualTo(wanted);
    }
}
