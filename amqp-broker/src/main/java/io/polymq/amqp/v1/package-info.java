/**
 * AMQP 1.0 on the hosts, exchanges and queues that 0-9-1 uses: connections, sessions, links. A
 * connection's endpoints all live on its loop; queues reach them with batches of messages that the
 * loop takes, and publishes report to them in batches as well. Types, frames, messages, addresses,
 * filters and management are packages of their own that know no connection.
 */
@NullMarked
package io.polymq.amqp.v1;

import org.jspecify.annotations.NullMarked;
