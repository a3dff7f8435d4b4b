/**
 * Virtual hosts: exchanges, queues, bindings, policies, dead letters, as every AMQP dialect sees
 * them. Nothing in here knows frames; a dialect brings the bytes of its messages as a {@link
 * io.polymq.amqp.model.MessageFormat} and never looks into another's.
 *
 * <p>How a dialect uses it: {@link io.polymq.amqp.model.VirtualHosts#find} gives a host; its
 * declarations, bindings and deletions are methods of {@link io.polymq.amqp.model.VirtualHost},
 * which refuse with a {@link io.polymq.amqp.model.ModelException} at once and complete when a
 * durable definition is safe. To publish, fill a {@code Message} whose header is an {@link
 * io.polymq.amqp.model.Envelope} of the dialect's own bytes and hand it to a {@link
 * io.polymq.amqp.model.Publisher} of the loop. To consume, take the core's queue of an {@link
 * io.polymq.amqp.model.AmqpQueue} and register as one of its {@code consumers}. What is delivered
 * has the writer's header: the dialect's own, another dialect's, or another protocol's; {@link
 * io.polymq.amqp.model.Envelope#of} tells exchange, routing key and what dead-lettering added.
 *
 * <p>Shared: reads take no locks; changes of a host's topology take its lock, in memory only.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.amqp.model;
