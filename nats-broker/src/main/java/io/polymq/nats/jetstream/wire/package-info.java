/** What JetStream sends to clients through the account's router space. Shard zone. */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.jetstream.wire;
