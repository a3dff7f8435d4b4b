/**
 * JetStream: accounts with their streams, the API's dispatch, and what is sent to clients. Each
 * account lives in one shard zone; sinks for the subjects of the API only enqueue to it.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.jetstream;
