package io.polymq.amqp.model;

/** Where a binding leads. */
sealed interface Destination permits AmqpQueue, Exchange {
    String name();
}
