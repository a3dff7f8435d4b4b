package io.polymq.amqp.model;

import java.util.List;

/**
 * Who gets messages with a routing key. Immutable.
 *
 * @param generation of the host's topology, of which it was true
 * @param subjects whether it also goes to the subscribers of its subject
 */
record Route(int generation, List<AmqpQueue> queues, boolean subjects) {}
