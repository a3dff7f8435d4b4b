import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
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
 * </pre>
 *
 * The first tenth is not counted.
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

    private static String topic() throws Exception {
        String name = "load-" + UUID.randomUUID();
        try (Admin admin = Admin.create(properties())) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
        return name;
    }

    private static void transactions(int count, int records) throws Exception {
        String topic = topic();
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
        String topic = topic();
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

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        int count = Integer.parseInt(arguments[2]);
        switch (arguments[1]) {
            case "transactions" -> transactions(count, Integer.parseInt(arguments[3]));
            case "latency" -> latency(count);
            default -> throw new IllegalArgumentException(arguments[1]);
        }
    }
}
