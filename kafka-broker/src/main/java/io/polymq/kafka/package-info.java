/**
 * The Kafka protocol's broker: its connections and their requests in order, and the table of who
 * serves which key. What the keys do is in the packages below: {@code produce}, {@code fetch},
 * {@code topic}, {@code group}, {@code cluster}.
 *
 * <p>Connection zone, except where a type says otherwise. Records live in the shards of topics;
 * their bytes are neither decoded nor copied on the way unless a topic asks for it.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka;
