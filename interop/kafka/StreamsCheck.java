import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Kills StreamsApp again and again while it works, takes its state away once, and looks whether what it has written is
 * exact: StreamsCheck BOOTSTRAP PROTOCOL FOLDER.
 */
public class StreamsCheck {

    private static final int LINES = 400;
    private static final int KILLS = 3;
    private static final String[] WORDS = {"salt", "pepper", "anise", "cumin", "clove", "fennel", "mace"};

    private final String bootstrap;
    private final String protocol;
    private final String name;
    private final File folder;
    private final Random random = new Random(11);

    private StreamsCheck(String bootstrap, String protocol, File folder) {
        this.bootstrap = bootstrap;
        this.protocol = protocol;
        this.folder = folder;
        this.name = "interop-streams-" + protocol + "-" + System.nanoTime();
    }

    public static void main(String[] arguments) throws Exception {
        new StreamsCheck(arguments[0], arguments[1], new File(arguments[2])).run();
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("isolation.level", "read_committed");
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        return properties;
    }

    private Process start(File state) throws Exception {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "StreamsApp",
                        bootstrap,
                        name,
                        protocol,
                        state.getPath())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(new File(folder, protocol + ".log")))
                .start();
    }

    private void run() throws Exception {
        try (Admin admin = Admin.create(properties())) {
            List<NewTopic> topics = new ArrayList<>();
            for (String suffix : List.of("lines", "table", "counts", "joined")) {
                topics.add(new NewTopic(name + "-" + suffix, 2, (short) 1));
            }
            admin.createTopics(topics).all().get(30, TimeUnit.SECONDS);
        }
        Map<String, Integer> wanted = new HashMap<>();
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties(), new StringSerializer(), new StringSerializer())) {
            for (String word : WORDS) {
                producer.send(new ProducerRecord<>(name + "-table", word, word.toUpperCase()));
            }
            producer.flush();
            for (int kill = 0; kill <= KILLS; kill++) {
                File state = new File(folder, protocol + (kill < 2 ? "" : "-fresh"));
                long before = counted();
                Process app = start(state);
                for (int i = 0; i < LINES / (KILLS + 1); i++) {
                    producer.send(new ProducerRecord<>(name + "-lines", line(wanted)));
                }
                producer.flush();
                if (kill < KILLS) {
                    // In the midst of it: some of these lines were counted, and others were not.
                    while (counted() == before) {
                        require(app.isAlive(), "the application ended");
                        producer.send(new ProducerRecord<>(name + "-lines", line(wanted)));
                        Thread.sleep(50 + random.nextInt(100));
                    }
                    app.destroyForcibly().waitFor();
                } else {
                    compare(wanted, app);
                    app.destroy();
                    app.waitFor(15, TimeUnit.SECONDS);
                    app.destroyForcibly();
                }
            }
        }
    }

    /** How much was committed to the counts. */
    private long counted() throws Exception {
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties(), new StringDeserializer(), new StringDeserializer())) {
            return consumer
                    .endOffsets(List.of(new TopicPartition(name + "-counts", 0), new TopicPartition(name + "-counts", 1)))
                    .values()
                    .stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    private String line(Map<String, Integer> wanted) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            String word = WORDS[random.nextInt(WORDS.length)];
            words.add(word);
            wanted.merge(word, 1, Integer::sum);
        }
        return String.join(" ", words);
    }

    private void compare(Map<String, Integer> wanted, Process app) throws Exception {
        int all = wanted.values().stream().mapToInt(Integer::intValue).sum();
        Map<String, List<String>> counts = read(name + "-counts", all, app);
        for (Map.Entry<String, List<String>> each : counts.entrySet()) {
            for (int i = 0; i < each.getValue().size(); i++) {
                require(
                        each.getValue().get(i).equals(String.valueOf(i + 1)),
                        each.getKey() + " was counted as " + each.getValue().get(i) + ", not as " + (i + 1));
            }
        }
        Map<String, List<String>> joined = read(name + "-joined", all, app);
        for (Map.Entry<String, Integer> each : wanted.entrySet()) {
            List<String> counted = counts.getOrDefault(each.getKey(), List.of());
            require(counted.size() == each.getValue(), each.getKey() + " was counted " + counted.size() + " times");
            List<String> found = joined.getOrDefault(each.getKey(), List.of());
            require(found.size() == each.getValue(), each.getKey() + " was joined " + found.size() + " times");
        }
        System.out.println("ok streams " + protocol + " counts and joins " + all + " words exactly through kills");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            System.out.println("FAILED streams: " + otherwise);
            throw new AssertionError(otherwise);
        }
    }

    /** All that is there once so many are, and for a second longer. */
    private Map<String, List<String>> read(String topic, int count, Process app) throws Exception {
        Map<String, List<String>> values = new HashMap<>();
        int found = 0;
        Properties own = properties();
        own.put("group.id", topic + "-check");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
            long last = Long.MAX_VALUE;
            while (System.nanoTime() < Math.min(until, last)) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    values.computeIfAbsent(record.key(), key -> new ArrayList<>()).add(record.value());
                    found++;
                }
                if (found >= count && last == Long.MAX_VALUE) {
                    last = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
                }
                require(app.isAlive(), "the application ended");
            }
        }
        require(found == count, topic + " has " + found + " records, not " + count);
        return values;
    }
}
