/**
 * The Kafka protocol: frames to requests, responses to bytes, record batches checked and rewritten.
 *
 * <p>Built on the message classes that kafka-clients generates from Kafka's own schemas, in one
 * pinned version; what is internal there (record batches, serialisation) is used here and nowhere
 * else. Stateless or confined to one call; no I/O, no threads, no routing.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.codec.kafka;
