package io.polymq.amqp;

import io.polymq.network.Connection;
import io.polymq.network.ProtocolHandler;

/**
 * A dialect that is served on AMQP's port beside 0-9-1. Shared, immutable.
 *
 * <p>The port reads a client's first eight bytes, {@code AMQP}, a protocol id and a version, and
 * asks the dialects in turn. The handler of the one that takes them is given the bytes from the
 * beginning, those eight included.
 */
public interface AmqpDialect {

    /**
     * @param protocolId 0 for AMQP itself, 2 for TLS, 3 for SASL
     */
    boolean takes(int protocolId, int major, int minor, int revision);

    ProtocolHandler open(Connection connection);
}
