import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** kafka-clients of any version since 2.8, as ordinary programs use it: JavaClients BOOTSTRAP NAME. */
public class JavaClients {

    private static String bootstrap;
    private static String name;
    private static int failed;

    private interface Check {
        void run() throws Exception;
    }

    private static void check(String what, Check check) {
        try {
            check.run();
            System.out.println("ok " + name + " " + what);
        } catch (Exception | AssertionError e) {
            failed++;
            System.out.println("FAILED " + name + " " + what + ": " + e);
        }
    }

    private static void same(Object found, Object wanted) {
        if (!wanted.equals(found)) {
            throw new AssertionError("found " + found + " instead of " + wanted);
        }
    }

    private static Properties properties(String... more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return properties;
    }

    private static KafkaProducer<String, String> producer(String... more) {
        return new KafkaProducer<>(properties(more), new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(String group, String isolation) {
        return new KafkaConsumer<>(
                properties(
                        "group.id", group,
                        "auto.offset.reset", "earliest",
                        "enable.auto.commit", "false",
                        "isolation.level", isolation),
                new StringDeserializer(),
                new StringDeserializer());
    }

    private static List<String> take(KafkaConsumer<String, String> consumer, int count) {
        List<String> values = new ArrayList<>();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (values.size() < count && System.nanoTime() < until) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                values.add(record.value());
            }
        }
        return values;
    }

    private static String topic(String suffix, int partitions) throws Exception {
        String topic = "interop-" + name + "-" + suffix + "-" + System.nanoTime();
        try (AdminClient admin = AdminClient.create(properties())) {
            admin.createTopics(Collections.singleton(new NewTopic(topic, partitions, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        try (KafkaProducer<String, String> producer = producer()) {
            same(producer.partitionsFor(topic).size(), partitions);
        }
        return topic;
    }

    private static void roundTrip(String codec) throws Exception {
        String topic = topic(codec, 3);
        try (KafkaProducer<String, String> producer =
                producer("compression.type", codec, "acks", "all", "enable.idempotence", "true")) {
            for (int i = 0; i < 300; i++) {
                producer.send(new ProducerRecord<>(topic, "k" + i, "v" + i));
            }
        }
        try (KafkaConsumer<String, String> consumer = consumer(topic, "read_uncommitted")) {
            consumer.subscribe(Collections.singleton(topic));
            same(take(consumer, 300).size(), 300);
            consumer.commitSync();
        }
        try (KafkaConsumer<String, String> consumer = consumer(topic, "read_uncommitted")) {
            consumer.subscribe(Collections.singleton(topic));
            try (KafkaProducer<String, String> producer = producer()) {
                producer.send(new ProducerRecord<>(topic, "k", "after"));
            }
            same(take(consumer, 1), Collections.singletonList("after"));
        }
    }

    private static void transactions() throws Exception {
        String topic = topic("txn", 1);
        try (KafkaProducer<String, String> producer = producer("transactional.id", topic)) {
            producer.initTransactions();
            for (int i = 0; i < 10; i++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, "v" + i));
                if (i % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
            }
        }
        try (KafkaConsumer<String, String> consumer = consumer(topic, "read_committed")) {
            consumer.subscribe(Collections.singleton(topic));
            List<String> wanted = new ArrayList<>();
            for (int i = 0; i < 10; i += 2) {
                wanted.add("v" + i);
            }
            same(take(consumer, 5), wanted);
        }
    }

    private static void exactlyOnce() throws Exception {
        String from = topic("from", 1);
        String to = topic("to", 1);
        try (KafkaProducer<String, String> producer = producer()) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>(from, "v" + i));
            }
        }
        try (KafkaProducer<String, String> producer = producer("transactional.id", to);
                KafkaConsumer<String, String> consumer = consumer(to, "read_committed")) {
            producer.initTransactions();
            consumer.subscribe(Collections.singleton(from));
            int copied = 0;
            while (copied < 100) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofSeconds(1));
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                producer.beginTransaction();
                for (ConsumerRecord<String, String> record : records) {
                    producer.send(new ProducerRecord<>(to, record.value()));
                    offsets.put(
                            new TopicPartition(from, 0), new OffsetAndMetadata(record.offset() + 1));
                    copied++;
                }
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                producer.commitTransaction();
            }
        }
        try (KafkaConsumer<String, String> consumer = consumer(to + "-reader", "read_committed")) {
            consumer.subscribe(Collections.singleton(to));
            same(take(consumer, 100).size(), 100);
        }
    }

    public static void main(String[] arguments) {
        bootstrap = arguments[0];
        name = arguments[1];
        for (String codec : new String[] {"none", "gzip", "snappy", "lz4", "zstd"}) {
            check("round trip " + codec, () -> roundTrip(codec));
        }
        check("transactions", JavaClients::transactions);
        check("exactly-once copy", JavaClients::exactlyOnce);
        System.exit(failed == 0 ? 0 : 1);
    }
}
