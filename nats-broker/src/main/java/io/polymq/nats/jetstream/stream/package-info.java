/**
 * Streams: a topic's records with sequence numbers, limits, and rules for what is published. Shard
 * zone of the account, except where a type says otherwise.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.jetstream.stream;
