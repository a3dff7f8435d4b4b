package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A transaction's life is interrupted before each single thing that is stored for it: by its
 * coordinator, by the partitions, by the group. Whatever the broker had said by then holds when
 * another broker goes on with what is there; records and offsets are visible together or not at
 * all; and no reader of committed records is stuck.
 */
class TransactionStepsTest {

    private static final List<TopicPartition> PARTITIONS =
            List.of(new TopicPartition("out", 0), new TopicPartition("out", 1));

    /** What the first broker has said. */
    private static final class Said {
        private boolean committed;
        private boolean through;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyStepMayBeTheLast(boolean modern) throws Exception {
        int steps = 0;
        boolean through = false;
        while (!through) {
            through = dieAfter(steps, modern);
            steps++;
            assertThat(steps).isLessThan(60);
        }
        // joining, two batches, offsets, preparing, three markers, completing, and the second one
        assertThat(steps).isGreaterThan(12);
    }

    private static boolean dieAfter(int appends, boolean modern) throws Exception {
        MetadataStore metadata = new MemoryMetadata();
        ShardStore beneath =
                ShardStores.open(
                        new StorageParams(
                                Path.of("."),
                                TestServer.storage("memory"),
                                Clock.systemUTC(),
                                new PrometheusRegistry()));
        prepare(metadata, beneath);
        Said said = new Said();
        DyingStore dying = new DyingStore(beneath, appends);
        TestServer first = new TestServer(0, metadata, dying.store(), false);
        try (TransactionScript script =
                new TransactionScript(first.port(), modern, dying::isDead)) {
            live(script, said);
        } catch (TransactionScript.NoAnswer died) {
            assertThat(dying.isDead()).isTrue();
        } finally {
            first.close();
        }
        try (TestServer second = new TestServer(0, metadata, beneath, true)) {
            check(second, said, modern);
        }
        return said.through;
    }

    private static void prepare(MetadataStore metadata, ShardStore beneath) throws Exception {
        try (TestServer server = new TestServer(0, metadata, beneath, false);
                RawClient client = new RawClient(server.port())) {
            Requests.create(client, "in", 1, Map.of());
            Requests.create(client, "out", 2, Map.of());
        }
    }

    private static void live(TransactionScript script, Said said) throws Exception {
        script.init();
        script.produce("out", 0, "a");
        script.produce("out", 1, "b");
        script.commitOffset("in", 7);
        assertThat(script.end(true)).isEqualTo(Errors.NONE);
        said.committed = true;
        script.produce("out", 0, "dropped");
        script.commitOffset("in", 9);
        assertThat(script.end(false)).isEqualTo(Errors.NONE);
        script.init();
        said.through = true;
    }

    private static void check(TestServer server, Said said, boolean modern) throws Exception {
        long offset;
        try (TransactionScript script = new TransactionScript(server.port(), modern, () -> false)) {
            script.init(); // whatever was open is over now
            offset = script.committedOffset("in");
            // and the heir can go on
            script.produce("out", 1, "heir");
            assertThat(script.end(true)).isEqualTo(Errors.NONE);
        }
        Set<String> read = read(server.bootstrap());
        assertThat(read).doesNotContain("dropped").contains("heir");
        assertThat(read.contains("a")).isEqualTo(read.contains("b"));
        assertThat(offset).isEqualTo(read.contains("a") ? 7 : -1);
        if (said.committed) {
            assertThat(read).contains("a", "b");
        }
    }

    private static Set<String> read(String bootstrap) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("isolation.level", "read_committed");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(
                        properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(PARTITIONS);
            consumer.seekToBeginning(PARTITIONS);
            Set<String> values = new HashSet<>();
            long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (!values.contains("heir") && System.nanoTime() < until) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
            Map<TopicPartition, Long> ends = consumer.endOffsets(PARTITIONS);
            while (ends.entrySet().stream()
                            .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())
                    && System.nanoTime() < until) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }
}
