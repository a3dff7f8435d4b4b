package io.polymq.codec.kafka;

import org.apache.kafka.common.compress.Compression;
import org.jspecify.annotations.Nullable;

/**
 * What a topic asks of the batches that are produced to it.
 *
 * @param maxBytes the largest batch taken
 * @param keysRequired whether a record without a key is refused (compacted topics)
 * @param appendTime whether records get the broker's time in place of the producer's
 * @param maxAgeMillis how far a record's time may lie in the past
 * @param maxAheadMillis how far it may lie in the future
 * @param maxInflatedBytes the largest record taken out of a compressed batch
 * @param recompress what batches are compressed with; null keeps the producer's choice
 */
public record BatchRules(
        int maxBytes,
        boolean keysRequired,
        boolean appendTime,
        long maxAgeMillis,
        long maxAheadMillis,
        int maxInflatedBytes,
        @Nullable Compression recompress) {}
