/**
 * Groups: Kafka's own group coordinator, fed from and writing to compacted shards of ours, and the
 * requests that it serves. Its work runs on its own threads; answers hop back to the connection.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.group;
