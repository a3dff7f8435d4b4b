/**
 * One log under every protocol: shards of Kafka v2 record batches on exchangeable drivers.
 *
 * <p>A shard is one ordered record sequence with its own offsets. Lanes, segments, index, recovery
 * and cleaning belong to the {@code log} driver; the types here are what every driver offers. No
 * Netty, no protocol, no routing.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.storage;
