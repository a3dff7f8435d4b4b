package io.polymq.core.topic;

/**
 * Kafka's default way from a key to a partition: 32-bit MurmurHash 2 with its seed, without the
 * sign, modulo the number of partitions. Shared, stateless.
 */
public final class KafkaPartitioner {

    private static final int SEED = 0x9747B28C;
    private static final int M = 0x5BD1E995;

    private KafkaPartitioner() {}

    public static int partition(byte[] key, int partitions) {
        return (murmur2(key) & Integer.MAX_VALUE) % partitions;
    }

    static int murmur2(byte[] data) {
        int hash = SEED ^ data.length;
        int at = 0;
        for (; at + 4 <= data.length; at += 4) {
            int k =
                    data[at] & 0xFF
                            | (data[at + 1] & 0xFF) << 8
                            | (data[at + 2] & 0xFF) << 16
                            | data[at + 3] << 24;
            k *= M;
            k ^= k >>> 24;
            hash = hash * M ^ k * M;
        }
        int left = data.length - at;
        if (left > 0) {
            for (int i = left - 1; i >= 0; i--) {
                hash ^= (data[at + i] & 0xFF) << 8 * i;
            }
            hash *= M;
        }
        hash ^= hash >>> 13;
        hash *= M;
        return hash ^ hash >>> 15;
    }
}
