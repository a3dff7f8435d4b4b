import java.time.Duration;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;

/**
 * Counts words, and joins each with what a table says of it, exactly once, until it is killed: StreamsApp BOOTSTRAP NAME
 * PROTOCOL FOLDER. Reads NAME-lines and NAME-table, writes NAME-counts and NAME-joined.
 */
public class StreamsApp {

    public static void main(String[] arguments) throws InterruptedException {
        String name = arguments[1];
        Properties properties = new Properties();
        properties.put("bootstrap.servers", arguments[0]);
        properties.put("application.id", name);
        properties.put("group.protocol", arguments[2]);
        properties.put("state.dir", arguments[3]);
        properties.put("processing.guarantee", "exactly_once_v2");
        properties.put("commit.interval.ms", "100");
        properties.put("statestore.cache.max.bytes", "0");
        properties.put("num.stream.threads", "1");
        properties.put("auto.offset.reset", "earliest");
        properties.put("default.key.serde", Serdes.StringSerde.class.getName());
        properties.put("default.value.serde", Serdes.StringSerde.class.getName());
        if (arguments[2].equals("classic")) {
            properties.put("session.timeout.ms", "6000");
            properties.put("heartbeat.interval.ms", "500");
        }
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> words =
                builder.<String, String>stream(name + "-lines")
                        .flatMapValues(line -> java.util.List.of(line.toLowerCase(Locale.ROOT).split(" ")))
                        .selectKey((key, word) -> word)
                        .repartition();
        words.groupByKey()
                .count(Materialized.as("counts"))
                .toStream()
                .mapValues(String::valueOf)
                .to(name + "-counts");
        KTable<String, String> table = builder.table(name + "-table");
        words.join(table, (word, meaning) -> meaning).to(name + "-joined");
        KafkaStreams streams = new KafkaStreams(builder.build(), properties);
        streams.setUncaughtExceptionHandler(
                failure -> {
                    failure.printStackTrace();
                    return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                            .REPLACE_THREAD;
                });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
        streams.start();
        Thread.currentThread().join();
    }
}
