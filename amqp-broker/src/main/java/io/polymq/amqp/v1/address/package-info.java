/**
 * What the addresses of sources and targets mean: RabbitMQ's two formats and those of JMS clients.
 * Nothing is looked up here. Immutable; any thread.
 */
@NullMarked
package io.polymq.amqp.v1.address;

import org.jspecify.annotations.NullMarked;
