/**
 * AMQP 0-9-1 in RabbitMQ's dialect, over the virtual hosts of {@link io.polymq.amqp.model}.
 * Connections, channels, and a handler for each class of methods; frames are the codec's. The first
 * eight bytes choose the dialect, so that another one can be served on the same port.
 *
 * <p>Connection zone, except where a type says otherwise: consumers are called in shard zones and
 * write to their connection's outbox.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.amqp;
