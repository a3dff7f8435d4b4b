package io.polymq.core.topic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class KafkaPartitionerTest {

    @Test
    void hashesAreThoseOfKafkasOwnTests() {
        assertThat(KafkaPartitioner.murmur2("21".getBytes(UTF_8))).isEqualTo(-973932308);
        assertThat(KafkaPartitioner.murmur2("foobar".getBytes(UTF_8))).isEqualTo(-790332482);
        assertThat(KafkaPartitioner.murmur2("a-little-bit-long-string".getBytes(UTF_8)))
                .isEqualTo(-985981536);
        assertThat(KafkaPartitioner.murmur2("a-little-bit-longer-string".getBytes(UTF_8)))
                .isEqualTo(-1486304829);
        assertThat(
                        KafkaPartitioner.murmur2(
                                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8".getBytes(UTF_8)))
                .isEqualTo(-58897971);
        assertThat(KafkaPartitioner.murmur2(new byte[] {'a', 'b', 'c'})).isEqualTo(479470107);
    }

    @Test
    void partitionsAreThoseThatKafkasProducerChooses() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] key = new byte[random.nextInt(40)];
            random.nextBytes(key);
            int partitions = 1 + random.nextInt(100);
            assertThat(KafkaPartitioner.murmur2(key)).isEqualTo(Utils.murmur2(key));
            assertThat(KafkaPartitioner.partition(key, partitions))
                    .isEqualTo(Utils.toPositive(Utils.murmur2(key)) % partitions);
        }
    }
}
