/** Consumers: positions in a stream, deliveries and acknowledgements. Shard zone of the account. */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.jetstream.consumer;
