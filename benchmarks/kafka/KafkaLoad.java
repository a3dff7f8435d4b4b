import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Loads that Kafka's own perf tools do not make, each printed as one figure:
 *
 * <pre>
 *   KafkaLoad BOOTSTRAP transactions COUNT RECORDS    committed transactions per second
 *   KafkaLoad BOOTSTRAP latency COUNT                 p50 and p99 of one record in flight, us
 *   KafkaLoad BOOTSTRAP producers COUNT RECORDS       MB/s of so many producers over 100 partitions
 *   KafkaLoad BOOTSTRAP commits COUNT GROUPS          offset commits per second, a request each
 *   KafkaLoad BOOTSTRAP partitions COUNT              seconds to create topics of 100 partitions
 *   KafkaLoad BOOTSTRAP produced                      returns once a record was acknowledged
 * </pre>
 *
 * The first tenth of transactions and latency is not counted.
 */
public final class KafkaLoad {

    private static String bootstrap;

    private static Properties properties(Object... more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < more.length; i += 2) {
            properties.put((String) more[i], more[i + 1]);
        }
        return properties;
    }

    private static String topic(int partitions) throws Exception {
        String name = "load-" + UUID.randomUUID();
        try (Admin admin = Admin.create(properties())) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
        return name;
    }

    private static void transactions(int count, int records) throws Exception {
        String topic = topic(1);
        byte[] value = new byte[1024];
        Arrays.fill(value, (byte) 'x');
        try (KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                properties("transactional.id", topic, "linger.ms", 0),
                                new ByteArraySerializer(),
                                new ByteArraySerializer());
                KafkaConsumer<byte[], byte[]> reader =
                        new KafkaConsumer<>(
                                properties("isolation.level", "read_committed"),
                                new ByteArrayDeserializer(),
                                new ByteArrayDeserializer())) {
            reader.assign(List.of(new TopicPartition(topic, 0)));
            reader.seekToBeginning(reader.assignment());
            producer.initTransactions();
            long begun = 0;
            int warm = count / 10;
            for (int i = 0; i < count + warm; i++) {
                if (i == warm) {
                    begun = System.nanoTime();
                }
                producer.beginTransaction();
                for (int record = 0; record < records; record++) {
                    producer.send(new ProducerRecord<>(topic, value));
                }
                producer.commitTransaction();
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            int read = 0;
            while (read < (count + warm) * records) {
                read += reader.poll(Duration.ofSeconds(1)).count();
            }
            System.out.printf(Locale.ROOT, "%.1f%n", count / seconds);
        }
    }

    private static void latency(int count) throws Exception {
        String topic = topic(1);
        byte[] value = "one record in flight".getBytes(StandardCharsets.UTF_8);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        properties("linger.ms", 0, "acks", "all"),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            long[] nanos = new long[count];
            for (int i = -count / 5; i < count; i++) {
                long begun = System.nanoTime();
                producer.send(new ProducerRecord<>(topic, value)).get();
                if (i >= 0) {
                    nanos[i] = System.nanoTime() - begun;
                }
            }
            Arrays.sort(nanos);
            System.out.printf(
                    Locale.ROOT, "%d %d%n", nanos[count / 2] / 1000, nanos[count * 99 / 100] / 1000);
        }
    }

    private static void producers(int count, int records) throws Exception {
        String topic = topic(100);
        byte[] value = new byte[1024];
        Arrays.fill(value, (byte) 'x');
        List<KafkaProducer<byte[], byte[]>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            KafkaProducer<byte[], byte[]> producer =
                    new KafkaProducer<>(
                            properties("acks", "all", "linger.ms", 0, "buffer.memory", 4 << 20),
                            new ByteArraySerializer(),
                            new ByteArraySerializer());
            producer.partitionsFor(topic);
            all.add(producer);
        }
        long begun = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (KafkaProducer<byte[], byte[]> producer : all) {
            threads.add(
                    Thread.startVirtualThread(
                            () -> {
                                for (int i = 0; i < records; i++) {
                                    producer.send(new ProducerRecord<>(topic, i % 100, null, value));
                                }
                                producer.flush();
                            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        all.forEach(KafkaProducer::close);
        System.out.printf(Locale.ROOT, "%.1f%n", count * (double) records / 1024 / seconds);
    }

    private static void commits(int count, int groups) throws Exception {
        String topic = topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        List<Thread> threads = new ArrayList<>();
        CountDownLatch ready = new CountDownLatch(groups);
        CountDownLatch go = new CountDownLatch(1);
        for (int group = 0; group < groups; group++) {
            String id = topic + group;
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        try {
                                            committer(id, partition, count / groups, ready, go);
                                        } catch (InterruptedException e) {
                                            throw new IllegalStateException(e);
                                        }
                                    }));
        }
        ready.await();
        long begun = System.nanoTime();
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.printf(Locale.ROOT, "%.0f%n", count / ((System.nanoTime() - begun) / 1e9));
    }

    private static void committer(
            String group,
            TopicPartition partition,
            int count,
            CountDownLatch ready,
            CountDownLatch go)
            throws InterruptedException {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        properties(
                                "group.id", group,
                                "enable.auto.commit", false,
                                "auto.offset.reset", "latest"),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(0)));
            consumer.pause(List.of(partition));
            ready.countDown();
            go.await();
            int[] done = {0};
            int sent = 0;
            while (done[0] < count) {
                for (; sent < count && sent - done[0] < 80; sent++) {
                    consumer.commitAsync(
                            Map.of(partition, new OffsetAndMetadata(sent)),
                            (offsets, failure) -> {
                                if (failure != null) {
                                    throw new IllegalStateException(failure);
                                }
                                done[0]++;
                            });
                }
                consumer.poll(Duration.ofMillis(1));
            }
        }
    }

    private static void partitions(int count) throws Exception {
        long begun = System.nanoTime();
        for (int made = 0; made < count; made += 1_000) {
            List<NewTopic> topics = new ArrayList<>();
            for (int i = made; i < Math.min(count, made + 1_000); i += 100) {
                topics.add(new NewTopic("many-" + i, 100, (short) 1));
            }
            try (Admin admin = Admin.create(properties("default.api.timeout.ms", 240_000))) {
                admin.createTopics(topics).all().get(4, TimeUnit.MINUTES);
            }
        }
        System.out.printf(Locale.ROOT, "%.1f%n", (System.nanoTime() - begun) / 1e9);
    }

    private static void produced() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        properties(
                                "reconnect.backoff.ms", 20,
                                "reconnect.backoff.max.ms", 50,
                                "retry.backoff.ms", 20),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>("started", new byte[10])).get(4, TimeUnit.MINUTES);
        }
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        int count = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0;
        switch (arguments[1]) {
            case "transactions" -> transactions(count, Integer.parseInt(arguments[3]));
            case "latency" -> latency(count);
            case "producers" -> producers(count, Integer.parseInt(arguments[3]));
            case "commits" -> commits(count, Integer.parseInt(arguments[3]));
            case "partitions" -> partitions(count);
            case "produced" -> produced();
            default -> throw new IllegalArgumentException(arguments[1]);
        }
    }
}
